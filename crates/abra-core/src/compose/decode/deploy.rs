//! `deploy`.
use super::Decoder;
use super::fields::{nanos, strings, text};
use crate::compose::model::{
    Deploy, DiscreteResource, GenericResource, Limit, Placement, Reservation, Resources, RestartPolicy,
    UpdateConfig,
};
use crate::yaml::{Node, Problem};

impl Decoder<'_> {
    /// `deploy` of a service; all absent where it is missing or empty.
    pub(super) fn deploy(&mut self, node: Option<&Node>) -> Deploy {
        let Some(node) = node.filter(|node| node.as_map().is_some()) else { return Deploy::default() };
        Deploy {
            place: Some(node.place),
            mode: text(node.get("mode")),
            replicas: self.whole(node.get("replicas")),
            labels: self.labels(node.get("labels")),
            update_config: node.get("update_config").map(|node| self.update_config(node)),
            rollback_config: node.get("rollback_config").map(|node| self.update_config(node)),
            resources: node.get("resources").map(|node| self.resources(node)).unwrap_or_default(),
            restart_policy: node.get("restart_policy").map(|node| RestartPolicy {
                condition: text(node.get("condition")),
                delay: nanos(node.get("delay")),
                max_attempts: self.whole(node.get("max_attempts")),
                window: nanos(node.get("window")),
            }),
            placement: node.get("placement").map(|node| self.placement(node)).unwrap_or_default(),
            endpoint_mode: text(node.get("endpoint_mode")),
        }
    }

    fn update_config(&mut self, node: &Node) -> UpdateConfig {
        UpdateConfig {
            parallelism: self.whole(node.get("parallelism")),
            delay: nanos(node.get("delay")),
            failure_action: text(node.get("failure_action")),
            monitor: nanos(node.get("monitor")),
            max_failure_ratio: self.ratio(node.get("max_failure_ratio")),
            order: text(node.get("order")),
        }
    }

    fn resources(&mut self, node: &Node) -> Resources {
        Resources {
            limits: node.get("limits").map(|node| Limit {
                cpus: text(node.get("cpus")),
                memory: self.bytes(node.get("memory")),
                pids: self.whole(node.get("pids")),
            }),
            reservations: node.get("reservations").map(|node| Reservation {
                cpus: text(node.get("cpus")),
                memory: self.bytes(node.get("memory")),
                generic_resources: list(node.get("generic_resources"))
                    .iter()
                    .map(|n| self.generic_resource(n))
                    .collect(),
            }),
        }
    }

    fn generic_resource(&mut self, node: &Node) -> GenericResource {
        let discrete = node.get("discrete_resource_spec");
        if discrete.is_none() {
            let problem = Problem::warning(node.place, "this entry of generic_resources reserves nothing");
            self.report(problem.help("write discrete_resource_spec: {kind: …, value: …}, or remove it"));
        }
        GenericResource {
            discrete: discrete.map(|node| DiscreteResource {
                kind: text(node.get("kind")),
                value: self.whole(node.get("value")),
            }),
        }
    }

    fn placement(&mut self, node: &Node) -> Placement {
        Placement {
            constraints: strings(node.get("constraints")),
            preferences: list(node.get("preferences")).iter().map(|node| text(node.get("spread"))).collect(),
            max_replicas_per_node: self.whole(node.get("max_replicas_per_node")),
        }
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}
