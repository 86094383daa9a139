//! Digests of service specs, to see cheaply whether they mean the same.
use super::normal::{Names, canonical};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Digest of what a service spec means, see [`canonical`]. The same before it is sent and after it is read back.
pub fn of_service(spec: &Value, names: &Names, volatile: &BTreeSet<String>) -> String {
    of(&canonical(spec, names, volatile))
}

/// Digest of a value: sha256 over its JSON with sorted keys, in hex.
pub fn of(value: &Value) -> String {
    let mut text = Vec::with_capacity(4096);
    write(value, &mut text);
    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a value with sorted keys, whatever order it has in memory.
fn write(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            into.push(b'{');
            for (key, value) in entries {
                scalar(key, into);
                into.push(b':');
                write(value, into);
                into.push(b',');
            }
            into.push(b'}');
        }
        Value::Array(items) => {
            into.push(b'[');
            for item in items {
                write(item, into);
                into.push(b',');
            }
            into.push(b']');
        }
        other => scalar(other, into),
    }
}

/// What is no list and no mapping.
fn scalar(value: &impl Serialize, into: &mut Vec<u8>) {
    serde_json::to_writer(into, value).expect("texts, numbers and flags can be written to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_of_keys_does_not_count_and_order_of_items_does() {
        assert_eq!(of(&json!({"a": 1, "b": {"c": 2, "d": 3}})), of(&json!({"b": {"d": 3, "c": 2}, "a": 1})));
        assert_ne!(of(&json!([1, 2])), of(&json!([2, 1])));
        assert_ne!(of(&json!(["a", "b"])), of(&json!(["a,b"])));
        assert_eq!(of(&json!(null)), "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
    }
}
