//! The journal: one small config object on the swarm per operation that changed an app, at most ten per app.
//!
//! An object's content can't be changed, so it holds the intent, written before the first change. What came of it is
//! written into the same object's labels by compare-and-set after the verdict: an object that was cut off in between
//! has no outcome, and says so. No values of variables and no secrets are in either.
//!
//! | room | holds |
//! | --- | --- |
//! | [`entry`](Entry) | intent and outcome, as objects and as values |
//! | [`history`](History) | several entries: which is open, which was cut off, which are too many, who deployed what runs |
mod entry;
mod history;

pub use entry::{Entry, Logged, Outcome, name_of, word};
pub use history::{History, KEPT};

/// The [`crate::head::KIND_LABEL`] of journal entries.
pub const JOURNAL: &str = "journal";
/// The newest format of entries that is known here.
pub const FORMAT: u32 = 1;

#[cfg(test)]
mod tests;
