//! What a watch comes to. Facts only; the words are the caller's.
use std::fmt;
use std::time::Duration;

/// The sort of a verdict, least grave first: of several services the gravest stands for the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It worked.
    Succeeded,
    /// Nothing can be said: time is up, or the engine is out of reach.
    Undecided,
    /// Somebody else's spec is there now.
    Overtaken,
    /// The swarm went back to the spec before.
    RolledBack,
    /// It did not work.
    Failed,
}

impl Kind {
    /// Exit code of a command that ends with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Succeeded => 0,
            Kind::Failed => 3,
            Kind::Undecided => 4,
            Kind::RolledBack => 5,
            Kind::Overtaken => 7,
        }
    }
}

/// The verdict on a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The gravest of all services.
    pub kind: Kind,
    /// When it was reached, since the start of the watch.
    pub at: Duration,
    /// Every service that was watched, by name.
    pub services: Vec<ServiceVerdict>,
    /// Host names of the nodes that were not ready when the nodes were last listed. docker: an update waits for tasks
    /// on them for as long as they are away.
    pub absent: Vec<String>,
}

impl Verdict {
    /// Exit code of a command that ends with it.
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }
}

/// The verdict on one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceVerdict {
    /// Full name.
    pub service: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one service.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It runs (or, a job, has run) as wanted.
    Succeeded {
        /// How long the same tasks were known to run when this was said. Nothing is known about later.
        stable_for: Duration,
        /// Failures of this deployment before it ran.
        failures: usize,
        /// What is odd all the same.
        warning: Option<Warning>,
    },
    /// It does not run.
    Failed(Failure),
    /// The swarm went back to the spec before.
    RolledBack {
        /// The failure that led to it, where one was seen.
        cause: Option<TaskFailure>,
        /// Whether the old version runs now.
        old: OldVersion,
    },
    /// Somebody else's spec is there now.
    Overtaken {
        /// Its version index.
        version: u64,
        /// The service was removed and made anew.
        recreated: bool,
    },
    /// Nothing can be said.
    Undecided(Undecided),
}

impl Outcome {
    /// Its sort.
    pub fn kind(&self) -> Kind {
        match self {
            Outcome::Succeeded { .. } => Kind::Succeeded,
            Outcome::Failed(_) => Kind::Failed,
            Outcome::RolledBack { .. } => Kind::RolledBack,
            Outcome::Overtaken { .. } => Kind::Overtaken,
            Outcome::Undecided(_) => Kind::Undecided,
        }
    }

    /// Whether what a task wrote can explain the outcome. `is_fresh`: it was made from the present spec; where that is
    /// not known, nobody is left out.
    pub fn is_explained_by(&self, task: &str, is_fresh: Option<bool>) -> bool {
        let shows =
            |failure: &Option<TaskFailure>| failure.as_ref().is_some_and(|failure| failure.task == task);
        match self {
            // The present spec is the old one again.
            Outcome::RolledBack { cause: None, old: OldVersion::Runs | OldVersion::Unclear } => {
                is_fresh != Some(true)
            }
            Outcome::RolledBack { cause, old: OldVersion::Fails(failure) } => {
                shows(cause) || shows(&failure.task)
            }
            Outcome::RolledBack { cause, .. } => shows(cause),
            Outcome::Failed(failure) => shows(&failure.task) || is_fresh != Some(false),
            _ => is_fresh != Some(false),
        }
    }
}

/// What is odd about a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A global service for which no node qualifies: nothing runs.
    NoNode,
}

/// Whether the old version runs after a rollback.
#[derive(Debug, Clone, PartialEq)]
pub enum OldVersion {
    /// Yes, stable for the window.
    Runs,
    /// No: it has failed, too.
    Fails(Box<Failure>),
    /// Not seen in time.
    Unclear,
}

/// Why a service failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The rule that decided.
    pub reason: Reason,
    /// The task that shows it: the newest that failed, or that can't be placed.
    pub task: Option<TaskFailure>,
    /// Failures of this deployment, counted by remembering them (docker lists only the last few).
    pub failures: usize,
    /// The update is still in flight and its spec says `failure_action: rollback`: the swarm may yet go back.
    pub may_roll_back: bool,
}

/// The rule by which a service failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The service is gone.
    Gone,
    /// The swarm stopped the update half-way; it says so in these words.
    Paused {
        /// The engine's words.
        message: String,
    },
    /// The swarm stopped going back half-way.
    RollbackPaused {
        /// The engine's words.
        message: String,
    },
    /// A task has ended and no other takes its place. With state `complete` it exited 0: the restart policy will not
    /// start it again.
    DeadSlot,
    /// No node takes a task.
    Unplaceable {
        /// The engine's words.
        err: String,
    },
    /// An error that trying again can't heal, met twice in one slot.
    Permanent {
        /// The engine's words.
        err: String,
    },
    /// Too many failures.
    CrashLoop,
    /// A job whose tasks have all ended without enough of them being complete.
    JobFailed {
        /// Completed.
        complete: u64,
        /// Wanted, where the spec says it.
        wanted: Option<u64>,
    },
}

