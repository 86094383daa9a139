//! Empty lists and mappings in an overlay: they take nothing away from what an earlier file says.
use crate::yaml::{Data, Entry, Node, Problem};

/// Warns of those in the services of `tree` that have something in an earlier one, the nearest first.
pub(super) fn check(tree: &Node, earlier: &[&Node]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, service) in entries(tree.get("services")) {
        for below in earlier {
            if let Some(below) = below.get("services").and_then(|services| services.get(name)) {
                walk(&service.value, below, true, &mut problems);
            }
        }
    }
    problems
}

fn walk(over: &Node, below: &Node, service: bool, problems: &mut Vec<Problem>) {
    for (key, entry) in entries(Some(over)) {
        let Some(earlier) = below.get(key) else { continue };
        if empty(&entry.value, key) {
            if !empty(earlier, key) && earlier.data != Data::Null {
                let problem =
                    Problem::warning(entry.key, format!("{key} is empty here, which takes nothing away"));
                problems.push(problem.earlier(earlier.place).help("change the earlier value itself"));
            }
        } else if !(service && matches!(key.as_str(), "networks" | "logging")) {
            // Entries of these two can be replaced as a whole.
            walk(&entry.value, earlier, false, problems);
        }
    }
}

fn empty(node: &Node, key: &str) -> bool {
    match &node.data {
        Data::List(items) => items.is_empty(),
        Data::Map(map) => map.is_empty(),
        // Other texts are looked at when they are merged.
        Data::Text(text) => text.is_empty() && matches!(key, "command" | "entrypoint"),
        _ => false,
    }
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&String, &Entry)> {
    node.and_then(Node::as_map).into_iter().flatten()
}
