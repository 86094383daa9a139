//! Networks, secrets and configs: what is created, and what stands in the way.
use super::action::{Action, Relabel};
use super::{Draft, Kind, World};
use crate::finding::{Finding, Location};
use crate::name::nearest;
use crate::stack::live::{FileObject, Network};
use crate::stack::spec::{ConfigSpec, NetworkSpec};
use crate::stack::wanted::{Needed, StackSpec, Wanted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};

/// Option that an engine adds to every overlay network.
const VXLAN_OPTION: &str = "com.docker.network.driver.overlay.vxlanid_list";

/// What a network has to have to be used by services.
const SWARM_SCOPE: &str = "swarm";

/// True if a stack wants or needs something of that name.
pub(super) fn matters(wanted: &StackSpec, kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Network => wanted.networks.contains_key(name) || wanted.external.networks.contains_key(name),
        Kind::Secret => wanted.secrets.contains_key(name) || wanted.external.secrets.contains_key(name),
        Kind::Config => wanted.configs.contains_key(name) || wanted.external.configs.contains_key(name),
    }
}

pub(super) fn networks(world: &World<'_>, draft: &mut Draft) {
    for (name, wanted) in &world.wanted.networks {
        let ours = |network: &&&Network| world.is_ours(network.labels.as_ref());
        let same: Vec<&Network> = named(name, world).collect();
        // One node's own network of that name is in nobody's way (docker: engines let both be).
        match same.iter().find(ours).or_else(|| same.iter().find(|network| network.scope == SWARM_SCOPE)) {
            None => draft.actions.push(Action::CreateNetwork(wanted.spec.clone())),
            Some(live) if world.is_ours(live.labels.as_ref()) => compare(wanted, live, draft),
            Some(_) => {
                let text = format!("network {name} exists and does not belong to this stack");
                let help = "declare it as external to use it, or give this one another name";
                draft.findings.push(placed(Finding::blocker(text).help(help), wanted.place.as_ref()));
            }
        }
    }
    for (name, needed) in &world.wanted.external.networks {
        let users = needed.services.join(", ");
        let mut scopes = named(name, world).map(|network| network.scope.as_str()).peekable();
        let problem = match scopes.peek().copied() {
            None => format!("external network {name} does not exist (used by {users})"),
            Some(_) if scopes.any(|scope| scope == SWARM_SCOPE) => continue,
            Some(scope) => {
                format!(
                    "external network {name} is for one node only: its scope is {scope}, not swarm (used by {users})"
                )
            }
        };
        let help = format!("create it once: docker network create --driver overlay {name}");
        draft.findings.push(placed(Finding::blocker(problem).help(help), needed.place.as_ref()));
    }
}

fn named<'a>(name: &'a str, world: &World<'a>) -> impl Iterator<Item = &'a Network> {
    world.live.networks.iter().filter(move |network| network.name == name)
}

/// An existing network stays as it is: docker never changes one. Says so where it is not what is wanted.
fn compare(wanted: &Wanted<NetworkSpec>, live: &Network, draft: &mut Draft) {
    let differs = differences(&wanted.spec, live);
    if !differs.is_empty() {
        let text = format!(
            "network {} exists with other settings and stays as it is: {}",
            live.name,
            differs.join(", ")
        );
        let help = "to change it, undeploy the app and deploy it again";
        draft.findings.push(placed(Finding::warning(text).help(help), wanted.place.as_ref()));
    }
}

fn differences(wanted: &NetworkSpec, live: &Network) -> Vec<String> {
    let mut differs = Vec::new();
    let flag = |key: &str| live.rest.get(key).and_then(serde_json::Value::as_bool).unwrap_or_default();
    if live.driver != wanted.driver {
        differs.push(format!("driver is {}, not {}", live.driver, wanted.driver));
    }
    for (key, word, wanted) in
        [("Internal", "internal", wanted.internal), ("Attachable", "attachable", wanted.attachable)]
    {
        if flag(key) != wanted {
            differs.push(format!("{word} is {}, not {wanted}", flag(key)));
        }
    }
    let options = live.rest.get("Options").and_then(serde_json::Value::as_object);
    let live_options: BTreeMap<&str, &str> = options
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != VXLAN_OPTION || wanted.options.contains_key(*key))
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    if !wanted.options.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(live_options) {
        differs.push("driver_opts".to_owned());
    }
    let pools = live.rest.get("IPAM").and_then(|ipam| ipam.get("Config")?.as_array());
    let subnets: Vec<&str> =
        pools.into_iter().flatten().filter_map(|pool| pool.get("Subnet")?.as_str()).collect();
    let missing = |subnet: &&str| !subnet.is_empty() && !subnets.contains(subnet);
    let wanted_pools = wanted.ipam.iter().flat_map(|ipam| &ipam.config).map(|pool| pool.subnet.as_str());
    for subnet in wanted_pools.filter(missing) {
        differs.push(format!("subnet {subnet} is missing"));
    }
    differs
}

