//! The list of apps, and how each is.
use super::{lease, server};
use crate::context::Context;
use crate::engine::{Engine, FileKind, Filters};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::head::{HEAD, KIND_LABEL};
use abra_core::name::{AppName, RecipeName, ServerName, StackName};
use abra_core::recipe::Record;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::status::{AtWork, Recorded, ServiceFacts, Status, common, judge};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Recipes that git is asked about at the same time.
const AT_ONCE: usize = 4;

/// Which apps.
#[derive(Debug, Default)]
pub struct Request {
    /// Only of this server.
    pub server: Option<String>,
    /// Only of this recipe.
    pub recipe: Option<String>,
    /// Whether servers are asked.
    pub status: bool,
}

/// One line of the list.
#[derive(Debug)]
pub struct Row {
    /// The app; for a stack without an env file, the stack's name.
    pub app: String,
    /// Its server.
    pub server: ServerName,
    /// Its recipe, where the env file or the labels say it.
    pub recipe: Option<String>,
    /// What is recorded (without operator sync: pinned).
    pub recorded: Option<Record>,
    /// What the server says; only where it was asked for.
    pub seen: Option<Seen>,
    /// Why the env file can't be used.
    pub problem: Option<String>,
}

/// What the server says of an app.
#[derive(Debug)]
pub struct Seen {
    /// The word for how it is.
    pub status: Status,
    /// The version that runs.
    pub deployed: Option<Record>,
    /// The newest release of the recipe, as far as known on this workstation.
    pub latest: Option<Record>,
    /// Whether the working tree was deployed.
    pub chaos: Option<bool>,
    /// Who is at work on it, or was last; only with operator sync.
    pub operator: Option<String>,
    /// Since when they are at work, else when its services were last changed (RFC 3339, the manager's clock).
    pub since: Option<String>,
    /// Why the server could not be asked.
    pub problem: Option<String>,
}

/// Lists apps, servers in their order.
///
/// # Errors
/// There is no such server, or the list can't be read. What is wrong with single apps and servers is in their rows.
pub async fn list(context: &Context, request: &Request) -> Result<Vec<Row>, Failure> {
    let listing = match &request.server {
        Some(name) => {
            let server = ServerName::new(name)?;
            context.home.known_server(&server)?;
            BTreeMap::from([(server.clone(), context.home.apps_of(&server)?)])
        }
        None => context.home.listing()?,
    };
    let mut listed: Vec<Listed> =
        listing.into_iter().map(|(server, names)| listed(context, server, names)).collect();
    for server in &mut listed {
        server.apps.retain(|(_, app)| wanted(request, app.as_ref().ok().map(|app| app.recipe.as_str())));
    }
    if !request.status {
        let rows = listed.iter().flat_map(|of| {
            of.apps.iter().map(|(name, app)| row(context, &of.server, name, app.as_ref(), None))
        });
        return Ok(rows.collect());
    }
    let latest = newest(context, &listed).await;
    let servers = listed.iter().map(|listed| of_server(context, listed, &latest));
    let mut rows: Vec<Row> = join_all(servers).await.into_iter().flatten().collect();
    rows.retain(|row| wanted(request, row.recipe.as_deref()));
    Ok(rows)
}

/// Whether a recipe is among those that are listed.
fn wanted(request: &Request, recipe: Option<&str>) -> bool {
    request.recipe.is_none() || request.recipe.as_deref() == recipe
}

/// A server with its apps; each read, or why it can't be.
struct Listed {
    server: ServerName,
    apps: Vec<(AppName, Result<App, Failure>)>,
    /// The stacks that have an env file, also of apps that are not listed.
    stacks: BTreeSet<String>,
}

fn listed(context: &Context, server: ServerName, names: Vec<AppName>) -> Listed {
    let read = |name: AppName| {
        let app = context.app_at(&server, &name);
        (name, app)
    };
    let apps: Vec<(AppName, Result<App, Failure>)> = names.into_iter().map(read).collect();
    let stack = |(name, app): &(AppName, Result<App, Failure>)| match app {
        Ok(app) => Some(app.stack.to_string()),
        // A file with errors is there all the same.
        Err(_) => StackName::of_app(name, None).ok().map(|stack| stack.to_string()),
    };
    let stacks = apps.iter().filter_map(stack).collect();
    Listed { server, apps, stacks }
}

/// The newest release of every recipe, as far as known on this workstation: git is asked once per recipe.
async fn newest(context: &Context, listed: &[Listed]) -> BTreeMap<RecipeName, Record> {
    let apps = listed.iter().flat_map(|listed| &listed.apps);
    let recipes: BTreeSet<RecipeName> =
        apps.filter_map(|(_, app)| app.as_ref().ok().map(|app| app.recipe.clone())).collect();
    let look = |recipe: RecipeName| async move {
        let dir = context.home.recipe_dir(&recipe);
        let state = if dir.exists() { context.git.survey(&dir, &[]).await.ok() } else { None };
        let version = state?.newest()?.version.clone();
        Some((recipe, Record::Release(version)))
    };
    let looks = futures_util::stream::iter(recipes).map(look).buffer_unordered(AT_ONCE);
    looks.filter_map(std::future::ready).collect().await
}

async fn of_server(context: &Context, listed: &Listed, latest: &BTreeMap<RecipeName, Record>) -> Vec<Row> {
    let Listed { server, apps, stacks } = listed;
    let there = look(context, server).await.map_err(|failure| failure.message);
    let mut rows = Vec::new();
    for (name, app) in apps {
        let seen = app.as_ref().ok().map(|app| Seen {
            latest: latest.get(&app.recipe).cloned(),
            ..seen(context, app, there.as_ref())
        });
        rows.push(row(context, server, name, app.as_ref(), seen));
    }
    if let Ok(there) = &there {
        let orphans = there.stacks.iter().filter(|(stack, _)| !stacks.contains(*stack));
        rows.extend(orphans.map(|(stack, of)| orphan(server, stack, of)));
    }
    rows
}

