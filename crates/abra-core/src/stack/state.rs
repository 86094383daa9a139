//! How the services of a stack are right now, for people to look at. No verdict: one look proves nothing.
use super::live::{Service, Task};
use serde::Serialize;
use serde_json::Value;

/// A service with its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceState {
    /// Its name within the stack.
    pub service: String,
    /// Its image, without the digest.
    pub image: String,
    /// Tasks that run.
    pub running: u64,
    /// Tasks that shall run.
    pub wanted: u64,
    /// State of the last update, where there was one.
    pub update: Option<String>,
    /// Its tasks: those that shall run, else the last one of each slot.
    pub tasks: Vec<TaskState>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskState {
    /// Its id.
    pub id: String,
    /// Its slot; 0 for global services.
    pub slot: u64,
    /// Id of its node, empty while it has none.
    pub node: String,
    /// How it is.
    pub state: String,
    /// What the swarm wants of it.
    pub desired: String,
    /// Since when it is so (RFC 3339, the node's clock).
    pub since: String,
    /// Why it failed or waits.
    pub error: String,
    /// Why the one before it in its slot failed, while this one does not run (yet).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// The services of a stack by name, each with its present tasks.
pub fn states(stack: &str, services: &[Service], tasks: &[Task]) -> Vec<ServiceState> {
    let mut states: Vec<ServiceState> = services.iter().map(|service| state(stack, service, tasks)).collect();
    states.sort_by(|a, b| a.service.cmp(&b.service));
    states
}

fn state(stack: &str, service: &Service, tasks: &[Task]) -> ServiceState {
    let name = service.name();
    let short = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
    let present = present(service, tasks);
    let running =
        present.iter().filter(|task| task.status.state == "running" && task.desired_state == "running");
    let image = service.spec["TaskTemplate"]["ContainerSpec"]["Image"].as_str().unwrap_or_default();
    ServiceState {
        service: short.to_owned(),
        image: image.split('@').next().unwrap_or_default().to_owned(),
        running: running.count() as u64,
        wanted: wanted(&service.spec, &present),
        update: service
            .update_status
            .as_ref()
            .map(|status| status.state.clone())
            .filter(|state| !state.is_empty()),
        tasks: present.into_iter().map(|task| shown(task, tasks)).collect(),
    }
}

/// The tasks that shall run, and for slots without one the newest that ended.
fn present<'a>(service: &Service, tasks: &'a [Task]) -> Vec<&'a Task> {
    let mut mine: Vec<&Task> = tasks.iter().filter(|task| task.service_id == service.id).collect();
    mine.sort_by(|a, b| (a.slot, &a.node_id, &b.created_at).cmp(&(b.slot, &b.node_id, &a.created_at)));
    let place = |task: &Task| (task.slot, if task.slot == 0 { task.node_id.clone() } else { String::new() });
    let active = |task: &Task| matches!(task.desired_state.as_str(), "running" | "ready" | "complete");
    let mut kept: Vec<&Task> = Vec::new();
    for task in &mine {
        let has_active = mine.iter().any(|other| place(other) == place(task) && active(other));
        let has_one = kept.iter().any(|other| place(other) == place(task));
        if active(task) || (!has_active && !has_one) {
            kept.push(task);
        }
    }
    kept
}

fn wanted(spec: &Value, present: &[&Task]) -> u64 {
    let mode = &spec["Mode"];
    if let Some(replicated) = mode.get("Replicated") {
        return replicated["Replicas"].as_u64().unwrap_or(1);
    }
    if let Some(job) = mode.get("ReplicatedJob") {
        return job["TotalCompletions"].as_u64().unwrap_or(1);
    }
    present.iter().filter(|task| task.desired_state != "shutdown").count() as u64
}

fn shown(task: &Task, tasks: &[Task]) -> TaskState {
    let is_before = |other: &&Task| {
        let same_slot = other.service_id == task.service_id && other.slot == task.slot;
        let same_node = task.slot != 0 || other.node_id == task.node_id;
        same_slot && same_node && other.created_at < task.created_at && !other.status.err.is_empty()
    };
    let waits = task.status.state != "running" && task.status.err.is_empty();
    let before =
        tasks.iter().filter(|_| waits).filter(is_before).max_by(|a, b| a.created_at.cmp(&b.created_at));
    TaskState {
        id: task.id.clone(),
        slot: task.slot,
        node: task.node_id.clone(),
        state: task.status.state.clone(),
        desired: task.desired_state.clone(),
        since: task.status.timestamp.clone(),
        error: task.status.err.clone(),
        before: before.map(|task| task.status.err.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Service, Task, states};
    use serde_json::{Value, json};

    fn service(mode: &Value) -> Service {
        let spec = json!({ "Name": "st_app", "Mode": mode,
            "TaskTemplate": { "ContainerSpec": { "Image": "bb:1@sha256:0" } } });
        serde_json::from_value(json!({ "ID": "s", "Spec": spec })).unwrap()
    }

    /// A task as `id slot created state/desired`.
    fn task(text: &str) -> Task {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (state, desired) = words[3].split_once('/').unwrap();
        serde_json::from_value(
            json!({ "ID": words[0], "ServiceID": "s", "Slot": words[1].parse::<u64>().unwrap(),
            "CreatedAt": words[2], "DesiredState": desired, "Status": { "State": state } }),
        )
        .unwrap()
    }

    /// Mode, tasks; running, wanted, ids shown.
    type Case<'a> = (&'a Value, &'a [&'a str], u64, u64, &'a [&'a str]);

    #[test]
    fn a_task_that_does_not_run_yet_tells_why_the_one_before_failed() {
        let mut failed = task("a 1 1 failed/shutdown");
        failed.status.err = "exit 3".to_owned();
        for (next, before) in [
            ("b 1 2 ready/running", Some("exit 3")),
            ("b 1 2 running/running", None),
            ("b 2 2 ready/running", None),
        ] {
            let tasks = [failed.clone(), task(next)];
            let state = &states("st", &[service(&json!({ "Replicated": { "Replicas": 1 } }))], &tasks)[0];
            let shown = state.tasks.iter().find(|task| task.id == "b").unwrap();
            assert_eq!(shown.before.as_deref(), before, "{next}");
        }
    }

    #[test]
    fn tasks_that_shall_run_are_shown_else_the_last_of_the_slot() {
        let replicated = json!({ "Replicated": { "Replicas": 2 } });
        let cases: [Case<'_>; 4] = [
            (&replicated, &["a 1 1 running/running", "b 2 1 running/running"], 2, 2, &["a", "b"]),
            (&replicated, &["a 1 1 failed/shutdown", "b 1 2 running/running"], 1, 2, &["b"]),
            (&replicated, &["a 1 1 failed/shutdown", "b 1 2 failed/shutdown"], 0, 2, &["b"]),
            (&json!({ "Global": {} }), &["a 0 1 running/running"], 1, 1, &["a"]),
        ];
        for (mode, tasks, running, wanted, shown) in cases {
            let tasks: Vec<Task> = tasks.iter().map(|text| task(text)).collect();
            let state = &states("st", &[service(mode)], &tasks)[0];
            let ids: Vec<&str> = state.tasks.iter().map(|task| task.id.as_str()).collect();
            assert_eq!((state.running, state.wanted, ids.as_slice()), (running, wanted, shown));
            assert_eq!((state.service.as_str(), state.image.as_str()), ("app", "bb:1"));
        }
    }
}
