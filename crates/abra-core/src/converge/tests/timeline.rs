//! A timeline is a few lines of text; `check` replays it at four looks a second until there is a verdict.
//!
//! ```text
//! web replicas=2 updated            a service: its spec, and what was done to it
//! -60 a.1 running old               at -60 s (before the post): task `a`, slot 1, made from the old spec
//! 0   b.1 preparing                 state, or state/desired
//! 1.3 b.1 running
//! 2   b.1 failed/shutdown exit=1 "task: non-zero exit (1)"
//! 2   crash .1 every=6 life=0.5 n=4 exit=1 "…"     four tasks one after the other in slot 1
//! 3   upd=paused                    state of the update; also `spec=…`, `version=…`, `gone`, `iteration=…`
//! 4   c@n1 running                  task of a global service
//! 4   a gone                        a task is no longer listed
//! 5   nodes n1=ready/active n2=down/active n3=ready/active/manager      (n1 is a manager)
//! 6   unreachable "refused" · 8 reachable
//! 6   stalled · 9 answers           a look begun at 6 s is answered at 9 s
//! 7   db: a.1 running               of another service than the first
//! ```
use crate::converge::*;
use crate::stack::live::{ContainerStatus, Node, Service, Task, UpdateStatus, Version};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The moment of the post.
const POST: &str = "2026-03-01T12:00:00Z";
/// Between two looks.
const TICK: Duration = Duration::from_millis(250);

/// What one line changes.
#[derive(Debug, Clone)]
struct Line {
    millis: i64,
    service: String,
    words: Vec<String>,
    quoted: String,
}

/// A service and its tasks as the swarm of a timeline has them.
#[derive(Debug, Clone)]
struct Actual {
    spec: Value,
    tag: String,
    version: u64,
    iteration: u64,
    update: Option<UpdateStatus>,
    present: bool,
    id: String,
    change: Change,
    tasks: BTreeMap<String, (Task, String)>,
}

/// A swarm, as far as a timeline tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Swarm {
    names: Vec<String>,
    services: BTreeMap<String, Actual>,
    nodes: Option<Vec<Node>>,
    unreachable: Option<String>,
    stalled: bool,
    lines: Vec<Line>,
    pub(super) settings: Settings,
    pub(super) listed: bool,
    pub(super) clock: bool,
}

/// Replays a timeline, with both ways of telling old tasks; panics unless the verdict is the expected one.
#[track_caller]
pub(super) fn check(settings: &Settings, timeline: &str, expected: &str) {
    for listed in [true, false] {
        let got = replay(settings, timeline, listed).0;
        assert_eq!(got, expected, "listed={listed}, timeline:\n{timeline}");
    }
}

/// What a replay gives instead of the expected verdict, with the settings that operators get without flags.
pub(super) fn difference(rule: &str, timeline: &str, expected: &str) -> Option<String> {
    let replayed = [true, false].map(|listed| replay(&Settings::default(), timeline, listed).0);
    let got = replayed.into_iter().find(|got| got != expected)?;
    Some(format!("{rule}:\n  expected {expected}\n  got      {got}"))
}

/// The verdict in words, and all events.
pub(super) fn replay(settings: &Settings, timeline: &str, listed: bool) -> (String, Vec<(Duration, Event)>) {
    let mut swarm = Swarm::parse(timeline);
    swarm.settings = settings.clone();
    swarm.listed = listed;
    let mut watch = Watch::new(swarm.expectations(), settings);
    let mut events = Vec::new();
    let mut at = Duration::ZERO;
    while watch.verdict().is_none() && at < Duration::from_secs(2000) {
        let asked = at;
        swarm.advance(i64::try_from(at.as_millis()).unwrap());
        while swarm.stalled {
            at += TICK;
            swarm.advance(i64::try_from(at.as_millis()).unwrap());
        }
        let new = match swarm.unreachable.clone() {
            Some(reason) => watch.unreachable(at, &reason),
            None => watch.step(&Snapshot { span: at - asked, ..swarm.snapshot(at) }),
        };
        events.extend(new.into_iter().map(|event| (at, event)));
        at += TICK;
    }
    (watch.verdict().map_or("none".to_owned(), words), events)
}

