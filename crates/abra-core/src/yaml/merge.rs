//! Merge keys (`<<`).
use super::node::{Data, Mapping, Node};

/// The mappings that the value of a merge key names, in order; `None` when it is anything else.
/// A list must stand there itself: an alias to a list is not taken (docker does not either).
pub(super) fn merged_mappings(value: Node, through_alias: bool) -> Option<Vec<Mapping>> {
    match value.data {
        Data::Map(map) => Some(vec![map]),
        Data::List(items) if !through_alias => items
            .into_iter()
            .map(|item| if let Data::Map(map) = item.data { Some(map) } else { None })
            .collect(),
        _ => None,
    }
}

/// Adds what own keys and earlier mappings do not have.
pub(super) fn apply(own: &mut Mapping, merged: Vec<Mapping>) {
    for (key, entry) in merged.into_iter().flatten() {
        own.entry(key).or_insert(entry);
    }
}
