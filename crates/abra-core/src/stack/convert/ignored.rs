//! Keys without effect in a swarm. Docker names some of them without a place, and says nothing of the others.
use super::notes::Notes;
use crate::compose::model::{Field, Service};
use crate::finding::Place;

/// Warns of every key of a service that is lost.
pub(super) fn warn(service: &Service, notes: &mut Notes<'_>) {
    for (key, place) in lost(service) {
        notes.warning(place, format!("service {}: {key} has no effect in a swarm", service.name));
    }
    for (network, entry) in &service.networks {
        let Some(joined) = &entry.value else { continue };
        let addresses = [("ipv4_address", &joined.ipv4_address), ("ipv6_address", &joined.ipv6_address)];
        for (key, field) in addresses {
            if let Some(address) = field.as_ref().filter(|address| !address.is_empty()) {
                let text =
                    format!("service {}: {key} in network {network} has no effect in a swarm", service.name);
                notes.warning(address.place, text);
            }
        }
    }
}

fn lost(service: &Service) -> Vec<(&'static str, Place)> {
    let texts: [(_, &Field<String>); 10] = [
        ("cgroup_parent", &service.cgroup_parent),
        ("cgroupns_mode", &service.cgroupns_mode),
        ("container_name", &service.container_name),
        ("domainname", &service.domainname),
        ("ipc", &service.ipc),
        ("mac_address", &service.mac_address),
        ("network_mode", &service.network_mode),
        ("pid", &service.pid),
        ("shm_size", &service.shm_size),
        ("userns_mode", &service.userns_mode),
    ];
    let lists = [
        ("devices", &service.devices),
        ("expose", &service.expose),
        ("external_links", &service.external_links),
        ("links", &service.links),
        ("security_opt", &service.security_opt),
        ("tmpfs", &service.tmpfs),
    ];
    let texts = texts.into_iter().filter_map(|(key, field)| Some((key, field.as_ref()?.place)));
    let lists = lists.into_iter().filter_map(|(key, list)| Some((key, list.first()?.place)));
    let privileged = service.privileged.as_ref().map(|flag| ("privileged", flag.place));
    let build = service.build.as_ref().map(|_| ("build", service.place));
    texts.chain(lists).chain(privileged).chain(build).collect()
}
