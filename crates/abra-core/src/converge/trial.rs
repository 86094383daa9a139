//! Whether the tasks of a service's present spec run: the rules on tasks, apart from who wants them.
use super::expectation::{Change, Expectation, Mode};
use super::ledger::{Ledger, was_moved};
use super::settings::Settings;
use super::sight::{Moment, Sight, running_for};
use super::since::Since;
use super::timing::{FailureAction, window};
use super::verdict::{Failure, Reason, Slot, TaskFailure, Waiting, Warning};
use crate::stack::live::{Node, Task};
use std::collections::BTreeSet;
use std::time::Duration;

/// What a look comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judgement {
    /// They can't.
    Failed(Failure),
    /// They do.
    Good { held: Duration, warning: Option<Warning> },
    /// Not yet.
    Pending(Waiting),
}

/// Tasks that all run, and since when they are the same ones.
#[derive(Debug)]
struct Hold {
    tasks: BTreeSet<String>,
    since: Duration,
    /// Time they had been running before, by the server's clocks.
    before: Duration,
}

/// The memory of the rules.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) want: Expectation,
    pub(super) ledger: Ledger,
    settings: Settings,
    dead: Since<String>,
    unplaced: Since<Slot>,
    stopping: Since<String>,
    empty: Since<()>,
    running: Since<String>,
    /// How long the longest-lived of the tasks that failed had been seen to run.
    outlived: Duration,
    hold: Option<Hold>,
    nodes: Option<Vec<Node>>,
}

/// Beyond its grace, for the engine to stop a task.
const STOP_SLACK: Duration = Duration::from_secs(10);

impl Trial {
    pub(super) fn new(want: Expectation, settings: &Settings) -> Trial {
        let ledger = Ledger::new(&want);
        Trial {
            want,
            ledger,
            settings: settings.clone(),
            dead: Since::new(),
            unplaced: Since::new(),
            stopping: Since::new(),
            empty: Since::new(),
            running: Since::new(),
            outlived: Duration::ZERO,
            hold: None,
            nodes: None,
        }
    }

    /// What has been seen must be seen again: nothing holds over a time without sight.
    pub(super) fn blink(&mut self) {
        self.dead.clear();
        self.unplaced.clear();
        self.stopping.clear();
        self.empty.clear();
        self.running.clear();
        self.hold = None;
    }

    /// Applies the rules; the first that fits counts. Failures must have been noted in the ledger before.
    pub(super) fn judge(&mut self, sight: &Sight<'_>, now: &Moment<'_>) -> Judgement {
        self.note_facts(sight, now);
        if self.job_done(sight) {
            return Judgement::Good { held: Duration::ZERO, warning: None };
        }
        let wrong = self
            .dead_slot(sight, now)
            .or_else(|| self.unplaceable(sight, now))
            .or_else(|| self.permanent())
            .or_else(|| self.crash_loop());
        match wrong {
            Some((reason, task)) => Judgement::Failed(self.failure(reason, task, sight)),
            None if self.want.mode.is_job() => Judgement::Pending(Waiting::Tasks),
            None => self.service(sight, now),
        }
    }

    /// A failure with its circumstances.
    pub(super) fn failure(&self, reason: Reason, task: Option<TaskFailure>, sight: &Sight<'_>) -> Failure {
        let goes_back = self.want.update.failure_action == FailureAction::Rollback;
        Failure {
            reason,
            task,
            failures: self.ledger.count(),
            may_roll_back: goes_back && sight.update() == "updating",
        }
    }

    fn note_facts(&mut self, sight: &Sight<'_>, now: &Moment<'_>) {
        if self.nodes.as_deref() != now.nodes {
            self.unplaced.clear();
            self.nodes = now.nodes.map(<[Node]>::to_vec);
        }
        let dead = if self.want.mode.is_job() { self.dead_job_tasks(sight) } else { self.dead_tasks(sight) };
        self.dead.note(now.watched.at, dead);
        let unplaced = sight.newest.iter().filter(|(_, task)| is_unplaced(task));
        self.unplaced.note(now.watched.at, unplaced.map(|(slot, _)| slot.clone()).collect());
        let stopping = sight.stopping.iter().filter(|task| !self.is_out_of_reach(&task.node_id));
        self.stopping.note(now.watched.at, stopping.map(|task| task.id.clone()).collect());
        let is_empty = sight.live().next().is_none() && sight.old_wanted == 0;
        self.empty.note(now.watched.at, is_empty.then_some(()).into_iter().collect());
        self.note_lives(sight, now.watched.at);
    }

    /// How long tasks that failed were seen to run: what dies after five seconds again and again is now and then seen
    /// for six, and no window of five seconds would tell.
    fn note_lives(&mut self, sight: &Sight<'_>, at: Duration) {
        let failed = sight.fresh.iter().filter(|task| self.ledger.is_failure(&task.id));
        let lives = failed.filter_map(|task| self.running.held(task.id.as_str(), at));
        self.outlived = lives.fold(self.outlived, Duration::max);
        let running = sight.fresh.iter().filter(|task| task.is_good());
        self.running.note(at, running.map(|task| task.id.clone()).collect());
    }

