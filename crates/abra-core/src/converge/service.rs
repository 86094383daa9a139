//! The course of one service, from the first look to what became of it.
use super::event::{Event, Phase};
use super::expectation::{Baseline, Change, Expectation};
use super::rollback::Rollback;
use super::settings::Settings;
use super::shown::{Shown, counts, phase_of};
use super::sight::{Moment, Sight};
use super::snapshot::{Sighting, Snapshot};
use super::timing::{deadline, window};
use super::trial::{Judgement, Trial};
use super::verdict::{Cause, Failure, Outcome, Reason, ServiceVerdict, SlotState, Step, Undecided, Waiting};
use crate::stack::live::Task;
use std::collections::BTreeMap;
use std::time::Duration;

/// Beyond window and restart delay, for a service that was good to be so again.
const AGAIN: Duration = Duration::from_secs(30);

/// How far a service has come.
#[derive(Debug)]
enum State {
    /// Being watched.
    Open,
    /// As wanted at the last look; watched on.
    Good(Outcome),
    /// Decided.
    Bad(Outcome),
}

/// One service being watched.
#[derive(Debug)]
pub(super) struct Course {
    trial: Trial,
    settings: Settings,
    state: State,
    rollback: Option<Rollback>,
    waiting: Waiting,
    slots: Vec<SlotState>,
    deadline: Duration,
    /// Deadlines that are put off because a good service must prove itself again never pass this.
    last_deadline: Duration,
    image_health: bool,
    /// What such a proof may take.
    again: Duration,
    shown: Shown,
}

impl Course {
    pub(super) fn new(want: Expectation, settings: &Settings) -> Course {
        let own = deadline(&want, settings, false);
        let again = window(&want, settings).saturating_add(want.restart.delay).saturating_add(AGAIN);
        Course {
            trial: Trial::new(want, settings),
            settings: settings.clone(),
            state: State::Open,
            rollback: None,
            waiting: Waiting::Reading,
            slots: Vec::new(),
            deadline: own,
            last_deadline: own.saturating_add(again.saturating_mul(2)),
            image_health: false,
            again,
            shown: Shown::default(),
        }
    }

    pub(super) fn mode(&self) -> super::Mode {
        self.trial.want.mode
    }

    pub(super) fn id(&self) -> &str {
        &self.trial.want.id
    }

