//! `deploy`.
use super::out::Out;
use crate::compose::model::{Deploy, Field, Placement, Resources, UpdateConfig};
use crate::yaml::{parse_float, short_float_text};
use serde_json::Value;

/// `deploy` as docker prints it.
pub(super) fn value(deploy: &Deploy) -> Value {
    let mut out = Out::default();
    out.text("mode", &deploy.mode);
    out.number("replicas", &deploy.replicas);
    out.labels("labels", &deploy.labels);
    out.some("update_config", deploy.update_config.as_ref().map(update_config));
    out.some("rollback_config", deploy.rollback_config.as_ref().map(update_config));
    out.filled("resources", resources(&deploy.resources));
    out.some(
        "restart_policy",
        deploy.restart_policy.as_ref().map(|policy| {
            let mut out = Out::default();
            out.text("condition", &policy.condition);
            out.duration("delay", &policy.delay);
            out.number("max_attempts", &policy.max_attempts);
            out.duration("window", &policy.window);
            out.done()
        }),
    );
    out.filled("placement", placement(&deploy.placement));
    out.text("endpoint_mode", &deploy.endpoint_mode);
    out.done()
}

fn update_config(config: &UpdateConfig) -> Value {
    let mut out = Out::default();
    out.number("parallelism", &config.parallelism);
    out.long_duration("delay", &config.delay);
    out.text("failure_action", &config.failure_action);
    out.long_duration("monitor", &config.monitor);
    out.some("max_failure_ratio", ratio(&config.max_failure_ratio));
    out.text("order", &config.order);
    out.done()
}

/// A ratio with the precision of 32 bits, as docker keeps it.
fn ratio(field: &Field<f64>) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "docker keeps 32 bits")]
    let short = field.as_ref()?.value as f32;
    if short == 0.0 {
        return None;
    }
    parse_float(&short_float_text(short)).map(Value::from)
}

fn resources(resources: &Resources) -> Value {
    let mut out = Out::default();
    out.some(
        "limits",
        resources.limits.as_ref().map(|limit| {
            let mut out = Out::default();
            out.text("cpus", &limit.cpus);
            bytes(&mut out, &limit.memory);
            out.nonzero("pids", &limit.pids);
            out.done()
        }),
    );
    out.some(
        "reservations",
        resources.reservations.as_ref().map(|reservation| {
            let mut out = Out::default();
            out.text("cpus", &reservation.cpus);
            bytes(&mut out, &reservation.memory);
            let generic = reservation.generic_resources.iter().map(|resource| {
                let mut out = Out::default();
                out.some(
                    "discrete_resource_spec",
                    resource.discrete.as_ref().map(|discrete| {
                        let mut out = Out::default();
                        out.always(
                            "kind",
                            discrete.kind.as_ref().map(|kind| kind.value.clone()).unwrap_or_default(),
                        );
                        out.always("value", discrete.value.map_or(0, |value| value.value));
                        out.done()
                    }),
                );
                out.done()
            });
            out.filled("generic_resources", generic.collect());
            out.done()
        }),
    );
    out.done()
}

fn bytes(out: &mut Out, field: &Field<i64>) {
    out.some("memory", field.as_ref().filter(|bytes| bytes.value != 0).map(|bytes| bytes.value.to_string()));
}

fn placement(placement: &Placement) -> Value {
    let mut out = Out::default();
    out.list("constraints", &placement.constraints);
    let preferences = placement.preferences.iter().map(|spread| {
        let mut out = Out::default();
        out.text("spread", spread);
        out.done()
    });
    out.filled("preferences", preferences.collect());
    out.nonzero("max_replicas_per_node", &placement.max_replicas_per_node);
    out.done()
}
