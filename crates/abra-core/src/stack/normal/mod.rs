//! When two service specs mean the same.
//!
//! An engine gives a spec back with its own defaults filled in, empty objects added, names turned into ids. Here both what
//! is wanted and what is live become one form, in which equal meaning is an equal value. What is not known here stays as
//! it is: a field of a future engine shows as a difference and is not lost.
mod container;
mod shape;
mod template;

use super::live::{FileObject, Network};
use super::spec::ServiceSpec;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names by id, of what a live spec refers to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Networks.
    pub networks: BTreeMap<String, String>,
    /// Secrets.
    pub secrets: BTreeMap<String, String>,
    /// Configs.
    pub configs: BTreeMap<String, String>,
}

impl Names {
    /// Names of all that a server has.
    pub fn of(networks: &[Network], secrets: &[FileObject], configs: &[FileObject]) -> Self {
        let files = |objects: &[FileObject]| {
            objects.iter().map(|object| (object.id.clone(), object.spec.name.clone())).collect()
        };
        Self {
            networks: networks.iter().map(|network| (network.id.clone(), network.name.clone())).collect(),
            secrets: files(secrets),
            configs: files(configs),
        }
    }
}

/// The form in which specs are compared. Service labels in `volatile` are left out.
pub fn canonical(spec: &Value, names: &Names, volatile: &BTreeSet<String>) -> Value {
    form(spec.clone(), names, volatile)
}

/// The same of a spec that is not sent yet.
pub fn canonical_wanted(spec: &ServiceSpec, names: &Names, volatile: &BTreeSet<String>) -> Value {
    form(serde_json::to_value(spec).unwrap_or_default(), names, volatile)
}

/// The form of a spec whose form with all labels is known.
pub(crate) fn without_labels(mut form: Value, volatile: &BTreeSet<String>) -> Value {
    if let Some(fields) = form.as_object_mut()
        && let Some(labels) = object(fields, "Labels")
    {
        labels.retain(|key, _| !volatile.contains(key));
        if labels.is_empty() {
            fields.shift_remove("Labels");
        }
    }
    form
}

fn form(mut spec: Value, names: &Names, volatile: &BTreeSet<String>) -> Value {
    let Some(fields) = spec.as_object_mut() else { return spec };
    if let Some(labels) = object(fields, "Labels") {
        labels.retain(|key, _| !volatile.contains(key));
    }
    let old_networks = fields.remove("Networks");
    template::normalise(entry(fields, "TaskTemplate"), old_networks, names);
    mode(entry(fields, "Mode"));
    for key in ["UpdateConfig", "RollbackConfig"] {
        update(entry(fields, key));
    }
    endpoint(entry(fields, "EndpointSpec"));
    shape::drop_empty(&mut spec);
    spec
}

/// docker: one task, if nothing is said; of a job one at a time, and as many in all as at a time.
fn mode(mode: &mut Map<String, Value>) {
    mode.retain(|_, value| !value.is_null());
    if mode.is_empty() {
        mode.insert("Replicated".to_owned(), json!({}));
    }
    if let Some(replicated) = object(mode, "Replicated") {
        default(replicated, "Replicas", || json!(1));
    }
    if let Some(job) = object(mode, "ReplicatedJob") {
        default(job, "MaxConcurrent", || json!(1));
        let concurrent = job["MaxConcurrent"].clone();
        default(job, "TotalCompletions", || concurrent);
    }
}

/// docker: one task at a time, stop-first, pause on failure, which is watched for 5 s.
fn update(config: &mut Map<String, Value>) {
    let is_zero = |value: Option<&Value>| value.is_some_and(|value| value == &json!(0));
    default(config, "Parallelism", || json!(1));
    if is_zero(config.get("Monitor")) {
        config.remove("Monitor");
    }
    default(config, "Monitor", || json!(5_000_000_000_i64));
    default(config, "Delay", || json!(0));
    default(config, "FailureAction", || json!("pause"));
    default(config, "Order", || json!("stop-first"));
    let ratio = config.get("MaxFailureRatio").and_then(Value::as_f64).unwrap_or_default();
    config.insert("MaxFailureRatio".to_owned(), json!(shape::narrow(ratio)));
}

/// docker: a virtual address, TCP, through every node.
fn endpoint(endpoint: &mut Map<String, Value>) {
    default(endpoint, "Mode", || json!("vip"));
    for port in objects(endpoint, "Ports") {
        default(port, "Protocol", || json!("tcp"));
        default(port, "PublishMode", || json!("ingress"));
        for key in ["TargetPort", "PublishedPort"] {
            default(port, key, || json!(0));
        }
    }
    shape::sort_by(endpoint, "Ports", |port| {
        let number = |key: &str| port[key].as_u64().unwrap_or_default();
        let text = |key: &str| port[key].as_str().unwrap_or_default().to_owned();
        (number("PublishedPort"), number("TargetPort"), text("Protocol"), text("PublishMode"))
    });
}

/// The object under a key, made if there is none.
fn entry<'a>(fields: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = fields.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it was made an object just now")
}

/// The object under a key.
fn object<'a>(fields: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    fields.get_mut(key)?.as_object_mut()
}

/// The objects in a list under a key.
fn objects<'a>(
    fields: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Fills in a value where there is none, or an empty text.
fn default(fields: &mut Map<String, Value>, key: &str, value: impl FnOnce() -> Value) {
    if fields.get(key).is_none_or(|present| present.is_null() || present == "") {
        fields.insert(key.to_owned(), value());
    }
}

#[cfg(test)]
mod tests;
