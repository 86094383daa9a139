//! Log lines of an app: the last ones of all its tasks, also of those that died, merged by time; and those that come.
//!
//! Not here: how a line is shown.
mod follow;

use super::lease::server_time;
use super::server;
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters, LogLine, LogQuery, Stream};
use crate::failure::Failure;
use abra_core::name::nearest;
use abra_core::stack::live::{Service, Task};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use follow::{End, follow};

/// Services that are read at the same time.
const AT_ONCE: usize = 8;
/// The longest that reading one service may take. A node that is away makes the engine wait for it.
const LIMIT: Duration = Duration::from_secs(10);
/// The most that is read of one service, in bytes.
const MOST: usize = 32 << 20;
/// What the operator wants to see.
#[derive(Debug)]
pub struct Request {
    /// The app.
    pub app: String,
    /// Only this service.
    pub service: Option<String>,
    /// Lines from the end, per service; `None`: all.
    pub tail: Option<u32>,
    /// Only what was written since then.
    pub since: Option<Since>,
    /// Only standard error.
    pub only_stderr: bool,
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago, by the server's clock.
    Ago(Duration),
    /// Then.
    Time(Timestamp),
}

/// A line of an app.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// When it was written (RFC 3339, the node's clock).
    pub time: String,
    /// The service, by its name within the stack.
    pub service: String,
    /// Slot of the task, or its node for global services; empty where the swarm has forgotten it.
    pub place: String,
    /// The task.
    pub task: String,
    /// `stdout`, `stderr`, or `engine` for its own remarks.
    pub stream: &'static str,
    /// The line. Whatever the container wrote: may hold control characters.
    pub text: String,
}

/// What was read, and what following goes on from.
#[derive(Debug)]
pub struct Reading {
    /// The lines in order of time.
    pub lines: Vec<Line>,
    /// What could not be read.
    pub gaps: Vec<String>,
    engine: Arc<Engine>,
    stack: String,
    only: Option<String>,
    only_stderr: bool,
    tasks: BTreeMap<String, Task>,
    /// Tasks that the swarm does not know any more.
    forgotten: BTreeSet<String>,
    since: Option<Timestamp>,
    seen: Seen,
}

/// The last line's time by task and stream.
type Seen = BTreeMap<(String, &'static str), String>;

/// Reads the last lines.
///
/// # Errors
/// There is no such app or service, it is not deployed, or the server can't be asked.
pub async fn read(context: &Context, request: &Request) -> Result<Reading, Failure> {
    let app = context.app(&request.app)?;
    let engine = server::connect(context, &app.server).await?;
    let begun = server_time(&engine);
    let stack = app.stack.as_str().to_owned();
    let of_stack = Filters::stack(&stack);
    let (services, tasks) = tokio::try_join!(engine.services(&of_stack), engine.tasks(&of_stack))?;
    if services.is_empty() {
        return Err(Failure::new(format!("{} is not deployed, so there are no logs", app.name))
            .hint(format!("`abra app deploy {}` deploys it", app.name)));
    }
    let services = chosen(&stack, services, request.service.as_deref())?;
    let since = match request.since {
        Some(Since::Time(time)) => Some(time),
        Some(Since::Ago(ago)) => begun.and_then(|now| now.checked_sub(ago).ok()),
        None => None,
    };
    let mut reading = Reading {
        lines: vec![],
        gaps: vec![],
        engine: Arc::new(engine),
        stack,
        only: request.service.as_ref().and(services.first()).map(|service| service.name().to_owned()),
        only_stderr: request.only_stderr,
        tasks: by_id(tasks),
        forgotten: BTreeSet::new(),
        since: begun.max(since),
        seen: Seen::new(),
    };
    let query = LogQuery { tail: request.tail, since, limit: LIMIT, most: MOST, tty: false };
    reading.take(&services, query, request.tail).await?;
    Ok(reading)
}

/// The services that are meant, all or one.
fn chosen(stack: &str, services: Vec<Service>, only: Option<&str>) -> Result<Vec<Service>, Failure> {
    let Some(only) = only else { return Ok(services) };
    let names: Vec<String> = services.iter().map(|service| short(stack, service.name()).to_owned()).collect();
    let found =
        services.into_iter().find(|service| service.name() == only || short(stack, service.name()) == only);
    found.map(|service| vec![service]).ok_or_else(|| no_service(only, &names))
}

/// There is no such service; the names of those that are.
pub(super) fn no_service(name: &str, names: &[String]) -> Failure {
    let near = nearest(name, names.iter().map(String::as_str), 3);
    let failure = Failure::new(format!("there is no service {name} in this app"));
    // Engines list services in no order.
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    match near.is_empty() {
        true => failure.hint(format!("its services: {}", names.into_iter().collect::<Vec<_>>().join(", "))),
        false => failure.hint(format!("nearest names: {}", near.join(", "))),
    }
}

fn short<'a>(stack: &str, name: &'a str) -> &'a str {
    name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name)
}

