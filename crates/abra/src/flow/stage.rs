//! Looking at a server for a stack that is wanted there, and planning. Nothing is changed.
use super::others::Known;
use super::snapshot::Snapshot;
use super::unlisted;
use crate::engine::auth::{AuthError, Credentials, RegistryAuth};
use crate::engine::{Engine, EngineError, FileKind, Filters};
use abra_core::finding::Finding;
use abra_core::plan::seen::{Live, Policy, Resolved};
use abra_core::plan::{self, Plan};
use abra_core::stack::live::{FileObject, Service, Task};
use abra_core::stack::normal::Names;
use abra_core::stack::spec::Platform;
use abra_core::stack::wanted::{StackSpec, WantedService};
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// Registries that are asked at the same time.
const AT_ONCE: usize = 8;

/// A stack, planned.
#[derive(Debug)]
pub struct Staged {
    /// What has to be done.
    pub plan: Plan,
    /// Names of what live specs refer to by id.
    pub names: Names,
    /// Credentials for the registries of its images, by service.
    pub auths: BTreeMap<String, RegistryAuth>,
    /// Secrets that others have to provide, and that are not there.
    pub missing_secrets: Vec<String>,
    /// The stack's services, as they were.
    pub services: Vec<Service>,
    /// Their tasks, as they were.
    pub tasks: Vec<Task>,
}

impl Staged {
    /// What the plan was made from.
    pub(super) fn known(&self) -> Known<'_> {
        Known { plan: &self.plan, services: &self.services, names: &self.names }
    }
}

/// Looks at the server and plans. `services` is a look that was taken already, `credentials` are those that may be
/// sent along.
///
/// # Errors
/// The engine can't be asked.
pub async fn stage(
    engine: &Engine,
    wanted: &StackSpec,
    services: Option<Vec<Service>>,
    policy: &Policy,
    credentials: Option<&Credentials>,
) -> Result<Staged, EngineError> {
    let of_stack = Filters::stack(&wanted.name);
    let own = format!("{}_", wanted.name);
    let services = async {
        match services {
            Some(services) if !publishes(wanted) => Ok(services),
            _ if publishes(wanted) => engine.services(&Filters::none()).await,
            _ => engine.services(&of_stack).await,
        }
    };
    let (services, tasks, networks, secrets, configs) = tokio::try_join!(
        services,
        engine.tasks(&of_stack),
        async { engine.networks(&Filters::none()).await },
        files(engine, FileKind::Secret, secret_names(wanted, &own)),
        files(engine, FileKind::Config, config_names(wanted)),
    )?;
    let live = Live { services, networks, secrets, configs, images: BTreeMap::new() };
    planned(engine, wanted, Seen { live, tasks, snapshot: None }, policy, credentials).await
}

/// Plans from a look that was taken at all apps of the server at once. It tells what would be done; nobody looked at tasks,
/// so it is not to be carried out.
///
/// # Errors
/// The engine can't be asked for what only some stacks need.
pub(super) async fn compare(
    engine: &Engine,
    wanted: &StackSpec,
    snapshot: &Snapshot,
    policy: &Policy,
    credentials: Option<&Credentials>,
) -> Result<Staged, EngineError> {
    let own = format!("{}_", wanted.name);
    let services = snapshot.services(&wanted.name);
    let networks = snapshot.networks_near(wanted, services);
    // Those that the engine would give.
    let named = |objects: &[FileObject], names: &BTreeSet<&String>| -> Vec<FileObject> {
        let is_named = |object: &&FileObject| names.iter().any(|name| object.spec.name.starts_with(*name));
        objects.iter().filter(is_named).cloned().collect()
    };
    let secrets = named(&snapshot.secrets, &secret_names(wanted, &own));
    let configs = named(&snapshot.configs, &config_names(wanted));
    let services = match publishes(wanted) {
        true => engine.services(&Filters::none()).await?,
        false => services.to_vec(),
    };
    let live = Live { services, networks, secrets, configs, images: BTreeMap::new() };
    let seen = Seen { live, tasks: vec![], snapshot: Some(snapshot) };
    planned(engine, wanted, seen, policy, credentials).await
}

/// What a plan is made from.
struct Seen<'a> {
    live: Live,
    tasks: Vec<Task>,
    /// The look at all apps that it is taken from.
    snapshot: Option<&'a Snapshot>,
}

