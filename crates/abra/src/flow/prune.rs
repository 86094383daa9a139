//! Freeing what nothing on a server uses any more.
use super::{lease, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters};
use crate::failure::Failure;
use abra_core::name::ServerName;
use abra_core::prunable::{self, Volumes};
use std::collections::BTreeMap;

/// What is to be freed beside stopped containers, unused networks and images without a name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Also images with a name.
    pub all_images: bool,
    /// Also volumes.
    pub volumes: bool,
}

/// What would be freed.
#[derive(Debug)]
pub struct Prepared {
    wish: Wish,
    engine: Engine,
    /// Volumes; none without the wish for them.
    pub volumes: Volumes,
}

/// What was freed.
#[derive(Debug, Default)]
pub struct Freed {
    /// Containers.
    pub containers: usize,
    /// Layers and names of images.
    pub images: usize,
    /// Networks, by name.
    pub networks: Vec<String>,
    /// Volumes, by name.
    pub volumes: Vec<String>,
    /// Bytes that are free now, as far as the engine says.
    pub bytes: u64,
    /// What could not be removed, and why.
    pub problems: Vec<String>,
    /// Whether the operator wanted to stop before all was done.
    pub stopped: bool,
}

impl Freed {
    /// Whether the next one is removed, too.
    fn goes_on(&mut self, context: &Context) -> bool {
        self.stopped |= context.interrupt.asked();
        !self.stopped
    }
}

/// Looks at a server. Changes nothing.
///
/// # Errors
/// There is no such server, or it can't be asked.
pub async fn prepare(context: &Context, server: &ServerName, wish: Wish) -> Result<Prepared, Failure> {
    context.home.known_server(server)?;
    let engine = server::connect(context, server).await?;
    let volumes = if wish.volumes { volumes(context, server, &engine).await? } else { Volumes::default() };
    Ok(Prepared { wish, engine, volumes })
}

/// Frees it. What the engine refuses is told and stays; the rest goes on, until the operator wants to stop.
///
/// # Errors
/// The engine can't be asked any more.
pub async fn run(context: &Context, prepared: &Prepared) -> Result<Freed, Failure> {
    let Prepared { wish, engine, volumes } = prepared;
    let mut freed = Freed::default();
    let containers = engine.prune_containers(&Filters::none()).await?;
    (freed.containers, freed.bytes) = (containers.count, containers.bytes);
    networks(context, engine, &mut freed).await?;
    if !volumes.remove.is_empty() {
        remove_volumes(context, engine, &volumes.remove, &mut freed).await?;
    }
    if freed.goes_on(context) {
        let images = engine.prune_images(wish.all_images).await?;
        freed.images = images.count;
        freed.bytes += images.bytes;
    }
    Ok(freed)
}

async fn volumes(context: &Context, server: &ServerName, engine: &Engine) -> Result<Volumes, Failure> {
    let unused = Filters::none().and("dangling", "true");
    let all = Filters::none();
    let (unused, services) = tokio::try_join!(engine.volumes(&unused), engine.services(&all))?;
    if let Some(stray) = context.home.strays_of(server)?.first() {
        let said = "nothing was removed: that may be an app, and some volumes its own; without --volumes it is not needed";
        return Err(Failure::new(stray.clone()).hint(said));
    }
    let mut apps = BTreeMap::new();
    for name in context.home.apps_of(server)? {
        // A file with errors may name a stack: whose volumes are whose is not known then.
        let app = context.app_at(server, &name).map_err(|failure| {
            failure.hint("nothing was removed: that file may say whose volumes some are; without --volumes it is not needed")
        })?;
        apps.insert(app.stack.to_string(), name.to_string());
    }
    let unused = unused.iter().map(|volume| (volume.name.as_str(), volume.labels.as_ref()));
    Ok(prunable::volumes(unused, &services, &apps))
}

/// One by one, as the engine refuses what something uses; its own prune would take the reverse proxy's network, too.
async fn networks(context: &Context, engine: &Engine, freed: &mut Freed) -> Result<(), EngineError> {
    let networks = engine.networks(&Filters::none()).await?;
    let now = lease::server_time(engine);
    for network in networks {
        let created = network.rest.get("Created").and_then(|created| created.as_str()?.parse().ok());
        let age = now
            .zip(created)
            .map(|(now, created): (_, jiff::Timestamp)| now.duration_since(created).as_secs());
        let is_ingress = network.rest.get("Ingress").is_some_and(|ingress| ingress == true);
        let known = prunable::Network { name: network.name, is_ingress, age };
        if !prunable::is_removable(&known) {
            continue;
        }
        if !freed.goes_on(context) {
            break;
        }
        match engine.remove_network(&network.id).await {
            Ok(()) => freed.networks.push(known.name),
            Err(EngineError::InUse { .. } | EngineError::NotFound { .. }) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => freed.problems.push(format!("network {}: {error}", known.name)),
        }
    }
    freed.networks.sort();
    Ok(())
}

/// One by one, and only those that the operator saw.
async fn remove_volumes(
    context: &Context,
    engine: &Engine,
    names: &[String],
    freed: &mut Freed,
) -> Result<(), EngineError> {
    let sizes = match engine.volume_sizes().await {
        Ok(sizes) => sizes,
        Err(error) => {
            freed.problems.push(format!("what the volumes took up is not known: {error}"));
            BTreeMap::new()
        }
    };
    for name in names {
        if !freed.goes_on(context) {
            break;
        }
        match engine.remove_volume(name).await {
            Ok(()) => {
                freed.volumes.push(name.clone());
                freed.bytes += sizes.get(name).copied().unwrap_or_default();
            }
            Err(EngineError::NotFound { .. }) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => freed.problems.push(format!("volume {name}: {error}")),
        }
    }
    Ok(())
}
