//! Deploying an app at some version: look, decide, and after a yes carry out, watch and record. `deploy`, `upgrade`,
//! `rollback` and `sync` differ in the version that they mean, and in nothing else.
use super::operation::Before;
use super::post::{self, Post, Ran};
use super::recipe::{self, Note, Recipe};
use super::record::{self, Recorded};
use super::render::{self, Source};
use super::rollout::{self, Event, Manner, Outcome};
use super::snapshot::Snapshot;
use super::stage::{self, Staged};
use super::team::{self, NewRecord};
use super::watch::Patience;
use super::{domain, foreword, operation, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters};
use crate::failure::Failure;
use crate::home::HomeError;
use abra_core::app::App;
use abra_core::converge::Kind;
use abra_core::divergence::Versions;
use abra_core::finding::Finding;
use abra_core::plan::seen::Policy;
use abra_core::recipe::{
    self as versions, Known, RecipeState, Record, Resolution, ResolveError, VersionWish,
};
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::stack::wanted::StackSpec;
use abra_core::status::{ServiceFacts, common, went_back};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the operator asked for.
#[derive(Debug)]
pub struct Request {
    /// The app.
    pub app: String,
    /// The version.
    pub aim: Aim,
    /// Whether the app's domain is compared with the server's address.
    pub domain_checks: bool,
}

/// Which version a command means.
#[derive(Debug)]
pub enum Aim {
    /// `deploy`.
    Deploy(VersionWish),
    /// `upgrade`, perhaps to a version.
    Upgrade(Option<Record>),
    /// `rollback`, perhaps to a version.
    Rollback(Option<Record>),
    /// `sync`.
    Sync,
}

impl Aim {
    /// The version that the operator named.
    pub fn named(&self) -> Option<&Record> {
        match self {
            Self::Deploy(VersionWish::Exactly(record)) => Some(record),
            Self::Upgrade(record) | Self::Rollback(record) => record.as_ref(),
            Self::Deploy(_) | Self::Sync => None,
        }
    }

    /// The command.
    fn command(&self) -> &'static str {
        match self {
            Self::Deploy(_) => "deploy",
            Self::Upgrade(_) => "upgrade",
            Self::Rollback(_) => "rollback",
            Self::Sync => "sync",
        }
    }

    fn resolve(&self, known: Known<'_>, state: &RecipeState) -> Result<Option<Resolution>, ResolveError> {
        match self {
            Self::Deploy(wish) => versions::resolve(wish, known, state).map(Some),
            Self::Upgrade(record) => versions::upgrade(record.as_ref(), known, state),
            Self::Rollback(record) => versions::rollback(record.as_ref(), known, state),
            Self::Sync => versions::sync(known, state),
        }
    }
}

/// Everything that was looked at and decided. Nothing is changed yet.
#[derive(Debug)]
pub struct Prepared {
    /// The app.
    pub app: App,
    /// Whether operator sync is on.
    pub sync: bool,
    /// What its env file records; `None` too while operator sync is off.
    pub recorded: Option<Record>,
    /// What runs, by service.
    pub services: BTreeMap<String, ServiceFacts>,
    /// What git says about the recipe.
    pub recipe: RecipeState,
    /// The version that will be deployed, and why.
    pub resolution: Resolution,
    /// The command, as the journal names it.
    pub command: &'static str,
    /// What other operators left on the server; only with operator sync.
    pub before: Option<Before>,
    /// What is to be said before the overview.
    pub warnings: Vec<Finding>,
    /// The notes of the releases passed over, lowest first.
    pub notes: Vec<Note>,
    /// The stack that is wanted.
    pub wanted: StackSpec,
    /// The plan and what it was made from.
    pub staged: Staged,
    /// The commands that come after it.
    pub post: Post,
    /// How long the recipe says that it takes.
    pub recipe_timeout: Option<Duration>,
    /// The server.
    pub engine: Engine,
}

