//! What an engine stores, with names in place of ids.
use crate::{Engine, RigError};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Options that only the engine decides on.
const VXLAN: &str = "com.docker.network.driver.overlay.vxlanid_list";
/// Fields of a network that say how it is and not what was asked for.
const OF_THE_ENGINE: [&str; 6] = ["Id", "Created", "Peers", "Containers", "Services", "ConfigFrom"];

/// The specs of all services, secrets and configs, and all networks, by kind and name.
///
/// # Errors
/// The engine can't be asked.
pub fn stored(engine: &Engine) -> Result<Value, RigError> {
    let mut networks = by_name(engine, "/networks", "/Name")?;
    let host = engine.json("/networks/host?scope=swarm")?;
    let mut names = BTreeMap::from([(text(&host, "/Id"), "host".to_owned())]);
    let mut kinds = Map::new();
    for (kind, target) in [("services", "/services"), ("secrets", "/secrets"), ("configs", "/configs")] {
        let objects = by_name(engine, target, "/Spec/Name")?;
        names.extend(objects.iter().map(|(name, object)| (text(object, "/ID"), name.clone())));
        kinds.insert(
            kind.to_owned(),
            objects.into_iter().map(|(name, object)| (name, object["Spec"].clone())).collect(),
        );
    }
    names.extend(networks.iter().map(|(name, network)| (text(network, "/Id"), name.clone())));
    for network in networks.values_mut().filter_map(Value::as_object_mut) {
        OF_THE_ENGINE.iter().for_each(|key| drop(network.shift_remove(*key)));
        if let Some(options) = network.get_mut("Options").and_then(Value::as_object_mut) {
            options.shift_remove(VXLAN);
        }
    }
    kinds.insert("networks".to_owned(), networks.into_iter().collect());
    Ok(named(&Value::Object(kinds), &names))
}

/// The part of a stack. Subnets that the engine chose are left out: those of the networks that are not named here.
pub(super) fn ours(stored: &Value, stack: &str, own_subnets: &BTreeSet<&str>) -> Value {
    let mut all = stored.clone();
    for kind in
        all.as_object_mut().into_iter().flat_map(|kinds| kinds.values_mut()).filter_map(Value::as_object_mut)
    {
        kind.retain(|name, _| name.starts_with(&format!("{stack}_")));
    }
    let networks = all.get_mut("networks").and_then(Value::as_object_mut);
    for (name, network) in networks.into_iter().flatten() {
        if !own_subnets.contains(name.as_str()) {
            network["IPAM"]["Config"] = Value::Null;
        }
    }
    all
}

/// Where two values differ, one line each.
pub fn differences(path: &str, docker: &Value, abra: &Value, lines: &mut Vec<String>) {
    if let (Some(left), Some(right)) = (docker.as_object(), abra.as_object()) {
        let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for key in keys {
            differences(&format!("{path}/{key}"), &docker[key.as_str()], &abra[key.as_str()], lines);
        }
    } else if docker != abra {
        lines.push(format!("{path}: docker stores {docker}, abra stores {abra}"));
    }
}

fn by_name(engine: &Engine, target: &str, name: &str) -> Result<BTreeMap<String, Value>, RigError> {
    let list = engine.json(target)?;
    Ok(list.as_array().into_iter().flatten().map(|object| (text(object, name), object.clone())).collect())
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn named(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(names.get(text).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| named(item, names)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), named(field, names))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_differs_is_told_with_its_path() {
        let (one, two) =
            (json!({"a": {"b": 1, "c": [1]}, "x": true}), json!({"a": {"b": 2, "c": [1]}, "y": "z"}));
        let mut lines = Vec::new();
        differences("", &one, &two, &mut lines);
        assert_eq!(
            lines,
            [
                "/a/b: docker stores 1, abra stores 2",
                "/x: docker stores true, abra stores null",
                "/y: docker stores null, abra stores \"z\""
            ]
        );
    }

    #[test]
    fn only_the_stack_counts_and_only_the_subnets_that_were_asked_for() {
        let network = json!({"IPAM": {"Config": [{"Subnet": "10.0.1.0/24"}]}});
        let all = json!({"networks": {"s_a": network, "s_b": network, "t_a": network}, "services": {"s_w": 1, "ss_w": 2}});
        let none = json!({"IPAM": {"Config": null}});
        let expected = json!({"networks": {"s_a": network, "s_b": none}, "services": {"s_w": 1}});
        assert_eq!(ours(&all, "s", &BTreeSet::from(["s_a"])), expected);
    }
}
