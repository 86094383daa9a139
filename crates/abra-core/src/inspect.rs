//! What the services of a stack are, as the server has them, for people to look at: nothing is compared, and no verdict
//! is given. Values that should not be seen are hidden as in a plan.
//!
//! Not here: how their tasks are ([`crate::stack::state`]).
use crate::plan::change::Shown;
use crate::plan::hide::shown;
use crate::stack::labels;
use crate::stack::live::Service;
use serde::Serialize;
use serde_json::Value;

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceFacts {
    /// Its name within the stack.
    pub service: String,
    /// Its name on the server.
    pub name: String,
    /// Its image, without the digest.
    pub image: String,
    /// `replicated`, `global`, `replicated-job` or `global-job`.
    pub mode: String,
    /// Tasks wanted; `None` where that depends on the nodes.
    pub replicas: Option<u64>,
    /// Ports that it publishes, as `8080:80/tcp`; with ` on its nodes` behind it where not all of the swarm listens.
    pub ports: Vec<String>,
    /// The version in its labels.
    pub version: Option<String>,
    /// When it was last changed, by people or by the swarm itself (RFC 3339, the manager's clock).
    pub changed: String,
}

/// Where a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelPlace {
    /// On the service: `deploy.labels` of a compose file. Proxies, backups and abra itself read these.
    Service,
    /// On its containers: `labels` of a compose file.
    Container,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The service, by its name within the stack.
    pub service: String,
    /// Where it is.
    pub place: LabelPlace,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Shown,
}

/// The services of a stack, by name.
pub fn services(stack: &str, live: &[Service]) -> Vec<ServiceFacts> {
    let mut found: Vec<ServiceFacts> = live.iter().map(|service| facts(stack, service)).collect();
    found.sort_by(|a, b| a.service.cmp(&b.service));
    found
}

/// Their labels, by service, place and name.
pub fn labels(stack: &str, live: &[Service]) -> Vec<Label> {
    let mut found: Vec<Label> = live.iter().flat_map(|service| labels_of(stack, service)).collect();
    found.sort_by(|a, b| (&a.service, a.place, &a.name).cmp(&(&b.service, b.place, &b.name)));
    found
}

/// The name of a service within its stack.
pub fn short<'a>(stack: &str, name: &'a str) -> &'a str {
    name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name)
}

fn facts(stack: &str, service: &Service) -> ServiceFacts {
    let image = service.spec["TaskTemplate"]["ContainerSpec"]["Image"].as_str().unwrap_or_default();
    let (mode, replicas) = mode(&service.spec["Mode"]);
    let ports = service.spec.pointer("/EndpointSpec/Ports").and_then(Value::as_array);
    ServiceFacts {
        service: short(stack, service.name()).to_owned(),
        name: service.name().to_owned(),
        image: image.split('@').next().unwrap_or_default().to_owned(),
        mode: mode.to_owned(),
        replicas,
        ports: ports.into_iter().flatten().map(port).collect(),
        version: labels::read(service, stack).version,
        changed: service.updated_at.clone(),
    }
}

fn mode(mode: &Value) -> (&'static str, Option<u64>) {
    if mode.get("Global").is_some() {
        ("global", None)
    } else if mode.get("GlobalJob").is_some() {
        ("global-job", None)
    } else if let Some(job) = mode.get("ReplicatedJob") {
        ("replicated-job", Some(job["TotalCompletions"].as_u64().unwrap_or(1)))
    } else {
        ("replicated", Some(mode["Replicated"]["Replicas"].as_u64().unwrap_or(1)))
    }
}

fn port(port: &Value) -> String {
    let number = |key: &str| port[key].as_u64().filter(|number| *number > 0);
    let published = number("PublishedPort").map_or_else(|| "?".to_owned(), |number| number.to_string());
    let target = number("TargetPort").unwrap_or_default();
    let protocol = port["Protocol"].as_str().unwrap_or("tcp");
    let place = if port["PublishMode"] == "host" { " on its nodes" } else { "" };
    format!("{published}:{target}/{protocol}{place}")
}

fn labels_of(stack: &str, service: &Service) -> Vec<Label> {
    let places =
        [(LabelPlace::Service, "/Labels"), (LabelPlace::Container, "/TaskTemplate/ContainerSpec/Labels")];
    let of = |(place, path): (LabelPlace, &str)| {
        let all = service.spec.pointer(path).and_then(Value::as_object).cloned().unwrap_or_default();
        all.into_iter().map(move |(name, value)| (place, name, value))
    };
    let label = |(place, name, value): (LabelPlace, String, Value)| Label {
        service: short(stack, service.name()).to_owned(),
        place,
        value: shown(&name, value.as_str().unwrap_or_default()),
        name,
    };
    places.into_iter().flat_map(of).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::{LabelPlace, labels, services};
    use crate::plan::change::Shown;
    use crate::stack::live::Service;
    use serde_json::json;

    fn live() -> Vec<Service> {
        let listed = json!([
            { "ID": "2", "UpdatedAt": "2026-01-01T00:00:00Z", "Spec": { "Name": "wiki_db", "Mode": { "Global": {} } } },
            { "ID": "1", "Spec": {
                "Name": "wiki_app",
                "Labels": { "coop-cloud.wiki.version": "1.0.0+1", "proxy.basicauth.users": "ada:$apr1$x", "z": "1" },
                "Mode": { "Replicated": { "Replicas": 2 } },
                "EndpointSpec": { "Ports": [
                    { "Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress" },
                    { "Protocol": "udp", "TargetPort": 53, "PublishMode": "host" }
                ] },
                "TaskTemplate": { "ContainerSpec": { "Image": "wiki:1@sha256:00", "Labels": { "a": "b" } } }
            } }
        ]);
        serde_json::from_value(listed).unwrap()
    }

    #[test]
    fn services_are_told_as_the_server_has_them() {
        let found = services("wiki", &live());
        let told = |at: usize| {
            let facts = &found[at];
            (
                &*facts.service,
                &*facts.image,
                &*facts.mode,
                facts.replicas,
                facts.ports.join(" "),
                facts.version.as_deref(),
            )
        };
        assert_eq!(
            told(0),
            (
                "app",
                "wiki:1",
                "replicated",
                Some(2),
                "8080:80/tcp ?:53/udp on its nodes".to_owned(),
                Some("1.0.0+1")
            )
        );
        assert_eq!(told(1), ("db", "", "global", None, String::new(), None));
    }

    #[test]
    fn labels_have_their_place_and_secrets_none() {
        let found = labels("wiki", &live());
        let told: Vec<_> =
            found.iter().map(|label| (label.place, &*label.name, label.value.clone())).collect();
        let text = |text: &str| Shown::Text(text.to_owned());
        assert_eq!(
            told,
            [
                (LabelPlace::Service, "coop-cloud.wiki.version", text("1.0.0+1")),
                (LabelPlace::Service, "proxy.basicauth.users", Shown::Hidden),
                (LabelPlace::Service, "z", text("1")),
                (LabelPlace::Container, "a", text("b")),
            ]
        );
    }
}