/// What looking came to.
#[derive(Debug)]
pub enum Look {
    /// A plan.
    Planned(Box<Prepared>),
    /// No version to go to: nothing newer, nothing older, no record.
    NoVersion(Box<NoVersion>),
}

/// What is known of an app for which there is no version to go to.
#[derive(Debug)]
pub struct NoVersion {
    /// The app.
    pub app: App,
    /// What its env file records; `None` too while operator sync is off.
    pub recorded: Option<Record>,
    /// What there is to start from: the record, else the pin, else what runs.
    pub present: Option<Record>,
    /// What runs.
    pub deployed: Option<Record>,
    /// What is to be said all the same.
    pub warnings: Vec<Finding>,
}

impl Prepared {
    /// The versions that are compared.
    pub fn versions(&self) -> Versions<'_> {
        Versions {
            app: self.app.name.as_str(),
            sync: self.sync,
            recorded: self.recorded.as_ref(),
            pinned: self.app.pin.as_ref(),
            services: &self.services,
            recipe: &self.recipe,
            is_busy: self.before.as_ref().is_some_and(|before| before.busy().is_some()),
        }
    }

    /// Whether the swarm took something back by itself, and nobody found everything as wanted since; not known without
    /// operator sync.
    pub fn went_back(&self) -> bool {
        let is_new = |before: &Before| went_back(self.services.values(), before.history.checked_at());
        self.before.as_ref().is_some_and(is_new)
    }
}

/// Looks at app, recipe and server, and plans.
///
/// # Errors
/// Whatever makes a plan impossible.
pub async fn prepare(context: &Context, request: &Request) -> Result<Look, Failure> {
    prepare_app(context, request, context.app(&request.app)?, None).await
}

/// The same for an app that was read already. `snapshot`: a look at all apps of its server that is to be taken for the look
/// at this one; what comes of it tells what would be done, and is not to be carried out.
///
/// # Errors
/// Whatever makes a plan impossible.
pub async fn prepare_app(
    context: &Context,
    request: &Request,
    app: App,
    snapshot: Option<&Snapshot>,
) -> Result<Look, Failure> {
    let env = app.env.clone();
    let masked = |text: &str| env.masked(text);
    let mut look =
        planned(context, request, app, snapshot).await.map_err(|failure| failure.reworded(masked))?;
    if let Look::Planned(prepared) = &mut look {
        let of_plan = &mut prepared.staged.plan.findings;
        for findings in [&mut prepared.warnings, of_plan] {
            *findings = std::mem::take(findings).into_iter().map(|found| found.reworded(masked)).collect();
        }
    }
    Ok(look)
}

