//! Shapes that mean the same, whatever they hold.
use serde_json::{Map, Value, json};

/// Maps of the operator's: each entry counts, empty ones too.
const USER_MAPS: [&str; 4] = ["Labels", "Options", "DriverOpts", "Sysctls"];

/// Numbers whose 0 means the same as nothing.
const ZERO_IS_NOTHING: [&str; 12] = [
    "ForceUpdate",
    "Interval",
    "MaxReplicas",
    "MemoryBytes",
    "NanoCPUs",
    "OomScoreAdj",
    "Pids",
    "Retries",
    "SizeBytes",
    "StartInterval",
    "StartPeriod",
    "Timeout",
];

/// Drops what means the same as nothing: null, false, empty texts, lists and objects, and some zeros. What stays:
/// an `Init` that is false (the engine's default may be true), and the empty objects of `Mode` and `Runtime`, which
/// say something by being there. Items of lists stay.
pub(super) fn drop_empty(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_empty),
        Value::Object(fields) => fields.retain(|key, field| {
            if !(USER_MAPS.contains(&key.as_str()) && field.is_object()) {
                match (&key[..], field.as_object_mut()) {
                    ("Mode", Some(modes)) => modes.values_mut().for_each(drop_empty),
                    _ => drop_empty(field),
                }
            }
            !is_nothing(key, field)
        }),
        _ => {}
    }
}

fn is_nothing(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag && key != "Init",
        Value::Number(number) => number.as_f64() == Some(0.0) && ZERO_IS_NOTHING.contains(&key),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty() && key != "Runtime",
    }
}

/// Sorts a list that has no order.
pub(super) fn sort_by<K: Ord>(fields: &mut Map<String, Value>, key: &str, by: impl Fn(&Value) -> K) {
    if let Some(items) = fields.get_mut(key).and_then(Value::as_array_mut)
        && items.len() > 1
    {
        items.sort_by_cached_key(by);
    }
}

/// Sorts a list of texts that has no order.
pub(super) fn sort_texts(fields: &mut Map<String, Value>, key: &str) {
    sort_by(fields, key, |item| item.as_str().unwrap_or_default().to_owned());
}

/// A number of 32 bits, as short as it can be told apart; whole ones as integers.
#[expect(clippy::cast_possible_truncation, reason = "the engine keeps 32 bits")]
pub(super) fn narrow(number: f64) -> Value {
    let short: f64 = (number as f32).to_string().parse().unwrap_or_default();
    if short == 0.0 { json!(0) } else { json!(short) }
}
