//! Everything of one server that the list of apps needs: a request for each kind of thing, whatever the number of apps.
use super::{journal, lease, server, unlisted};
use crate::context::Context;
use crate::engine::{FileKind, Filters};
use crate::failure::Failure;
use abra_core::head::{HEAD, KIND_LABEL};
use abra_core::journal::{History, JOURNAL, Logged};
use abra_core::name::ServerName;
use abra_core::stack::api::ApiVersion;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::live::{FileObject, Network, Service};
use abra_core::stack::normal::Names;
use std::collections::BTreeMap;

/// A server at one moment.
#[derive(Debug)]
pub struct Snapshot {
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
    /// Head records by stack; only with operator sync.
    pub heads: BTreeMap<String, lease::Seen>,
    /// Journals by stack; only with operator sync.
    pub journals: BTreeMap<String, History>,
}

/// Looks at a server.
///
/// # Errors
/// It can't be reached or asked.
pub async fn look(context: &Context, server: &ServerName) -> Result<Snapshot, Failure> {
    let engine = server::connect(context, server).await?;
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
    let heads = heads.map(|config| lease::Seen::of(config, now));
    let heads = heads.map(|seen| (seen.record.stack.clone(), seen)).collect();
    Ok(Snapshot {
        api: engine.version(),
        names: Names::of(&networks, &secrets, &configs),
        stacks: by_stack(services),
        networks,
        secrets,
        configs,
        heads,
        journals: journals(&own),
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
