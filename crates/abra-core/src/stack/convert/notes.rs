//! Where the conversion writes what it finds.
use crate::finding::{Finding, Location, Place, Sources};

/// Findings so far, in the order in which they were made.
pub(super) struct Notes<'a> {
    sources: &'a Sources,
    found: Vec<Finding>,
}

impl<'a> Notes<'a> {
    pub(super) const fn new(sources: &'a Sources) -> Self {
        Self { sources, found: Vec::new() }
    }

    pub(super) fn location(&self, place: Place) -> Location {
        self.sources.location(place)
    }

    /// Something that keeps the stack from being deployed.
    pub(super) fn blocker(&mut self, place: Place, message: impl Into<String>) {
        self.found.push(Finding::blocker(message).at(self.location(place)));
    }

    /// Something that is probably not what was meant.
    pub(super) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.found.push(Finding::warning(message).at(self.location(place)));
    }

    /// A finding that is made up elsewhere.
    pub(super) fn push(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// All findings, those of one place next to each other, each once.
    pub(super) fn done(mut self) -> Vec<Finding> {
        self.found.sort_by_cached_key(|finding| {
            finding.location.as_ref().map(|at| (at.file.clone(), at.line, at.column))
        });
        self.found.dedup();
        self.found
    }
}
