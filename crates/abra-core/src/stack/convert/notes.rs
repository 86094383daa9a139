//! Where the conversion writes what it finds.
use crate::finding::{Finding, Location, Place, Severity, Sources, brief};

/// How many blockers, and how many other findings, are kept.
const MAX_FINDINGS: usize = 500;

/// How many names are compared to suggest one instead of what is declared nowhere.
const MAX_COMPARED: usize = 100_000;

/// How many bytes all secrets and configs may have together.
const MAX_CONTENT: usize = 64 << 20;

/// Findings so far, in the order in which they were made; and what was used up of the limits.
pub(super) struct Notes<'a> {
    sources: &'a Sources,
    found: Vec<Finding>,
    /// Those that were left out.
    more: usize,
    compared: usize,
    content: usize,
}

impl<'a> Notes<'a> {
    pub(super) const fn new(sources: &'a Sources) -> Self {
        Self { sources, found: Vec::new(), more: 0, compared: 0, content: 0 }
    }

    pub(super) fn location(&self, place: Place) -> Location {
        self.sources.location(place)
    }

    /// Something that keeps the stack from being deployed.
    pub(super) fn blocker(&mut self, place: Place, message: impl Into<String>) {
        self.push(Finding::blocker(message).at(self.location(place)));
    }

    /// Something that is probably not what was meant.
    pub(super) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.push(Finding::warning(message).at(self.location(place)));
    }

    /// A finding that is made up elsewhere.
    pub(super) fn push(&mut self, finding: Finding) {
        let blocks = |finding: &Finding| finding.severity == Severity::Blocker;
        let alike = self.found.iter().filter(|other| blocks(other) == blocks(&finding)).count();
        if alike < MAX_FINDINGS {
            self.found.push(finding.reworded(|text| brief(text.to_owned())));
        } else {
            self.more += 1;
        }
    }

    /// Whether that many names may be compared once more.
    pub(super) fn compare(&mut self, names: impl FnOnce() -> usize) -> bool {
        if self.compared <= MAX_COMPARED {
            self.compared = self.compared.saturating_add(names());
        }
        self.compared <= MAX_COMPARED
    }

    /// Takes the content of a secret or config into account; what is wrong when it is too much.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.content = self.content.saturating_add(bytes);
        if self.content <= MAX_CONTENT {
            return Ok(());
        }
        Err(format!("with it, secrets and configs have more than {} MiB together", MAX_CONTENT >> 20))
    }

    /// All findings, those of one place next to each other, each once.
    pub(super) fn done(mut self) -> Vec<Finding> {
        self.found.sort_by_cached_key(|finding| {
            finding.location.as_ref().map(|at| (at.file.clone(), at.line, at.column))
        });
        self.found.dedup();
        let severity = self.found.iter().map(|finding| finding.severity).max();
        if let Some(severity) = severity.filter(|_| self.more > 0) {
            self.found.push(Finding::new(severity, format!("and {} more", self.more)));
        }
        self.found
    }
}
