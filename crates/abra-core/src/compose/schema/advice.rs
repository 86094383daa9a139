//! What to write instead of what is wrong.
use super::shape::{Object, Shape};
use super::table::{DEPLOY, SERVICE};
use crate::compose::short::duration;
use crate::yaml::{Data, Node};

/// Keys that are known in another place, or to other programs.
pub(super) fn elsewhere(name: &str, object: &Object) -> Option<&'static str> {
    if std::ptr::eq(object, &raw const SERVICE) && DEPLOY.keys.iter().any(|key| key.name == name) {
        return Some("write it under \"deploy\"");
    }
    Some(match name {
        "profiles" | "pull_policy" | "develop" | "gpus" | "group_add" | "annotations" | "platform"
        | "include" | "enable_ipv6" | "name" | "runtime" | "stdin" => {
            "`docker compose` knows this key, a swarm stack does not; remove it"
        }
        "scale" => "write deploy: {replicas: …}",
        "mem_limit" | "mem_reservation" | "cpus" | "pids_limit" => "write it under deploy.resources",
        _ => return None,
    })
}

/// How to write what was meant.
pub(super) fn advice(data: &Data, shape: &Shape, version: u8) -> Option<String> {
    let text = Data::Text(String::new());
    let takes_text = shape.takes(&text, version);
    match data {
        Data::Int { raw, .. } | Data::Float { raw, .. } if is_duration(shape) => {
            let fits = duration::parse(&format!("{raw}s")).is_some();
            fits.then(|| format!("write it with its unit: {raw}s"))
        }
        Data::Int { raw, .. } | Data::Float { raw, .. } | Data::Date(raw) if takes_text => {
            Some(format!("write it in quotes: \"{raw}\""))
        }
        Data::Bool(value) if takes_text => Some(format!("write it in quotes: \"{value}\"")),
        Data::Text(text) => instead_of_text(text, shape),
        Data::Map(map) if takes_text && map.len() == 1 => instead_of_pair(map.iter().next()?),
        Data::Map(_) if matches!(shape, Shape::List(..)) => {
            Some("write a list: one \"- name\" per line; conditions are not known to a swarm".to_owned())
        }
        Data::List(_) if shape.takes(&Data::Map(crate::yaml::Mapping::new()), version) => {
            Some("write its keys below it without dashes".to_owned())
        }
        _ => None,
    }
}

fn is_duration(shape: &Shape) -> bool {
    matches!(shape, Shape::Duration)
}

fn instead_of_text(text: &str, shape: &Shape) -> Option<String> {
    match shape {
        Shape::Bool => match text.to_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some("write true, without quotes".to_owned()),
            "no" | "off" | "n" | "false" => Some("write false, without quotes".to_owned()),
            _ => None,
        },
        Shape::Whole | Shape::Natural | Shape::Number if text.parse::<f64>().is_ok() => {
            Some("write it without quotes".to_owned())
        }
        Shape::List(..) | Shape::Since(..) if text.len() <= 60 => {
            Some(format!("write a list: [{}]", serde_json::Value::from(text)))
        }
        Shape::Object(_) | Shape::Dict(..) => {
            let Some((key, value)) = text.split_once(':') else {
                let word = text.len() <= 60 && !text.contains(char::is_whitespace);
                return word.then(|| format!("write a colon behind it: \"{text}:\""));
            };
            Some(format!("write a blank behind the colon: \"{key}: {value}\""))
        }
        Shape::Either(shapes) => shapes.iter().find_map(|shape| instead_of_text(text, shape)),
        _ => None,
    }
}

/// For `- A: b`, where text was wanted.
fn instead_of_pair((key, entry): (&String, &crate::yaml::Entry)) -> Option<String> {
    let Node { data: Data::Text(value), .. } = &entry.value else { return None };
    let short = key.len() + value.len() <= 60;
    let text = if key.contains('=') { format!("{key}: {value}") } else { format!("{key}={value}") };
    short.then(|| {
        format!("\": \" makes this a mapping; write it in quotes: {}", serde_json::Value::from(text))
    })
}
