//! Lines as they are written: one stream per service, and now and then a look for services that are new or gone.
use super::{LIMIT, Line, MOST, Reading, by_id, short};
use crate::engine::{Engine, EngineError, Filters, LogLine, LogQuery};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::lease::server_time;
use crate::interrupt::Interrupt;
use abra_core::stack::live::Service;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::MissedTickBehavior;

/// Between two looks.
const TICK: Duration = Duration::from_secs(3);
/// How long the engine may be out of reach.
const LOST: Duration = Duration::from_secs(60);
/// What is asked for once more where streams meet: engines tell the time in whole seconds.
const OVERLAP: Duration = Duration::from_secs(2);

/// How following ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Whoever takes the lines wants no more.
    Enough,
    /// The operator ended it.
    Interrupted,
    /// The services are gone.
    Gone,
}

/// A line, and the service that wrote it.
type Sent = (String, LogLine);

/// Hands on what is written after a reading, also by tasks and services that come later, and goes on after the engine
/// was away. `on` says whether it wants more.
///
/// # Errors
/// The server can't be asked any more.
pub async fn follow(
    mut reading: Reading,
    interrupt: &Interrupt,
    on: &mut dyn FnMut(&Line) -> bool,
) -> Result<End, Failure> {
    let engine = Arc::clone(&reading.engine);
    let (sender, mut lines) = unbounded_channel::<Sent>();
    let mut streams = FuturesUnordered::new();
    let mut attached: BTreeSet<String> = BTreeSet::new();
    let mut lost: Option<Instant> = None;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = interrupt.wait() => return Ok(End::Interrupted),
            Some((service, line)) = lines.recv() => {
                reading.know(&line.task_id).await;
                if let Some(line) = reading.line(&service, line) && !on(&line) {
                    return Ok(End::Enough);
                }
            }
            // Whatever ended it: the next look attaches to the service again, where it is still there.
            Some(id) = streams.next() => drop(attached.remove::<String>(&id)),
            _ = ticks.tick() => match reading.services().await {
                Ok(services) if services.is_empty() => return Ok(End::Gone),
                Ok(services) => {
                    lost = None;
                    for service in services.into_iter().filter(|service| attached.insert(service.id.clone())) {
                        let name = short(&reading.stack, service.name()).to_owned();
                        streams.push(stream(&engine, service, name, reading.since, sender.clone()));
                    }
                    reading.since = server_time(&engine).and_then(|now| now.checked_sub(OVERLAP).ok());
                }
                Err(error) => {
                    let since = *lost.get_or_insert_with(Instant::now);
                    if since.elapsed() >= LOST {
                        return Err(Failure::from(error).exit(Exit::Undecided));
                    }
                }
            },
        }
    }
}

/// Sends on what a service writes, until its stream ends. Gives back the service's id.
async fn stream(
    engine: &Engine,
    service: Service,
    name: String,
    since: Option<Timestamp>,
    sender: UnboundedSender<Sent>,
) -> String {
    let query = LogQuery { tail: None, since, tty: service.has_terminal(), limit: LIMIT, most: MOST };
    let on = &mut |line| drop(sender.send((name.clone(), line)));
    // How it ended does not matter: the next look tells whether the engine is there.
    drop(engine.follow_logs(&service.id, &query, on).await);
    service.id
}

impl Reading {
    /// The services that are meant, as they are now.
    async fn services(&mut self) -> Result<Vec<Service>, EngineError> {
        let mut services = self.engine.services(&Filters::stack(&self.stack)).await?;
        services.retain(|service| self.only.as_ref().is_none_or(|only| only == service.name()));
        Ok(services)
    }

    /// Looks for a task that is new, once. Without an answer its lines have no place.
    async fn know(&mut self, task: &str) {
        let is_known = task.is_empty() || self.tasks.contains_key(task) || self.forgotten.contains(task);
        if !is_known && let Ok(tasks) = self.engine.tasks(&Filters::stack(&self.stack)).await {
            self.tasks.extend(by_id(tasks));
            if !self.tasks.contains_key(task) {
                self.forgotten.insert(task.to_owned());
            }
        }
    }
}
