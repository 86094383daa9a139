//! Filters of list calls.
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a list is narrowed to: all keys must match, any value of a key will do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

impl Filters {
    /// Everything.
    pub fn none() -> Self {
        Self::default()
    }

    /// Objects with a label: `key`, or `key=value`.
    pub fn label(text: impl Into<String>) -> Self {
        Self::none().and("label", text)
    }

    /// Objects of a stack (docker: label `com.docker.stack.namespace`).
    pub fn stack(name: &str) -> Self {
        Self::label(format!("com.docker.stack.namespace={name}"))
    }

    /// Also narrowed by `key`: `name` (docker: a prefix for configs and secrets, a part for networks), `id`,
    /// `service`, `node`, `desired-state`, `_up-to-date` …
    #[must_use]
    pub fn and(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.entry(key.to_owned()).or_default().insert(value.into());
        self
    }

    /// The value of the query parameter `filters`, in the map form that docker's own client sends; `None` when there
    /// is nothing to narrow.
    pub(super) fn query(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let keys = self.0.iter().map(|(key, values)| {
            let values: Map<String, Value> = values.iter().map(|v| (v.clone(), Value::Bool(true))).collect();
            (key.clone(), Value::Object(values))
        });
        Some(Value::Object(keys.collect()).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_map_form() {
        let filters = Filters::stack("st").and("_up-to-date", "true");
        let expected = r#"{"_up-to-date":{"true":true},"label":{"com.docker.stack.namespace=st":true}}"#;
        assert_eq!(filters.query().as_deref(), Some(expected));
        assert_eq!(Filters::none().query(), None);
    }
}
