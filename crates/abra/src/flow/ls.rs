//! The list of apps, and how each is.
mod asking;

use super::content::Expectations;
use super::fleet;
use super::lease;
use super::seen::{self, Around, Seen};
use super::snapshot::Snapshot;
use crate::context::Context;
use crate::failure::Failure;
use crate::home::Listing;
use abra_core::app::App;
use abra_core::name::{AppName, ServerName, StackName};
use abra_core::recipe::Record;
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::status::{AtWork, Status};
use asking::Asking;
use std::collections::BTreeSet;
use std::time::Duration;

/// Which apps.
#[derive(Debug)]
pub struct Request {
    /// Only of this server.
    pub server: Option<String>,
    /// Only of this recipe.
    pub recipe: Option<String>,
    /// Whether servers are asked.
    pub status: bool,
    /// How long each server may take for its answers.
    pub patience: Duration,
}

/// What one server said.
#[derive(Debug)]
pub struct Came {
    /// The server.
    pub server: ServerName,
    /// A row for each app.
    pub rows: Vec<Row>,
    /// How long it took.
    pub elapsed: Duration,
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
    /// What is wrong, each with what it is about: the env file, the server, the recipe.
    pub problems: Vec<String>,
}

/// The apps, and what could not be found out of all of them.
#[derive(Debug, Default)]
pub struct List {
    /// A row for each app, in their order.
    pub rows: Vec<Row>,
    /// What is about no single app.
    pub problems: Vec<String>,
}

/// Lists apps, servers in their order. Where servers are asked, `came` is told of each as soon as it has answered or its time
/// is over.
///
/// # Errors
/// There is no such server, or the list can't be read. What is wrong with single apps and servers is in their rows.
pub async fn list(context: &Context, request: &Request, came: impl FnMut(&Came)) -> Result<List, Failure> {
    let (listing, strays) = apps(context, request.server.as_deref())?;
    let sync = context.settings.sync.value;
    if !request.status {
        let rows = listing.into_iter().flat_map(|(server, names)| {
            let Listed { server, apps, .. } = listed(context, request, server, names);
            apps.into_iter().map(move |(name, app)| row(sync, &server, &name, app.as_ref(), None))
        });
        return Ok(List { rows: rows.collect(), problems: strays });
    }
    let servers = listing.keys().cloned().collect();
    let asking = Asking::new(context, request, listing);
    let all = fleet::side_by_side(servers, |server| asking.came(server), came).await;
    let rows = all.into_iter().flat_map(|came| came.rows).collect();
    Ok(List { rows, problems: [strays, asking.problems()].concat() })
}

/// The apps of one server, or of all, by server; and what looks like one of them and can't be one, with the reason.
///
/// # Errors
/// There is no such server, or the apps can't be listed.
pub fn apps(context: &Context, server: Option<&str>) -> Result<(Listing, Vec<String>), Failure> {
    let home = &context.home;
    let Some(name) = server else { return Ok((home.listing()?, home.strays()?)) };
    let server = ServerName::new(name)?;
    home.known_server(&server)?;
    Ok(([(server.clone(), home.apps_of(&server)?)].into(), home.strays_of(&server)?))
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

impl Listed {
    fn readable(&self) -> impl Iterator<Item = &App> {
        self.apps.iter().filter_map(|(_, app)| app.as_ref().ok())
    }
}

fn listed(context: &Context, request: &Request, server: ServerName, names: Vec<AppName>) -> Listed {
    let read = |name: AppName| {
        let app = context.app_at(&server, &name);
        (name, app)
    };
    let mut apps: Vec<(AppName, Result<App, Failure>)> = names.into_iter().map(read).collect();
    let stack = |(name, app): &(AppName, Result<App, Failure>)| match app {
        Ok(app) => Some(app.stack.to_string()),
        // A file with errors is there all the same.
        Err(_) => StackName::of_app(name, None).ok().map(|stack| stack.to_string()),
    };
    let stacks = apps.iter().filter_map(stack).collect();
    apps.retain(|(_, app)| wanted(request, app.as_ref().ok().map(|app| app.recipe.as_str())));
    Listed { server, apps, stacks }
}

fn of_server(
    around: &Around,
    listed: &Listed,
    mut snapshot: Result<Snapshot, Failure>,
    expected: &Expectations,
) -> Vec<Row> {
    let Listed { server, apps, stacks } = listed;
    let mut rows = Vec::new();
    for (name, app) in apps {
        let mut problems = Vec::new();
        let seen = match (app, &mut snapshot) {
            (Err(_), _) => None,
            (Ok(app), Ok(snapshot)) => Some(seen::seen(around, app, snapshot, expected, &mut problems)),
            (Ok(app), Err(failure)) => {
                let is_named = failure.message.contains(server.as_str());
                let about = if is_named { String::new() } else { format!("{server}: ") };
                problems.push(format!("{about}{}", failure.message));
                Some(seen::unseen(around, app))
            }
        };
        let mut row = row(around.sync, server, name, app.as_ref(), seen);
        row.problems.extend(problems);
        rows.push(row);
    }
    if let Ok(snapshot) = &snapshot {
        let orphans = snapshot.stacks.iter().filter(|(stack, _)| !stacks.contains(*stack));
        rows.extend(orphans.map(|(stack, of)| orphan(server, stack, of, snapshot.head(stack))));
    }
    rows
}

fn row(
    sync: bool,
    server: &ServerName,
    name: &AppName,
    app: Result<&App, &Failure>,
    seen: Option<Seen>,
) -> Row {
    let written = match app {
        Ok(app) => seen::written(sync, app),
        Err(failure) => Err(failure.in_brief()),
    };
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
        problems: problem.into_iter().collect(),
    }
}

/// A stack that runs here and has no env file.
fn orphan(server: &ServerName, stack: &str, services: &[Service], head: Option<&lease::Seen>) -> Row {
    let recipe = services.iter().find_map(|service| labels::read(service, stack).recipe);
    let name = StackName::new(stack).ok();
    let seen = name.map(|name| seen::of_services(Status::Orphan, services, AtWork::Nobody, head, &name));
    Row { app: stack.to_owned(), server: server.clone(), recipe, recorded: None, seen, problems: vec![] }
}