impl Swarm {
    pub(super) fn parse(text: &str) -> Swarm {
        let nodes = Some(vec![node("n1=ready/active")]);
        let mut swarm = Swarm { listed: true, clock: true, nodes, ..Swarm::default() };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (head, quoted) =
                line.split_once('"').map_or((line, ""), |(h, q)| (h, q.trim_end_matches('"')));
            let mut words: Vec<String> = head.split_whitespace().map(str::to_owned).collect();
            let first = words.remove(0);
            match first.parse::<f64>() {
                Ok(seconds) => swarm.line((seconds * 1000.0) as i64, words, quoted),
                Err(_) => swarm.declare(&first, &words),
            }
        }
        swarm.lines.sort_by_key(|line| line.millis);
        swarm
    }

    fn declare(&mut self, name: &str, words: &[String]) {
        let change = match words {
            w if w.iter().any(|w| w == "updated") => Change::Updated,
            w if w.iter().any(|w| w == "unchanged") => Change::Unchanged,
            _ => Change::Created,
        };
        let actual = Actual {
            spec: spec(name, words),
            tag: "new".to_owned(),
            version: 10,
            iteration: 0,
            update: None,
            present: true,
            id: format!("id-{name}"),
            change,
            tasks: BTreeMap::new(),
        };
        self.names.push(name.to_owned());
        self.services.insert(name.to_owned(), actual);
    }

    fn line(&mut self, millis: i64, mut words: Vec<String>, quoted: &str) {
        let service = match words[0].strip_suffix(':') {
            Some(name) => {
                let name = name.to_owned();
                words.remove(0);
                name
            }
            None => self.names[0].clone(),
        };
        if words[0] == "crash" {
            return self.crash(millis, &service, &words, quoted);
        }
        self.lines.push(Line { millis, service, words, quoted: quoted.to_owned() });
    }

    /// Expands into task after task in one slot, each made when the one before ends.
    fn crash(&mut self, millis: i64, service: &str, words: &[String], quoted: &str) {
        let number =
            |key: &str, default: f64| option(words, key).map_or(default, |v| v.parse::<f64>().unwrap());
        let (every, life) = ((number("every", 6.0) * 1000.0) as i64, (number("life", 0.25) * 1000.0) as i64);
        let (count, keep) = (number("n", 100.0) as i64, number("keep", 1000.0) as i64);
        let end = option(words, "end").unwrap_or("failed");
        let via = option(words, "via").unwrap_or("running");
        let dead = words.iter().any(|word| word == "dies");
        let exit = option(words, "exit").map(|code| format!("exit={code}"));
        let stem = option(words, "id").unwrap_or("x");
        let mut push = |millis: i64, text: String, quoted: &str| {
            let words = text.split_whitespace().map(str::to_owned).collect();
            self.lines.push(Line { millis, service: service.to_owned(), words, quoted: quoted.to_owned() });
        };
        for i in 0..count {
            let (task, start) = (format!("{stem}{i}{}", words[1]), millis + i * every);
            push(start, format!("{task} {via}"), "");
            push(start + life, format!("{task} {end}/shutdown {}", exit.clone().unwrap_or_default()), quoted);
            if i + 1 < count || !dead {
                push(start + life, format!("{stem}{}{} ready/ready", i + 1, words[1]), "");
            }
            if i >= keep {
                push(start + life, format!("{stem}{}{} gone", i - keep, words[1]), "");
            }
        }
    }

    /// Brings the swarm to a moment.
    pub(super) fn advance(&mut self, millis: i64) {
        while self.lines.first().is_some_and(|line| line.millis <= millis) {
            let line = self.lines.remove(0);
            self.apply(&line);
        }
    }

    fn apply(&mut self, line: &Line) {
        let words = &line.words;
        let time = |millis: i64| {
            (POST.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_millis(millis)).to_string()
        };
        let actual = self.services.get_mut(&line.service).unwrap();
        match words[0].as_str() {
            "unreachable" => self.unreachable = Some(line.quoted.clone()),
            "reachable" => self.unreachable = None,
            "stalled" => self.stalled = true,
            "answers" => self.stalled = false,
            "nodes" => self.nodes = Some(words[1..].iter().map(|word| node(word)).collect()),
            "gone" => actual.present = false,
            "recreated" => actual.id = format!("{}-2", actual.id),
            word if word.contains('=') => set(actual, word, &line.quoted),
            _ if words.get(1).is_some_and(|w| w == "gone") => {
                actual.tasks.remove(words[0].split(['.', '@']).next().unwrap());
            }
            word => {
                let id = word.split(['.', '@']).next().unwrap().to_owned();
                let fresh =
                    if words.iter().any(|w| w == "old") { "old".to_owned() } else { actual.tag.clone() };
                let made = (Task { id: id.clone(), ..task(&time(line.millis), word, &actual.id) }, fresh);
                let entry = actual.tasks.entry(id).or_insert(made);
                change_task(&mut entry.0, line, &time(line.millis), actual.iteration);
            }
        }
    }

    /// What a caller expects who posted at 0 s.
    pub(super) fn expectations(&mut self) -> Vec<Expectation> {
        self.advance(-1);
        let of = |name: &String| {
            let actual = &self.services[name];
            let tasks: Vec<Task> = actual.tasks.values().map(|(task, _)| task.clone()).collect();
            let baseline = Baseline::of(&actual.id, &tasks);
            Expectation::new(&service(actual), "new", actual.change, baseline)
        };
        self.names.iter().map(of).collect()
    }

    /// One look at it.
    pub(super) fn snapshot(&self, at: Duration) -> Snapshot {
        let present = || self.services.values().filter(|actual| actual.present);
        let mut tasks = Vec::new();
        let mut up_to_date = BTreeSet::new();
        for actual in present() {
            for (task, tag) in actual.tasks.values() {
                if *tag == actual.tag {
                    up_to_date.insert(task.id.clone());
                }
                let mut spec = actual.spec["TaskTemplate"].clone();
                spec["ForceUpdate"] = json!(tag);
                tasks.push(Task { spec, service_id: actual.id.clone(), ..task.clone() });
            }
        }
        let post: Timestamp = POST.parse().unwrap();
        Snapshot {
            at,
            span: Duration::ZERO,
            services: present()
                .map(|actual| Sighting { service: service(actual), digest: actual.tag.clone() })
                .collect(),
            tasks,
            up_to_date: self.listed.then_some(up_to_date),
            nodes: self.nodes.clone(),
            server_time: self.clock.then(|| post + at),
        }
    }
}

