//! What could be read of compose files of which some have mistakes, so that names can be looked up in it.
use super::model::Document;
use crate::finding::{Place, Severity};
use crate::yaml::{Data, Node, Problem};
use std::collections::{BTreeSet, HashSet};

/// Keys of the top level under which things are declared that services name.
const SECTIONS: [&str; 4] = ["networks", "volumes", "secrets", "configs"];

/// All files merged; what is wrong with them is absent. Nothing may be done with it but looking for further mistakes.
#[derive(Debug)]
pub struct Partial {
    /// The document.
    pub document: Document,
    /// Where something is wrong: nothing more is to be said about these places.
    pub wrong: HashSet<Place>,
    /// Keys of the top level (`networks`, …) under which more may be meant to be declared than the document has.
    pub unsure: BTreeSet<&'static str>,
}

impl Partial {
    /// What is known of these files; `None` where a mistake may hide what they declare. The first `read` problems are
    /// those of the files as YAML.
    pub(super) fn of(document: Document, trees: &[&Node], problems: &[Problem], read: usize) -> Option<Self> {
        let blockers = |problems: &[Problem]| -> HashSet<Place> {
            let blockers = problems.iter().filter(|problem| problem.severity == Severity::Blocker);
            blockers.map(|problem| problem.place).collect()
        };
        let unread = blockers(&problems[..read]);
        let is_clear =
            |tree: &&Node| has_known_keys(tree) && unread.iter().all(|at| is_in_services(tree, *at));
        if !trees.iter().all(is_clear) {
            return None;
        }
        let unsure = SECTIONS.into_iter().filter(|section| trees.iter().any(|tree| is_unsure(tree, section)));
        Some(Self { document, wrong: blockers(problems), unsure: unsure.collect() })
    }
}

/// Whether nothing at the top level may be a misspelt section.
fn has_known_keys(tree: &Node) -> bool {
    let is_known = |key: &String| {
        SECTIONS.contains(&key.as_str())
            || matches!(key.as_str(), "version" | "services")
            || key.starts_with("x-")
    };
    tree.as_map().is_some_and(|map| map.keys().all(is_known))
}

/// Whether a place of this file is within its services, where nothing is declared: below their key, and before the next one.
fn is_in_services(tree: &Node, at: Place) -> bool {
    if at.file != tree.place.file {
        return true;
    }
    let Some(map) = tree.as_map() else { return false };
    let Some(services) = map.get("services").map(|entry| entry.key) else { return false };
    let next = map.values().map(|entry| entry.key.line).filter(|line| *line > services.line).min();
    at.line > services.line && at.column > services.column && next.is_none_or(|next| at.line < next)
}

/// Whether the section has another shape than a mapping, or stands among the services by a slip of indentation.
fn is_unsure(tree: &Node, section: &str) -> bool {
    let is_map = |node: &Node| matches!(node.data, Data::Map(_) | Data::Null);
    tree.get(section).is_some_and(|node| !is_map(node))
        || tree.get("services").is_some_and(|services| services.get(section).is_some())
}
