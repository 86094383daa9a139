//! Several entries of one app, newest first.
use super::{Entry, Logged, Outcome, word};
use crate::head::{HeadRecord, Standing, State};
use crate::recipe::Record;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Entries that are kept on the server for each app.
pub const KEPT: usize = 10;

/// The entries of one app, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History(Vec<Logged>);

impl History {
    /// Puts entries in order.
    pub fn new(mut entries: Vec<Logged>) -> Self {
        entries.sort_by_key(|logged| std::cmp::Reverse(logged.entry.seq));
        Self(entries)
    }

    /// The same, with what the head record says of entries that say nothing themselves: a run whose last write failed
    /// is told of there, and one that never began is not known there.
    #[must_use]
    pub fn under(mut self, head: &HeadRecord, standing: Standing) -> Self {
        let is_on = |nonce: &str| standing == Standing::Held && head.nonce == nonce;
        for logged in self.0.iter_mut().filter(|logged| logged.outcome.is_none()) {
            let word = match logged.entry.seq.cmp(&head.seq) {
                Ordering::Greater if !is_on(&logged.entry.nonce) => word::NOT_BEGUN,
                Ordering::Equal if head.state == State::Idle => &head.verdict,
                _ => continue,
            };
            if !word.is_empty() {
                logged.outcome = Some(Outcome { word: word.to_owned(), ..Outcome::default() });
                logged.inferred = true;
            }
        }
        self
    }

    /// The entries, newest first.
    pub fn entries(&self) -> &[Logged] {
        &self.0
    }

    /// The word for what came of an entry: its own, else whether its run is still on. `busy`: the head record while
    /// somebody really holds it.
    pub fn word<'a>(logged: &'a Logged, busy: Option<&HeadRecord>) -> &'a str {
        let is_on = busy.is_some_and(|head| head.open && head.nonce == logged.entry.nonce);
        match logged.word() {
            Some(word) => word,
            None if is_on => "in-progress",
            None => word::ABANDONED,
        }
    }

    /// Numbers of the entries that must go so that one more can be written.
    pub fn too_many(&self) -> Vec<u64> {
        self.0.iter().skip(KEPT - 1).map(|logged| logged.entry.seq).collect()
    }

    /// The newest entry that brought another version than ran before.
    pub fn last_version(&self) -> Option<&Logged> {
        self.0.iter().find(|logged| logged.entry.changes_version())
    }

    /// The newest entry that brought `deployed`: who deployed what runs.
    pub fn who_deployed(&self, deployed: &Record) -> Option<&Logged> {
        let same = |to: &str| Record::parse(to).is_ok_and(|to| to.same(deployed));
        let begun = |logged: &&Logged| logged.word() != Some(word::NOT_BEGUN);
        self.0.iter().filter(begun).find(|logged| same(&logged.entry.to))
    }

    /// What others did since operation `planned`, newest first, and before that what brought one of these plans, by their
    /// ids. `own`: the plan of whoever asks.
    pub fn others(&self, planned: u64, own: &str, plans: &BTreeSet<String>) -> Vec<&Logged> {
        let begun = |logged: &&Logged| logged.word() != Some(word::NOT_BEGUN);
        let is_meant = |entry: &Entry| entry.seq > planned || plans.contains(&entry.plan);
        let others =
            self.0.iter().filter(|logged| logged.entry.plan != own && is_meant(&logged.entry)).filter(begun);
        others.collect()
    }

    /// The newest entry that was begun, where nobody knows how it ended and its run is not on.
    pub fn unfinished(&self, busy: Option<&HeadRecord>) -> Option<&Logged> {
        let newest = self.newest()?;
        word::is_provisional(Self::word(newest, busy)).then_some(newest)
    }

    /// What the newest entry that was begun came to, where that is known.
    pub fn last_word(&self) -> Option<&str> {
        self.newest()?.word()
    }

    /// Whether the last thing that anybody did was to undeploy the app, and it went.
    pub fn was_undeployed(&self) -> bool {
        let gone =
            |logged: &Logged| logged.entry.command == "undeploy" && logged.word() == Some(word::SUCCEEDED);
        self.newest().is_some_and(gone)
    }

    /// The newest entry that was begun.
    fn newest(&self) -> Option<&Logged> {
        self.0.iter().find(|logged| logged.word() != Some(word::NOT_BEGUN))
    }

    /// When the app was last found to run as wanted, in the swarm's count of writes; `None` where the last operation came
    /// to something else, or did not say so itself.
    pub fn checked_at(&self) -> Option<u64> {
        let newest = self.newest()?;
        let is_good = matches!(newest.word(), Some(word::SUCCEEDED | word::ADOPTED));
        (is_good && !newest.inferred).then_some(newest.written)
    }

    /// The newest entry, if its run was cut off.
    pub fn abandoned(&self, busy: Option<&HeadRecord>) -> Option<&Logged> {
        self.unfinished(busy).filter(|logged| Self::word(logged, busy) == word::ABANDONED)
    }
}
