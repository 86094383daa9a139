//! How tasks come up and fail, and how updates go. The image tells: `bad` dies after a second, `slow` takes long to start.
use crate::swarm::{Service, Swarm, Task};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Until a task that failed is tried again (docker's default).
const RESTART: Duration = Duration::from_secs(5);
/// How long a new task is watched where the spec does not say (docker's default).
const MONITOR: Duration = Duration::from_secs(5);

/// Starts all tasks of a service that was just created.
pub fn created(swarm: &Swarm, stack: &str, service: &str) {
    let slots = swarm.state().services.get(service).map_or(0, slots);
    for slot in 1..=slots {
        start(swarm, stack, service, slot, Duration::ZERO);
    }
}

/// Replaces the tasks of a service whose spec was just changed, one slot after the other.
pub fn updated(swarm: &Swarm, stack: &str, service: &str) {
    let (swarm, stack, service) = (swarm.clone(), stack.to_owned(), service.to_owned());
    tokio::spawn(async move { update(&swarm, &stack, &service).await });
}

fn slots(service: &Service) -> u64 {
    service.spec["Mode"]["Replicated"]["Replicas"].as_u64().unwrap_or(1)
}

async fn update(swarm: &Swarm, stack: &str, id: &str) -> Option<()> {
    let service = swarm.state().services.get(id)?.clone();
    let is_present = || {
        let state = swarm.state();
        state.services.get(id).filter(|now| now.writes == service.writes).map(drop)
    };
    sleep(Duration::from_millis(5)).await;
    is_present()?;
    status(swarm, id, "updating");
    let config = &service.spec["UpdateConfig"];
    let monitor = config["Monitor"].as_u64().map_or(MONITOR, Duration::from_nanos);
    for slot in 1..=slots(&service) {
        is_present()?;
        stop_slot(swarm, stack, id, slot);
        sleep(Duration::from_millis(300)).await;
        is_present()?;
        let task = start(swarm, stack, id, slot, Duration::ZERO);
        let ended = reached_end(swarm, &task).await;
        is_present()?;
        let failed = ended || {
            sleep(monitor).await;
            is_present()?;
            swarm.state().tasks.get(&task).is_some_and(|task| task.state == "failed")
        };
        if failed {
            match config["FailureAction"].as_str() {
                Some("rollback") => return roll_back(swarm, stack, id).await,
                Some("continue") => {}
                _ => {
                    status(swarm, id, "paused");
                    return Some(());
                }
            }
        }
    }
    status(swarm, id, "completed");
    Some(())
}

/// Waits until a task runs, or has failed.
async fn reached_end(swarm: &Swarm, task: &str) -> bool {
    loop {
        let state = swarm.state().tasks.get(task).map(|task| task.state);
        match state {
            None | Some("failed" | "shutdown" | "rejected") => return true,
            Some("running") => return false,
            Some(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn roll_back(swarm: &Swarm, stack: &str, id: &str) -> Option<()> {
    let slots = {
        let now = swarm.now().to_string();
        let mut state = swarm.state();
        let index = state.next_index();
        let service = state.services.get_mut(id)?;
        service.spec = service.previous.take()?;
        service.generation += 1;
        (service.version, service.updated) = (index, now);
        slots(service)
    };
    status(swarm, id, "rollback_started");
    for slot in 1..=slots {
        stop_slot(swarm, stack, id, slot);
        sleep(Duration::from_millis(300)).await;
        start(swarm, stack, id, slot, Duration::ZERO);
    }
    sleep(Duration::from_secs(3)).await;
    status(swarm, id, "rollback_completed");
    Some(())
}

fn status(swarm: &Swarm, id: &str, word: &str) {
    let now = swarm.now().to_string();
    let mut state = swarm.state();
    let index = state.next_index();
    if let Some(service) = state.services.get_mut(id) {
        service.version = index;
        service.update = Some(json!({ "State": word, "Message": word, "StartedAt": now }));
    }
}

/// Stops what is in a slot.
pub fn stop_slot(swarm: &Swarm, stack: &str, service: &str, slot: u64) {
    let now = swarm.now().to_string();
    for task in swarm.state().tasks.values_mut() {
        if task.service == service && task.slot == slot && task.desired != "shutdown" {
            task.desired = "shutdown";
            if task.state != "failed" {
                (task.state, task.since) = ("shutdown", now.clone());
            }
        }
    }
    swarm.note_what_runs(stack);
}

/// Makes a task, which is started after a while; it lives its own life from there on. Gives back its id.
pub fn start(swarm: &Swarm, stack: &str, service: &str, slot: u64, after: Duration) -> String {
    let now = swarm.now().to_string();
    let mut state = swarm.state();
    let id = state.next_id();
    let Some(of) = state.services.get(service) else { return id };
    let spec = of.spec["TaskTemplate"].clone();
    let generation = of.generation;
    let pause = state.dice.between(Duration::from_millis(200), Duration::from_millis(2500));
    let (created, since) = (now.clone(), now);
    let service = service.to_owned();
    let task = Task {
        service,
        slot,
        generation,
        spec,
        desired: "ready",
        state: "ready",
        err: "",
        exit: 0,
        created,
        since,
    };
    let image = image(&task.spec);
    state.tasks.insert(id.clone(), task);
    drop(state);
    let (swarm, stack, task) = (swarm.clone(), stack.to_owned(), id.clone());
    tokio::spawn(async move { live(&swarm, &stack, &task, &image, after, pause).await });
    id
}

fn image(spec: &Value) -> String {
    spec["ContainerSpec"]["Image"].as_str().unwrap_or_default().to_owned()
}

async fn live(
    swarm: &Swarm,
    stack: &str,
    task: &str,
    image: &str,
    after: Duration,
    pause: Duration,
) -> Option<()> {
    sleep(after).await;
    begin(swarm, task)?;
    sleep(if image.contains("slow") { pause + Duration::from_secs(20) } else { pause }).await;
    come_to(swarm, task, "running")?;
    swarm.note_what_runs(stack);
    if !image.contains("bad") {
        return Some(());
    }
    sleep(Duration::from_secs(1)).await;
    come_to(swarm, task, "failed")?;
    let (service, slot) = {
        let mut state = swarm.state();
        let task = state.tasks.get_mut(task)?;
        (task.desired, task.err, task.exit) = ("shutdown", "task: non-zero exit (1)", 1);
        (task.service.clone(), task.slot)
    };
    swarm.note_what_runs(stack);
    if swarm.state().services.contains_key(&service) {
        start(swarm, stack, &service, slot, RESTART);
    }
    Some(())
}

fn begin(swarm: &Swarm, task: &str) -> Option<()> {
    let mut state = swarm.state();
    let task = state.tasks.get_mut(task)?;
    if task.desired != "ready" {
        return None;
    }
    (task.desired, task.state) = ("running", "preparing");
    Some(())
}

/// `None`: it was stopped meanwhile.
fn come_to(swarm: &Swarm, task: &str, word: &'static str) -> Option<()> {
    let now = swarm.now().to_string();
    let mut state = swarm.state();
    let task = state.tasks.get_mut(task)?;
    if task.desired != "running" {
        return None;
    }
    (task.state, task.since) = (word, now);
    Some(())
}