fn service(actual: &Actual) -> Service {
    let mut spec = actual.spec.clone();
    spec["TaskTemplate"]["ForceUpdate"] = json!(actual.tag);
    // As real engines do: said here, and left out of the tasks.
    spec["TaskTemplate"]["Runtime"] = json!("container");
    serde_json::from_value(json!({
        "ID": actual.id, "Version": {"Index": actual.version}, "Spec": spec,
        "JobStatus": {"JobIteration": if actual.iteration == 0 { json!({}) } else { json!({"Index": actual.iteration}) }},
    }))
    .map(|service| Service { update_status: actual.update.clone(), ..service })
    .unwrap()
}

fn set(actual: &mut Actual, word: &str, quoted: &str) {
    let (key, value) = word.split_once('=').unwrap();
    match key {
        "upd" if value == "-" => actual.update = None,
        "upd" => {
            let (started_at, completed_at) = (None, None);
            let (state, message) = (value.to_owned(), quoted.to_owned());
            actual.update = Some(UpdateStatus { state, message, started_at, completed_at });
        }
        "spec" => {
            actual.tag = value.to_owned();
            actual.version += 1;
        }
        "version" => actual.version = value.parse().unwrap(),
        "iteration" => actual.iteration = value.parse().unwrap(),
        "replicas" => actual.spec["Mode"]["Replicated"]["Replicas"] = json!(value.parse::<u64>().unwrap()),
        other => panic!("unknown key {other}"),
    }
}

fn task(time: &str, word: &str, service: &str) -> Task {
    let (slot, node) = match word.split_once('@') {
        Some((_, node)) => (0, node.to_owned()),
        None => (word.split_once('.').map_or(0, |(_, slot)| slot.parse().unwrap()), "n1".to_owned()),
    };
    let empty = json!({"ID": "", "CreatedAt": time, "ServiceID": service, "NodeID": node, "Slot": slot});
    serde_json::from_value(empty).unwrap()
}

fn change_task(task: &mut Task, line: &Line, time: &str, iteration: u64) {
    let (state, desired) = line.words[1].split_once('/').unwrap_or((&line.words[1], "running"));
    let had_iteration = task.job_iteration.is_some() || task.status.state != *"";
    if iteration > 0 && !had_iteration {
        task.job_iteration = Some(Version { index: iteration });
    }
    task.desired_state = desired.to_owned();
    task.status.state = state.to_owned();
    task.status.timestamp = time.to_owned();
    task.updated_at = time.to_owned();
    task.status.err.clone_from(&line.quoted);
    let exit = option(&line.words, "exit").map(|code| code.parse::<i64>().unwrap());
    let container = |exit_code| ContainerStatus { container_id: "c".to_owned(), exit_code };
    task.status.container_status = exit.map(container);
}

pub(super) fn node(word: &str) -> Node {
    let (id, rest) = word.split_once('=').unwrap();
    let (state, spec) = rest.split_once('/').unwrap();
    let (availability, role) =
        spec.split_once('/').unwrap_or((spec, if id == "n1" { "manager" } else { "worker" }));
    let spec = json!({"Availability": availability, "Role": role});
    let node = json!({"ID": id, "Spec": spec, "Status": {"State": state}});
    serde_json::from_value(node).unwrap()
}

