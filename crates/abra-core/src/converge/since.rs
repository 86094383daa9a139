//! How long facts have held, look after look.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Remembers since when each fact has been true without a break.
#[derive(Debug, Clone)]
pub(super) struct Since<K: Ord>(BTreeMap<K, Duration>);

impl<K: Ord> Since<K> {
    pub(super) fn new() -> Since<K> {
        Since(BTreeMap::new())
    }

    /// Takes in what is true now: what is not among it starts anew next time.
    pub(super) fn note(&mut self, at: Duration, facts: BTreeSet<K>) {
        self.0.retain(|fact, _| facts.contains(fact));
        for fact in facts {
            self.0.entry(fact).or_insert(at);
        }
    }

    /// How long a fact has held; `None` if it does not.
    pub(super) fn held<Q: Ord + ?Sized>(&self, fact: &Q, at: Duration) -> Option<Duration>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(fact).map(|since| at.saturating_sub(*since))
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
