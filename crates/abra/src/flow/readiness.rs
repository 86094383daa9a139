//! Looking at a server before apps are deployed there. Changes nothing.
use super::server;
use crate::engine::{Endpoint, Engine, Filters};
use crate::failure::Failure;
use crate::ui::Ui;
use abra_core::name::ServerName;
use abra_core::readiness::{self, Check, Disk, Facts, PROXY, Part, Proxy};

/// Connects to the engine of a server and checks it. `address`: where docker's context of the server leads.
///
/// # Errors
/// It can't be reached, or its engine can't be asked.
pub async fn look(
    ui: Ui,
    server: &ServerName,
    address: &str,
    endpoint: &Endpoint,
) -> Result<Vec<Check>, Failure> {
    let engine = server::connect_to(endpoint, ui).await?;
    let (info, networks) = tokio::try_join!(engine.info(), async {
        engine.networks(&Filters::none().and("name", PROXY)).await
    })?;
    let proxies = networks.into_iter().filter(|network| network.name == PROXY);
    let facts = Facts {
        disk: disk(&engine, &info.docker_root_dir).await,
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
    Ok(readiness::checks(server, &docker(server, address, endpoint), &facts))
}

/// docker's own command line for the engine, whichever is docker's current one (`docker context use`). It does not know what
/// our settings say of the socket.
fn docker(server: &ServerName, address: &str, endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Ssh(behind) if behind.address().to_string() != address.trim_end_matches('/') => {
            format!("docker --host {}", behind.address())
        }
        _ => format!("docker --context {server}"),
    }
}

/// The disk of an engine's data, or why it is not known. An engine has no call that tells it.
async fn disk(engine: &Engine, folder: &str) -> Option<Result<Disk, String>> {
    match engine.endpoint() {
        Endpoint::Unix(_) => local(folder).map(Ok),
        Endpoint::Ssh(behind) => {
            let Some(words) = readiness::disk_command(folder) else {
                return Some(Err("its folder has a name that is not safe on a command line".to_owned()));
            };
            let said = behind.run(&words).await.map_err(|error| error.to_string());
            Some(said.and_then(|said| {
                readiness::disk(folder, &said).ok_or_else(|| "`df` does not answer as it should".to_owned())
            }))
        }
        Endpoint::Inside(_) => None,
    }
}

/// An engine on this machine may still be in another one, as on a Mac: its folder is not here then.
fn local(folder: &str) -> Option<Disk> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Some(Disk { folder: folder.to_owned(), free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
}
