//! Looking at a server before apps are deployed there. Changes nothing.
use super::server;
use crate::context::Context;
use crate::engine::{Endpoint, Engine, Filters};
use crate::failure::Failure;
use abra_core::name::ServerName;
use abra_core::readiness::{self, Check, Disk, Facts, PROXY, Part, Proxy};

/// Connects to a server and checks it.
///
/// # Errors
/// It can't be reached, or its engine can't be asked.
pub async fn look(context: &Context, server: &ServerName) -> Result<Vec<Check>, Failure> {
    let engine = server::connect(context, server).await?;
    let (info, networks) = tokio::try_join!(engine.info(), async {
        engine.networks(&Filters::none().and("name", PROXY)).await
    })?;
    let proxies = networks.into_iter().filter(|network| network.name == PROXY);
    let facts = Facts {
        disk: disk(&engine, &info.docker_root_dir),
        engine: info.server_version,
        api: engine.version().to_string(),
        host: info.name,
        swarm: Part {
            state: info.swarm.local_node_state,
            is_manager: info.swarm.control_available,
            error: info.swarm.error,
            nodes: info.swarm.nodes,
            managers: info.swarm.managers,
        },
        proxies: proxies.map(|network| Proxy { scope: network.scope, driver: network.driver }).collect(),
    };
    Ok(readiness::checks(server, &facts))
}

/// The disk of an engine on this machine. An engine has no call that tells it.
fn disk(engine: &Engine, folder: &str) -> Option<Disk> {
    let Endpoint::Unix(_) = engine.endpoint() else { return None };
    let stat = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Some(Disk { folder: folder.to_owned(), free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
}
