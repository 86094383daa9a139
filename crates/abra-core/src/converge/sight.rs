//! One service in one look: its tasks by slot.
use super::expectation::Mode;
use super::since::Watched;
use super::snapshot::{Sighting, Snapshot};
use super::timing::Health;
use super::verdict::{Slot, SlotState, Step};
use crate::stack::live::{Node, Service, Task, Version};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// What one look says about one service.
pub(super) struct Sight<'a> {
    /// The service.
    pub(super) service: &'a Service,
    /// Tasks of the present spec (jobs: of the present iteration), without those that were scaled away.
    pub(super) fresh: Vec<&'a Task>,
    /// The newest of them in each slot; one that is meant to run comes before one that is not. (Going on with an update
    /// that was paused, the swarm may keep the task that a restart made and shut down the newer one of the update.)
    pub(super) newest: BTreeMap<Slot, &'a Task>,
    /// Tasks of other specs.
    pub(super) other: Vec<&'a Task>,
    /// How many of those are meant to run.
    pub(super) old_wanted: usize,
    /// Tasks that were told to stop and have not ended.
    pub(super) stopping: Vec<&'a Task>,
}

/// What every service of one look shares.
pub(super) struct Moment<'a> {
    /// When the look was taken, by the clock on the wall: deadlines are.
    pub(super) at: Duration,
    /// How long the look took.
    pub(super) span: Duration,
    /// When it was taken, by the clock that goes on by looks: whatever must have held for a while is timed by it.
    pub(super) watched: Watched,
    /// The nodes as last listed.
    pub(super) nodes: Option<&'a [Node]>,
    /// The manager's clock.
    pub(super) server_time: Option<Timestamp>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(
        seen: &'a Sighting,
        tasks: &[&'a Task],
        snapshot: &'a Snapshot,
        mode: Mode,
    ) -> Sight<'a> {
        let mut sight = Sight {
            service: &seen.service,
            fresh: Vec::new(),
            newest: BTreeMap::new(),
            other: Vec::new(),
            old_wanted: 0,
            stopping: Vec::new(),
        };
        for task in tasks.iter().copied() {
            if !task.has_ended() && !task.is_wanted() {
                sight.stopping.push(task);
            }
            if !is_fresh(task, &seen.service, snapshot, mode) {
                sight.other.push(task);
                sight.old_wanted += usize::from(task.is_wanted());
            } else if task.desired_state != "remove" {
                sight.fresh.push(task);
                let slot = slot_of(task, mode);
                let newer = sight.newest.get(&slot).is_none_or(|known| standing(known) < standing(task));
                if newer {
                    sight.newest.insert(slot, task);
                }
            }
        }
        sight
    }

    /// State of the swarm's update, empty where there is none.
    pub(super) fn update(&self) -> &'a str {
        self.service.update_status.as_ref().map_or("", |status| status.state.as_str())
    }

    /// The engine's words on the update.
    pub(super) fn update_message(&self) -> &'a str {
        self.service.update_status.as_ref().map_or("", |status| status.message.as_str())
    }

    /// Whether an update goes on. Only states known to be an end count as one.
    pub(super) fn update_in_flight(&self) -> bool {
        !matches!(self.update(), "" | "completed" | "paused" | "rollback_paused" | "rollback_completed")
    }

    /// Newest tasks that the swarm wants to run.
    pub(super) fn live(&self) -> impl Iterator<Item = &'a Task> + '_ {
        self.newest.values().copied().filter(|task| task.is_wanted())
    }

    /// Each slot as it is now.
    pub(super) fn slots(&self, health: Option<&Health>, now: Option<Timestamp>) -> Vec<SlotState> {
        let state = |(slot, task): (&Slot, &&Task)| SlotState {
            slot: slot.clone(),
            task: task.id.clone(),
            node: task.node_id.clone(),
            step: step_of(task, health, now),
            err: task.status.err.clone(),
        };
        self.newest.iter().map(state).collect()
    }
}

/// The slot of a task.
pub(super) fn slot_of(task: &Task, mode: Mode) -> Slot {
    if mode.is_global() { Slot::Node(task.node_id.clone()) } else { Slot::Number(task.slot) }
}

/// What orders tasks by age: the manager's time of creation, then the id so that order is total.
pub(super) fn age_key(task: &Task) -> (Option<Timestamp>, &str) {
    (time(&task.created_at), &task.id)
}

/// How long a task has been in its state at least. The manager's own note of it counts, too: the node's clock may be
/// behind by any time.
pub(super) fn running_for(task: &Task, now: Timestamp) -> Option<Duration> {
    let since = time(&task.status.timestamp)?.max(time(&task.updated_at)?);
    now.duration_since(since).try_into().ok()
}

/// What orders the tasks of a slot.
fn standing(task: &Task) -> (bool, (Option<Timestamp>, &str)) {
    (task.is_wanted(), age_key(task))
}

fn is_fresh(task: &Task, service: &Service, snapshot: &Snapshot, mode: Mode) -> bool {
    if mode.is_job() {
        let iteration = service.job_status.as_ref().map_or(Version::default(), |job| job.job_iteration);
        return task.job_iteration.unwrap_or_default() == iteration;
    }
    match &snapshot.up_to_date {
        Some(ids) => ids.contains(&task.id),
        None => service.spec.get("TaskTemplate").is_some_and(|template| is_made_from(template, &task.spec)),
    }
}

/// Whether a task has its service's template. Engines say the runtime in the template and leave it out of the task
/// (docker: `container` where nothing is said).
fn is_made_from(template: &Value, task: &Value) -> bool {
    let (Some(template), Some(task)) = (template.as_object(), task.as_object()) else { return false };
    let fields = |map: &Map<String, Value>| -> BTreeMap<String, Value> {
        let said = map.iter().filter(|(key, value)| !(*key == "Runtime" && *value == "container"));
        said.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    fields(template) == fields(task)
}

fn step_of(task: &Task, health: Option<&Health>, now: Option<Timestamp>) -> Step {
    if task.has_ended() {
        return Step::Ended(task.status.state.clone());
    }
    let told_to_stop = matches!(task.desired_state.as_str(), "shutdown" | "remove");
    match task.status.state.as_str() {
        _ if told_to_stop => Step::Stopping,
        "running" => Step::Running,
        "starting" => Step::Starting { next_probe_in: next_probe(task, health, now) },
        "preparing" => Step::ImagePull,
        "ready" => Step::Ready,
        "assigned" | "accepted" => Step::Assigned,
        _ => Step::Unplaced,
    }
}

/// The engine probes at every full interval after the start.
fn next_probe(task: &Task, health: Option<&Health>, now: Option<Timestamp>) -> Option<Duration> {
    let interval = health?.interval.as_nanos();
    let age = running_for(task, now?)?.as_nanos();
    let left = interval - age.checked_rem(interval)?;
    u64::try_from(left).ok().map(Duration::from_nanos)
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
