//! The template of tasks.
use super::{Names, container, default, entry, objects, shape};
use serde_json::{Map, Value, json};

/// `networks` are those that old clients put beside the template.
pub(super) fn normalise(task: &mut Map<String, Value>, networks: Option<Value>, names: &Names) {
    if task.get("Runtime").is_some_and(|runtime| runtime == "container") {
        task.shift_remove("Runtime");
    }
    container::normalise(entry(task, "ContainerSpec"), names);
    restart(entry(task, "RestartPolicy"));
    placement(entry(task, "Placement"));
    resources(entry(task, "Resources"));
    if let Some(networks) = networks.filter(|networks| networks.is_array()) {
        default(task, "Networks", || networks);
    }
    for network in objects(task, "Networks") {
        if let Some(name) =
            network.get("Target").and_then(Value::as_str).and_then(|id| names.networks.get(id))
        {
            network.insert("Target".to_owned(), json!(name));
        }
        shape::sort_texts(network, "Aliases");
    }
    shape::sort_by(task, "Networks", |network| network["Target"].as_str().unwrap_or_default().to_owned());
}

/// docker: any task is restarted, after 5 s, without end.
fn restart(policy: &mut Map<String, Value>) {
    default(policy, "Condition", || json!("any"));
    default(policy, "Delay", || json!(5_000_000_000_i64));
    default(policy, "MaxAttempts", || json!(0));
    default(policy, "Window", || json!(0));
}

fn placement(placement: &mut Map<String, Value>) {
    shape::sort_texts(placement, "Constraints");
    shape::sort_by(placement, "Platforms", |platform| {
        let text = |key: &str| platform.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        (text("OS"), text("Architecture"))
    });
    if let Some(platforms) = placement.get_mut("Platforms").and_then(Value::as_array_mut) {
        platforms.dedup();
    }
}

fn resources(resources: &mut Map<String, Value>) {
    let reservations = entry(resources, "Reservations");
    if let Some(generic) = reservations.get_mut("GenericResources").and_then(Value::as_array_mut) {
        generic.retain(|resource| resource.as_object().is_none_or(|fields| !fields.is_empty()));
    }
    shape::sort_by(reservations, "GenericResources", ToString::to_string);
}
