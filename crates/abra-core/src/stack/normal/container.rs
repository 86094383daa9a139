//! The container of a task.
use super::{Names, default, object, objects, shape};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn normalise(container: &mut Map<String, Value>, names: &Names) {
    if let Some(check) = container.shift_remove("HealthCheck") {
        default(container, "Healthcheck", || check);
    }
    default(container, "StopGracePeriod", || json!(10_000_000_000_i64));
    for list in ["Env", "CapabilityAdd", "CapabilityDrop"] {
        shape::sort_texts(container, list);
    }
    shape::sort_by(container, "Ulimits", |limit| limit["Name"].as_str().unwrap_or_default().to_owned());
    isolation(container);
    references(container, "Secrets", "Secret", &names.secrets);
    references(container, "Configs", "Config", &names.configs);
    if let Some(credentials) = object(container, "Privileges").and_then(|all| object(all, "CredentialSpec"))
        && let Some(name) =
            credentials.get("Config").and_then(Value::as_str).and_then(|id| names.configs.get(id))
    {
        credentials.insert("Config".to_owned(), json!(name));
    }
    for mount in objects(container, "Mounts") {
        // docker: an engine takes it and never gives it back.
        mount.shift_remove("Consistency");
        propagation(mount);
    }
    shape::sort_by(container, "Mounts", |mount| mount["Target"].as_str().unwrap_or_default().to_owned());
}

/// docker: an engine knows two kinds of isolation and takes all else for its default.
fn isolation(container: &mut Map<String, Value>) {
    let Some(written) = container.get("Isolation").and_then(Value::as_str) else { return };
    match written.to_lowercase().as_str() {
        known @ ("process" | "hyperv") => drop(container.insert("Isolation".to_owned(), json!(known))),
        _ => drop(container.shift_remove("Isolation")),
    }
}

/// docker: what an engine says of a bind mount without propagation.
fn propagation(mount: &mut Map<String, Value>) {
    if let Some(options) = object(mount, "BindOptions")
        && options.get("Propagation").is_some_and(|propagation| propagation == "rprivate")
    {
        options.shift_remove("Propagation");
    }
}

/// Secrets and configs go by their names, sorted. An id that nobody knows stays.
fn references(container: &mut Map<String, Value>, list: &str, noun: &str, names: &BTreeMap<String, String>) {
    let (id_key, name_key) = (format!("{noun}ID"), format!("{noun}Name"));
    for reference in objects(container, list) {
        let known = reference.get(&id_key).and_then(Value::as_str).and_then(|id| names.get(id));
        if let Some(name) = known {
            reference.insert(name_key.clone(), json!(name));
            reference.shift_remove(&id_key);
        }
    }
    shape::sort_by(container, list, |reference| {
        let name = reference[&name_key].as_str().unwrap_or_default().to_owned();
        let target = reference.pointer("/File/Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        (name, target)
    });
}
