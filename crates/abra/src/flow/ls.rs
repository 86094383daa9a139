//! The list of apps, and how each is.
use super::content::{self, Expectations, Files, Opened, Openings};
use super::fleet::{self, Cores};
use super::lease;
use super::seen::{self, Around, Seen};
use super::server;
use super::snapshot::{self, Snapshot};
use crate::context::Context;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::name::{AppName, ServerName, StackName};
use abra_core::recipe::Record;
use abra_core::stack::api::ApiVersion;
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::status::{AtWork, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OnceCell, watch};

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
    let listing = match &request.server {
        Some(name) => {
            let server = ServerName::new(name)?;
            context.home.known_server(&server)?;
            BTreeMap::from([(server.clone(), context.home.apps_of(&server)?)])
        }
        None => context.home.listing()?,
    };
    let sync = context.settings.sync.value;
    if !request.status {
        let rows = listing.into_iter().flat_map(|(server, names)| {
            let Listed { server, apps, .. } = listed(context, request, server, names);
            apps.into_iter().map(move |(name, app)| row(sync, &server, &name, app.as_ref(), None))
        });
        return Ok(List { rows: rows.collect(), problems: vec![] });
    }
    let servers = listing.keys().cloned().collect();
    let asking = Asking {
        context,
        request,
        listing,
        known: OnceCell::new(),
        cores: Cores::default(),
        spare: Cores::half(),
        met: Notify::new(),
    };
    let all = fleet::side_by_side(servers, |server| asking.came(server), came).await;
    let rows = all.into_iter().flat_map(|came| came.rows).collect();
    let problems = asking.known.get().map(|known| known.around.remotes.problems.clone()).unwrap_or_default();
    Ok(List { rows, problems })
}

/// Servers that are asked, while what is known here is looked up, by whoever is first.
struct Asking<'a> {
    context: &'a Context,
    request: &'a Request,
    listing: BTreeMap<ServerName, Vec<AppName>>,
    known: OnceCell<Known>,
    cores: Cores,
    /// For what may turn out not to be needed: what servers answered goes first.
    spare: Cores,
    /// Told when a server has answered, or can't.
    met: Notify,
}

impl Asking<'_> {
    async fn came(&self, server: ServerName) -> Came {
        let start = Instant::now();
        let (spoke, heard) = watch::channel(None);
        let (snapshot, expected) = tokio::join!(self.asked(&server, spoke), self.expected(&server, heard));
        let Known { listed, around } = self.known().await;
        let Some(of) = listed.get(&server) else {
            return Came { server, rows: vec![], elapsed: start.elapsed() };
        };
        let (around, listed) = (Arc::clone(around), Arc::clone(of));
        let mut rows = self.cores.work(move || of_server(&around, &listed, snapshot, &expected)).await;
        rows.retain(|row| wanted(self.request, row.recipe.as_deref()));
        self.context.links.quiet().await;
        Came { server, rows, elapsed: start.elapsed() }
    }

    /// What a server says, in its time.
    async fn asked(&self, server: &ServerName, spoke: Speaks) -> Result<Snapshot, Failure> {
        let look = async {
            // It ends with this, also where time is over.
            let spoke = spoke;
            let engine = server::connect(self.context, server).await;
            self.met.notify_one();
            let engine = engine?;
            spoke.send_replace(Some(engine.version()));
            snapshot::of(self.context, engine).await
        };
        let snapshot = fleet::within(self.request.patience, &self.context.links, look).await;
        self.met.notify_one();
        if let Ok(snapshot) = &snapshot {
            snapshot.engine.leave().await;
        }
        snapshot
    }

    /// What should run of its apps. Of a server out of reach that is nobody's question.
    async fn expected(&self, server: &ServerName, mut heard: Heard) -> Expectations {
        let known = self.known().await;
        let is_lost = |heard: &Heard| heard.borrow().is_none() && heard.has_changed().is_err();
        let Some(of) = known.listed.get(server).filter(|_| !is_lost(&heard)) else {
            return Expectations::new();
        };
        let files = content::files(self.context, &known.around, of.readable()).await;
        if is_lost(&heard) {
            return Expectations::new();
        }
        let (around, listed) = (Arc::clone(&known.around), Arc::clone(of));
        let opened = self.spare.work(move || opened(&around, &listed, files)).await;
        let api = heard.wait_for(Option::is_some).await.ok().and_then(|api| *api);
        let (Some(api), listed) = (api, Arc::clone(of)) else { return Expectations::new() };
        self.cores.work(move || expected(&listed, opened, api)).await
    }

    async fn known(&self) -> &Known {
        self.known.get_or_init(|| self.look_here()).await
    }

    /// Beside few logins there is time for it. Many would all be later for it, so it waits until one server is reached, or
    /// can't be: its row needs what is known here.
    async fn look_here(&self) -> Known {
        if self.listing.len() > self.cores.count() {
            tokio::select! {
                () = self.context.links.reached() => {}
                () = self.met.notified() => {}
            }
        }
        known_here(self.context, self.request, self.listing.clone()).await
    }
}

/// Tells the version that an engine speaks, once it has answered.
type Speaks = watch::Sender<Option<ApiVersion>>;

/// Hears of the version that an engine speaks, once it has answered.
type Heard = watch::Receiver<Option<ApiVersion>>;

/// What is known on this workstation: of each server, and of recipes and remotes.
struct Known {
    listed: BTreeMap<ServerName, Arc<Listed>>,
    around: Arc<Around>,
}

/// Looks it up without keeping a login waiting: these go on between one server's files and the next one's, and git is asked
/// when all have begun.
async fn known_here(
    context: &Context,
    request: &Request,
    listing: BTreeMap<ServerName, Vec<AppName>>,
) -> Known {
    let mut all = BTreeMap::new();
    for (server, names) in listing {
        all.insert(server.clone(), Arc::new(listed(context, request, server, names)));
        tokio::task::yield_now().await;
    }
    context.links.begun().await;
    let apps: Vec<&App> = all.values().flat_map(|of| of.readable()).collect();
    let around = Arc::new(Around::look(context, &apps).await);
    Known { listed: all, around }
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

/// The recipes of a server's apps, loaded.
fn opened(around: &Around, listed: &Listed, mut files: Files) -> Openings {
    let opened = |(name, app): &(AppName, Result<App, Failure>)| {
        let opened = match files.remove(name)? {
            Ok((target, tree)) => Ok(Opened::of(around, app.as_ref().ok()?, target, tree)),
            Err(reason) => Err(reason),
        };
        Some((name.clone(), opened))
    };
    listed.apps.iter().filter_map(opened).collect()
}

/// What should run of a server's apps, by an engine that speaks this version.
fn expected(listed: &Listed, mut opened: Openings, api: ApiVersion) -> Expectations {
    let expected = |(name, app): &(AppName, Result<App, Failure>)| {
        let expected = match opened.remove(name)? {
            Ok(opened) => Ok(opened.expected(app.as_ref().ok()?, api)),
            Err(reason) => Err(reason),
        };
        Some((name.clone(), expected))
    };
    listed.apps.iter().filter_map(expected).collect()
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
