//! What one service must come to, and how long it may take: read out of its spec once, before the watching begins.
use super::timing::{Health, Restart, Rollout, nanos};
use crate::stack::live::{Service, Task};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// What was done to a service before the watching began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was new.
    Created,
    /// A new spec was posted over an older one. Also right for taking up somebody's unfinished watch.
    Updated,
    /// Its spec was already right, so nothing was sent.
    Unchanged,
}

/// How many tasks a service wants, and whether they are meant to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// So many slots, kept running.
    Replicated(u64),
    /// One task on every node that fits.
    Global,
    /// A job that must be completed so many times.
    ReplicatedJob(u64),
    /// A job that must be completed on every node that fits.
    GlobalJob,
}

impl Mode {
    /// Whether its tasks are meant to end.
    pub fn is_job(self) -> bool {
        matches!(self, Mode::ReplicatedJob(_) | Mode::GlobalJob)
    }

    /// Whether its tasks belong to nodes instead of numbered slots.
    pub fn is_global(self) -> bool {
        matches!(self, Mode::Global | Mode::GlobalJob)
    }

    /// How many tasks it wants, where the spec alone says it.
    pub fn wanted(self) -> Option<u64> {
        match self {
            Mode::Replicated(n) | Mode::ReplicatedJob(n) => Some(n),
            Mode::Global | Mode::GlobalJob => None,
        }
    }

    fn of(spec: &Value) -> Mode {
        let mode = &spec["Mode"];
        if let Some(job) = mode.get("ReplicatedJob").filter(|j| !j.is_null()) {
            let concurrent = job["MaxConcurrent"].as_u64().unwrap_or(1);
            return Mode::ReplicatedJob(job["TotalCompletions"].as_u64().unwrap_or(concurrent));
        }
        if mode.get("GlobalJob").is_some_and(|j| !j.is_null()) {
            return Mode::GlobalJob;
        }
        if mode.get("Global").is_some_and(|j| !j.is_null()) {
            return Mode::Global;
        }
        Mode::Replicated(mode["Replicated"]["Replicas"].as_u64().unwrap_or(1))
    }
}

/// The tasks of a service as they were before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// Tasks that had ended: their failures are not this deployment's.
    pub ended: BTreeSet<String>,
    /// Tasks that ran and were meant to.
    pub running: BTreeSet<String>,
}

impl Baseline {
    /// Sorts the tasks of one service out of a listing of the stack.
    pub fn of(service_id: &str, tasks: &[Task]) -> Baseline {
        let mut baseline = Baseline::default();
        for task in tasks.iter().filter(|t| t.service_id == service_id) {
            if task.has_ended() {
                baseline.ended.insert(task.id.clone());
            } else if task.is_good() {
                baseline.running.insert(task.id.clone());
            }
        }
        baseline
    }
}

/// What one service must come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Full name, `<stack>_<service>`.
    pub name: String,
    /// Its id: a service of the same name with another id is somebody else's.
    pub id: String,
    /// Version index read back after our post. Readings below it are older than our post and are ignored.
    pub version: u64,
    /// Digest of the spec that was posted (or found right). Only compared with [`super::Sighting::digest`].
    pub digest: String,
    /// What was done to it.
    pub change: Change,
    /// How many tasks it wants.
    pub mode: Mode,
    /// How an update goes.
    pub update: Rollout,
    /// How a rollback goes.
    pub rollback: Rollout,
    /// The health check in the spec. `None` says nothing about the image's own.
    pub health: Option<Health>,
    /// When and how often ended tasks are replaced.
    pub restart: Restart,
    /// How long a task may take to stop (docker: 10 s).
    pub stop_grace: Duration,
    /// Whether placement has constraints, so that not every node must take a global service.
    pub constrained: bool,
    /// Tasks from before.
    pub baseline: Baseline,
}

impl Expectation {
    /// Reads it out of the service as it was read back after the post (or, unchanged, as it was found). `digest` is
    /// that of the spec which was *posted*: if somebody else's stands there already, it shows.
    pub fn new(
        found: &Service,
        digest: impl Into<String>,
        change: Change,
        baseline: Baseline,
    ) -> Expectation {
        let spec = &found.spec;
        let container = &spec["TaskTemplate"]["ContainerSpec"];
        let constraints = spec["TaskTemplate"]["Placement"]["Constraints"].as_array();
        Expectation {
            name: found.name().to_owned(),
            id: found.id.clone(),
            version: found.version.index,
            digest: digest.into(),
            change,
            mode: Mode::of(spec),
            update: Rollout::of(&spec["UpdateConfig"]),
            rollback: Rollout::of(&spec["RollbackConfig"]),
            health: Health::of(&container["Healthcheck"]),
            restart: Restart::of(&spec["TaskTemplate"]["RestartPolicy"]),
            stop_grace: nanos(&container["StopGracePeriod"]).unwrap_or(Duration::from_secs(10)),
            constrained: constraints.is_some_and(|c| !c.is_empty()),
            baseline,
        }
    }
}
