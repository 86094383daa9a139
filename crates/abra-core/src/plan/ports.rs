//! Ports that are taken.
use super::objects::placed;
use super::{Draft, World};
use crate::finding::Finding;
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::live::Service;
use crate::stack::spec::{PortConfig, ServiceSpec};
use crate::stack::wanted::WantedService;
use serde_json::Value;

/// A port as it is seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Published {
    number: u64,
    protocol: String,
    /// True if it is on the nodes themselves, false if every node hands it on.
    host: bool,
}

/// Warns of or refuses ports that somebody else has.
pub(super) fn check(world: &World<'_>, draft: &mut Draft) {
    let services: Vec<&WantedService> = world.wanted.services.values().collect();
    for (at, service) in services.iter().enumerate() {
        for port in wanted(&service.spec) {
            for other in &services[..at] {
                let taken = wanted(&other.spec).contains(&port);
                report(taken, service, &port, &other.spec.name, draft);
            }
            for other in
                world.live.services.iter().filter(|other| !world.wanted.services.contains_key(other.name()))
            {
                let taken = live(other).contains(&port);
                report(taken, service, &port, other.name(), draft);
            }
        }
        start_first(service, draft);
    }
}

fn report(taken: bool, service: &WantedService, port: &Published, by: &str, draft: &mut Draft) {
    if !taken {
        return;
    }
    let port_text = format!("port {}/{}", port.number, port.protocol);
    let finding = if port.host {
        let text =
            format!("service {}: {port_text} is taken on each node that runs a task of {by}", service.short);
        Finding::warning(text)
    } else {
        Finding::blocker(format!("service {}: {port_text} is taken by service {by}", service.short))
    };
    draft.findings.push(placed(finding, service.place.as_ref()));
}

/// A new task can't start beside the old one if both need the same port of the node.
fn start_first(service: &WantedService, draft: &mut Draft) {
    let first = service.spec.update_config.as_ref().is_some_and(|update| update.order == "start-first");
    if first && wanted(&service.spec).iter().any(|port| port.host) {
        let text = format!(
            "service {}: updates with order start-first need a node where its host port is free",
            service.short
        );
        draft.findings.push(placed(Finding::warning(text), service.place.as_ref()));
    }
}

/// The ports that a service shall have.
fn wanted(spec: &ServiceSpec) -> Vec<Published> {
    let published =
        |port: &PortConfig| published(port.published_port.into(), &port.protocol, &port.publish_mode);
    spec.endpoint_spec.ports.iter().filter_map(published).collect()
}

/// The ports that a live service has.
fn live(service: &Service) -> Vec<Published> {
    let text = |port: &Value, key: &str| port.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let ports = service.spec.pointer("/EndpointSpec/Ports").and_then(Value::as_array);
    let port = |port: &Value| {
        let number = port.get("PublishedPort").and_then(Value::as_u64).unwrap_or_default();
        published(number, &text(port, "Protocol"), &text(port, "PublishMode"))
    };
    ports.into_iter().flatten().filter_map(port).collect()
}

/// A port with the engine's defaults; one that the engine chooses is in nobody's way.
fn published(number: u64, protocol: &str, mode: &str) -> Option<Published> {
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    (number != 0).then(|| Published { number, protocol: protocol.to_lowercase(), host: mode == "host" })
}

/// Services of the stack that hold a port which the given one shall get: they have to let go of it first.
pub(super) fn holders<'a>(service: &WantedService, world: &World<'a>) -> Vec<&'a str> {
    let mine = wanted(&service.spec);
    let holds = |other: &&Service| {
        other.name() != service.spec.name
            && other.label(NAMESPACE_LABEL) == Some(&world.wanted.name)
            && live(other).iter().any(|port| !port.host && mine.contains(port))
    };
    world.live.services.iter().filter(holds).map(Service::name).collect()
}
