//! Several entries of one app, newest first.
use super::{Logged, word};
use crate::head::HeadRecord;
use crate::recipe::Record;

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
        self.0.iter().find(|logged| same(&logged.entry.to))
    }

    /// The newest entry, if its run was cut off.
    pub fn abandoned(&self, busy: Option<&HeadRecord>) -> Option<&Logged> {
        self.0.first().filter(|logged| Self::word(logged, busy) == word::ABANDONED)
    }
}
