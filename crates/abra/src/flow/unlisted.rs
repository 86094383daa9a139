//! Networks that a swarm has but does not list: each node's own `host`, `bridge` and `none`, which services join by an id
//! of the swarm's.
use crate::engine::{Engine, EngineError};
use abra_core::plan::seen::Live;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::live::{Network, Service};
use abra_core::stack::wanted::StackSpec;
use std::collections::BTreeSet;

/// What a network has to have to be joined by a service.
const SWARM: &str = "swarm";

/// docker: the networks that every node has.
const OF_NODES: [&str; 3] = ["host", "bridge", "none"];

/// The networks that the stack's services join, live or wanted, and that are missing in the list.
///
/// # Errors
/// The engine can't be asked.
pub(super) async fn networks(
    engine: &Engine,
    wanted: &StackSpec,
    live: &Live,
) -> Result<Vec<Network>, EngineError> {
    let ours = live.services.iter().filter(|service| service.label(NAMESPACE_LABEL) == Some(&wanted.name));
    let listed: BTreeSet<&str> = live.networks.iter().map(|network| network.id.as_str()).collect();
    let joined = ours.flat_map(joined).filter(|id| !listed.contains(id)).collect::<BTreeSet<_>>();
    let mut found = Vec::new();
    for id in joined {
        found.extend(look_up(engine, id).await?);
    }
    let attached = wanted.services.values().flat_map(|service| &service.spec.task_template.networks);
    let targets: BTreeSet<&str> = attached.map(|network| network.target.as_str()).collect();
    for name in OF_NODES.into_iter().filter(|name| targets.contains(name)) {
        let known = |network: &Network| network.name == name && network.scope == SWARM;
        if !live.networks.iter().any(known) && !found.iter().any(known) {
            found.extend(look_up(engine, name).await?);
        }
    }
    Ok(found)
}

/// The networks that any of these services joins, and that are missing in a list.
///
/// # Errors
/// The engine can't be asked.
pub(super) async fn joined_by(
    engine: &Engine,
    services: &[Service],
    listed: &[Network],
) -> Result<Vec<Network>, EngineError> {
    let listed: BTreeSet<&str> = listed.iter().map(|network| network.id.as_str()).collect();
    let missing: BTreeSet<&str> =
        services.iter().flat_map(joined).filter(|id| !listed.contains(id)).collect();
    let mut found = Vec::new();
    for id in missing {
        found.extend(look_up(engine, id).await?);
    }
    Ok(found)
}

/// Ids of the networks that a live service joins.
pub(super) fn joined(service: &Service) -> impl Iterator<Item = &str> {
    let networks = service.spec.pointer("/TaskTemplate/Networks").and_then(|list| list.as_array());
    networks.into_iter().flatten().filter_map(|network| network.get("Target")?.as_str())
}

async fn look_up(engine: &Engine, network: &str) -> Result<Option<Network>, EngineError> {
    match engine.swarm_network(network).await {
        Ok(network) => Ok(Some(network)),
        Err(EngineError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
