//! Things with a name of their own: variables, secrets, mounts, networks, ports.
use super::super::hide::shown;
use super::Entry;
use crate::plan::change::Shown;
use serde_json::{Map, Value};

/// Turns an item of a list into its path and what it says.
pub(super) type Item = fn(&Value) -> (String, Entry);

/// How a bare variable is shown, which takes its value from nowhere.
const NO_VALUE: &str = "(no value)";

pub(super) fn variable(item: &Value) -> (String, Entry) {
    let text = item.as_str().unwrap_or_default();
    let Some((name, value)) = text.split_once('=') else {
        return (format!("env {text}"), plain(NO_VALUE.to_owned()));
    };
    (format!("env {name}"), Entry { raw: value.to_owned(), shown: shown(name, value) })
}

pub(super) fn secret(item: &Value) -> (String, Entry) {
    file("secret", "SecretName", item)
}

pub(super) fn config(item: &Value) -> (String, Entry) {
    file("config", "ConfigName", item)
}

/// By target, so that a new version of a file is one change.
fn file(noun: &str, name_key: &str, item: &Value) -> (String, Entry) {
    let mut left = fields(item);
    let name = string(&mut left, name_key);
    let Some(Value::Object(mut target)) = left.shift_remove("File") else {
        return (format!("{noun} {name}"), plain(with_notes(noun.to_owned(), &[], &left)));
    };
    let path = string(&mut target, "Name");
    let mut notes = Vec::new();
    for (key, word) in [("UID", "uid"), ("GID", "gid")] {
        let owner = string(&mut target, key);
        if !owner.is_empty() && owner != "0" {
            notes.push(format!("{word} {owner}"));
        }
    }
    let mode = target.shift_remove("Mode").and_then(|mode| mode.as_u64()).unwrap_or_default();
    if mode != 0o444 {
        notes.push(format!("mode {mode:04o}"));
    }
    left.extend(target);
    let raw = with_notes(name.clone(), &notes, &left);
    // An id is there where the object was not looked at; nobody reads it beside the name.
    if !name.is_empty() {
        left.retain(|key, _| key != "SecretID" && key != "ConfigID");
    }
    (format!("{noun} {path}"), Entry { raw, shown: Shown::Text(with_notes(name, &notes, &left)) })
}

pub(super) fn mount(item: &Value) -> (String, Entry) {
    let mut left = fields(item);
    let target = string(&mut left, "Target");
    let kind = string(&mut left, "Type");
    let source = string(&mut left, "Source");
    let what = if source.is_empty() { kind } else { format!("{kind} {source}") };
    (format!("volume {target}"), plain(with_notes(what, &[], &left)))
}

pub(super) fn ulimit(item: &Value) -> (String, Entry) {
    let mut left = fields(item);
    let name = string(&mut left, "Name");
    let mut limit =
        |key: &str| left.shift_remove(key).map_or_else(|| "0".to_owned(), |limit| limit.to_string());
    let text = format!("soft {}, hard {}", limit("Soft"), limit("Hard"));
    (format!("ulimit {name}"), plain(with_notes(text, &[], &left)))
}

pub(super) fn network(item: &Value) -> (String, Entry) {
    let mut left = fields(item);
    let target = string(&mut left, "Target");
    let aliases = left.shift_remove("Aliases");
    let aliases: Vec<&str> =
        aliases.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    (format!("network {target}"), plain(with_notes(aliases.join(", "), &[], &left)))
}

pub(super) fn port(item: &Value) -> (String, Entry) {
    let mut left = fields(item);
    let mut number = |key: &str| left.shift_remove(key).and_then(|port| port.as_u64()).unwrap_or_default();
    let (target, published) = (number("TargetPort"), number("PublishedPort"));
    let protocol = string(&mut left, "Protocol");
    let mode = string(&mut left, "PublishMode");
    let path = match published {
        0 => format!("port chosen by the engine/{protocol}"),
        port => format!("port {port}/{protocol}"),
    };
    let notes = if mode == "ingress" { Vec::new() } else { vec![mode] };
    (path, plain(with_notes(target.to_string(), &notes, &left)))
}

fn plain(text: String) -> Entry {
    Entry { shown: Shown::Text(text.clone()), raw: text }
}

fn fields(item: &Value) -> Map<String, Value> {
    item.as_object().cloned().unwrap_or_default()
}

fn string(fields: &mut Map<String, Value>, key: &str) -> String {
    fields.shift_remove(key).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A text with notes in brackets: those given, and every field that is left.
fn with_notes(text: String, notes: &[String], left: &Map<String, Value>) -> String {
    let rest = left.iter().map(|(key, value)| match value.as_str() {
        Some(text) => format!("{key} {text}"),
        None => format!("{key} {value}"),
    });
    let notes: Vec<String> = notes.iter().cloned().chain(rest).collect();
    if notes.is_empty() { text } else { format!("{text} ({})", notes.join(", ")) }
}
