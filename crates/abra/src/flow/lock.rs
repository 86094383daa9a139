//! Looking at an app's lock, waiting for it, and freeing it by an operator's decision.
use super::lease::{self, Seen};
use super::{journal, operation, server};
use crate::context::Context;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::head::{HeadRecord, Standing};
use abra_core::journal::History;
use std::time::{Duration, Instant};

/// Between two looks while waiting.
const TICK: Duration = Duration::from_secs(1);

/// An app and its lock.
#[derive(Debug)]
pub struct Locked {
    /// The app.
    pub app: App,
    /// Its server.
    pub engine: Engine,
    /// The head record; `None` before the first operation with operator sync.
    pub head: Option<Seen>,
}

/// Looks at an app's lock.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn look(context: &Context, name: &str) -> Result<Locked, Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    let head = lease::look(&engine, app.stack.as_str()).await?;
    Ok(Locked { app, engine, head })
}

/// The journal of an app, and its head record.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn history(context: &Context, name: &str) -> Result<(Locked, History), Failure> {
    let locked = look(context, name).await?;
    let history = journal::history(&locked.engine, locked.app.stack.as_str()).await?;
    let history = operation::under(history, locked.head.as_ref());
    Ok((locked, history))
}

/// Frees a lock as it was seen, and marks the operation that it was held for.
///
/// # Errors
/// It is another holder's by now, or the server can't be asked.
pub async fn release(locked: &Locked, seen: &Seen, operator: &str) -> Result<(), Failure> {
    use crate::engine::EngineError;
    let (engine, stack) = (&locked.engine, locked.app.stack.as_str());
    let mut seen = seen.clone();
    loop {
        match lease::free(engine, &seen).await {
            Ok(()) => break,
            Err(EngineError::OutOfSequence { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // The same holder may just have renewed; another one was not agreed to.
        let now = lease::look(engine, stack).await?;
        let nonce = seen.record.nonce.clone();
        seen = now.filter(|now| now.record.is_held_with(&nonce)).ok_or_else(|| {
            Failure::new("the lock has changed hands meanwhile; it was not released").exit(Exit::Moved)
        })?;
    }
    if seen.record.open {
        let now = lease::server_time(engine).map_or_else(String::new, |now| now.to_string());
        let how_far = format!("while {}, when {operator} released its lock", seen.record.stage);
        journal::cut_off(engine, stack, seen.record.seq, &now, &how_far).await?;
    }
    Ok(())
}

/// How long to wait for a lock.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// Since when.
    pub begun: Instant,
    /// How long; `None`: as long as it takes.
    pub limit: Option<Duration>,
}

impl Wait {
    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.begun.elapsed() >= limit)
    }
}

/// Waits until nobody holds an app's lock. `on` is told of each new holder.
///
/// # Errors
/// It takes too long, or the server can't be asked.
pub async fn wait(
    context: &Context,
    name: &str,
    wait: Wait,
    operator: &str,
    on: &mut dyn FnMut(&HeadRecord),
) -> Result<(), Failure> {
    let mut locked = look(context, name).await?;
    let mut told = String::new();
    loop {
        let held = locked.head.as_ref().filter(|seen| seen.standing() == Standing::Held);
        let Some(held) = held else { return Ok(()) };
        if told != held.record.nonce {
            on(&held.record);
            told.clone_from(&held.record.nonce);
        }
        if wait.is_over() {
            return Err(held.busy(operator, &context.host).into());
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = context.interrupt.wait() => {
                return Err(Failure::new("interrupted while waiting; nothing was changed").exit(Exit::Interrupted));
            }
        }
        locked.head = lease::look(&locked.engine, locked.app.stack.as_str()).await?;
    }
}