/// The same, with words that may quote a secret of the env file: an engine's, or a compose file's with a variable in the
/// wrong place.
async fn planned(
    context: &Context,
    request: &Request,
    app: App,
    snapshot: Option<&Snapshot>,
) -> Result<Look, Failure> {
    let recorded = recorded(context, &app)?;
    let (engine, fetched, team) = tokio::join!(
        engine(context, &app, snapshot),
        fetched(context, &app, &request.aim, recorded.as_ref()),
        team::look(context, &app, true),
    );
    let (engine, mut recipe) = (engine?, fetched?);
    let sync = context.settings.sync.value;
    let before = before(context, &engine, &app, snapshot).await?;
    let live = services(&engine, &app, snapshot).await?;
    let services = facts(&live, &app);
    let all: Vec<ServiceFacts> = services.values().cloned().collect();
    let deployed = common(&all).cloned();
    let named: Vec<&Record> =
        recorded.iter().chain(&app.pin).chain(&deployed).chain(request.aim.named()).collect();
    recipe::place(context, &mut recipe, &named).await?;
    let versions = Versions {
        app: app.name.as_str(),
        sync,
        recorded: recorded.as_ref(),
        pinned: app.pin.as_ref(),
        services: &services,
        recipe: &recipe.state,
        is_busy: before.as_ref().is_some_and(|before| before.busy().is_some()),
    };
    let mut warnings = foreword::findings(before.as_ref(), &versions, &live, app.stack.as_str());
    warnings.extend([team.said, recipe.warnings.clone(), app.env.warnings().to_vec()].concat());
    let known = Known { recorded: recorded.as_ref(), pinned: app.pin.as_ref(), deployed: deployed.as_ref() };
    let resolved = request.aim.resolve(known, &recipe.state);
    let Some(resolution) = resolved.map_err(|error| foreword::unresolved(error, &app, before.as_ref()))?
    else {
        let present = known.present().cloned();
        return Ok(Look::NoVersion(Box::new(NoVersion { app, recorded, present, deployed, warnings })));
    };
    warnings.extend(versions.downgrade(&resolution.target));
    let files = recipe::files(context, &recipe, &resolution.target).await?;
    let notes = recipe::notes(&recipe.state, known, &resolution.target, &files)?;
    let source = Source { files: &files, user_home: context.user_home.as_deref() };
    let wanted = render::render(&app, source, &resolution.target, engine.version())?;
    warnings.extend(render::missing_variables(&app, &files)?);
    warnings.extend(domain::findings(&app, request.domain_checks && !context.offline).await);
    let mut staged = staged(&engine, &wanted, live, snapshot).await?;
    if let Some(before) = &before {
        operation::stamp(&mut staged.plan, before);
    }
    let post = post::planned(&app, request.aim.command(), &files, &wanted, &mut staged.plan)?;
    let prepared = Prepared {
        app,
        sync,
        recorded,
        services,
        recipe: recipe.state,
        resolution,
        command: request.aim.command(),
        before,
        warnings,
        notes,
        staged,
        post,
        recipe_timeout: recipe_timeout(&wanted),
        wanted,
        engine,
    };
    Ok(Look::Planned(Box::new(prepared)))
}

async fn services(
    engine: &Engine,
    app: &App,
    snapshot: Option<&Snapshot>,
) -> Result<Vec<Service>, EngineError> {
    match snapshot {
        Some(snapshot) => Ok(snapshot.services(app.stack.as_str()).to_vec()),
        None => engine.services(&Filters::stack(app.stack.as_str())).await,
    }
}

async fn staged(
    engine: &Engine,
    wanted: &StackSpec,
    live: Vec<Service>,
    snapshot: Option<&Snapshot>,
) -> Result<Staged, Failure> {
    // Also without operator sync: a label of another operator's run is no difference.
    let policy = Policy { volatile_labels: labels::of_run(&wanted.name), ..Policy::default() };
    let credentials = stage::credentials()?;
    Ok(match snapshot {
        Some(snapshot) => stage::compare(engine, wanted, snapshot, &policy, credentials.as_ref()).await?,
        None => stage::stage(engine, wanted, Some(live), &policy, credentials.as_ref()).await?,
    })
}

/// What other operators did to the app; nothing while operator sync is off.
async fn before(
    context: &Context,
    engine: &Engine,
    app: &App,
    snapshot: Option<&Snapshot>,
) -> Result<Option<Before>, Failure> {
    match snapshot {
        _ if !context.settings.sync.value => Ok(None),
        Some(snapshot) => operation::look_in(context, snapshot, app).await.map(Some),
        None => operation::look(context, engine, app).await.map(Some),
    }
}

async fn engine(context: &Context, app: &App, snapshot: Option<&Snapshot>) -> Result<Engine, Failure> {
    match snapshot {
        Some(snapshot) => Ok(snapshot.engine.another()),
        None => server::connect(context, &app.server).await,
    }
}

/// What the env file records; nothing while operator sync is off: then the record is neither read nor written.
pub(super) fn recorded(context: &Context, app: &App) -> Result<Option<Record>, Failure> {
    if !context.settings.sync.value {
        return Ok(None);
    }
    app.env.record().map_err(|finding| Failure::refused(app.env.name(), vec![finding]))
}

