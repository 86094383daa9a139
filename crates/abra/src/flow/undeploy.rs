//! Removing an app's stack, and waiting until it is really gone.
use super::lease::Lease;
use super::operation::{self, Before};
use super::others::Known;
use super::rollout::RolloutError;
use super::{apply, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, FileKind, Filters};
use crate::failure::Failure;
use crate::hold::{self, Place};
use abra_core::app::App;
use abra_core::plan::seen::Live;
use abra_core::plan::{self, Plan, action::Action};
use abra_core::recipe::Record;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::live::Service;
use abra_core::stack::normal::Names;
use abra_core::status::{ServiceFacts, common};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Between two looks.
const TICK: Duration = Duration::from_millis(200);
/// For everything beside the tasks' own stop grace: a swarm takes some seconds before it sends the first signal.
const SLACK: Duration = Duration::from_secs(60);
/// Docker's stop grace where a service says none.
const GRACE: Duration = Duration::from_secs(10);

/// What will be removed.
#[derive(Debug)]
pub struct Prepared {
    /// The app.
    pub app: App,
    /// The removals.
    pub plan: Plan,
    /// The services, as they were.
    pub services: Vec<Service>,
    /// Names of what they refer to by id.
    pub names: Names,
    /// The longest that its tasks may take to stop.
    pub grace: Duration,
    /// The server.
    pub engine: Engine,
    /// The version that runs, where it is one.
    pub deployed: Option<Record>,
    /// What other operators left on the server; `None` without operator sync.
    pub before: Option<Before>,
}

/// Looks at what there is to remove.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn prepare(context: &Context, name: &str) -> Result<Prepared, Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    let before = match context.settings.sync.value {
        true => Some(operation::look(context, &engine, &app).await?),
        false => None,
    };
    let of_stack = Filters::stack(app.stack.as_str());
    let (services, networks, secrets, configs) = tokio::try_join!(
        engine.services(&of_stack),
        engine.networks(&of_stack),
        engine.files(FileKind::Secret, &of_stack),
        engine.files(FileKind::Config, &of_stack),
    )?;
    let grace = services.iter().map(stop_grace).max().unwrap_or_default();
    let facts: Vec<ServiceFacts> =
        services.iter().map(|service| ServiceFacts::of(service, &app.stack)).collect();
    let deployed = common(&facts).cloned();
    let live = Live { services, networks, secrets, configs, images: BTreeMap::new() };
    let plan = plan::removal(app.stack.as_str(), &live);
    let names = Names::of(&live.networks, &live.secrets, &live.configs);
    Ok(Prepared { app, plan, services: live.services, names, grace, engine, deployed, before })
}

impl Prepared {
    /// What the removals were made from.
    pub(super) fn known(&self) -> Known<'_> {
        Known { plan: &self.plan, services: &self.services, names: &self.names }
    }

    /// Whether what is to go is still what was shown.
    ///
    /// # Errors
    /// It is not, or the server can't be asked.
    pub(super) async fn holds(&self) -> Result<(), RolloutError> {
        let now = self.engine.services(&Filters::stack(&self.plan.stack)).await;
        let moved = self.known().moved(&now.map_err(RolloutError::Look)?);
        if moved.is_empty() { Ok(()) } else { Err(RolloutError::Moved(moved)) }
    }
}

fn stop_grace(service: &Service) -> Duration {
    let nanos = service
        .spec
        .pointer("/TaskTemplate/ContainerSpec/StopGracePeriod")
        .and_then(serde_json::Value::as_u64);
    nanos.map_or(GRACE, Duration::from_nanos)
}

/// Why a stack is not gone.
#[derive(Debug, thiserror::Error)]
pub enum UndeployError {
    /// A removal failed.
    #[error(transparent)]
    Stopped(#[from] apply::Stopped),
    /// It takes longer than it may.
    #[error("not gone after {} s: {}", after.as_secs(), left.join(", "))]
    Slow {
        /// How long was waited.
        after: Duration,
        /// What is still there.
        left: Vec<String>,
    },
    /// The operator does not want to wait any longer. The swarm goes on removing.
    #[error("interrupted: not everything is gone yet: {}", .0.join(", "))]
    Interrupted(Vec<String>),
    /// The engine can't be asked any more.
    #[error("can't see whether everything is gone")]
    Look(#[from] EngineError),
}

/// Removes everything and returns when tasks and networks are gone.
///
/// # Errors
/// A removal failed, or not everything is gone in time.
pub async fn execute(
    context: &Context,
    prepared: &Prepared,
    lease: Option<&Lease<'_>>,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<(), UndeployError> {
    let (engine, plan) = (&prepared.engine, &prepared.plan);
    let removes_network = |action: &&Action| matches!(action, Action::RemoveNetwork(_));
    let (networks, others): (Vec<&Action>, Vec<&Action>) = plan.actions.iter().partition(removes_network);
    let part = Plan { actions: others.into_iter().cloned().collect(), ..plan.clone() };
    apply::apply(engine, &part, &Names::default(), &BTreeMap::new(), lease, &context.interrupt, on).await?;
    hold::at(Place::Sent).await;
    let begun = Instant::now();
    let limit = prepared.grace + SLACK;
    let mut told = false;
    loop {
        let left = match left(engine, &plan.stack, &networks, &mut told, on).await {
            Err(error) if error.is_transient() && begun.elapsed() <= limit => vec![error.to_string()],
            left => left?,
        };
        if left.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > limit {
            return Err(UndeployError::Slow { after: begun.elapsed(), left });
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = context.interrupt.wait() => return Err(UndeployError::Interrupted(left)),
        }
    }
}

/// What is still there: tasks that have not ended, then networks.
async fn left(
    engine: &Engine,
    stack: &str,
    networks: &[&Action],
    told: &mut bool,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<Vec<String>, EngineError> {
    let tasks = engine.tasks(&Filters::stack(stack)).await?;
    let alive = tasks.iter().filter(|task| !task.has_ended());
    let left: Vec<String> = alive.map(|task| format!("task {}", task.id)).collect();
    if left.is_empty() { remove_networks(engine, networks, told, on).await } else { Ok(left) }
}

/// Asks for the removal of the networks, and says which are still there. A network is in use until the last task has
/// left it, and asking again is all that can be done.
async fn remove_networks(
    engine: &Engine,
    networks: &[&Action],
    told: &mut bool,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<Vec<String>, EngineError> {
    let mut left = Vec::new();
    for action in networks {
        let Action::RemoveNetwork(network) = action else { continue };
        if !*told {
            on(apply::Event::Applying(action));
        }
        match engine.remove_network(&network.id).await {
            Err(EngineError::NotFound { .. }) => {}
            Ok(()) | Err(EngineError::InUse { .. }) => left.push(format!("network {}", network.name)),
            Err(error) => return Err(error),
        }
    }
    *told = true;
    Ok(left)
}

/// Frees what the app leaves behind on this engine: its stopped containers, and images that nothing refers to. Gives back
/// the bytes that are free now.
///
/// # Errors
/// The engine refuses.
pub async fn prune(prepared: &Prepared) -> Result<u64, EngineError> {
    let label = Filters::label(format!("{NAMESPACE_LABEL}={}", prepared.plan.stack));
    let containers = prepared.engine.prune_containers(&label).await?;
    let images = prepared.engine.prune_images(false).await?;
    Ok(containers.bytes + images.bytes)
}
