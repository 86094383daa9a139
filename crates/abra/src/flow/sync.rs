//! Bringing server and record together: for one app, or for many side by side.
use super::deploy::{self, Aim, Look, NoVersion, Prepared, Request};
use super::ending::{self, Desk, Page};
use super::fleet;
use super::insist::Insistence;
use super::operation::{self, Before};
use super::record::{self, Recorded};
use super::server;
use super::snapshot::{self, Snapshot};
use super::team::{self, NewRecord};
use super::witness;
use crate::context::Context;
use crate::engine::{Engine, Filters};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::finding::Finding;
use abra_core::journal::word;
use abra_core::name::{AppName, ServerName};
use abra_core::recipe::Record;
use abra_core::status::{ServiceFacts, common};
use futures_util::StreamExt as _;
use std::future::Future;
use std::time::Duration;

/// Apps of one server that are worked on at the same time.
const AT_ONCE: usize = 8;

/// How an app is, compared with its record.
#[derive(Debug)]
pub enum Compared {
    /// The record runs, with the same content. Where the swarm [went back](Prepared::went_back) by itself, nobody has said
    /// yet that this is as wanted.
    InSync(Box<Prepared>),
    /// The record does not run, or not with the same content.
    Differs(Box<Prepared>),
    /// Nothing is recorded.
    NoRecord(Box<NoVersion>),
}

/// Compares an app's server with its record. Changes nothing.
///
/// # Errors
/// Operator sync is off, or looking is not possible.
pub async fn compare(context: &Context, app: &str, domain_checks: bool) -> Result<Compared, Failure> {
    require_sync(context)?;
    let request = Request { app: app.to_owned(), aim: Aim::Sync, domain_checks };
    deploy::prepare(context, &request).await.map(compared)
}

/// The same for an app that was read already. With a look at all apps of its server, it is told how the app is, and what is
/// planned is not to be carried out.
///
/// # Errors
/// Looking is not possible.
pub async fn compare_app(
    context: &Context,
    app: App,
    domain_checks: bool,
    snapshot: Option<&Snapshot>,
) -> Result<Compared, Failure> {
    let request = Request { app: app.name.to_string(), aim: Aim::Sync, domain_checks };
    deploy::prepare_app(context, &request, app, snapshot).await.map(compared)
}

fn compared(look: Look) -> Compared {
    match look {
        Look::NoVersion(none) => Compared::NoRecord(none),
        Look::Planned(prepared) if is_in_sync(&prepared) => Compared::InSync(prepared),
        Look::Planned(prepared) => Compared::Differs(prepared),
    }
}

/// The record runs, no content differs, and nothing was begun of which nobody knows how it ended.
fn is_in_sync(prepared: &Prepared) -> bool {
    let deployed = prepared.versions().deployed();
    let same = prepared.recorded.as_ref().zip(deployed.as_ref()).is_some_and(|(a, b)| a.same(b));
    let settled = prepared.before.as_ref().is_none_or(|before| !before.is_unsettled());
    same && settled && prepared.staged.plan.is_noop() && !prepared.staged.plan.blocked()
}

/// Operator sync must be on.
///
/// # Errors
/// It is off: says how to switch it on.
pub fn require_sync(context: &Context) -> Result<(), Failure> {
    if context.settings.sync.value {
        return Ok(());
    }
    let path = context.home.config_path();
    Err(Failure::new("operator sync is off").hint(format!(
        "set `sync: true` below `operator:` in {} (`abra config generate` writes the file)",
        path.display()
    )))
}

/// What `--adopt` would record.
#[derive(Debug)]
pub struct Adoption {
    /// The app.
    pub app: App,
    /// What is recorded now.
    pub recorded: Option<Record>,
    /// What runs.
    pub deployed: Record,
    /// What is to be said of it.
    pub warnings: Vec<Finding>,
    /// The server.
    engine: Engine,
    /// What other operators left there.
    before: Before,
}

