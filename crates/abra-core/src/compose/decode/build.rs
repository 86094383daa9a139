//! `build`: a swarm ignores it; it is kept for the printed document only.
use super::Decoder;
use super::fields::strings;
use crate::yaml::{Data, Node};
use serde_json::{Map, Value};

impl Decoder<'_> {
    /// The keys that docker prints.
    pub(super) fn build(&mut self, node: Option<&Node>) -> Option<Value> {
        let node = node?;
        let mut out = Map::new();
        let keep = |out: &mut Map<String, Value>, key: &str| {
            if let Some(text) = node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty()) {
                out.insert(key.to_owned(), text.into());
            }
        };
        if let Data::Text(context) = &node.data
            && !context.is_empty()
        {
            out.insert("context".to_owned(), context.clone().into());
        }
        keep(&mut out, "context");
        keep(&mut out, "dockerfile");
        let args = self.pairs(node.get("args")).into_iter().map(|(key, value, _)| (key, Value::from(value)));
        insert(&mut out, "args", Value::Object(args.collect()));
        let labels =
            self.labels(node.get("labels")).into_iter().map(|(key, value)| (key, Value::from(value.value)));
        insert(&mut out, "labels", Value::Object(labels.collect()));
        let texts = |list: Vec<crate::finding::Spanned<String>>| {
            list.into_iter().map(|text| Value::from(text.value)).collect()
        };
        insert(&mut out, "cache_from", texts(strings(node.get("cache_from"))));
        insert(&mut out, "extra_hosts", texts(self.hosts(node.get("extra_hosts"))));
        keep(&mut out, "network");
        keep(&mut out, "target");
        Some(Value::Object(out))
    }
}

fn insert(out: &mut Map<String, Value>, key: &str, value: Value) {
    let empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if !empty {
        out.insert(key.to_owned(), value);
    }
}