fn option<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

fn spec(name: &str, words: &[String]) -> Value {
    let flag = |flag: &str| words.iter().any(|word| word == flag);
    let seconds = |key: &str| option(words, key).map(|v| json!((v.parse::<f64>().unwrap() * 1e9) as u64));
    let count = |key: &str| option(words, key).map(|v| v.parse::<u64>().unwrap());
    let mode = match count("job") {
        Some(total) => json!({"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": total}}),
        None if flag("globaljob") => json!({"GlobalJob": {}}),
        None if flag("global") => json!({"Global": {}}),
        None => json!({"Replicated": {"Replicas": count("replicas").unwrap_or(1)}}),
    };
    let mut update = json!({"Parallelism": 1});
    update["Monitor"] = seconds("monitor").unwrap_or_default();
    update["FailureAction"] = json!(option(words, "action").unwrap_or("pause"));
    let mut spec =
        json!({"Name": name, "Mode": mode, "UpdateConfig": update, "TaskTemplate": {"ContainerSpec": {}}});
    if let Some(health) = option(words, "health") {
        let n: Vec<u64> = health.split('/').map(|v| v.parse::<u64>().unwrap()).collect();
        spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = json!({"Test": ["CMD", "ok"],
            "Interval": n[0] * 1_000_000_000, "Timeout": n[1] * 1_000_000_000, "Retries": n[2],
            "StartPeriod": n[3] * 1_000_000_000});
    }
    if flag("constraint") {
        spec["TaskTemplate"]["Placement"] = json!({"Constraints": ["node.labels.x==y"]});
    }
    spec["TaskTemplate"]["ContainerSpec"]["StopGracePeriod"] = seconds("grace").unwrap_or_default();
    spec["TaskTemplate"]["RestartPolicy"] =
        json!({"Delay": seconds("delay").unwrap_or(json!(5_000_000_000_u64))});
    spec
}

/// A verdict in a line.
pub(super) fn words(verdict: &Verdict) -> String {
    let one = verdict.services.len() == 1;
    let name = |s: &ServiceVerdict| if one { String::new() } else { format!("{}: ", s.service) };
    let services: Vec<_> =
        verdict.services.iter().map(|s| format!("{}{}", name(s), outcome(&s.outcome))).collect();
    let absent: String = match verdict.kind {
        Kind::Undecided => verdict.absent.iter().map(|node| format!(" without {node}")).collect(),
        _ => String::new(),
    };
    format!("{:.2}s {}{absent} [{}]", verdict.at.as_secs_f64(), services.join("; "), verdict.exit_code())
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded { stable_for, failures, warning } => {
            let failures = if *failures > 0 { format!(" failures={failures}") } else { String::new() };
            let warning = warning.as_ref().map(|w| format!(" {w:?}")).unwrap_or_default();
            format!("ok {:.2}s{failures}{warning}", stable_for.as_secs_f64())
        }
        Outcome::Failed(failure) => failed(failure),
        Outcome::RolledBack { cause, old } => {
            let cause = cause.as_ref().map(|c| format!(" {}", c.task)).unwrap_or_default();
            let old = match old {
                OldVersion::Runs => "runs".to_owned(),
                OldVersion::Fails(failure) => format!("({})", failed(failure)),
                OldVersion::Unclear => "unclear".to_owned(),
            };
            format!("rolled back{cause}, old {old}")
        }
        Outcome::Overtaken { version, recreated } => {
            format!("overtaken {version}{}", if *recreated { " recreated" } else { "" })
        }
        Outcome::Undecided(undecided) => {
            let slots = undecided.slots.iter().map(|slot| format!(" {}:{:?}", slot.slot, slot.step));
            format!("undecided {:?} {:?}{}", undecided.cause, undecided.waiting, slots.collect::<String>())
        }
    }
}

fn failed(failure: &Failure) -> String {
    let reason = match &failure.reason {
        Reason::Unplaceable { .. } => "Unplaceable".to_owned(),
        Reason::Permanent { .. } => "Permanent".to_owned(),
        Reason::Paused { .. } => "Paused".to_owned(),
        reason => format!("{reason:?}"),
    };
    let task = failure.task.as_ref().map(|task| {
        let exit = task.exit.map(|code| format!(" exit={code}")).unwrap_or_default();
        format!(" {}.{} {}{exit} {:?}", task.task, task.slot, task.state, task.err)
    });
    let back = if failure.may_roll_back { " may-roll-back" } else { "" };
    format!("failed {reason} f={}{}{back}", failure.failures, task.unwrap_or_default())
}
