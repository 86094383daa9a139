//! Several files become one document, later files on top.
//!
//! Docker's rules, with these deliberate differences, where docker loses what was written: ports are told apart by
//! protocol and, when unpublished, by target; a later `healthcheck.test` replaces the earlier one; logging options and
//! driver options of networks are united.
mod deploy;
mod field;
mod service;

use super::model::Document;
use crate::finding::Place;
use crate::yaml::Problem;
use std::collections::BTreeMap;

/// Puts `over` on top of `base`; says what could not override.
pub(super) fn merge(base: &mut Document, over: Document, problems: &mut Vec<Problem>) {
    let mut merge = Merge { problems };
    for (name, service) in over.services {
        match base.services.entry(name) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(service);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                merge.service(entry.get_mut(), service);
            }
        }
    }
    base.networks.extend(over.networks);
    base.volumes.extend(over.volumes);
    base.secrets.extend(over.secrets);
    base.configs.extend(over.configs);
}

struct Merge<'a> {
    problems: &'a mut Vec<Problem>,
}

/// Keeps the last item for each key, in the order of the keys.
fn last_by_key<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    items.into_iter().map(|item| (key(&item), item)).collect::<BTreeMap<K, T>>().into_values().collect()
}

/// Says that of two entries of one file only the later one counts.
fn collapsed<T, K: Ord>(
    items: &[T],
    key: impl Fn(&T) -> K,
    place: impl Fn(&T) -> Place,
    what: &str,
) -> Vec<Problem> {
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    for item in items {
        if let Some(earlier) = seen.insert(key(item), place(item)) {
            let message =
                format!("a later entry with the same {what} replaces this one, as files are merged");
            problems.push(Problem::warning(earlier, message));
        }
    }
    problems
}