async fn fetched(
    context: &Context,
    app: &App,
    aim: &Aim,
    recorded: Option<&Record>,
) -> Result<Recipe, Failure> {
    let wanted: Vec<&Record> = recorded.into_iter().chain(&app.pin).chain(aim.named()).collect();
    recipe::ready(context, &app.recipe, &wanted).await
}

/// What runs, by service.
fn facts(live: &[Service], app: &App) -> BTreeMap<String, ServiceFacts> {
    let fact = |service: &Service| (short(service.name(), app), ServiceFacts::of(service, &app.stack));
    live.iter().map(fact).collect()
}

fn short(name: &str, app: &App) -> String {
    let prefix = format!("{}_", app.stack);
    name.strip_prefix(&prefix).unwrap_or(name).to_owned()
}

/// The longest `TIMEOUT` label among the services, in seconds.
fn recipe_timeout(wanted: &StackSpec) -> Option<Duration> {
    let key = labels::key(&wanted.name, "timeout");
    let seconds = wanted.services.values().filter_map(|service| service.spec.labels.get(&key)?.parse().ok());
    seconds.max().map(Duration::from_secs)
}

/// What carrying out came to.
#[derive(Debug)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// What became of the record.
    pub recorded: Result<Recorded, HomeError>,
    /// What became of the commands after it.
    pub ran: Ran,
    /// Who overtook it, in lines.
    pub others: Vec<String>,
}

/// Carries the plan out, watches, and writes down a success. Without patience there is no verdict.
///
/// # Errors
/// The plan does not hold any more, or a step failed.
pub async fn execute(
    context: &Context,
    prepared: &Prepared,
    patience: Option<Patience>,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Done, Failure> {
    let masked = |text: &str| prepared.app.env.masked(text);
    let mut done =
        carried_out(context, prepared, patience, on).await.map_err(|failure| failure.reworded(masked))?;
    done.outcome.reword_logs(masked);
    Ok(done)
}

async fn carried_out(
    context: &Context,
    prepared: &Prepared,
    patience: Option<Patience>,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Done, Failure> {
    if patience.is_some() {
        record::require(&prepared.app, record::hindrance_of(context, prepared))?;
    }
    if let Some(before) = &prepared.before {
        return operation::run(context, prepared, before, patience, on).await;
    }
    let volatile = labels::of_run(prepared.app.stack.as_str());
    let manner =
        Manner { patience, recipe_timeout: prepared.recipe_timeout, volatile: &volatile, lease: None };
    let outcome =
        rollout::roll_out(&prepared.engine, &prepared.staged, manner, &context.interrupt, on).await?;
    Ok(concluded(context, prepared, outcome, on).await)
}

/// Writes down a success, and runs the commands that come after it.
pub(super) async fn concluded(
    context: &Context,
    prepared: &Prepared,
    outcome: Outcome,
    on: &mut dyn FnMut(Event<'_>),
) -> Done {
    let recorded = recorded_after(context, prepared, &outcome).await;
    let ran = match &outcome {
        _ if is_success(&outcome) && recorded.is_ok() => {
            post::run(context, prepared, &mut |event| on(Event::Post(event))).await
        }
        Outcome::Verdict(verdict, _) if !matches!(verdict.kind, Kind::Succeeded | Kind::Undecided) => {
            Ran::default()
        }
        _ => Ran::none(&prepared.post.commands),
    };
    Done { outcome, recorded, ran, others: vec![] }
}

/// Whether it came to a verdict of success.
pub(super) fn is_success(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Verdict(verdict, _) if verdict.kind == Kind::Succeeded)
}

/// Writes down what was deployed, after a verdict of success only.
///
/// # Errors
/// The env file can't be written. The deployment is as it is.
async fn recorded_after(
    context: &Context,
    prepared: &Prepared,
    outcome: &Outcome,
) -> Result<Recorded, HomeError> {
    if !is_success(outcome) {
        return Ok(Recorded::default());
    }
    let (from, to) = (prepared.recorded.as_ref(), &prepared.resolution.target.record());
    record::write(context, &prepared.app, &NewRecord { command: prepared.command, from, to }).await
}
