//! The failures of a deployment, remembered: docker lists only the last few tasks of a slot.
use super::expectation::{Expectation, Mode};
use super::sight::{Sight, slot_of};
use super::verdict::{Slot, TaskFailure};
use crate::stack::live::Task;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Errors that trying again does not heal (docker's words, parts of them).
const PERMANENT: [&str; 6] = [
    "no such image",
    "bind source path does not exist",
    "invalid mount config",
    "executable file not found",
    "unable to find user",
    "no matching entries in passwd file",
];

/// The swarm takes a task off a node that no longer fits: nothing has failed.
const MOVED: &str = "assigned node no longer meets constraints";
/// What becomes of tasks whose container is lost when an engine restarts.
const LOST: &str = "no such container";

/// A failure and how much it says.
#[derive(Debug, Clone)]
struct Noted {
    failure: TaskFailure,
    created: Option<Timestamp>,
    /// The engine's restart explains it. It counts in its slot, but many slots with one each are no crash loop.
    explained: bool,
}

/// Failures met so far, by task.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    not_ours: BTreeSet<String>,
    noted: BTreeMap<String, Noted>,
    alive: BTreeSet<String>,
    doubtful: BTreeSet<String>,
    /// Tasks that were seen running, with a health check: healthy.
    ran: BTreeSet<String>,
    has_health_check: bool,
}

impl Ledger {
    /// Empty. Tasks that had ended before are never counted.
    pub(super) fn new(want: &Expectation) -> Ledger {
        Ledger {
            not_ours: want.baseline.ended.clone(),
            noted: BTreeMap::new(),
            alive: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            ran: want.baseline.running.clone(),
            has_health_check: want.health.is_some(),
        }
    }

    /// Takes in a look; gives the failures that are new.
    pub(super) fn note(&mut self, sight: &Sight<'_>, mode: Mode) -> Vec<TaskFailure> {
        let running = sight.fresh.iter().filter(|task| task.status.state == "running");
        self.ran.extend(running.map(|task| task.id.clone()));
        let new = self.note_tasks(&sight.fresh, mode);
        self.alive = sight.fresh.iter().filter(|t| !t.has_ended()).map(|t| t.id.clone()).collect();
        new
    }

    /// Takes in the failures among these tasks; gives those that are new.
    pub(super) fn note_tasks(&mut self, tasks: &[&Task], mode: Mode) -> Vec<TaskFailure> {
        let mut new = Vec::new();
        for task in tasks {
            let counts = counts(task, mode) && !self.not_ours.contains(&task.id);
            if !counts || self.noted.contains_key(&task.id) {
                continue;
            }
            let failure = self.failure_of(task, mode);
            let explained = contains(&task.status.err, LOST) || self.doubtful.contains(&task.id);
            let created = task.created_at.parse().ok();
            self.noted.insert(task.id.clone(), Noted { failure: failure.clone(), created, explained });
            new.push(failure);
        }
        new
    }

    /// The engine was out of reach: tasks that lived before may have died with it.
    pub(super) fn doubt(&mut self) {
        self.doubtful.append(&mut self.alive);
    }

    /// Whether this task had ended before.
    pub(super) fn is_not_ours(&self, task: &str) -> bool {
        self.not_ours.contains(task)
    }

    /// Whether an engine's restart explains that this task failed.
    pub(super) fn is_explained(&self, task: &str) -> bool {
        self.noted.get(task).is_some_and(|noted| noted.explained)
    }

    /// Whether this task failed, and no engine's restart explains it.
    pub(super) fn is_failure(&self, task: &str) -> bool {
        self.noted.get(task).is_some_and(|noted| !noted.explained)
    }

    /// All failures.
    pub(super) fn count(&self) -> usize {
        self.noted.len()
    }

    /// All failures that no engine's restart explains.
    pub(super) fn unexplained(&self) -> usize {
        self.noted.values().filter(|noted| !noted.explained).count()
    }

    /// Failures in one slot.
    pub(super) fn in_slot(&self, slot: &Slot) -> usize {
        self.noted.values().filter(|noted| noted.failure.slot == *slot).count()
    }

    /// Most failures in one slot.
    pub(super) fn worst_slot(&self) -> usize {
        self.noted.values().map(|noted| self.in_slot(&noted.failure.slot)).max().unwrap_or(0)
    }

    /// The newest failure.
    pub(super) fn newest(&self) -> Option<&TaskFailure> {
        let newest = self.noted.values().max_by_key(|noted| (noted.created, &noted.failure.task));
        newest.map(|noted| &noted.failure)
    }

    /// The facts of a task that went wrong.
    pub(super) fn failure_of(&self, task: &Task, mode: Mode) -> TaskFailure {
        let exit = task.status.container_status.as_ref().filter(|_| task.has_ended()).map(|c| c.exit_code);
        let checked = self.has_health_check && exit.is_some();
        TaskFailure {
            slot: slot_of(task, mode),
            task: task.id.clone(),
            node: task.node_id.clone(),
            state: task.status.state.clone(),
            err: task.status.err.clone(),
            exit,
            never_healthy: checked && !self.ran.contains(&task.id),
        }
    }

    /// The newest failure of a slot with two that trying again does not heal.
    pub(super) fn permanent(&self) -> Option<&TaskFailure> {
        let mut slots: BTreeMap<&Slot, Vec<&Noted>> = BTreeMap::new();
        for noted in self.noted.values().filter(|noted| is_permanent(&noted.failure.err)) {
            slots.entry(&noted.failure.slot).or_default().push(noted);
        }
        let twice = slots.into_values().filter(|noted| noted.len() >= 2).flatten();
        twice.max_by_key(|noted| (noted.created, &noted.failure.task)).map(|noted| &noted.failure)
    }
}

/// Whether a task was only taken off its node.
pub(super) fn was_moved(task: &Task) -> bool {
    contains(&task.status.err, MOVED)
}

fn counts(task: &Task, mode: Mode) -> bool {
    match task.status.state.as_str() {
        "failed" | "rejected" => !was_moved(task),
        "complete" => !mode.is_job(),
        _ => false,
    }
}

fn is_permanent(err: &str) -> bool {
    let no_such_program = contains(err, "exec: ") && contains(err, "no such file or directory");
    no_such_program || PERMANENT.iter().any(|part| contains(err, part))
}

fn contains(text: &str, lower_part: &str) -> bool {
    text.to_lowercase().contains(lower_part)
}
