//! From a yes to a verdict: check that the plan still holds, carry it out, watch.
use super::apply::{self, StopCause, Stopped};
use super::lease::{Lease, LockError, Lost};
use super::stage::Staged;
use super::watch::{self, Ended, Patience, Watched};
use crate::engine::{Engine, EngineError, Filters};
use crate::hold::{self, Place};
use crate::interrupt::Interrupt;
use abra_core::converge::Verdict;
use abra_core::converge::{Baseline, Change, Expectation};
use abra_core::plan::change::ChangeKind;
use abra_core::stack::live::Service;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What there is to tell meanwhile.
#[derive(Debug)]
pub enum Event<'a> {
    /// The plan is being carried out.
    Apply(apply::Event<'a>),
    /// The stack is being watched.
    Watch(&'a abra_core::converge::Event),
    /// The commands after it are being run.
    Post(super::post::Event<'a>),
}

/// How it ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a verdict, and the last lines of what went wrong.
    Verdict(Verdict, BTreeMap<String, Vec<String>>),
    /// Nobody wanted a verdict.
    LeftRunning,
    /// The operator interrupted the watching. The deployment goes on.
    Interrupted,
}

impl Outcome {
    /// Gives the last lines of containers other words, for example without what must not be seen.
    pub fn reword_logs(&mut self, words: impl Fn(&str) -> String) {
        if let Self::Verdict(_, logs) = self {
            for line in logs.values_mut().flatten() {
                *line = words(line);
            }
        }
    }
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The server is not any more as it was when the plan was made. Nothing was changed.
    #[error("the server has changed since the plan was made")]
    Moved(Vec<String>),
    /// The server could not be asked whether the plan still holds. Nothing was changed.
    #[error("can't look at the server again")]
    Look(#[source] EngineError),
    /// The lock was lost while watching: the deployment goes on, and somebody else may change it.
    #[error(transparent)]
    Lost(Lost),
    /// A step failed; those before it were taken.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Services that were sent are not there.
    #[error("somebody removed what was just deployed: {}", .0.join(", "))]
    Gone(Vec<String>),
    /// Everything was sent, but can't be read back.
    #[error("everything was sent, but the server can't be asked what became of it")]
    ReadBack(#[source] EngineError),
}

impl RolloutError {
    /// Whether the lock is lost, so that nothing may be touched any more.
    pub fn is_loss(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::Stopped(stopped) => matches!(stopped.cause, StopCause::Lock(LockError::Lost(_))),
            _ => false,
        }
    }
}

/// How to roll out.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// How patient to be; `None`: don't watch.
    pub patience: Option<Patience>,
    /// How long the recipe says it takes.
    pub recipe_timeout: Option<Duration>,
    /// Labels of a run, which don't count as differences.
    pub volatile: &'a BTreeSet<String>,
    /// The lock that is held meanwhile, where there is one. Its holder checks the plan before, see [`holds`].
    pub lease: Option<&'a Lease<'a>>,
}

/// Rolls out a staged stack.
///
/// # Errors
/// The plan does not hold any more, or a step failed.
pub async fn roll_out(
    engine: &Engine,
    staged: &Staged,
    manner: Manner<'_>,
    interrupt: &Interrupt,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, RolloutError> {
    let plan = &staged.plan;
    let mut names = staged.names.clone();
    let mut read_back = None;
    if !plan.is_noop() {
        if manner.lease.is_none() {
            holds(engine, staged).await?;
        }
        let tell = &mut |event: apply::Event<'_>| on(Event::Apply(event));
        names = apply::apply(engine, plan, &names, &staged.auths, manner.lease, interrupt, tell).await?;
        if let Some(lease) = manner.lease
            && let Err(LockError::Lost(lost)) = lease.stage("watching").await
        {
            return Err(RolloutError::Lost(lost));
        }
        hold::at(Place::Sent).await;
        if manner.patience.is_some() {
            let services = engine.services(&Filters::stack(&plan.stack)).await;
            read_back = Some(services.map_err(RolloutError::ReadBack)?);
        }
    }
    let Some(patience) = manner.patience else { return Ok(Outcome::LeftRunning) };
    let watched = Watched {
        stack: &plan.stack,
        expectations: expectations(staged, read_back.as_deref().unwrap_or(&staged.services))?,
        settings: patience.settings(manner.recipe_timeout),
        names: &names,
        volatile: manner.volatile,
    };
    let tell = &mut |event: &abra_core::converge::Event| on(Event::Watch(event));
    let ended = tokio::select! {
        biased;
        ended = watch::watch(engine, watched, interrupt, tell) => ended,
        lost = lost(manner.lease) => return Err(RolloutError::Lost(lost)),
    };
    hold::at(Place::Judged).await;
    Ok(match ended {
        Ended::Interrupted => Outcome::Interrupted,
        Ended::Verdict(verdict) => {
            let logs = watch::last_words(engine, &plan.stack, &verdict).await;
            Outcome::Verdict(verdict, logs)
        }
    })
}

/// Whether what the plan was made from is still so. Changes of the swarm's own count for nothing.
///
/// # Errors
/// It is not, or the server can't be asked.
pub async fn holds(engine: &Engine, staged: &Staged) -> Result<(), RolloutError> {
    let now = engine.services(&Filters::stack(&staged.plan.stack)).await.map_err(RolloutError::Look)?;
    let moved = staged.known().moved(&now);
    if moved.is_empty() { Ok(()) } else { Err(RolloutError::Moved(moved)) }
}

/// Waits until a lock is lost; for ever where there is none.
async fn lost(lease: Option<&Lease<'_>>) -> Lost {
    match lease {
        Some(lease) => lease.lost().await,
        None => std::future::pending().await,
    }
}

/// What each service of the plan must come to, from how it was read back.
fn expectations(staged: &Staged, services: &[Service]) -> Result<Vec<Expectation>, RolloutError> {
    let mut found = Vec::new();
    let mut gone = Vec::new();
    for change in &staged.plan.services {
        let kind = match change.kind {
            ChangeKind::Create => Change::Created,
            ChangeKind::Update => Change::Updated,
            ChangeKind::Unchanged => Change::Unchanged,
            ChangeKind::Remove | ChangeKind::Orphaned => continue,
        };
        let digest = change.digest.clone().unwrap_or_default();
        match services.iter().find(|service| service.name() == change.name) {
            Some(service) => {
                let baseline = Baseline::of(&service.id, &staged.tasks);
                found.push(Expectation::new(service, digest, kind, baseline));
            }
            None => gone.push(change.short.clone()),
        }
    }
    if gone.is_empty() { Ok(found) } else { Err(RolloutError::Gone(gone)) }
}
