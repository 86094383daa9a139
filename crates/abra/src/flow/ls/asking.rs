//! Servers that are asked side by side, while what is known on this workstation is looked up, and what should run is worked
//! out.
use super::{Came, Listed, Request, listed, of_server, wanted};
use crate::context::Context;
use crate::failure::Failure;
use crate::flow::content::{self, Expectations, Files, Opened, Openings};
use crate::flow::fleet::{self, Cores};
use crate::flow::seen::Around;
use crate::flow::server;
use crate::flow::snapshot::{self, Snapshot};
use abra_core::app::App;
use abra_core::name::{AppName, ServerName};
use abra_core::stack::api::ApiVersion;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Notify, OnceCell, watch};

/// Servers that are asked, while what is known here is looked up, by whoever is first.
pub(super) struct Asking<'a> {
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

impl<'a> Asking<'a> {
    pub(super) fn new(
        context: &'a Context,
        request: &'a Request,
        listing: BTreeMap<ServerName, Vec<AppName>>,
    ) -> Self {
        Self {
            context,
            request,
            listing,
            known: OnceCell::new(),
            cores: Cores::default(),
            spare: Cores::half(),
            met: Notify::new(),
        }
    }

    /// What could not be found out, of all that was looked up here.
    pub(super) fn problems(&self) -> Vec<String> {
        self.known.get().map(|known| known.around.remotes.problems.clone()).unwrap_or_default()
    }

    /// A server's rows, as soon as it has answered or its time is over.
    pub(super) async fn came(&self, server: ServerName) -> Came {
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
