//! Networks: those that are created, and how services join them.
use super::names::{Named, check_dns, on_server, text};
use super::notes::Notes;
use super::service::plain;
use super::undeclared::{self, Noun};
use super::{NAMESPACE_LABEL, Scope};
use crate::compose::model::{Ipam as WrittenIpam, Network, Service, ServiceNetwork};
use crate::finding::Place;
use crate::stack::api::ApiVersion;
use crate::stack::spec::{Ipam, IpamConfig, NetworkAttachment, NetworkSpec};
use crate::stack::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

/// The network of services that name none.
pub(super) const DEFAULT: &str = "default";

/// docker: what a stack's networks are made with where nothing is said.
const DEFAULT_DRIVER: &str = "overlay";

/// From this version on an engine refuses a second network of one name by itself.
const REFUSES_DUPLICATES: ApiVersion = ApiVersion::v1(44);

/// Keys of the networks that a service joins, each with its entry and the place it is named at.
pub(super) fn joined(service: &Service) -> Vec<(&str, Option<&ServiceNetwork>, Place)> {
    if service.networks.is_empty() {
        return vec![(DEFAULT, None, service.place)];
    }
    let entry = |(key, entry)| {
        let (key, entry): (&String, &crate::finding::Spanned<Option<ServiceNetwork>>) = (key, entry);
        (key.as_str(), entry.value.as_ref(), entry.place)
    };
    service.networks.iter().map(entry).collect()
}

/// True if a name stands for a network that can have aliases: the names of docker's own modes can't.
pub(super) fn is_ordinary(name: &str) -> bool {
    !matches!(name, "host" | "bridge" | "none" | DEFAULT) && !name.starts_with("container:")
}

/// The name on the server of a network by its key; the default one need not be declared.
pub(super) fn name_of(key: &str, scope: &Scope<'_>) -> String {
    scope
        .document
        .networks
        .get(key)
        .map_or_else(|| scope.full(key), |network| on_server(scope.request.stack, key, network))
}

/// Networks that some service uses and that are not made elsewhere, by name on the server.
pub(super) fn declared(scope: &Scope<'_>, notes: &mut Notes<'_>) -> BTreeMap<String, Wanted<NetworkSpec>> {
    let used: BTreeSet<&str> =
        scope.document.services.values().flat_map(joined).map(|(key, ..)| key).collect();
    let mut wanted: BTreeMap<String, Wanted<NetworkSpec>> = BTreeMap::new();
    for key in used {
        let network = scope.document.networks.get(key);
        if network.is_some_and(Named::is_external) || (network.is_none() && key != DEFAULT) {
            continue;
        }
        let name = name_of(key, scope);
        let place = network.map(|network| network.place);
        let spec = spec(&name, network, scope);
        if spec.driver == DEFAULT_DRIVER {
            check_dns("network", &name, place, notes);
        }
        if let Some(other) = wanted.get(&name).filter(|other| other.spec != spec) {
            let text = format!("networks {} and {key} are both called {name:?}, and differ", other.key);
            notes.blocker(place.unwrap_or(Place::whole(crate::finding::FileId(0))), text);
        }
        let place = place.map(|place| notes.location(place));
        wanted.entry(name).or_insert(Wanted { spec, key: key.to_owned(), place });
    }
    wanted
}

fn spec(name: &str, network: Option<&Network>, scope: &Scope<'_>) -> NetworkSpec {
    let mut labels = network.map(|network| plain(&network.labels)).unwrap_or_default();
    labels.insert(NAMESPACE_LABEL.to_owned(), scope.request.stack.to_owned());
    let driver = network.and_then(|network| text(&network.driver)).unwrap_or(DEFAULT_DRIVER);
    NetworkSpec {
        name: name.to_owned(),
        check_duplicate: scope.request.api < REFUSES_DUPLICATES,
        driver: driver.to_owned(),
        ipam: network.and_then(|network| ipam(&network.ipam)),
        internal: network
            .and_then(|network| network.internal.as_ref())
            .is_some_and(|internal| internal.value),
        attachable: network.and_then(|network| network.attachable.as_ref()).is_some_and(|flag| flag.value),
        options: network.map(|network| plain(&network.driver_opts)).unwrap_or_default(),
        labels,
    }
}

fn ipam(written: &WrittenIpam) -> Option<Ipam> {
    let driver = text(&written.driver).unwrap_or_default().to_owned();
    if driver.is_empty() && written.config.is_empty() {
        return None;
    }
    let pool = |subnet| IpamConfig { subnet: text(subnet).unwrap_or_default().to_owned() };
    Some(Ipam { driver, config: written.config.iter().map(pool).collect() })
}

/// How a service joins its networks, sorted by their names.
pub(super) fn attachments(
    service: &Service,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> Vec<NetworkAttachment> {
    let mut all = Vec::new();
    for (key, entry, place) in joined(service) {
        if key != DEFAULT && !scope.document.networks.contains_key(key) {
            undeclared::note(Noun::Network, key, &service.name, place, scope.document, notes);
            continue;
        }
        let target = name_of(key, scope);
        let mut aliases: Vec<String> = entry
            .map(|entry| entry.aliases.iter().map(|alias| alias.value.clone()).collect())
            .unwrap_or_default();
        if is_ordinary(&target) {
            aliases.push(service.name.clone());
        }
        let driver_opts = entry.map(|entry| plain(&entry.driver_opts)).unwrap_or_default();
        all.push(NetworkAttachment { target, aliases, driver_opts });
    }
    all.sort_by(|a, b| a.target.cmp(&b.target));
    all
}
