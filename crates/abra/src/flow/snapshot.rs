//! Everything of one server that tells how its apps are: a request for each kind of thing, whatever the number of apps.
use super::{journal, lease, server, unlisted};
use crate::context::Context;
use crate::engine::{Engine, FileKind, Filters};
use crate::failure::Failure;
use abra_core::head::{self, HEAD, KIND_LABEL};
use abra_core::journal::{History, JOURNAL, Logged};
use abra_core::name::ServerName;
use abra_core::plan::seen::Resolved;
use abra_core::stack::api::ApiVersion;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::live::{FileObject, Network, Service};
use abra_core::stack::normal::Names;
use abra_core::stack::wanted::StackSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// A server at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Its engine.
    pub engine: Engine,
    /// What client and engine agreed on.
    pub api: ApiVersion,
    /// Services that belong to a stack, by its name.
    pub stacks: BTreeMap<String, Vec<Service>>,
    /// Networks.
    pub networks: Vec<Network>,
    /// Secrets.
    pub secrets: Vec<FileObject>,
    /// Configs with their content, but for those that abra keeps for itself.
    pub configs: Vec<FileObject>,
    /// Names of all these, by id.
    pub names: Names,
    /// Head records by the names of their objects; only with operator sync.
    heads: BTreeMap<String, lease::Seen>,
    /// Journals by stack; only with operator sync.
    pub journals: BTreeMap<String, History>,
    /// What registries said, by image.
    registries: Mutex<BTreeMap<String, Arc<OnceCell<Resolution>>>>,
}

/// What a registry said of an image.
type Resolution = Result<Resolved, String>;

impl Snapshot {
    /// The head record of a stack.
    pub fn head(&self, stack: &str) -> Option<&lease::Seen> {
        self.heads.get(&head::name_of(stack))
    }

    /// The services of a stack.
    pub fn services(&self, stack: &str) -> &[Service] {
        self.stacks.get(stack).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a registry says of an image: it is asked once, however many apps have it.
    pub(super) async fn resolved(&self, image: &str, ask: impl Future<Output = Resolution>) -> Resolution {
        let answer = Arc::clone(self.registries.lock().await.entry(image.to_owned()).or_default());
        answer.get_or_init(|| ask).await.clone()
    }

    /// The networks that matter to a stack: its own, those that it names, and those that its services joined. A server has
    /// one or more per app: taking all for each app would make a look at all of them quadratic.
    pub(super) fn networks_near(&self, wanted: &StackSpec, services: &[Service]) -> Vec<Network> {
        let joined: BTreeSet<&str> = services.iter().flat_map(unlisted::joined).collect();
        let attached = wanted.services.values().flat_map(|service| &service.spec.task_template.networks);
        let targets: BTreeSet<&str> = attached.map(|network| network.target.as_str()).collect();
        let is_near = |network: &&Network| {
            let name = network.name.as_str();
            let labels = network.labels.as_ref();
            let is_own = labels.and_then(|labels| labels.get(NAMESPACE_LABEL)) == Some(&wanted.name);
            let is_known = wanted.networks.contains_key(name) || wanted.external.networks.contains_key(name);
            is_own || is_known || targets.contains(name) || joined.contains(network.id.as_str())
        };
        self.networks.iter().filter(is_near).cloned().collect()
    }
}

/// Looks at a server.
///
/// # Errors
/// It can't be reached or asked.
pub async fn look(context: &Context, server: &ServerName) -> Result<Snapshot, Failure> {
    of(context, server::connect(context, server).await?).await
}

/// The same of one that is connected to.
///
/// # Errors
/// It can't be asked.
pub async fn of(context: &Context, engine: Engine) -> Result<Snapshot, Failure> {
    let (of_stacks, all) = (Filters::label(NAMESPACE_LABEL), Filters::none());
    let (services, mut networks, secrets, configs) = tokio::try_join!(
        engine.services(&of_stacks),
        engine.networks(&all),
        engine.files(FileKind::Secret, &all),
        engine.files(FileKind::Config, &all),
    )?;
    let now = lease::server_time(&engine);
    let unlisted = unlisted::joined_by(&engine, &services, &networks).await?;
    networks.extend(unlisted);
    let (own, configs): (Vec<_>, Vec<_>) = configs.into_iter().partition(|config| kind(config).is_some());
    let own = if context.settings.sync.value { own } else { vec![] };
    let heads = own.iter().filter(|config| kind(config) == Some(HEAD));
    let heads = heads.map(|config| (config.spec.name.clone(), lease::Seen::of(config, now))).collect();
    Ok(Snapshot {
        api: engine.version(),
        engine,
        names: Names::of(&networks, &secrets, &configs),
        stacks: by_stack(services),
        networks,
        secrets,
        configs,
        heads,
        journals: journals(&own),
        registries: Mutex::default(),
    })
}

/// What an object is that abra keeps for itself.
fn kind(config: &FileObject) -> Option<&str> {
    config.spec.labels.as_ref()?.get(KIND_LABEL).map(String::as_str)
}

fn by_stack(services: Vec<Service>) -> BTreeMap<String, Vec<Service>> {
    let mut stacks: BTreeMap<String, Vec<Service>> = BTreeMap::new();
    for service in services {
        let stack = service.label(NAMESPACE_LABEL).unwrap_or_default().to_owned();
        stacks.entry(stack).or_default().push(service);
    }
    stacks
}

fn journals(own: &[FileObject]) -> BTreeMap<String, History> {
    let mut entries: BTreeMap<String, Vec<Logged>> = BTreeMap::new();
    for config in own.iter().filter(|config| kind(config) == Some(JOURNAL)) {
        let logged = journal::logged(config);
        entries.entry(logged.entry.stack.clone()).or_default().push(logged);
    }
    entries.into_iter().map(|(stack, entries)| (stack, History::new(entries))).collect()
}
