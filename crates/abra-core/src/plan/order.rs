//! In which order services are created and updated.
use std::collections::{BTreeMap, BTreeSet};

/// Names in an order in which everything comes after what it waits for, else by name. Where names wait for each other
/// in a circle, the first of them by name comes first.
pub(super) fn by_dependency(waits_for: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = waits_for.clone();
    let mut order = Vec::with_capacity(left.len());
    while let Some(first) = left.keys().next().copied() {
        let free =
            |(_, others): &(&&str, &BTreeSet<&str>)| !others.iter().any(|other| left.contains_key(other));
        let next = left.iter().find(free).map_or(first, |(name, _)| *name);
        left.remove(next);
        order.push(next.to_owned());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&'static str, &[&'static str])], expected: &[&str]) {
        let map = edges.iter().map(|(name, others)| (*name, others.iter().copied().collect())).collect();
        assert_eq!(by_dependency(&map), expected);
    }

    #[test]
    fn what_is_waited_for_comes_first_else_names_decide() {
        check(&[("a", &[]), ("b", &[]), ("c", &[])], &["a", "b", "c"]);
        check(&[("app", &["db", "cache"]), ("cache", &[]), ("db", &[])], &["cache", "db", "app"]);
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &["gone"])], &["c", "b", "a"]);
    }

    #[test]
    fn circles_are_broken_by_name() {
        check(&[("a", &["b"]), ("b", &["a"]), ("c", &["b"]), ("d", &[])], &["d", "a", "b", "c"]);
        check(&[("a", &["a"])], &["a"]);
    }
}