    /// Ended tasks of slots that the service lacks. A replicated service that has all its slots lacks none, whatever
    /// other slots once were.
    fn dead_tasks(&self, sight: &Sight<'_>) -> BTreeSet<String> {
        let enough = match self.want.mode.wanted() {
            Some(wanted) => sight.live().count() as u64 >= wanted,
            None => false,
        };
        let is_dead = |task: &&&Task| {
            let ended = matches!(task.status.state.as_str(), "failed" | "rejected" | "complete");
            let excused = self.want.mode.is_global() && (was_moved(task) || !self.may_take(&task.node_id));
            ended && !task.is_wanted() && !excused
        };
        if enough {
            return BTreeSet::new();
        }
        sight.newest.values().filter(is_dead).map(|task| task.id.clone()).collect()
    }

    /// The tasks that a job lacks once none is left to run.
    fn dead_job_tasks(&self, sight: &Sight<'_>) -> BTreeSet<String> {
        if sight.newest.values().any(|task| !task.has_ended()) {
            return BTreeSet::new();
        }
        let failed = sight.newest.values().filter(|task| task.status.state != "complete");
        let counts = |task: &&&Task| !self.want.mode.is_global() || self.may_take(&task.node_id);
        failed.filter(counts).map(|task| task.id.clone()).collect()
    }

    fn dead_slot(&self, sight: &Sight<'_>, now: &Moment<'_>) -> Option<(Reason, Option<TaskFailure>)> {
        let certain = |task: &&&Task| {
            // A slot that was dead before a post is filled by the post, and one that an engine's restart has emptied
            // by the manager: either may take longer.
            let before = self.want.change != Change::Unchanged && self.ledger.is_not_ours(&task.id);
            let limit = if before || self.ledger.is_explained(&task.id) {
                self.settings.place_grace
            } else {
                self.settings.dead_slot
            };
            self.dead.held(task.id.as_str(), now.watched.at).is_some_and(|held| held >= limit)
        };
        let task = sight.newest.values().find(certain)?;
        let reason = if self.want.mode.is_job() {
            let complete = complete(sight);
            Reason::JobFailed { complete, wanted: self.want.mode.wanted() }
        } else {
            Reason::DeadSlot
        };
        Some((reason, Some(self.ledger.failure_of(task, self.want.mode))))
    }

    fn unplaceable(&self, sight: &Sight<'_>, now: &Moment<'_>) -> Option<(Reason, Option<TaskFailure>)> {
        let grace = self.settings.place_grace;
        let too_long =
            |slot: &Slot| self.unplaced.held(slot, now.watched.at).is_some_and(|held| held > grace);
        let (_, task) = sight.newest.iter().find(|(slot, _)| too_long(slot))?;
        let reason = Reason::Unplaceable { err: task.status.err.clone() };
        Some((reason, Some(self.ledger.failure_of(task, self.want.mode))))
    }

    fn permanent(&self) -> Option<(Reason, Option<TaskFailure>)> {
        let failure = self.ledger.permanent()?;
        Some((Reason::Permanent { err: failure.err.clone() }, Some(failure.clone())))
    }

    fn crash_loop(&self) -> Option<(Reason, Option<TaskFailure>)> {
        let limit = self.settings.failures;
        let too_many = self.ledger.worst_slot() >= limit || self.ledger.unexplained() > limit;
        too_many.then_some(())?;
        Some((Reason::CrashLoop, Some(self.ledger.newest()?.clone())))
    }

    fn job_done(&self, sight: &Sight<'_>) -> bool {
        match self.want.mode {
            Mode::ReplicatedJob(wanted) => complete(sight) >= wanted,
            Mode::GlobalJob => {
                let done = |task: &&Task| task.status.state == "complete" || !self.may_take(&task.node_id);
                complete(sight) > 0 && sight.newest.values().all(done) && self.missing_nodes(sight) == 0
            }
            Mode::Replicated(_) | Mode::Global => false,
        }
    }

    fn service(&mut self, sight: &Sight<'_>, now: &Moment<'_>) -> Judgement {
        if let Some(waiting) = self.tasks_lack(sight, now) {
            self.hold = None;
            return waiting;
        }
        let held = self.hold_tasks(sight, now);
        let window = window(&self.want, &self.settings).saturating_add(self.outlived);
        if held < window && self.want.mode != Mode::Replicated(0) {
            return Judgement::Pending(Waiting::Window { held, window });
        }
        if sight.update_in_flight() {
            return Judgement::Pending(Waiting::Update(sight.update().to_owned()));
        }
        Judgement::Good { held, warning: None }
    }

