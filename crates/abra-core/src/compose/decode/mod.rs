//! A checked tree becomes the model: short forms expanded, paths made absolute, env files read.
//!
//! The schema has said what has the wrong shape; here that is simply absent. What the schema can't say (sizes,
//! ranges, combinations) is reported here.
mod build;
mod cluster;
mod deploy;
mod environment;
mod fields;
mod json;
mod mounts;
mod objects;
mod ports;
mod service;
mod swarm;

use super::load::LoadRequest;
use super::model::{Document, Extras};
use crate::finding::Place;
use crate::yaml::{Node, Problem};
use std::collections::{BTreeSet, HashSet};

/// How many values all short forms, mounts and env files of a compose file may stand for.
const MAX_MADE: usize = 300_000;

/// What decoding needs to know besides the tree.
pub(super) struct Decoder<'a> {
    pub(super) request: &'a LoadRequest<'a>,
    /// The minor version of the format.
    pub(super) version: u8,
    /// The names of top-level volumes in all files.
    pub(super) volumes: &'a BTreeSet<String>,
    /// Where something is wrong with the tree.
    pub(super) wrong: &'a HashSet<Place>,
    /// What short forms, mounts and env files stood for so far.
    pub(super) made: usize,
    /// Bytes of env files so far.
    pub(super) env_bytes: usize,
    /// What was found.
    pub(super) problems: Vec<Problem>,
}

impl Decoder<'_> {
    /// The model of one file.
    pub(super) fn document(&mut self, root: &Node) -> Document {
        let mut document = Document { version: format!("3.{}", self.version), ..Document::default() };
        for (name, node) in entries(root, "services") {
            document.services.insert(name.to_owned(), self.service(name, node));
        }
        for (name, node) in entries(root, "networks") {
            document.networks.insert(name.to_owned(), self.network(name, node));
        }
        for (name, node) in entries(root, "volumes") {
            document.volumes.insert(name.to_owned(), self.volume(name, node));
        }
        for (name, node) in entries(root, "secrets") {
            document.secrets.insert(name.to_owned(), self.file_object("secret", name, node));
        }
        for (name, node) in entries(root, "configs") {
            document.configs.insert(name.to_owned(), self.file_object("config", name, node));
        }
        document.extras = extras(root);
        document
    }

    /// Whether that many more values may be made; says so once when not.
    fn spend(&mut self, values: usize, place: Place) -> bool {
        let before = self.made;
        self.made = before.saturating_add(values);
        if self.made > MAX_MADE && before <= MAX_MADE {
            let message = format!("ports, volumes, commands and env files have more than {MAX_MADE} values");
            self.report(Problem::blocker(place, message));
        }
        self.made <= MAX_MADE
    }

    /// False when something is wrong with the tree: what is missing may only be written wrong.
    fn complete(&self) -> bool {
        self.wrong.is_empty()
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

/// The entries of the mapping under a key, in order.
fn entries<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = (&'n str, &'n Node)> {
    node.get(key)
        .and_then(Node::as_map)
        .into_iter()
        .flatten()
        .map(|(name, entry)| (name.as_str(), &entry.value))
}

/// The `x-*` keys of a mapping.
fn extras(node: &Node) -> Extras {
    let map = node.as_map().into_iter().flatten();
    map.filter(|(name, _)| name.starts_with("x-"))
        .map(|(name, entry)| (name.clone(), json::value(&entry.value)))
        .collect()
}
