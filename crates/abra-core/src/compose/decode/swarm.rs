//! What a swarm does not do, said at the place where it is asked for.
use super::Decoder;
use crate::yaml::{Data, Node, Problem};

/// Keys that a swarm ignores, and what to do instead.
const IGNORED: [(&str, &str); 19] = [
    ("build", "build and push the image before, and name it in \"image\""),
    ("cgroupns_mode", ""),
    ("cgroup_parent", ""),
    ("container_name", "containers of a stack are named after service, slot and task"),
    (
        "depends_on",
        "it only gives the order in which services are sent; let the program wait for what it needs",
    ),
    ("devices", ""),
    ("domainname", ""),
    ("expose", "all ports are open inside of networks that services share"),
    ("external_links", ""),
    ("ipc", ""),
    ("links", "services reach each other by name in networks that they share"),
    ("mac_address", ""),
    ("network_mode", "name a network under \"networks\"; host, bridge and none are external ones"),
    ("pid", ""),
    ("privileged", "cap_add can give single capabilities"),
    ("security_opt", ""),
    ("shm_size", "mount a tmpfs volume of that size at /dev/shm"),
    ("tmpfs", "write it as a volume in long form: {type: tmpfs, target: …}"),
    ("userns_mode", ""),
];

impl Decoder<'_> {
    /// Warns about keys of a service that have no effect.
    pub(super) fn warn_of_ignored(&mut self, name: &str, service: &Node) {
        for (key, entry) in service.as_map().into_iter().flatten() {
            if entry.value.data == Data::Null || self.wrong.contains(&entry.value.place) {
                continue;
            }
            let Some((_, advice)) = IGNORED.iter().find(|(ignored, _)| ignored == key) else { continue };
            let effect = if key == "depends_on" { "does not make a service wait" } else { "has no effect" };
            let mut problem =
                Problem::warning(entry.key, format!("services.{name}.{key} {effect} in a swarm"));
            problem.help = (!advice.is_empty()).then(|| (*advice).to_owned());
            self.report(problem);
        }
        for (network, node) in super::entries(service, "networks") {
            for (key, entry) in node.as_map().into_iter().flatten() {
                if matches!(key.as_str(), "ipv4_address" | "ipv6_address") {
                    let message =
                        format!("services.{name}.networks.{network}.{key} has no effect in a swarm");
                    self.report(Problem::warning(entry.key, message));
                }
            }
        }
    }
}
