//! What may be removed from a server because nothing uses it any more, and what stays although nothing uses it now.
//!
//! Not here: what the engine decides by itself (stopped containers, images), and removing anything.
use crate::readiness::PROXY;
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::live::Service;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A network that is younger may belong to a deployment that is just creating its services. Seconds.
pub const YOUNG: i64 = 600;
/// Networks that engines make for themselves.
const OF_ENGINES: [&str; 5] = ["bridge", "host", "none", "ingress", "docker_gwbridge"];

/// A network, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Whether it is the swarm's own for published ports.
    pub is_ingress: bool,
    /// Seconds since it was created, by the server's clock; `None`: not known.
    pub age: Option<i64>,
}

/// Whether a network may be removed if the engine says that nothing uses it. The reverse proxy's stays: apps that are
/// deployed later want it, and it is made by hand.
pub fn is_removable(network: &Network) -> bool {
    let name = network.name.as_str();
    !network.is_ingress
        && name != PROXY
        && !OF_ENGINES.contains(&name)
        && network.age.is_some_and(|age| age >= YOUNG)
}

/// Why a volume stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// Its stack is deployed; only no container runs at the moment.
    Deployed(String),
    /// An app with an env file left it when it was undeployed.
    App(String),
    /// A service mounts it; only no container of that runs at the moment.
    Mounted(String),
}

/// Volumes that no container uses, sorted: those to be removed, and those that stay, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volumes {
    /// To be removed, by name.
    pub remove: Vec<String>,
    /// What stays.
    pub keep: BTreeMap<String, Keep>,
}

/// Sorts volumes that no container uses. `services`: all of the swarm; `apps`: app by stack, of all env files of this
/// server. Whose a volume is, its label says; without one the beginning of its name. Volumes with a name of their own have
/// neither: a service that mounts one says so.
pub fn volumes<'a>(
    unused: impl IntoIterator<Item = (&'a str, Option<&'a BTreeMap<String, String>>)>,
    services: &[Service],
    apps: &BTreeMap<String, String>,
) -> Volumes {
    let deployed: BTreeSet<&str> =
        services.iter().filter_map(|service| service.label(NAMESPACE_LABEL)).collect();
    let mounted: BTreeMap<&str, &str> =
        services.iter().flat_map(|service| mounts(service).map(|volume| (volume, service.name()))).collect();
    let mut sorted = Volumes::default();
    for (name, labels) in unused {
        let label = labels.and_then(|labels| labels.get(NAMESPACE_LABEL)).map(String::as_str);
        let is_of = |stack: &str| match label {
            Some(label) => label == stack,
            None => name.strip_prefix(stack).is_some_and(|rest| rest.starts_with('_')),
        };
        if let Some(stack) = deployed.iter().find(|stack| is_of(stack)) {
            sorted.keep.insert(name.to_owned(), Keep::Deployed((*stack).to_owned()));
        } else if let Some(service) = mounted.get(name) {
            sorted.keep.insert(name.to_owned(), Keep::Mounted((*service).to_owned()));
        } else if let Some((_, app)) = apps.iter().find(|(stack, _)| is_of(stack)) {
            sorted.keep.insert(name.to_owned(), Keep::App(app.clone()));
        } else {
            sorted.remove.push(name.to_owned());
        }
    }
    sorted.remove.sort();
    sorted
}

/// The volumes that a service mounts, by name.
fn mounts(service: &Service) -> impl Iterator<Item = &str> {
    let mounts = service.spec.pointer("/TaskTemplate/ContainerSpec/Mounts").and_then(Value::as_array);
    let volumes = mounts.into_iter().flatten().filter(|mount| mount["Type"] == "volume");
    volumes.filter_map(|mount| mount["Source"].as_str())
}

#[cfg(test)]
mod tests {
    use super::{Keep, NAMESPACE_LABEL, Network, is_removable, volumes};
    use crate::stack::live::Service;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn only_old_networks_of_people_may_go() {
        for (name, is_ingress, age, expected) in [
            ("wiki_test_default", false, Some(600), true),
            ("wiki_test_default", false, Some(599), false),
            ("wiki_test_default", false, None, false),
            ("proxy", false, Some(9999), false),
            ("ingress", true, Some(9999), false),
            ("mine", true, Some(9999), false),
            ("docker_gwbridge", false, Some(9999), false),
            ("bridge", false, Some(9999), false),
        ] {
            let network = Network { name: name.to_owned(), is_ingress, age };
            assert_eq!(is_removable(&network), expected, "{network:?}");
        }
    }

    #[test]
    fn volumes_of_apps_stay() {
        let label = BTreeMap::from([(NAMESPACE_LABEL.to_owned(), "wiki_test".to_owned())]);
        let other = BTreeMap::from([(NAMESPACE_LABEL.to_owned(), "old_test".to_owned())]);
        let service = |name: &str, stack: Option<&str>, kind: &str| -> Service {
            let labels = stack.map_or(json!({}), |stack| json!({ NAMESPACE_LABEL: stack }));
            let mounts = json!([{ "Type": kind, "Source": "media", "Target": "/data" }, { "Type": "tmpfs" }]);
            let template = json!({ "ContainerSpec": { "Mounts": mounts } });
            let spec = json!({ "Name": name, "Labels": labels, "TaskTemplate": template });
            serde_json::from_value(json!({ "ID": name, "Version": { "Index": 1 }, "Spec": spec })).unwrap()
        };
        let services =
            [service("blog_test_app", Some("blog_test"), "bind"), service("films", None, "volume")];
        let apps = BTreeMap::from([("wiki_test".to_owned(), "wiki.test".to_owned())]);
        let unused = [
            ("wiki_test_data", Some(&label)),
            ("anything", Some(&label)),
            ("wiki_test_more", None),
            ("wiki_testing_x", None),
            ("old_test_data", Some(&other)),
            ("blog_test_db", None),
            ("0123abcd", None),
            ("media", None),
        ];
        let sorted = volumes(unused, &services, &apps);
        assert_eq!(sorted.remove, ["0123abcd", "old_test_data", "wiki_testing_x"]);
        let app = || Keep::App("wiki.test".to_owned());
        let kept = [
            ("anything", app()),
            ("blog_test_db", Keep::Deployed("blog_test".to_owned())),
            ("media", Keep::Mounted("films".to_owned())),
            ("wiki_test_data", app()),
            ("wiki_test_more", app()),
        ];
        assert_eq!(sorted.keep, kept.map(|(name, keep)| (name.to_owned(), keep)).into());
    }
}