    pub(super) fn name(&self) -> &str {
        &self.trial.want.name
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Whether it went wrong for good.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.state, State::Bad(_))
    }

    /// Whether nothing more is to be awaited from it: good, bad, or out of time.
    pub(super) fn is_at_rest(&self, at: Duration) -> bool {
        match self.state {
            State::Good(_) | State::Bad(_) => true,
            State::Open => self.rollback.is_none() && at >= self.deadline,
        }
    }

    /// Takes in a look.
    pub(super) fn step(
        &mut self,
        snapshot: &Snapshot,
        tasks: &BTreeMap<&str, Vec<&Task>>,
        now: &Moment<'_>,
    ) -> Vec<Event> {
        if self.is_bad() {
            return Vec::new();
        }
        let mut events = Vec::new();
        let Some(seen) = snapshot.services.iter().find(|seen| seen.service.id == self.id()) else {
            self.missing(snapshot, &mut events);
            return events;
        };
        if seen.service.version.index < self.trial.want.version {
            if matches!(self.state, State::Good(_)) {
                self.put_off(now.at);
            }
            self.trial.blink();
            self.wait(Waiting::Reading);
            return events;
        }
        let own = tasks.get(self.id()).map_or(&[][..], Vec::as_slice);
        let sight = Sight::new(seen, own, snapshot, self.mode());
        self.slots = sight.slots(self.trial.want.health.as_ref(), now.server_time);
        self.allow_for_image_health(now.at);
        self.rule(seen, &sight, now, &mut events);
        self.show(&sight, &mut events);
        events
    }

    /// Nothing could be seen: what was good must prove itself again.
    pub(super) fn blink(&mut self, at: Duration) {
        for trial in
            [Some(&mut self.trial), self.rollback.as_mut().map(|r| &mut r.trial)].into_iter().flatten()
        {
            trial.blink();
            trial.ledger.doubt();
        }
        if matches!(self.state, State::Good(_)) {
            self.shown.settled = false;
            self.put_off(at);
        }
        if !self.is_bad() {
            self.wait(Waiting::Engine);
        }
    }

    /// Ends a rollback that takes too long, with or without sight.
    pub(super) fn expire(&mut self, at: Duration, events: &mut Vec<Event>) {
        let over = self.rollback.as_ref().is_some_and(|rollback| at >= rollback.limit);
        if over && !self.is_bad() {
            self.give_up_rollback(events);
        }
    }

    /// What became of it, now that the watch ends.
    pub(super) fn conclusion(&self, cause: &Ending) -> ServiceVerdict {
        let outcome = match (&self.state, &self.rollback) {
            (State::Good(outcome) | State::Bad(outcome), _) => outcome.clone(),
            (State::Open, Some(rollback)) => rollback.unclear(),
            (State::Open, None) => Outcome::Undecided(Undecided {
                cause: match cause {
                    Ending::Settled => Cause::OthersWentWrong,
                    Ending::Unreachable(reason) => Cause::Unreachable { reason: reason.clone() },
                    Ending::Deadline => Cause::Deadline(self.deadline),
                },
                waiting: self.waiting.clone(),
                slots: self.slots.clone(),
                failures: self.trial.ledger.count(),
            }),
        };
        ServiceVerdict { service: self.name().to_owned(), outcome }
    }

    /// A task that is still `starting` at the deadline, without a health check in its spec, has one in its image: that
    /// gets its time, once.
    fn allow_for_image_health(&mut self, at: Duration) {
        let starting = |slot: &SlotState| matches!(slot.step, Step::Starting { .. });
        if at < self.deadline || self.image_health || !self.slots.iter().any(starting) {
            return;
        }
        self.image_health = true;
        let longer = deadline(&self.trial.want, &self.settings, true).max(self.deadline);
        self.last_deadline = self.last_deadline.saturating_add(longer - self.deadline);
        self.deadline = longer;
    }

    fn put_off(&mut self, at: Duration) {
        if self.settings.deadline.is_none() {
            let later = at.saturating_add(self.again).min(self.last_deadline);
            self.deadline = self.deadline.max(later);
        }
    }

    fn missing(&mut self, snapshot: &Snapshot, events: &mut Vec<Event>) {
        let same_name = snapshot.services.iter().find(|seen| seen.service.name() == self.name());
        let outcome = match same_name {
            Some(other) => Outcome::Overtaken { version: other.service.version.index, recreated: true },
            None => Outcome::Failed(Failure {
                reason: Reason::Gone,
                task: None,
                failures: self.trial.ledger.count(),
                may_roll_back: false,
            }),
        };
        self.settle(outcome, events);
    }

    /// The rules on the service; the first that fits counts. A `paused` on a foreign spec tells of a foreign update:
    /// that is overtaken, not failed.
    fn rule(&mut self, seen: &Sighting, sight: &Sight<'_>, now: &Moment<'_>, events: &mut Vec<Event>) {
        // A post clears the state of the update, so after ours a rollback is one of ours, whatever spec it ends in.
        let posted_over = self.trial.want.change == Change::Updated;
        if posted_over && matches!(sight.update(), "rollback_started" | "rollback_completed") {
            return self.going_back(sight, now, events);
        }
        let half_way_back = posted_over && sight.update() == "rollback_paused";
        if seen.digest != self.trial.want.digest && !half_way_back {
            let version = sight.service.version.index;
            return self.settle(Outcome::Overtaken { version, recreated: false }, events);
        }
        self.rollback = None;
        let failures = self.trial.ledger.note(sight, self.mode());
        events.extend(failures.into_iter().map(|failure| Shown::task_failed(&self.trial, failure)));
        if matches!(sight.update(), "paused" | "rollback_paused") {
            return self.paused(sight, events);
        }
        let judgement = self.trial.judge(sight, now);
        self.apply(judgement, now.at, events);
    }

    /// The swarm goes back, or has gone back.
    fn going_back(&mut self, sight: &Sight<'_>, now: &Moment<'_>, events: &mut Vec<Event>) {
        let mut rollback = match self.rollback.take() {
            Some(rollback) => rollback,
            None => self.begin_rollback(sight, now, events),
        };
        let outcome = rollback.look(sight, now, events);
        self.rollback = Some(rollback);
        match outcome {
            Some(outcome) => self.settle(outcome, events),
            None => self.wait(Waiting::Rollback),
        }
    }

    fn begin_rollback(&mut self, sight: &Sight<'_>, now: &Moment<'_>, events: &mut Vec<Event>) -> Rollback {
        events.push(Event::RollbackStarted {
            service: self.name().to_owned(),
            message: sight.update_message().to_owned(),
        });
        // The failure and the way back often show in the same look, and by then our tasks are the other spec's.
        let before = &self.trial.want.baseline.running;
        let ours: Vec<&Task> =
            sight.other.iter().copied().filter(|task| !before.contains(&task.id)).collect();
        let failures = self.trial.ledger.note_tasks(&ours, self.mode());
        events.extend(failures.into_iter().map(|failure| Shown::task_failed(&self.trial, failure)));
        let tasks: Vec<Task> = sight.fresh.iter().map(|task| (*task).clone()).collect();
        let baseline = Baseline::of(self.id(), &tasks);
        let old = Expectation::new(sight.service, String::new(), Change::Updated, baseline);
        let cause = self.trial.ledger.newest().cloned();
        Rollback::new(Trial::new(old, &self.settings), cause, now.at, &self.settings)
    }

    fn give_up_rollback(&mut self, events: &mut Vec<Event>) {
        if let Some(outcome) = self.rollback.as_ref().map(Rollback::unclear) {
            self.settle(outcome, events);
        }
    }

    /// A paused update is a failure even if all tasks run by now: the swarm has stopped half-way, and nothing but a new
    /// post makes it go on.
    fn paused(&mut self, sight: &Sight<'_>, events: &mut Vec<Event>) {
        let message = sight.update_message().to_owned();
        let reason = match sight.update() {
            "paused" => Reason::Paused { message },
            _ => Reason::RollbackPaused { message },
        };
        let task = self.trial.ledger.newest().cloned();
        self.settle(Outcome::Failed(self.trial.failure(reason, task, sight)), events);
    }

    fn apply(&mut self, judgement: Judgement, at: Duration, events: &mut Vec<Event>) {
        match judgement {
            Judgement::Failed(failure) => self.settle(Outcome::Failed(failure), events),
            Judgement::Good { held, warning } => {
                let failures = self.trial.ledger.count();
                let outcome = Outcome::Succeeded { stable_for: held, failures, warning };
                self.waiting = Waiting::Others;
                self.tell(&outcome, events);
                self.state = State::Good(outcome);
            }
            Judgement::Pending(waiting) => {
                if matches!(self.state, State::Good(_)) {
                    events.push(Event::Lost { service: self.name().to_owned() });
                    self.shown.settled = false;
                    self.put_off(at);
                }
                // The deadline must not cut a window off that has begun.
                if at >= self.deadline && matches!(waiting, Waiting::Window { .. }) {
                    self.put_off(at);
                }
                self.wait(waiting);
            }
        }
    }

    fn wait(&mut self, waiting: Waiting) {
        self.waiting = waiting;
        self.state = State::Open;
    }

    fn settle(&mut self, outcome: Outcome, events: &mut Vec<Event>) {
        self.shown.settled = false;
        self.tell(&outcome, events);
        self.state = State::Bad(outcome);
    }

    fn tell(&mut self, outcome: &Outcome, events: &mut Vec<Event>) {
        if !self.shown.settled {
            self.shown.settled = true;
            events.push(Event::Settled { service: self.name().to_owned(), outcome: outcome.clone() });
        }
    }

    fn show(&mut self, sight: &Sight<'_>, events: &mut Vec<Event>) {
        let phase = match self.state {
            State::Bad(_) => Phase::Bad,
            State::Good(_) => Phase::Good,
            State::Open => phase_of(&self.waiting, sight, &self.slots),
        };
        let counts = counts(sight, self.mode());
        let name = self.trial.want.name.clone();
        self.shown.progress(&name, counts, phase, events);
        if matches!(self.state, State::Open) {
            self.shown.waiting(&name, &self.waiting, &self.slots, events);
        }
    }
}

/// Why a watch ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Every service is at rest.
    Deadline,
    /// As before, and the engine did not answer.
    Unreachable(String),
    /// A service went wrong, and the others had their time.
    Settled,
}
