//! What there is to tell while watching. Facts only, and only what has changed.
use super::verdict::{Outcome, SlotState, TaskFailure, Waiting};
use std::time::Duration;

/// What a service is at, as one word for a progress display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No task, or tasks without a node.
    Placing,
    /// Images are being pulled.
    Pulling,
    /// Tasks start, or wait for a restart or their health check.
    Starting,
    /// Some tasks are new, some old.
    Updating,
    /// All tasks run; the window has begun.
    Holding,
    /// The swarm goes back.
    RollingBack,
    /// As wanted, for now: it is watched on as long as others are.
    Good,
    /// Decided, and not good.
    Bad,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The watch has begun, and nothing is decided by what is known already.
    Begun {
        /// When it is given up, as far as can be told now.
        deadline: Duration,
    },
    /// The figures of a service.
    Progress {
        /// Full name.
        service: String,
        /// Tasks of the present spec that run (jobs: are complete).
        running: u64,
        /// Tasks wanted; for global services the nodes that have a task.
        wanted: u64,
        /// Tasks of the present spec that are meant to run.
        up_to_date: u64,
        /// What it is at.
        phase: Phase,
    },
    /// A task of this deployment has failed.
    TaskFailed {
        /// Full name of its service.
        service: String,
        /// The task.
        failure: TaskFailure,
        /// Failures in its slot so far.
        in_slot: usize,
        /// Failures in its service so far.
        in_service: usize,
    },
    /// A service waits for something else than before.
    Waiting {
        /// Full name.
        service: String,
        /// For what.
        waiting: Waiting,
        /// Each of its slots.
        slots: Vec<SlotState>,
    },
    /// All tasks run: whole seconds held.
    Holding {
        /// Full name.
        service: String,
        /// How long they have been running.
        held: Duration,
        /// How long they must.
        window: Duration,
    },
    /// The swarm has begun to go back.
    RollbackStarted {
        /// Full name.
        service: String,
        /// The engine's words.
        message: String,
    },
    /// What became of a service. A success may be taken back by [`Event::Lost`] as long as others are watched.
    Settled {
        /// Full name.
        service: String,
        /// What became of it.
        outcome: Outcome,
    },
    /// A service that was as wanted is no more.
    Lost {
        /// Full name.
        service: String,
    },
    /// The engine does not answer.
    Unreachable {
        /// The error.
        reason: String,
    },
    /// The engine answers again.
    Reachable,
}
