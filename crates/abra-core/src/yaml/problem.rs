//! A finding that still points into the sources by number.
use crate::finding::{Finding, Place, Severity, Sources, brief};

/// A finding before its place is put in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What was found.
    pub message: String,
    /// What can be done.
    pub help: Option<String>,
    /// Where the value stands that this one is about.
    pub earlier: Option<Place>,
}

impl Problem {
    /// A problem of the given severity.
    pub fn new(severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Self { severity, place, message: message.into(), help: None, earlier: None }
    }

    /// A blocker.
    pub fn blocker(place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Blocker, place, message)
    }

    /// A warning.
    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, place, message)
    }

    /// A note.
    pub fn note(place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, place, message)
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem, naming the place of an earlier value.
    #[must_use]
    pub fn earlier(mut self, place: Place) -> Self {
        self.earlier = Some(place);
        self
    }

    /// The finding, with its place in words.
    pub fn finding(self, sources: &Sources) -> Finding {
        let location = sources.location(self.place);
        let earlier =
            self.earlier.map(|place| format!("the earlier value stands at {}", sources.location(place)));
        let help: Vec<String> = earlier.into_iter().chain(self.help).collect();
        let help = (!help.is_empty()).then(|| brief(help.join("; ")));
        Finding { severity: self.severity, message: brief(self.message), location: Some(location), help }
    }
}
