//! All services of a stack at once.
use super::event::Event;
use super::expectation::Expectation;
use super::settings::Settings;
use super::snapshot::Snapshot;
use super::verdict::Verdict;
use std::time::Duration;

/// A watch over a stack.
#[derive(Debug)]
pub struct Watch {
    verdict: Option<Verdict>,
}

impl Watch {
    /// Begins. Time 0 is now: after the last post.
    pub fn new(_expectations: Vec<Expectation>, _settings: Settings) -> Watch {
        Watch { verdict: None }
    }

    /// Takes in one look and says what has changed. After the verdict it does nothing.
    pub fn step(&mut self, _snapshot: &Snapshot) -> Vec<Event> {
        Vec::new()
    }

    /// Takes in that a look was not possible. That is no verdict, but what was held to be stable must prove it again.
    pub fn unreachable(&mut self, _at: Duration, _reason: &str) -> Vec<Event> {
        Vec::new()
    }

    /// The verdict, once there is one.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }
}
