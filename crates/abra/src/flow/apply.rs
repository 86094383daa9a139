//! Carrying out a plan: one request per step, in order, no choices.
//!
//! A step whose answer is lost may have been taken all the same. What became of it is looked up, and where it was not, or not
//! yet, it is sent again: names and ids are given once and updates name a version, so of two the engine takes one.
use super::insist::Insistence;
use super::lease::{Lease, LockError};
use crate::engine::auth::RegistryAuth;
use crate::engine::{Engine, EngineError, FileKind};
use crate::hold::{self, Place};
use crate::interrupt::Interrupt;
use abra_core::plan::Plan;
use abra_core::plan::action::{Action, Relabel};
use abra_core::plan::unanswered::{self, Fate};
use abra_core::stack::normal::Names;
use abra_core::stack::spec::{Ids, MissingIds, ServiceSpec, fill_ids};
use serde_json::Value;
use std::collections::BTreeMap;

/// How often an update is tried again while only the swarm's own status moves its version.
const RETRIES: usize = 5;

/// What there is to tell while a plan is carried out.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is about to be taken.
    Applying(&'a Action),
    /// The engine remarked something about it.
    Remark(&'a str),
}

/// A step that could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("can't {} {} {}", action.verb(), action.noun(), action.name())]
pub struct Stopped {
    /// The step.
    pub action: Box<Action>,
    /// Steps taken before it: the server is changed by these.
    pub done: usize,
    /// Why.
    #[source]
    pub cause: StopCause,
}

/// Why a step could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum StopCause {
    /// The engine, or the way to it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Somebody else changed the service since the plan was made.
    #[error("somebody changed it since the plan was made")]
    Moved,
    /// The spec names secrets or configs that are not there.
    #[error(transparent)]
    Missing(#[from] MissingIds),
    /// The operator wants to stop.
    #[error("interrupted")]
    Interrupted,
    /// The lock is lost, or can't be confirmed.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The spec can't be written as JSON.
    #[error("can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Takes the steps of a plan one after the other and stops at the first that fails, or before the next one when the
/// operator interrupts. Gives back the names with those of everything that was created.
///
/// # Errors
/// The step that failed, why, and how many were taken before.
pub async fn apply(
    engine: &Engine,
    plan: &Plan,
    names: &Names,
    auths: &BTreeMap<String, RegistryAuth>,
    lease: Option<&Lease<'_>>,
    interrupt: &Interrupt,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Names, Stopped> {
    let mut run = Run { engine, lease, names: names.clone(), auths, ids: plan.ids.clone() };
    for (done, action) in plan.actions.iter().enumerate() {
        let stopped = |cause| Stopped { action: Box::new(action.clone()), done, cause };
        if interrupt.asked() {
            return Err(stopped(StopCause::Interrupted));
        }
        run.check().await.map_err(stopped)?;
        hold::at(Place::Applying).await;
        on(Event::Applying(action));
        let remarks = match run.step(action).await {
            Err(StopCause::Engine(lost)) if lost.may_have_happened() => {
                run.settled(action, lost, interrupt).await
            }
            answer => answer,
        };
        let remarks = remarks.map_err(stopped)?;
        remarks.iter().for_each(|remark| on(Event::Remark(remark)));
        hold::at(Place::Applied).await;
    }
    Ok(run.names)
}

struct Run<'a> {
    engine: &'a Engine,
    lease: Option<&'a Lease<'a>>,
    names: Names,
    /// Credentials for the registries of new images, by service. Without any the swarm keeps those it has.
    auths: &'a BTreeMap<String, RegistryAuth>,
    ids: Ids,
}

impl Run<'_> {
    /// Before every change: whether the lock is still held, where there is one.
    async fn check(&self) -> Result<(), StopCause> {
        match self.lease {
            Some(lease) => Ok(lease.check().await?),
            None => Ok(()),
        }
    }

    async fn step(&mut self, action: &Action) -> Result<Vec<String>, StopCause> {
        let engine = self.engine;
        let created = match action {
            Action::CreateNetwork(spec) => engine.create_network(&serde_json::to_value(spec)?).await?,
            Action::CreateSecret(spec) => {
                engine.create_file(FileKind::Secret, &serde_json::to_value(spec)?).await?
            }
            Action::CreateConfig(spec) => {
                engine.create_file(FileKind::Config, &serde_json::to_value(spec)?).await?
            }
            Action::CreateService { spec } => {
                engine.create_service(&self.body(spec)?, self.auths.get(&spec.name)).await?
            }
            Action::UpdateService { .. } => return self.update(action).await,
            Action::RelabelSecret(relabel) => return self.relabel(FileKind::Secret, relabel).await,
            Action::RelabelConfig(relabel) => return self.relabel(FileKind::Config, relabel).await,
            Action::RemoveService(gone) => return none(engine.remove_service(&gone.id).await),
            Action::RemoveSecret(gone) => return none(engine.remove_file(FileKind::Secret, &gone.id).await),
            Action::RemoveConfig(gone) => return none(engine.remove_file(FileKind::Config, &gone.id).await),
            Action::RemoveNetwork(gone) => return none(engine.remove_network(&gone.id).await),
        };
        self.learn(action, &created.id);
        Ok(created.warnings)
    }

    /// Keeps the id of what was created: later steps name it.
    fn learn(&mut self, action: &Action, id: &str) {
        let (id, name) = (id.to_owned(), action.name().to_owned());
        match action {
            Action::CreateNetwork(_) => drop(self.names.networks.insert(id, name)),
            Action::CreateSecret(_) => {
                self.names.secrets.insert(id.clone(), name.clone());
                self.ids.secrets.insert(name, id);
            }
            Action::CreateConfig(_) => {
                self.names.configs.insert(id.clone(), name.clone());
                self.ids.configs.insert(name, id);
            }
            _ => {}
        }
    }

    /// Finds out what became of a step whose answer was lost, and takes it where it was not taken, for as long as that takes
    /// no longer than an engine needs to come back. Else it stays open.
    async fn settled(
        &mut self,
        action: &Action,
        lost: EngineError,
        interrupt: &Interrupt,
    ) -> Result<Vec<String>, StopCause> {
        let passes = |cause: &StopCause| match cause {
            StopCause::Engine(EngineError::NameTaken { .. }) => true,
            StopCause::Engine(error) => error.is_transient() || error.may_have_happened(),
            StopCause::Lock(error) => error.is_transient(),
            _ => false,
        };
        let insistence = Insistence::new(interrupt);
        let settled = insistence.on(passes, async || {
            match self.fate(action, &lost).await? {
                Fate::Taken => return Ok(vec![]),
                Fate::Others => return Err(StopCause::Moved),
                Fate::NotTaken => {}
            }
            self.check().await?;
            self.step(action).await
        });
        match settled.await {
            Err(cause) if passes(&cause) => Err(lost.into()),
            settled => settled,
        }
    }

    /// What a look says of a step. Sending a removal or an update again is a look, too.
    async fn fate(&mut self, action: &Action, lost: &EngineError) -> Result<Fate, StopCause> {
        let engine = self.engine;
        let (fate, id) = match action {
            Action::CreateService { spec } => {
                let live = there(engine.service(&spec.name).await)?;
                (unanswered::service(spec, None, live.as_ref().map(|live| &live.spec), &self.names), None)
            }
            Action::CreateNetwork(spec) => {
                let live = there(engine.swarm_network(&spec.name).await)?;
                (unanswered::network(spec, live.as_ref()), live.map(|live| live.id))
            }
            Action::CreateConfig(spec) => {
                let live = there(engine.file(FileKind::Config, &spec.name).await)?;
                (unanswered::config(spec, live.as_ref()), live.map(|live| live.id))
            }
            // What a secret holds is never told.
            Action::CreateSecret(_) => return Err(lost.clone().into()),
            Action::RelabelSecret(to) => {
                (unanswered::relabel(to, &engine.file(FileKind::Secret, &to.id).await?), None)
            }
            Action::RelabelConfig(to) => {
                (unanswered::relabel(to, &engine.file(FileKind::Config, &to.id).await?), None)
            }
            _ => (Fate::NotTaken, None),
        };
        if let (Fate::Taken, Some(id)) = (fate, id) {
            self.learn(action, &id);
        }
        Ok(fate)
    }

    fn body(&self, spec: &ServiceSpec) -> Result<Value, StopCause> {
        Ok(serde_json::to_value(fill_ids(spec, &self.ids)?)?)
    }

    /// Updates a service at the version that the plan saw. Where the version has moved but the spec has not, only the
    /// swarm's own status moved, and the same update is tried at the present version.
    async fn update(&self, action: &Action) -> Result<Vec<String>, StopCause> {
        let Action::UpdateService { id, name, seen, before_digest, spec } = action else { return Ok(vec![]) };
        let auth = self.auths.get(name);
        let body = self.body(spec)?;
        let mut version = *seen;
        for _ in 0..RETRIES {
            match self.engine.update_service(id, version, &body, auth).await {
                Err(EngineError::OutOfSequence { .. }) => {}
                answer => return Ok(answer?),
            }
            let live = self.engine.service(id).await?;
            match unanswered::service(spec, Some(before_digest), Some(&live.spec), &self.names) {
                Fate::Taken => return Ok(vec![]),
                Fate::Others => return Err(StopCause::Moved),
                Fate::NotTaken => {}
            }
            self.check().await?;
            version = live.version;
        }
        Err(StopCause::Moved)
    }

    async fn relabel(&self, kind: FileKind, relabel: &Relabel) -> Result<Vec<String>, StopCause> {
        let body = serde_json::json!({ "Name": relabel.name, "Labels": relabel.labels });
        none(self.engine.update_file(kind, &relabel.id, relabel.seen, &body).await)
    }
}

/// What was asked for, if it is there.
fn there<T>(answer: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match answer {
        Err(EngineError::NotFound { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// What is gone already is as gone as was wanted.
fn none(answer: Result<(), EngineError>) -> Result<Vec<String>, StopCause> {
    match answer {
        Ok(()) | Err(EngineError::NotFound { .. }) => Ok(vec![]),
        Err(error) => Err(error.into()),
    }
}
