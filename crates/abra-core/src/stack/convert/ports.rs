//! Published ports.
use super::names::text;
use super::notes::Notes;
use crate::compose::model::{Field, Port, Service};
use crate::stack::spec::{EndpointSpec, PortConfig};

pub(super) fn endpoint(service: &Service, notes: &mut Notes<'_>) -> EndpointSpec {
    let mut ports: Vec<PortConfig> =
        service.ports.iter().map(|port| convert(port, &service.name, notes)).collect();
    ports.sort_by_key(|port| port.published_port);
    EndpointSpec { mode: text(&service.deploy.endpoint_mode).unwrap_or_default().to_lowercase(), ports }
}

fn convert(port: &Port, service: &str, notes: &mut Notes<'_>) -> PortConfig {
    PortConfig {
        protocol: text(&port.protocol).unwrap_or_default().to_owned(),
        target_port: number(&port.target, service, notes),
        published_port: number(&port.published, service, notes),
        publish_mode: text(&port.mode).unwrap_or_default().to_owned(),
    }
}

/// A port number. One beyond 65535 is left for the engine to refuse, as docker does; one that can't be sent at all loses
/// its upper bits with docker.
fn number(field: &Field<u64>, service: &str, notes: &mut Notes<'_>) -> u32 {
    let Some(port) = field else { return 0 };
    u32::try_from(port.value).unwrap_or_else(|_| {
        notes.blocker(
            port.place,
            format!("service {service}: there is no port {}: the last one is 65535", port.value),
        );
        0
    })
}
