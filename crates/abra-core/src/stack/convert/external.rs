//! What services use and others have to provide.
use super::Scope;
use super::names::{Named, on_server, text};
use super::networks::{is_ordinary, joined, name_of};
use crate::compose::model::{FileObject, Service};
use crate::finding::{Place, Sources};
use crate::stack::wanted::{External, Needed};
use std::collections::BTreeMap;

pub(super) fn needed(scope: &Scope<'_>, sources: &Sources) -> External {
    let mut external = External::default();
    for service in scope.document.services.values() {
        for (name, place) in networks(service, scope) {
            note(&mut external.networks, name, place, service, sources);
        }
        let secrets = service.secrets.iter().map(|secret| (text(&secret.source), secret.place));
        for (name, place) in objects(secrets, &scope.document.secrets, scope) {
            note(&mut external.secrets, name, place, service, sources);
        }
        let credentials = service.credential_spec.as_ref().and_then(|spec| spec.config.as_ref());
        let configs = service.configs.iter().map(|config| (text(&config.source), config.place));
        let configs = configs.chain(credentials.map(|config| (Some(config.value.as_str()), config.place)));
        for (name, place) in objects(configs, &scope.document.configs, scope) {
            note(&mut external.configs, name, place, service, sources);
        }
    }
    external
}

fn networks(service: &Service, scope: &Scope<'_>) -> Vec<(String, Place)> {
    let declared = |key: &str| scope.document.networks.get(key).is_some_and(Named::is_external);
    joined(service)
        .into_iter()
        .filter(|(key, ..)| declared(key))
        .map(|(key, _, place)| (name_of(key, scope), place))
        .filter(|(name, _)| is_ordinary(name))
        .collect()
}

fn objects<'a>(
    used: impl Iterator<Item = (Option<&'a str>, Place)>,
    objects: &BTreeMap<String, FileObject>,
    scope: &Scope<'_>,
) -> Vec<(String, Place)> {
    used.filter_map(|(key, place)| {
        let key = key?;
        let object = objects.get(key).filter(|object| object.is_external())?;
        Some((on_server(scope.request.stack, key, object), place))
    })
    .collect()
}

fn note(
    all: &mut BTreeMap<String, Needed>,
    name: String,
    place: Place,
    service: &Service,
    sources: &Sources,
) {
    let needed = all.entry(name).or_default();
    if !needed.services.contains(&service.name) {
        needed.services.push(service.name.clone());
    }
    needed.place.get_or_insert_with(|| sources.location(place));
}
