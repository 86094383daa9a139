//! How long facts have held, look after look.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What passes at most from one look to the next, on the clock that [`Watched`] is.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// A clock that goes on by looks. Whatever must have held for a while is timed by it: in the time that one look took,
/// or that passed before it, nobody was looking. An engine that stood still for a while (no memory, a disk that does
/// not write, a machine that was moved) answers with what it knew before, until it has learnt what became of its tasks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watched {
    /// The end of the last look, by the clock on the wall.
    wall: Duration,
    /// What it is by this one.
    pub(super) at: Duration,
    /// From when on what was seen may have been so.
    pub(super) from: Duration,
}

impl Watched {
    /// Takes in a look that ended then and took so long, or that was not possible.
    pub(super) fn look(&mut self, ended: Duration, took: Duration) {
        let before = self.at;
        self.at = before.saturating_add(ended.saturating_sub(self.wall).min(BETWEEN_LOOKS));
        self.from = self.at.saturating_sub(took).max(before);
        self.wall = ended;
    }
}

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
