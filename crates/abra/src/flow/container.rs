//! Where a command runs: the container of a service on the node that answers, and `abra.sh` in it.
//!
//! Not here: what is run, and how its output is shown.
use super::logs::no_service;
use crate::engine::{Engine, EngineError, Exec, Filters, Running, Stream};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use abra_core::app::App;
use abra_core::commands::{PLACE, Script};
use abra_core::stack::live::{Node, Service, Task};
use serde_json::Value;
use std::collections::BTreeSet;

/// A container that runs.
#[derive(Debug)]
pub struct Container {
    /// The service, by its name within the stack.
    pub service: String,
    /// The container's id.
    pub id: String,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(i64),
    /// The operator did not want to wait; it may go on in the container.
    Interrupted,
}

/// The newest container of a service that runs on the engine's own node.
///
/// # Errors
/// There is no such service, it does not run, or only on other nodes; or the engine can't be asked.
pub async fn find(engine: &Engine, app: &App, service: &str) -> Result<Container, Failure> {
    let of_stack = Filters::stack(app.stack.as_str());
    let (services, tasks, info) =
        tokio::try_join!(engine.services(&of_stack), engine.tasks(&of_stack), engine.info())?;
    if services.is_empty() {
        return Err(Failure::new(format!("{} is not deployed, so nothing can be run in it", app.name))
            .hint(format!("`abra app deploy {}` deploys it", app.name)));
    }
    let prefix = format!("{}_", app.stack);
    let short = |service: &Service| service.name().strip_prefix(&prefix).unwrap_or(service.name()).to_owned();
    let Some(found) = services.iter().find(|live| live.name() == service || short(live) == service) else {
        let names: Vec<String> = services.iter().map(short).collect();
        return Err(no_service(service, &names));
    };
    let service = short(found);
    let mut running: Vec<&Task> =
        tasks.iter().filter(|task| task.service_id == found.id && task.is_good()).collect();
    running.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    if running.is_empty() {
        return Err(Failure::new(format!("no task of {service} runs"))
            .hint(format!("`abra app ps {}` shows how it is", app.name))
            .hint(format!("`abra app logs {} {service}` shows what it wrote", app.name)));
    }
    let here = running.iter().find(|task| task.node_id == info.swarm.node_id);
    let id = here.and_then(|task| task.status.container_status.as_ref()).map(|status| &status.container_id);
    match id.filter(|id| !id.is_empty()) {
        Some(id) => Ok(Container { service, id: id.clone() }),
        None => Err(elsewhere(engine, &service, &running, &info.name).await),
    }
}

/// Engines run commands in containers of their own node only.
async fn elsewhere(engine: &Engine, service: &str, running: &[&Task], here: &str) -> Failure {
    let nodes = engine.nodes().await.unwrap_or_default();
    let names: BTreeSet<String> = running.iter().map(|task| node_name(&nodes, &task.node_id)).collect();
    let names: Vec<String> = names.into_iter().collect();
    Failure::new(format!(
        "{service} runs on node {}, but an engine can run commands on its own node only, which is {here}",
        names.join(", ")
    ))
    .hint("run it on that node, or constrain the service to the node that abra talks to")
}

fn node_name(nodes: &[Node], id: &str) -> String {
    let node = nodes.iter().find(|node| node.id == id);
    node.and_then(|node| node.description["Hostname"].as_str()).unwrap_or(id).to_owned()
}

/// Puts `abra.sh` to where recipes expect it; where that can't be, a shell gets it as text.
///
/// # Errors
/// The engine can't be asked.
pub async fn ship<'a>(
    engine: &Engine,
    container: &Container,
    abra_sh: &'a str,
) -> Result<Script<'a>, EngineError> {
    let inspected = engine.container(&container.id).await?;
    if hides_files(&inspected) {
        return Ok(Script::Text(abra_sh));
    }
    let (folder, name) = PLACE.rsplit_once('/').unwrap_or(("/", PLACE));
    match engine.put_file(&container.id, folder, name, abra_sh.as_bytes()).await {
        Ok(()) => Ok(Script::There),
        // No such folder, or nothing can be written.
        Err(EngineError::Refused { .. } | EngineError::NotFound { .. }) => Ok(Script::Text(abra_sh)),
        Err(error) => Err(error),
    }
}

/// Whether a file put into `/tmp` would not be seen by the container's processes: a tmpfs lies over it (docker writes
/// beneath), or all is read-only.
fn hides_files(inspected: &Value) -> bool {
    let host = &inspected["HostConfig"];
    let is_tmp = |mount: &Value| {
        mount["Type"] == "tmpfs" && (mount["Target"] == "/tmp" || mount["Destination"] == "/tmp")
    };
    let mounts = [&host["Mounts"], &inspected["Mounts"]];
    host["ReadonlyRootfs"] == true
        || host["Tmpfs"].get("/tmp").is_some()
        || mounts.iter().any(|mounts| mounts.as_array().is_some_and(|mounts| mounts.iter().any(is_tmp)))
}

/// Variables that functions of `abra.sh` rely on, as `NAME=value`.
pub fn variables(app: &App, service: &str) -> Vec<String> {
    let domain = app.env.get("DOMAIN").map(|domain| format!("DOMAIN={domain}"));
    let own =
        [format!("TARGET={service}"), format!("APP_NAME={}", app.name), format!("STACK_NAME={}", app.stack)];
    own.into_iter().chain(domain).collect()
}

/// Waits for the end of a command that gets no input, handing on what it writes.
///
/// # Errors
/// The engine can't be asked any more.
pub async fn finish(
    engine: &Engine,
    mut running: Running,
    interrupt: &Interrupt,
    on: &mut dyn FnMut(Stream, &[u8]),
) -> Result<Ended, EngineError> {
    loop {
        let next = tokio::select! {
            next = running.next() => next?,
            () = interrupt.wait() => return Ok(Ended::Interrupted),
        };
        match next {
            Some((stream, bytes)) => on(stream, &bytes),
            None => return engine.exec_code(&running).await.map(Ended::Code),
        }
    }
}

/// A command of `abra.sh` in a container.
pub fn exec(app: &App, container: &Container, arguments: Vec<String>) -> Exec {
    Exec { arguments, env: variables(app, &container.service), ..Exec::default() }
}