/// Where a task belongs: its slot's number, or its node for global services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Number of the slot.
    Number(u64),
    /// Id of the node.
    Node(String),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Number(number) => write!(f, "{number}"),
            Slot::Node(id) => write!(f, "{id}"),
        }
    }
}

/// One task that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// Its slot.
    pub slot: Slot,
    /// Its id.
    pub task: String,
    /// Its node, empty where it had none.
    pub node: String,
    /// `failed`, `rejected`, `complete`, or `pending` for one that can't be placed.
    pub state: String,
    /// The engine's words.
    pub err: String,
    /// Exit code of its container, where there was one.
    pub exit: Option<i64>,
    /// Its spec has a health check, and it has ended without ever being seen healthy. (The engine is silent about
    /// health when a container that it stops for that exits 0.)
    pub never_healthy: bool,
}

/// What a service was waiting for when time was up.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// Why the watch ended.
    pub cause: Cause,
    /// What the service was waiting for.
    pub waiting: Waiting,
    /// Each of its slots, as last seen.
    pub slots: Vec<SlotState>,
    /// Failures of this deployment so far.
    pub failures: usize,
}

/// Why a watch ended without a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Its deadline.
    Deadline(Duration),
    /// Its deadline, with the engine out of reach.
    Unreachable {
        /// The last error.
        reason: String,
    },
    /// Another service had gone wrong, and the time to settle was over.
    OthersWentWrong,
}

/// What a service waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// A reading that is not older than our post.
    Reading,
    /// Its tasks: each slot says more.
    Tasks,
    /// Tasks of the spec before that are still meant to run.
    OldTasks(usize),
    /// Tasks that are still being stopped (only where none is wanted).
    Stopping(usize),
    /// Nodes that have no task of a global service yet.
    Nodes(usize),
    /// The swarm to finish its update; its state.
    Update(String),
    /// The window, with all tasks running.
    Window {
        /// How long they have been running.
        held: Duration,
        /// How long they must.
        window: Duration,
    },
    /// The swarm to go back.
    Rollback,
    /// The other services: this one is as wanted.
    Others,
    /// The engine to answer.
    Engine,
}

/// A slot as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotState {
    /// Which.
    pub slot: Slot,
    /// Id of its newest task made from the present spec.
    pub task: String,
    /// Its node, empty while it has none.
    pub node: String,
    /// What it is at.
    pub step: Step,
    /// The engine's words.
    pub err: String,
}

/// What a task is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Has no node yet; the slot's `err` may say why.
    Unplaced,
    /// Has a node, nothing done yet.
    Assigned,
    /// Its image is being pulled, or its mounts made.
    ImagePull,
    /// Waits for its restart delay or for the old task to stop.
    Ready,
    /// Its process runs or is about to, and its health check (if any) has not passed yet.
    Starting {
        /// When the next probe is due, seen from this look, where the health check's times are known.
        next_probe_in: Option<Duration>,
    },
    /// Runs, and is healthy where there is a health check.
    Running,
    /// Was told to stop.
    Stopping,
    /// Has ended; the state it ended in.
    Ended(String),
}

#[cfg(test)]
mod tests {
    use super::{Failure, OldVersion, Outcome, Reason, Slot, TaskFailure};

    fn task(id: &str) -> TaskFailure {
        TaskFailure {
            slot: Slot::Number(1),
            task: id.to_owned(),
            node: String::new(),
            state: "failed".to_owned(),
            err: String::new(),
            exit: Some(1),
            never_healthy: false,
        }
    }

    #[test]
    fn a_failure_is_explained_by_the_tasks_it_is_about() {
        let failure = |id: &str| Failure {
            reason: Reason::CrashLoop,
            task: Some(task(id)),
            failures: 3,
            may_roll_back: false,
        };
        let back = |cause: Option<&str>, old| Outcome::RolledBack { cause: cause.map(task), old };
        let fails = || OldVersion::Fails(Box::new(failure("old")));
        // The outcome, a task and whether it is of the present spec, whether it explains.
        let cases = [
            (Outcome::Failed(failure("a")), "b", Some(true), true),
            (Outcome::Failed(failure("a")), "a", Some(false), true),
            (Outcome::Failed(failure("a")), "b", Some(false), false),
            (Outcome::Failed(failure("a")), "b", None, true),
            (back(Some("a"), OldVersion::Runs), "a", Some(false), true),
            (back(Some("a"), OldVersion::Runs), "b", Some(true), false),
            (back(None, OldVersion::Runs), "b", Some(true), false),
            (back(None, OldVersion::Unclear), "b", Some(false), true),
            (back(Some("a"), fails()), "old", Some(true), true),
            (back(Some("a"), fails()), "b", Some(true), false),
        ];
        for (outcome, id, fresh, explains) in cases {
            assert_eq!(outcome.is_explained_by(id, fresh), explains, "{outcome:?} {id} {fresh:?}");
        }
    }
}
