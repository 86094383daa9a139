//! `x-cluster-spec` of a volume: without effect when a stack is deployed; kept for the printed document only.
use super::Decoder;
use super::fields::strings;
use crate::yaml::{Node, Problem};
use serde_json::{Map, Value};

type Out = Map<String, Value>;

impl Decoder<'_> {
    /// The keys that docker prints, sizes in bytes.
    pub(super) fn cluster_spec(&mut self, node: &Node) -> Value {
        self.report(Problem::warning(node.place, "x-cluster-spec has no effect when a stack is deployed"));
        let mut out = Out::new();
        text(&mut out, node, "group");
        if let Some(mode) = node.get("access_mode") {
            out.insert("access_mode".to_owned(), access_mode(mode));
        }
        if let Some(requirements) = node.get("accessibility_requirements") {
            let mut inner = Out::new();
            for key in ["requisite", "preferred"] {
                let items = requirements.get(key).and_then(Node::as_list).unwrap_or_default();
                let topologies: Vec<Value> = items.iter().map(|item| self.topology(item)).collect();
                filled(&mut inner, key, topologies.into());
            }
            out.insert("accessibility_requirements".to_owned(), inner.into());
        }
        if let Some(range) = node.get("capacity_range") {
            let mut inner = Out::new();
            for key in ["required_bytes", "limit_bytes"] {
                if let Some(bytes) = self.bytes(range.get(key)).filter(|bytes| bytes.value != 0) {
                    inner.insert(key.to_owned(), bytes.value.to_string().into());
                }
            }
            out.insert("capacity_range".to_owned(), inner.into());
        }
        let secrets = node.get("secrets").and_then(Node::as_list).unwrap_or_default();
        let secrets: Vec<Value> = secrets.iter().map(|item| texts(item, &["key", "secret"]).into()).collect();
        filled(&mut out, "secrets", secrets.into());
        text(&mut out, node, "availability");
        out.into()
    }

    fn topology(&mut self, node: &Node) -> Value {
        let segments = self.labels(node.get("segments")).into_iter();
        let segments: Out = segments.map(|(key, value)| (key, value.value.into())).collect();
        let mut out = Out::new();
        filled(&mut out, "segments", segments.into());
        out.into()
    }
}

fn access_mode(node: &Node) -> Value {
    let mut out = texts(node, &["scope", "sharing"]);
    if let Some(mount) = node.get("mount_volume") {
        let mut inner = texts(mount, &["fs_type"]);
        let flags: Vec<Value> =
            strings(mount.get("mount_flags")).into_iter().map(|flag| flag.value.into()).collect();
        filled(&mut inner, "mount_flags", flags.into());
        out.insert("mount_volume".to_owned(), inner.into());
    }
    if node.get("block_volume").is_some() {
        out.insert("block_volume".to_owned(), Out::new().into());
    }
    out.into()
}

fn texts(node: &Node, keys: &[&str]) -> Out {
    let mut out = Out::new();
    for key in keys {
        text(&mut out, node, key);
    }
    out
}

fn text(out: &mut Out, node: &Node, key: &str) {
    if let Some(text) = node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty()) {
        out.insert(key.to_owned(), text.into());
    }
}

fn filled(out: &mut Out, key: &str, value: Value) {
    let empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if !empty {
        out.insert(key.to_owned(), value);
    }
}
