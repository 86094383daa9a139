//! What has been told already, so that only changes are told.
use super::event::{Event, Phase};
use super::expectation::Mode;
use super::sight::Sight;
use super::trial::{Trial, complete};
use super::verdict::{Slot, SlotState, Step, TaskFailure, Waiting};
use std::mem::{Discriminant, discriminant};

/// Running, wanted, up to date.
pub(super) type Counts = (u64, u64, u64);
/// What makes two states of waiting the same: times that tick do not.
type WaitingKey = (Discriminant<Waiting>, Vec<(Slot, Discriminant<Step>, String)>);

/// What has been told of one service.
#[derive(Debug, Default)]
pub(super) struct Shown {
    progress: Option<(Counts, Phase)>,
    waiting: Option<WaitingKey>,
    seconds: Option<u64>,
    /// Its outcome was told and still stands.
    pub(super) settled: bool,
}

impl Shown {
    pub(super) fn task_failed(trial: &Trial, failure: TaskFailure) -> Event {
        Event::TaskFailed {
            service: trial.want.name.clone(),
            in_slot: trial.ledger.in_slot(&failure.slot),
            in_service: trial.ledger.count(),
            failure,
        }
    }

    pub(super) fn progress(&mut self, service: &str, counts: Counts, phase: Phase, events: &mut Vec<Event>) {
        if self.progress == Some((counts, phase)) {
            return;
        }
        self.progress = Some((counts, phase));
        let (running, wanted, up_to_date) = counts;
        events.push(Event::Progress { service: service.to_owned(), running, wanted, up_to_date, phase });
    }

    pub(super) fn waiting(
        &mut self,
        service: &str,
        waiting: &Waiting,
        slots: &[SlotState],
        events: &mut Vec<Event>,
    ) {
        if let Waiting::Window { held, window } = waiting {
            if self.seconds != Some(held.as_secs()) {
                self.seconds = Some(held.as_secs());
                events.push(Event::Holding { service: service.to_owned(), held: *held, window: *window });
            }
            self.waiting = None;
            return;
        }
        self.seconds = None;
        let state = |slot: &SlotState| (slot.slot.clone(), discriminant(&slot.step), slot.err.clone());
        let key = (discriminant(waiting), slots.iter().map(state).collect());
        if self.waiting.as_ref() != Some(&key) {
            self.waiting = Some(key);
            let (waiting, slots) = (waiting.clone(), slots.to_vec());
            events.push(Event::Waiting { service: service.to_owned(), waiting, slots });
        }
    }
}

/// The figures of a service.
pub(super) fn counts(sight: &Sight<'_>, mode: Mode) -> Counts {
    let live = sight.live().count() as u64;
    if mode.is_job() {
        let active = sight.newest.values().filter(|task| !task.has_ended()).count() as u64;
        let complete = complete(sight);
        return (complete, mode.wanted().unwrap_or(sight.newest.len() as u64), active + complete);
    }
    let good = sight.live().filter(|task| task.is_good()).count() as u64;
    let lacking = |state: &str| matches!(state, "failed" | "rejected" | "complete");
    let dead = sight.newest.values().filter(|task| !task.is_wanted() && lacking(&task.status.state)).count();
    (good, mode.wanted().unwrap_or(live + dead as u64), live)
}

/// One word for what an undecided service is at.
pub(super) fn phase_of(waiting: &Waiting, sight: &Sight<'_>, slots: &[SlotState]) -> Phase {
    match waiting {
        Waiting::Rollback => return Phase::RollingBack,
        Waiting::Window { .. } | Waiting::Update(_) => return Phase::Holding,
        _ if sight.old_wanted > 0 => return Phase::Updating,
        _ => {}
    }
    let any = |step: fn(&Step) -> bool| slots.iter().any(|slot| step(&slot.step));
    if any(|step| matches!(step, Step::ImagePull)) {
        Phase::Pulling
    } else if any(|step| matches!(step, Step::Starting { .. } | Step::Ready | Step::Running | Step::Ended(_)))
    {
        Phase::Starting
    } else {
        Phase::Placing
    }
}