/// What there is on a server, by stack.
struct There {
    stacks: BTreeMap<String, Vec<Service>>,
    /// Only with operator sync.
    heads: BTreeMap<String, lease::Seen>,
}

/// All services of a server that belong to a stack, and all head records: a request for each kind, whatever the number
/// of apps.
async fn look(context: &Context, server: &ServerName) -> Result<There, Failure> {
    let engine: Engine = server::connect(context, server).await?;
    let of_stacks = Filters::label(NAMESPACE_LABEL);
    let heads = async {
        match context.settings.sync.value {
            true => {
                let heads = Filters::label(format!("{KIND_LABEL}={HEAD}"));
                engine.files(FileKind::Config, &heads).await
            }
            false => Ok(vec![]),
        }
    };
    let (services, heads) = tokio::try_join!(engine.services(&of_stacks), heads)?;
    let now = lease::server_time(&engine);
    let heads = heads.iter().map(|object| lease::Seen::of(object, now));
    let heads = heads.map(|seen| (seen.record.stack.clone(), seen)).collect();
    Ok(There { stacks: by_stack(services), heads })
}

fn by_stack(services: Vec<Service>) -> BTreeMap<String, Vec<Service>> {
    let mut stacks: BTreeMap<String, Vec<Service>> = BTreeMap::new();
    for service in services {
        let stack = service.label(NAMESPACE_LABEL).unwrap_or_default().to_owned();
        stacks.entry(stack).or_default().push(service);
    }
    stacks
}

fn row(
    context: &Context,
    server: &ServerName,
    name: &AppName,
    app: Result<&App, &Failure>,
    seen: Option<Seen>,
) -> Row {
    let written = app.map_err(|failure| failure.message.clone()).and_then(|app| written(context, app));
    let (recorded, problem) = match written {
        Ok(recorded) => (recorded, None),
        Err(problem) => (None, Some(problem)),
    };
    Row {
        app: name.to_string(),
        server: server.clone(),
        recipe: app.ok().map(|app| app.recipe.to_string()),
        recorded,
        seen,
        problem,
    }
}

/// What the file says should run: the record, else the pin. Without operator sync only the pin. A record that can't be
/// read is no reason to show the pin: the record rules.
fn written(context: &Context, app: &App) -> Result<Option<Record>, String> {
    let record = if context.settings.sync.value { app.env.record() } else { Ok(None) };
    match record {
        Ok(record) => Ok(record.or_else(|| app.pin.clone())),
        Err(finding) => {
            let place = finding.location.map_or_else(|| app.env.name().to_owned(), |place| place.to_string());
            Err(format!("{place}: {}", finding.message))
        }
    }
}

/// What the server says of an app; the newest release is filled in elsewhere.
fn seen(context: &Context, app: &App, there: Result<&There, &String>) -> Seen {
    let stack = app.stack.as_str();
    let (services, head) = match there {
        Ok(there) => {
            let services = there.stacks.get(stack).map(Vec::as_slice).unwrap_or_default();
            (services, there.heads.get(stack))
        }
        Err(problem) => {
            let problem = Some(problem.clone());
            return Seen {
                status: Status::Unknown,
                deployed: None,
                latest: None,
                chaos: None,
                operator: None,
                since: None,
                problem,
            };
        }
    };
    let written = written(context, app);
    let recorded = match &written {
        Err(_) => Recorded::Unreadable,
        Ok(Some(record)) => Recorded::Version(record),
        Ok(None) => Recorded::Nothing,
    };
    of_services(recorded, services, head, &app.stack)
}

fn of_services(
    recorded: Recorded<'_>,
    services: &[Service],
    head: Option<&lease::Seen>,
    stack: &StackName,
) -> Seen {
    let facts: Vec<ServiceFacts> = services.iter().map(|service| ServiceFacts::of(service, stack)).collect();
    let chaos = services.iter().map(|service| labels::read(service, stack.as_str()).chaos.is_some());
    let at_work = head.map_or(AtWork::Nobody, |seen| AtWork::of(&seen.record, seen.standing()));
    let deployed = common(&facts).cloned();
    let changed = services.iter().map(|service| service.updated_at.clone()).max();
    let (operator, since) = match (head.map(|seen| &seen.record), at_work) {
        (None, _) => (None, changed),
        (Some(head), AtWork::Somebody | AtWork::CutOff) => {
            (Some(head.owner.clone()), head.since.map(|since| since.to_string()))
        }
        // What runs was brought by the last operation, or by somebody without operator sync.
        (Some(head), AtWork::Nobody) => {
            let version = Record::parse(&head.version).ok();
            let is_theirs = deployed.as_ref().zip(version).is_some_and(|(runs, theirs)| runs.same(&theirs));
            (is_theirs.then(|| head.owner.clone()), changed)
        }
    };
    Seen {
        status: judge(recorded, Some(&facts), at_work),
        deployed,
        latest: None,
        chaos: chaos.reduce(|all, one| all || one),
        operator,
        since,
        problem: None,
    }
}

/// A stack that runs here and has no env file.
fn orphan(server: &ServerName, stack: &str, services: &[Service]) -> Row {
    let label = services.iter().find_map(|service| labels::read(service, stack).recipe);
    let seen = StackName::new(stack).ok().map(|stack| of_services(Recorded::NoFile, services, None, &stack));
    Row { app: stack.to_owned(), server: server.clone(), recipe: label, recorded: None, seen, problem: None }
}