/// Looks at what runs, so that it can be recorded. Changes nothing.
///
/// # Errors
/// Operator sync is off, nothing runs, or what runs is on several versions.
pub async fn adoption(context: &Context, name: &str) -> Result<Adoption, Failure> {
    require_sync(context)?;
    let app = context.app(name)?;
    let recorded = app.env.record().map_err(|finding| Failure::refused(app.env.name(), vec![finding]))?;
    let engine = server::connect(context, &app.server).await?;
    let before = operation::look(context, &engine, &app).await?;
    before.require_quiet(context)?;
    let services = engine.services(&Filters::stack(app.stack.as_str())).await?;
    if services.is_empty() {
        return Err(Failure::new(format!("{name} is not deployed, so there is nothing to record")));
    }
    let facts: Vec<ServiceFacts> =
        services.iter().map(|service| ServiceFacts::of(service, &app.stack)).collect();
    let deployed = common(&facts).cloned().ok_or_else(|| {
        Failure::new(format!("the services of {name} are on several versions, or on none that is known"))
            .hint(match recorded {
                Some(_) => format!("`abra app sync {name}` brings them to the record"),
                None => format!("`abra app deploy {name} VERSION` brings them to a version and records it"),
            })
    })?;
    record::require(&app, record::hindrance(context, &app, &deployed))?;
    let warnings = theirs(context, &app, &deployed).await;
    Ok(Adoption { app, recorded, deployed, warnings, engine, before })
}

/// What nobody here could deploy again.
async fn theirs(context: &Context, app: &App, deployed: &Record) -> Vec<Finding> {
    let Record::Commit { commit, dirty } = deployed else { return vec![] };
    let dir = context.home.recipe_dir(&app.recipe);
    let text = if *dirty {
        format!("{deployed} has changes that were never committed: nobody else can deploy it again")
    } else if dir.exists() && matches!(context.git.commit(&dir, commit).await, Ok(None)) {
        format!("{deployed} is not in the recipe as it is here: only who has that commit can deploy it again")
    } else {
        return vec![];
    };
    vec![Finding::warning(text).help(format!("`abra app history {}` shows who deployed it", app.name))]
}

/// Records what runs. What is deployed stays as it is; where nobody knows how the last operation ended, the journal says
/// from now on that its result was adopted, and by whom.
///
/// # Errors
/// Somebody is at work on the app, or the env file can't be written.
pub async fn adopt(context: &Context, adoption: &Adoption) -> Result<Recorded, Failure> {
    let Adoption { app, engine, before, deployed, .. } = adoption;
    let record = async || {
        let change = NewRecord { command: "adopt", from: adoption.recorded.as_ref(), to: deployed };
        record::write(context, app, &change).await.map_err(Failure::from)
    };
    if !before.is_unsettled() {
        return record().await;
    }
    let stack = app.stack.as_str();
    let claim = operation::claim(context, before, "adopt", &deployed.to_string());
    let lease = match witness::take(context, engine, stack, &claim, before.seq()).await {
        Ok(lease) => lease,
        Err(error) => return Err(operation::not_taken(engine, stack, error).await),
    };
    let insistence = Insistence::new(&context.interrupt);
    let work = async {
        let closed = operation::close_earlier(engine, stack, before, &lease).await;
        let recorded = match closed {
            Ok(()) => record().await,
            Err(error) => Err(error.into()),
        };
        let page = match &recorded {
            Ok(_) => Page::unchanged(&before.history, |_| true).unwrap_or(Page::None(None)),
            Err(_) => Page::None(None),
        };
        let desk = Desk { context, engine, stack, operator: &before.operator };
        desk.write(&page, word::ADOPTED, String::new(), &insistence).await;
        ending::give_back(context, &lease, &page, word::ADOPTED, &insistence).await;
        recorded
    };
    lease.hold(work).await
}

/// Whether a server answers at all, and in time.
///
/// # Errors
/// It does not.
pub async fn reach(context: &Context, server: &ServerName, limit: Duration) -> Result<(), Failure> {
    fleet::within(limit, &context.links, server::connect(context, server)).await.map(drop)
}

/// Looks at all apps of a server at once, and at what the team's remote says of them.
///
/// # Errors
/// The server does not answer, or not in time.
pub async fn look(
    context: &Context,
    server: &ServerName,
    apps: &[AppName],
    limit: Duration,
) -> Result<Snapshot, Failure> {
    let snapshot = fleet::within(limit, &context.links, snapshot::look(context, server));
    let (snapshot, ()) = tokio::join!(snapshot, team::gather(context, server, apps));
    snapshot
}

/// What is recorded of an app, as far as its env file can be read.
pub fn recorded(context: &Context, server: &ServerName, app: &AppName) -> Option<Record> {
    context.app_at(server, app).ok()?.env.record().ok()?
}

/// Does something for many apps of a server, some at a time, and gives the results back in their order. One that fails
/// stops no other.
pub async fn for_each<I, T, F>(items: Vec<I>, work: impl Fn(I) -> F) -> Vec<T>
where
    F: Future<Output = T>,
{
    futures_util::stream::iter(items).map(work).buffered(AT_ONCE).collect().await
}
