//! What is wrong with files that can't be loaded, as far as it can be known: also names that are declared nowhere.
use super::mounts::GROUP;
use super::names::text;
use super::networks::{DEFAULT, joined};
use super::notes::Notes;
use super::undeclared::{Noun, note};
use crate::compose::model::{FileReference, Mount, Service};
use crate::compose::{Partial, Refused};
use crate::finding::{Finding, Place, Severity, Sources};

/// All mistakes of files that were refused, in the order of files and lines.
pub fn mistakes(refused: Refused) -> Vec<Finding> {
    let Refused { mut findings, sources, partial } = refused;
    let Some(partial) = partial else { return findings };
    let undeclared = undeclared(&partial, &sources);
    if undeclared.is_empty() {
        return findings;
    }
    let order = |finding: &Finding| {
        let place = finding.location.as_ref();
        let file = place.and_then(|place| sources.position(&place.file)).unwrap_or(usize::MAX);
        (file, place.map(|place| (place.line, place.column)))
    };
    findings.extend(undeclared);
    findings.sort_by_key(order);
    findings
}

fn undeclared(partial: &Partial, sources: &Sources) -> Vec<Finding> {
    let document = &partial.document;
    let mut notes = Notes::new(sources);
    for service in document.services.values() {
        for noun in Noun::ALL.into_iter().filter(|noun| !partial.unsure.contains(noun.section())) {
            for (key, place) in named(noun, service) {
                if !noun.is_declared(key, document) && !partial.wrong.contains(&place) {
                    note(noun, key, &service.name, place, document, &mut notes);
                }
            }
        }
    }
    let findings = notes.done();
    findings.into_iter().filter(|finding| finding.severity == Severity::Blocker).collect()
}

/// The keys of the top level that a service names, each with its place.
fn named(noun: Noun, service: &Service) -> Vec<(&str, Place)> {
    match noun {
        Noun::Network => {
            let joined = joined(service).into_iter().filter(|(key, ..)| *key != DEFAULT);
            joined.map(|(key, _, place)| (key, place)).collect()
        }
        Noun::Volume => service.volumes.iter().filter_map(volume).collect(),
        Noun::Secret => files(&service.secrets).collect(),
        Noun::Config => {
            let credentials = service.credential_spec.as_ref().and_then(|spec| {
                let place = spec.config.as_ref()?.place;
                Some((text(&spec.config)?, place))
            });
            files(&service.configs).chain(credentials).collect()
        }
    }
}

fn volume(mount: &Mount) -> Option<(&str, Place)> {
    let key = text(&mount.source)?;
    let is_volume = match text(&mount.kind)? {
        "volume" => true,
        "cluster" => !key.starts_with(GROUP),
        _ => false,
    };
    is_volume.then(|| (key, mount.source.as_ref().map_or(mount.place, |source| source.place)))
}

fn files(references: &[FileReference]) -> impl Iterator<Item = (&str, Place)> {
    references.iter().filter_map(|reference| Some((text(&reference.source)?, reference.place)))
}

#[cfg(test)]
mod tests;