fn by_id(tasks: Vec<Task>) -> BTreeMap<String, Task> {
    tasks.into_iter().map(|task| (task.id.clone(), task)).collect()
}

fn word(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
        Stream::Engine => "engine",
    }
}

impl Reading {
    /// Reads services. One that can't be read must not hide the others.
    async fn take(
        &mut self,
        services: &[Service],
        query: LogQuery,
        tail: Option<u32>,
    ) -> Result<(), Failure> {
        let engine = Arc::clone(&self.engine);
        let engine = &*engine;
        let read = services.iter().map(|service| async move {
            let query = LogQuery { tty: service.has_terminal(), ..query };
            (service, engine.service_logs(&service.id, &query).await)
        });
        let read: Vec<_> = futures_util::stream::iter(read).buffer_unordered(AT_ONCE).collect().await;
        for (service, logs) in read {
            let name = short(&self.stack, service.name()).to_owned();
            let logs = match logs {
                Ok(logs) => logs,
                Err(error @ EngineError::Unreachable { .. }) => return Err(error.into()),
                Err(error) => {
                    self.gaps.push(format!("{name}: {error}"));
                    continue;
                }
            };
            if !logs.complete {
                self.gaps.push(format!("{name}: there is more than could be read in time"));
            }
            let lines = logs.lines.into_iter().filter(|line| is_after(line, query.since));
            let lines: Vec<Line> = lines.filter_map(|line| self.line(&name, line)).collect();
            let from = tail.map_or(0, |tail| lines.len().saturating_sub(tail as usize));
            self.lines.extend(lines.into_iter().skip(from));
        }
        self.lines.sort_by(|a, b| a.time.cmp(&b.time));
        Ok(())
    }

    /// A line that is wanted and was not there before.
    fn line(&mut self, service: &str, line: LogLine) -> Option<Line> {
        let stream = word(line.stream);
        let key = (line.task_id.clone(), stream);
        if line.stream != Stream::Engine {
            if self.seen.get(&key).is_some_and(|seen| *seen >= line.time) {
                return None;
            }
            self.seen.insert(key, line.time.clone());
        }
        if self.only_stderr && line.stream == Stream::Stdout {
            return None;
        }
        let place = self.tasks.get(&line.task_id).map_or_else(String::new, place);
        let service = service.to_owned();
        Some(Line { time: line.time, service, place, task: line.task_id, stream, text: line.text })
    }
}

/// Whether a line was written since then. Engines are asked for such lines only; not all of them care.
fn is_after(line: &LogLine, since: Option<Timestamp>) -> bool {
    match (since, line.time.parse::<Timestamp>()) {
        (Some(since), Ok(time)) => time >= since,
        _ => true,
    }
}

fn place(task: &Task) -> String {
    if task.slot == 0 { task.node_id.chars().take(12).collect() } else { task.slot.to_string() }
}
