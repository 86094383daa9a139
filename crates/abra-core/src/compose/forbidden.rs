//! Keys of old compose formats that no stack may have.
use crate::yaml::{Node, Problem};

const FORBIDDEN: [(&str, &str); 8] = [
    ("extends", "use a YAML anchor and a merge key, or a second compose file"),
    ("volume_driver", "set the driver of the volume at the top level, under \"volumes\""),
    ("volumes_from", "share a named volume from the top level"),
    ("cpu_quota", "use deploy.resources.limits.cpus"),
    ("cpu_shares", "use deploy.resources.limits.cpus"),
    ("cpuset", "use deploy.resources.limits.cpus"),
    ("mem_limit", "use deploy.resources.limits.memory"),
    ("memswap_limit", "use deploy.resources.limits.memory"),
];

/// All forbidden keys of a tree.
pub(super) fn check(root: &Node) -> Vec<Problem> {
    let services = root.get("services").and_then(Node::as_map).into_iter().flatten();
    let mut problems = Vec::new();
    for (name, service) in services {
        for (key, entry) in service.value.as_map().into_iter().flatten() {
            if let Some((_, advice)) = FORBIDDEN.iter().find(|(forbidden, _)| forbidden == key) {
                let message = format!("services.{name}.{key} is not allowed in a stack");
                problems.push(Problem::blocker(entry.key, message).help(*advice));
            }
        }
    }
    problems
}