pub(super) fn secrets(world: &World<'_>, draft: &mut Draft) {
    let mut blind = Vec::new();
    for (name, wanted) in &world.wanted.secrets {
        match find(&world.live.secrets, name) {
            None => draft.actions.push(Action::CreateSecret(wanted.spec.clone())),
            Some(live) => {
                if !wanted.spec.data.expose().is_empty() {
                    blind.push(name.as_str());
                }
                let relabel = relabel(live, &wanted.spec.labels);
                draft.actions.extend(relabel.map(Action::RelabelSecret));
            }
        }
    }
    if !blind.is_empty() {
        let text = format!(
            "secrets that exist can't be compared with their files and stay as they are: {}",
            blind.join(", ")
        );
        draft.findings.push(Finding::note(text));
    }
    missing("secret", &world.wanted.external.secrets, &world.live.secrets, draft);
}

pub(super) fn configs(world: &World<'_>, draft: &mut Draft) {
    for (name, wanted) in &world.wanted.configs {
        match find(&world.live.configs, name) {
            None => draft.actions.push(Action::CreateConfig(wanted.spec.clone())),
            Some(live) if has_other_content(live, &wanted.spec) => {
                let text = format!(
                    "config {name} exists with other content, and the content of a config can't change"
                );
                let help = "give it a new name, as recipes do with a version in the name that rises with every change";
                draft.findings.push(placed(Finding::blocker(text).help(help), wanted.place.as_ref()));
            }
            Some(live) => {
                let relabel = relabel(live, &wanted.spec.labels);
                draft.actions.extend(relabel.map(Action::RelabelConfig));
            }
        }
    }
    missing("config", &world.wanted.external.configs, &world.live.configs, draft);
}

fn find<'a>(objects: &'a [FileObject], name: &str) -> Option<&'a FileObject> {
    objects.iter().find(|object| object.spec.name == name)
}

fn has_other_content(live: &FileObject, wanted: &ConfigSpec) -> bool {
    let data = live.spec.data.as_ref().and_then(|data| STANDARD.decode(data).ok());
    data.is_some_and(|data| data != wanted.data)
}

fn relabel(live: &FileObject, labels: &BTreeMap<String, String>) -> Option<Relabel> {
    let same = live.spec.labels.as_ref().map_or(labels.is_empty(), |live| live == labels);
    (!same).then(|| Relabel {
        id: live.id.clone(),
        name: live.spec.name.clone(),
        seen: live.version,
        labels: labels.clone(),
    })
}

fn missing(noun: &str, needed: &BTreeMap<String, Needed>, live: &[FileObject], draft: &mut Draft) {
    let needed_names: BTreeSet<&str> = needed.keys().map(String::as_str).collect();
    for (name, needed) in needed.iter().filter(|(name, _)| find(live, name).is_none()) {
        let text = format!("external {noun} {name} does not exist (used by {})", needed.services.join(", "));
        let known = live.iter().map(|object| object.spec.name.as_str());
        let idle = known.filter(|known| !needed_names.contains(known));
        let mut help = format!("create it once: docker {noun} create {name} FILE");
        if let Some(near) = nearest(name, idle, 1).first() {
            help = format!("there is one called {near}; or {help}");
        }
        draft.findings.push(placed(Finding::blocker(text).help(help), needed.place.as_ref()));
    }
}

/// A finding at a place, if there is one.
pub(super) fn placed(finding: Finding, place: Option<&Location>) -> Finding {
    match place {
        Some(place) => finding.at(place.clone()),
        None => finding,
    }
}
