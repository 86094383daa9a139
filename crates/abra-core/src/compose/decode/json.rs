//! Trees as plain data, for what is kept as it was written.
use crate::yaml::{Data, Node};
use serde_json::{Number, Value};

/// The data of a node; dates keep their text.
pub(super) fn value(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int { value, raw } => match (i64::try_from(*value), u64::try_from(*value)) {
            (Ok(value), _) => value.into(),
            (_, Ok(value)) => value.into(),
            _ => Value::String(raw.clone()),
        },
        Data::Float { value, raw } => {
            Number::from_f64(*value).map_or_else(|| Value::String(raw.clone()), Value::Number)
        }
        Data::Date(text) | Data::Text(text) => Value::String(text.clone()),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Map(map) => {
            Value::Object(map.iter().map(|(key, entry)| (key.clone(), value(&entry.value))).collect())
        }
    }
}
