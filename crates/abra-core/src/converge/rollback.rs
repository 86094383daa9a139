//! The swarm goes back: whether what it goes back to runs.
use super::event::Event;
use super::settings::Settings;
use super::shown::Shown;
use super::sight::{Moment, Sight};
use super::timing::window;
use super::trial::{Judgement, Trial};
use super::verdict::{Failure, OldVersion, Outcome, TaskFailure};
use std::time::Duration;

/// Beyond the times in the spec, for a rollback to end and its tasks to start.
const SLACK: Duration = Duration::from_secs(30);

/// A rollback being watched.
#[derive(Debug)]
pub(super) struct Rollback {
    /// The rules, applied to the old version.
    pub(super) trial: Trial,
    /// When it is no longer waited for.
    pub(super) limit: Duration,
    cause: Option<TaskFailure>,
    /// What the rules said of the old version while the swarm was not through yet.
    failed: Option<Failure>,
}

impl Rollback {
    pub(super) fn new(
        trial: Trial,
        cause: Option<TaskFailure>,
        at: Duration,
        settings: &Settings,
    ) -> Rollback {
        let want = &trial.want;
        let slots = want.mode.wanted().unwrap_or(settings.nodes);
        let parts = [want.rollback.span(slots, want.stop_grace), window(want, settings), SLACK];
        let limit = parts.iter().fold(at, |sum, part| sum.saturating_add(*part));
        let limit = limit.min(settings.deadline.unwrap_or(limit).max(at));
        Rollback { trial, limit, cause, failed: None }
    }

    /// Takes in a look: what became of it, once the swarm says that it has gone back and the old version has shown
    /// whether it runs.
    pub(super) fn look(
        &mut self,
        sight: &Sight<'_>,
        now: &Moment<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Outcome> {
        let mode = self.trial.want.mode;
        for failure in self.trial.ledger.note(sight, mode) {
            events.push(Shown::task_failed(&self.trial, failure));
        }
        let old = match self.trial.judge(sight, now) {
            Judgement::Good { .. } => Some(OldVersion::Runs),
            Judgement::Failed(failure) => {
                self.failed = Some(failure.clone());
                Some(OldVersion::Fails(Box::new(failure)))
            }
            Judgement::Pending(_) => None,
        };
        let ended = sight.update() == "rollback_completed";
        old.filter(|_| ended).map(|old| self.outcome(old))
    }

    /// What is known when there is no more time.
    pub(super) fn unclear(&self) -> Outcome {
        let failed = self.failed.clone();
        self.outcome(failed.map_or(OldVersion::Unclear, |failure| OldVersion::Fails(Box::new(failure))))
    }

    fn outcome(&self, old: OldVersion) -> Outcome {
        Outcome::RolledBack { cause: self.cause.clone(), old }
    }
}
