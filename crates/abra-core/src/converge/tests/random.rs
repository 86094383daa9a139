//! Whatever a swarm does: nothing panics, every watch ends, and a success has been seen to last.
use super::timeline::node;
use crate::converge::*;
use crate::stack::live::{Service, Task, UpdateStatus};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const STATES: [&str; 9] =
    ["running", "running", "running", "pending", "preparing", "starting", "failed", "rejected", "complete"];
const DESIRED: [&str; 6] = ["running", "running", "running", "ready", "shutdown", "remove"];
const UPDATES: [&str; 7] =
    ["", "", "completed", "updating", "paused", "rollback_started", "rollback_completed"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    Nothing,
    Task { id: u8, slot: u8, state: usize, desired: usize, fresh: bool },
    Forgotten(u8),
    Update(usize),
    Foreign,
    Stale(bool),
    Sight(bool),
    Nodes(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    let task = (0..6u8, 0..3u8, 0..STATES.len(), 0..DESIRED.len(), prop::bool::weighted(0.9))
        .prop_map(|(id, slot, state, desired, fresh)| Happening::Task { id, slot, state, desired, fresh });
    prop_oneof![
        60 => Just(Happening::Nothing),
        12 => task,
        2 => (0..6u8).prop_map(Happening::Forgotten),
        3 => (0..UPDATES.len()).prop_map(Happening::Update),
        1 => prop::bool::weighted(0.1).prop_map(|foreign| if foreign { Happening::Foreign } else { Happening::Nothing }),
        2 => prop::bool::weighted(0.3).prop_map(Happening::Stale),
        3 => prop::bool::weighted(0.7).prop_map(Happening::Sight),
        1 => any::<bool>().prop_map(Happening::Nodes),
    ]
}

/// A swarm with one service.
#[derive(Debug, Clone)]
struct World {
    mode: Mode,
    tasks: BTreeMap<u8, (Task, bool)>,
    update: &'static str,
    foreign: bool,
    stale: bool,
    visible: bool,
    node_up: bool,
    made: u64,
}

/// What of a look matters to a success, worked out apart from the rules.
#[derive(Debug, Clone)]
struct Record {
    at: Duration,
    /// The ids that run, if they are all that is wanted.
    good: Option<BTreeSet<String>>,
}

impl World {
    fn new(mode: Mode, running: u8) -> World {
        let mut world = World {
            mode,
            tasks: BTreeMap::new(),
            update: "",
            foreign: false,
            stale: false,
            visible: true,
            node_up: true,
            made: 0,
        };
        for id in 0..running {
            world.happen(&Happening::Task { id, slot: id, state: 0, desired: 0, fresh: true });
        }
        world
    }

    fn happen(&mut self, what: &Happening) {
        match what {
            Happening::Nothing => {}
            Happening::Task { id, slot, state, desired, fresh } => {
                self.made += 1;
                let known = self.tasks.remove(id);
                let new = format!("2026-03-01T12:{:02}:{:02}Z", self.made / 60, self.made % 60);
                let created = known.map_or(new, |(task, _)| task.created_at);
                let node = format!("n{slot}");
                let task = json!({"ID": format!("t{id}"), "ServiceID": "s", "Slot": slot, "NodeID": node,
                    "CreatedAt": created,
                    "DesiredState": DESIRED[*desired],
                    "Status": {"State": STATES[*state], "Err": if *state == 3 { "no suitable node" } else { "" }}});
                let task: Task = serde_json::from_value(task).unwrap();
                self.tasks.insert(*id, (task, *fresh));
            }
            Happening::Forgotten(id) => {
                self.tasks.remove(id);
            }
            Happening::Update(state) => self.update = UPDATES[*state],
            Happening::Foreign => self.foreign = true,
            Happening::Stale(stale) => self.stale = *stale,
            Happening::Sight(visible) => self.visible = *visible,
            Happening::Nodes(up) => self.node_up = *up,
        }
    }

    fn service(&self) -> Service {
        let mode = match self.mode {
            Mode::Replicated(n) => json!({"Replicated": {"Replicas": n}}),
            _ => json!({"Global": {}}),
        };
        let service = json!({"ID": "s", "Version": {"Index": if self.stale { 1 } else { 5 }},
            "Spec": {"Name": "web", "Mode": mode}});
        let (started_at, completed_at) = (None, None);
        let (state, message) = (self.update.to_owned(), String::new());
        let update = UpdateStatus { state, message, started_at, completed_at };
        let update_status = (!self.update.is_empty()).then_some(update);
        Service { update_status, ..serde_json::from_value(service).unwrap() }
    }

    fn snapshot(&self, at: Duration) -> Snapshot {
        let fresh = self.tasks.values().filter(|(_, fresh)| *fresh);
        let digest = if self.foreign { "theirs" } else { "ours" };
        Snapshot {
            at,
            span: Duration::ZERO,
            services: vec![Sighting { service: self.service(), digest: digest.to_owned() }],
            tasks: self.tasks.values().map(|(task, _)| task.clone()).collect(),
            up_to_date: Some(fresh.map(|(task, _)| task.id.clone()).collect()),
            nodes: Some(vec![node(if self.node_up { "n0=ready/active" } else { "n0=down/active" })]),
            server_time: None,
        }
    }

    fn record(&self, at: Duration) -> Record {
        let wanted = |task: &Task| matches!(task.desired_state.as_str(), "running" | "ready");
        let mut newest: BTreeMap<String, &Task> = BTreeMap::new();
        for (task, _) in self.tasks.values().filter(|(t, fresh)| *fresh && t.desired_state != "remove") {
            let slot = if self.mode == Mode::Global { task.node_id.clone() } else { task.slot.to_string() };
            let known = newest.entry(slot).or_insert(task);
            if (wanted(known), &known.created_at, &known.id) < (wanted(task), &task.created_at, &task.id) {
                *known = task;
            }
        }
        let live: Vec<&Task> = newest.into_values().filter(|task| wanted(task)).collect();
        let run = live.iter().all(|t| t.status.state == "running" && t.desired_state == "running");
        let enough = match self.mode {
            Mode::Replicated(n) => live.len() as u64 == n,
            _ => !live.is_empty(),
        };
        let old = self.tasks.values().any(|(task, fresh)| !fresh && wanted(task));
        let good = self.visible && !self.stale && !self.foreign && run && enough && !old;
        Record { at, good: good.then(|| live.iter().map(|t| t.id.clone()).collect()) }
    }
}

/// A success is one only if the same tasks ran at every look from at least a window before to the last one. Between two
/// looks a second passes at most.
fn justified(records: &[Record], world: &World, updated: bool, warned: bool) -> Result<(), TestCaseError> {
    let last = records.last().unwrap();
    if warned {
        return Ok(());
    }
    prop_assert!(last.good.is_some(), "nothing good at the end");
    let update = world.update;
    // On a service that was not updated, a rollback that ended in our spec is somebody else's old story.
    let at_rest = matches!(update, "" | "completed") || (!updated && update == "rollback_completed");
    prop_assert!(at_rest, "update is {update}");
    if world.mode == Mode::Replicated(0) {
        return Ok(());
    }
    let begin = records.iter().rposition(|record| record.good != last.good).map_or(0, |i| i + 1);
    let gaps = records[begin..].windows(2).map(|pair| (pair[1].at - pair[0].at).min(Duration::from_secs(1)));
    let held: Duration = gaps.sum();
    prop_assert!(held >= Duration::from_secs(5), "held for {held:?} only");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_success_has_been_seen_to_last(
        replicas in 0..4u64,
        global in prop::bool::weighted(0.2),
        updated in any::<bool>(),
        running in 0..4u8,
        course in prop::collection::vec((50..3000u64, happening()), 0..120),
    ) {
        let mode = if global { Mode::Global } else { Mode::Replicated(replicas) };
        let mut world = World::new(mode, running);
        let change = if updated { Change::Updated } else { Change::Created };
        let want = Expectation::new(&world.service(), "ours", change, Baseline::default());
        let mut watch = Watch::new(vec![want], &Settings::default());
        let mut records = Vec::new();
        let mut at = Duration::ZERO;
        let quiet = std::iter::repeat_n((8000, Happening::Nothing), 120);
        for (millis, what) in course.into_iter().chain(quiet) {
            at += Duration::from_millis(millis);
            world.happen(&what);
            records.push(world.record(at));
            if world.visible {
                watch.step(&world.snapshot(at));
            } else {
                watch.unreachable(at, "refused");
            }
            if watch.verdict().is_some() {
                break;
            }
        }
        let verdict = watch.verdict().cloned();
        prop_assert!(verdict.is_some(), "no verdict after {at:?}");
        if let Some(Outcome::Succeeded { warning, .. }) = verdict.map(|v| v.services[0].outcome.clone()) {
            justified(&records, &world, updated, warning.is_some())?;
        }
    }
}