async fn planned(
    engine: &Engine,
    wanted: &StackSpec,
    Seen { mut live, tasks, snapshot }: Seen<'_>,
    policy: &Policy,
    credentials: Option<&Credentials>,
) -> Result<Staged, EngineError> {
    let unlisted = unlisted::networks(engine, wanted, &live).await?;
    live.networks.extend(unlisted);
    let (auths, problems) = auths(wanted, credentials).await;
    live.images = images(engine, wanted, &live, policy, &auths, snapshot).await;
    let names = Names::of(&live.networks, &live.secrets, &live.configs);
    let mut plan = plan::plan(wanted, &live, policy);
    plan.findings.extend(problems);
    let label = abra_core::stack::convert::NAMESPACE_LABEL;
    live.services.retain(|service| service.label(label) == Some(&wanted.name));
    let is_there = |name: &&String| live.secrets.iter().any(|secret| secret.spec.name == **name);
    let missing_secrets = wanted.external.secrets.keys().filter(|name| !is_there(name)).cloned().collect();
    Ok(Staged { plan, names, auths, missing_secrets, services: live.services, tasks })
}

/// Registry credentials from docker's own settings; `None` where there is no place for such settings.
///
/// # Errors
/// They are there but can't be read.
pub fn credentials() -> Result<Option<Credentials>, AuthError> {
    Credentials::folder().map(|folder| Credentials::read(&folder)).transpose()
}

/// Whether the stack wants ports of the whole swarm: then the other stacks' services show which are taken.
fn publishes(wanted: &StackSpec) -> bool {
    let ports = |service: &WantedService| !service.spec.endpoint_spec.ports.is_empty();
    wanted.services.values().any(ports)
}

/// Where others have to provide some, all of the stack's own: one of them may be what was meant. (They come without
/// their content.)
fn secret_names<'a>(wanted: &'a StackSpec, own: &'a String) -> BTreeSet<&'a String> {
    let external = wanted.external.secrets.keys();
    let own = (!wanted.external.secrets.is_empty()).then_some(own);
    wanted.secrets.keys().chain(external).chain(own).collect()
}

fn config_names(wanted: &StackSpec) -> BTreeSet<&String> {
    wanted.configs.keys().chain(wanted.external.configs.keys()).collect()
}

/// The objects of these names. Where none is needed, nothing is asked. (The engine's filter matches prefixes, so there
/// may be others among them.)
async fn files(
    engine: &Engine,
    kind: FileKind,
    names: BTreeSet<&String>,
) -> Result<Vec<FileObject>, EngineError> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    let filters = names.into_iter().fold(Filters::none(), |filters, name| filters.and("name", name.as_str()));
    engine.files(kind, &filters).await
}

/// Credentials by service; those that can't be had are findings.
async fn auths(
    wanted: &StackSpec,
    credentials: Option<&Credentials>,
) -> (BTreeMap<String, RegistryAuth>, Vec<Finding>) {
    let mut found = BTreeMap::new();
    let mut problems: Vec<Finding> = Vec::new();
    let Some(credentials) = credentials else { return (found, problems) };
    let mut by_image: BTreeMap<&str, Result<Option<RegistryAuth>, AuthError>> = BTreeMap::new();
    for (name, service) in &wanted.services {
        let image = service.spec.task_template.container_spec.image.as_str();
        if !by_image.contains_key(image) {
            by_image.insert(image, credentials.for_image(image).await);
        }
        match &by_image[image] {
            Ok(Some(auth)) => drop(found.insert(name.clone(), auth.clone())),
            Ok(None) => {}
            Err(error) => {
                let message = error.to_string();
                if !problems.iter().any(|problem| problem.message == message) {
                    problems
                        .push(Finding::warning(message).help("the image is asked for without credentials"));
                }
            }
        }
    }
    (found, problems)
}

/// What registries say of the images that the plan needs to know about, several at a time.
async fn images(
    engine: &Engine,
    wanted: &StackSpec,
    live: &Live,
    policy: &Policy,
    auths: &BTreeMap<String, RegistryAuth>,
    snapshot: Option<&Snapshot>,
) -> BTreeMap<String, Result<Resolved, String>> {
    let auth_of = |image: &str| {
        let runs = |(_, service): &(&String, &WantedService)| {
            service.spec.task_template.container_spec.image == image
        };
        wanted.services.iter().find(runs).and_then(|(name, _)| auths.get(name))
    };
    let ask = |image: String| async {
        let answer = async {
            let answer = engine.distribution(&image, auth_of(&image)).await;
            answer.map(resolved).map_err(|error| super::registry::words(&error))
        };
        let answer = match snapshot {
            Some(snapshot) => snapshot.resolved(&image, answer).await,
            None => answer.await,
        };
        (image, answer)
    };
    let images = plan::images_to_resolve(wanted, live, policy);
    futures_util::stream::iter(images).map(ask).buffer_unordered(AT_ONCE).collect().await
}

fn resolved(digest: crate::engine::Digest) -> Resolved {
    let platforms = digest.platforms.into_iter();
    Resolved {
        digest: digest.digest,
        platforms: platforms.map(|of| Platform { architecture: of.architecture, os: of.os }).collect(),
    }
}
