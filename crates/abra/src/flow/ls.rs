//! The list of apps, and how each is.
use super::server;
use crate::context::Context;
use crate::engine::{Engine, Filters};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::name::{AppName, ServerName, StackName};
use abra_core::recipe::Record;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::status::{Recorded, ServiceFacts, Status, common, judge};
use std::collections::{BTreeMap, BTreeSet};

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
    /// When its services were last changed (RFC 3339, the manager's clock).
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
    let servers = listing.into_iter().map(|(server, apps)| of_server(context, server, apps, request));
    let rows: Vec<Vec<Row>> = futures_util::future::join_all(servers).await;
    let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
    rows.retain(|row| request.recipe.is_none() || row.recipe == request.recipe);
    Ok(rows)
}

async fn of_server(
    context: &Context,
    server: ServerName,
    names: Vec<AppName>,
    request: &Request,
) -> Vec<Row> {
    let apps: Vec<(AppName, Result<App, Failure>)> =
        names.into_iter().map(|name| (name.clone(), context.app_at(&server, &name))).collect();
    if !request.status {
        return apps
            .into_iter()
            .map(|(name, app)| row(context, &server, &name, app.as_ref(), None))
            .collect();
    }
    let services = match look(context, &server).await {
        Ok(services) => Ok(by_stack(services)),
        Err(failure) => Err(failure.message),
    };
    let mut rows = Vec::new();
    let mut known = BTreeSet::new();
    for (name, app) in &apps {
        let seen = match app {
            Ok(app) => {
                known.insert(app.stack.to_string());
                Some(seen(context, app, services.as_ref()).await)
            }
            Err(_) => None,
        };
        rows.push(row(context, &server, name, app.as_ref(), seen));
    }
    if let Ok(services) = &services {
        rows.extend(
            services
                .iter()
                .filter(|(stack, _)| !known.contains(*stack))
                .map(|(stack, of)| orphan(&server, stack, of)),
        );
    }
    rows
}

/// All services of a server that belong to a stack: one request, whatever the number of apps.
async fn look(context: &Context, server: &ServerName) -> Result<Vec<Service>, Failure> {
    let engine: Engine = server::connect(context, server).await?;
    Ok(engine.services(&Filters::label(NAMESPACE_LABEL)).await?)
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
    Row {
        app: name.to_string(),
        server: server.clone(),
        recipe: app.ok().map(|app| app.recipe.to_string()),
        recorded: app.ok().and_then(|app| written(context, app)),
        seen,
        problem: app.err().map(|failure| failure.message.clone()),
    }
}

/// What the file says should run: the record, else the pin. Without operator sync only the pin.
fn written(context: &Context, app: &App) -> Option<Record> {
    let record = if context.settings.sync.value { app.env.record().ok().flatten() } else { None };
    record.or_else(|| app.pin.clone())
}

async fn seen(
    context: &Context,
    app: &App,
    services: Result<&BTreeMap<String, Vec<Service>>, &String>,
) -> Seen {
    let dir = context.home.recipe_dir(&app.recipe);
    let state = if dir.exists() { context.git.survey(&dir, &[]).await.ok() } else { None };
    let latest =
        state.and_then(|state| state.newest().map(|release| Record::Release(release.version.clone())));
    let services = match services {
        Ok(stacks) => stacks.get(app.stack.as_str()).map(Vec::as_slice).unwrap_or_default(),
        Err(problem) => {
            let problem = Some(problem.clone());
            return Seen {
                status: Status::Unknown,
                deployed: None,
                latest,
                chaos: None,
                since: None,
                problem,
            };
        }
    };
    let unreadable = context.settings.sync.value && app.env.record().is_err();
    let written = written(context, app);
    let recorded = match &written {
        _ if unreadable => Recorded::Unreadable,
        Some(record) => Recorded::Version(record),
        None => Recorded::Nothing,
    };
    let mut seen = of_services(recorded, services, &app.stack);
    seen.latest = latest;
    seen
}

fn of_services(recorded: Recorded<'_>, services: &[Service], stack: &StackName) -> Seen {
    let facts: Vec<ServiceFacts> = services.iter().map(|service| ServiceFacts::of(service, stack)).collect();
    let chaos = services.iter().map(|service| labels::read(service, stack.as_str()).chaos.is_some());
    Seen {
        status: judge(recorded, Some(&facts)),
        deployed: common(&facts).cloned(),
        latest: None,
        chaos: chaos.reduce(|all, one| all || one),
        since: services.iter().map(|service| service.updated_at.clone()).max(),
        problem: None,
    }
}

/// A stack that runs here and has no env file.
fn orphan(server: &ServerName, stack: &str, services: &[Service]) -> Row {
    let label = services.iter().find_map(|service| labels::read(service, stack).recipe);
    let seen = StackName::new(stack).ok().map(|stack| of_services(Recorded::NoFile, services, &stack));
    Row { app: stack.to_owned(), server: server.clone(), recipe: label, recorded: None, seen, problem: None }
}