    /// What is missing before the window may begin.
    fn tasks_lack(&self, sight: &Sight<'_>, now: &Moment<'_>) -> Option<Judgement> {
        let live = sight.live().count();
        let all_good = sight.live().all(Task::is_good);
        let waiting = match self.want.mode.wanted() {
            Some(0) if live == 0 && sight.old_wanted == 0 => {
                let stopping = self.still_stopping(sight, now);
                return (stopping > 0).then_some(Judgement::Pending(Waiting::Stopping(stopping)));
            }
            Some(wanted) if live as u64 != wanted => Some(Waiting::Tasks),
            None if live == 0 && sight.old_wanted == 0 => return Some(self.nothing_to_run(sight, now)),
            None if !self.dead_tasks(sight).is_empty() => Some(Waiting::Tasks),
            _ if !all_good => Some(Waiting::Tasks),
            _ => None,
        };
        let old = (sight.old_wanted > 0).then_some(Waiting::OldTasks(sight.old_wanted));
        let missing = Some(self.missing_nodes(sight)).filter(|n| *n > 0).map(Waiting::Nodes);
        waiting.or(old).or(missing).map(Judgement::Pending)
    }

    /// Tasks told to stop that still may be stopping. A node that never answers holds up nothing for longer.
    fn still_stopping(&self, sight: &Sight<'_>, now: &Moment<'_>) -> usize {
        let limit = self.want.stop_grace.saturating_add(STOP_SLACK);
        let held = |task: &&&Task| {
            self.stopping.held(task.id.as_str(), now.watched.at).is_some_and(|held| held < limit)
        };
        sight.stopping.iter().filter(held).count()
    }

    /// A global service without a task: no node qualifies, or the swarm has not come to it yet.
    fn nothing_to_run(&self, sight: &Sight<'_>, now: &Moment<'_>) -> Judgement {
        let missing = self.missing_nodes(sight);
        let long = self.empty.held(&(), now.watched.at).is_some_and(|held| held >= self.settings.no_node);
        let dead = !self.dead_tasks(sight).is_empty();
        if !long || missing > 0 || dead || sight.update_in_flight() {
            return Judgement::Pending(if missing > 0 { Waiting::Nodes(missing) } else { Waiting::Tasks });
        }
        Judgement::Good { held: Duration::ZERO, warning: Some(Warning::NoNode) }
    }

    /// Nodes that must have a task of a global service and have none. Where placement is constrained nobody but the
    /// swarm knows which.
    fn missing_nodes(&self, sight: &Sight<'_>) -> usize {
        if !self.want.mode.is_global() || self.want.constrained {
            return 0;
        }
        let has_task = |node: &Node| {
            let task = sight.newest.get(&Slot::Node(node.id.clone()));
            task.is_some_and(|task| task.is_wanted() || self.want.mode.is_job())
        };
        let nodes = self.nodes.iter().flatten();
        nodes.filter(|node| takes_tasks(node) && !has_task(node)).count()
    }

    /// How long the same tasks have been running.
    fn hold_tasks(&mut self, sight: &Sight<'_>, now: &Moment<'_>) -> Duration {
        let tasks: BTreeSet<String> = sight.live().map(|task| task.id.clone()).collect();
        if self.hold.as_ref().is_none_or(|hold| hold.tasks != tasks) {
            let before = self.ran_before(sight, now, &tasks);
            self.hold = Some(Hold { tasks, since: now.watched.at, before });
        }
        let hold = self.hold.as_ref();
        hold.map_or(Duration::ZERO, |h| h.before.saturating_add(now.watched.from.saturating_sub(h.since)))
    }

    /// The time before the watch counts only for a service that nobody touched, with the very tasks it had. Of several
    /// managers one writes down since when, and another's clock may have answered: then nothing counts.
    fn ran_before(&self, sight: &Sight<'_>, now: &Moment<'_>, tasks: &BTreeSet<String>) -> Duration {
        let one_clock =
            self.nodes.as_deref().is_some_and(|nodes| nodes.iter().filter(is_manager).count() == 1);
        if self.want.change != Change::Unchanged || *tasks != self.want.baseline.running || !one_clock {
            return Duration::ZERO;
        }
        let Some(clock) = now.server_time else { return Duration::ZERO };
        let ages = sight.live().map(|task| running_for(task, clock).unwrap_or_default());
        // So old at the end of the look; that it ran is known of its beginning only.
        ages.min().unwrap_or_default().saturating_sub(now.span)
    }

    fn may_take(&self, id: &str) -> bool {
        match &self.nodes {
            Some(nodes) => nodes.iter().any(|node| node.id == id && takes_tasks(node)),
            None => true,
        }
    }

    fn is_out_of_reach(&self, id: &str) -> bool {
        match &self.nodes {
            Some(nodes) => !nodes.iter().any(|node| node.id == id && node.status.state == "ready"),
            None => false,
        }
    }
}

fn is_manager(node: &&Node) -> bool {
    node.spec.role == "manager"
}

fn takes_tasks(node: &Node) -> bool {
    node.status.state == "ready" && node.spec.availability == "active"
}

fn is_unplaced(task: &Task) -> bool {
    task.status.state == "pending" && !task.status.err.is_empty() && task.desired_state != "shutdown"
}

/// Slots of a job that are complete.
pub(super) fn complete(sight: &Sight<'_>) -> u64 {
    sight.newest.values().filter(|task| task.status.state == "complete").count() as u64
}
