//! Carrying out a plan: one request per step, in order, no choices.
use super::lease::{Lease, LockError};
use crate::engine::auth::RegistryAuth;
use crate::engine::{Engine, EngineError, FileKind};
use crate::hold::{self, Place};
use crate::interrupt::Interrupt;
use abra_core::plan::Plan;
use abra_core::plan::action::Action;
use abra_core::stack::digest;
use abra_core::stack::normal::Names;
use abra_core::stack::spec::{Ids, MissingIds, ServiceSpec, fill_ids};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
        let remarks = run.step(action).await.map_err(stopped)?;
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
            Action::CreateNetwork(spec) => {
                let created = engine.create_network(&serde_json::to_value(spec)?).await?;
                self.names.networks.insert(created.id.clone(), spec.name.clone());
                created
            }
            Action::CreateSecret(spec) => {
                let created = engine.create_file(FileKind::Secret, &serde_json::to_value(spec)?).await?;
                self.names.secrets.insert(created.id.clone(), spec.name.clone());
                self.ids.secrets.insert(spec.name.clone(), created.id.clone());
                created
            }
            Action::CreateConfig(spec) => {
                let created = engine.create_file(FileKind::Config, &serde_json::to_value(spec)?).await?;
                self.names.configs.insert(created.id.clone(), spec.name.clone());
                self.ids.configs.insert(spec.name.clone(), created.id.clone());
                created
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
        Ok(created.warnings)
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
            if digest::of_service(&live.spec, &self.names, &BTreeSet::new()) != *before_digest {
                return Err(StopCause::Moved);
            }
            self.check().await?;
            version = live.version;
        }
        Err(StopCause::Moved)
    }

    async fn relabel(
        &self,
        kind: FileKind,
        relabel: &abra_core::plan::action::Relabel,
    ) -> Result<Vec<String>, StopCause> {
        let body = serde_json::json!({ "Name": relabel.name, "Labels": relabel.labels });
        none(self.engine.update_file(kind, &relabel.id, relabel.seen, &body).await)
    }
}

/// What is gone already is as gone as was wanted.
fn none(answer: Result<(), EngineError>) -> Result<Vec<String>, StopCause> {
    match answer {
        Ok(()) | Err(EngineError::NotFound { .. }) => Ok(vec![]),
        Err(error) => Err(error.into()),
    }
}
