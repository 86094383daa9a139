//! Services that use something which is declared nowhere.
use super::names::text;
use super::networks::joined;
use super::notes::Notes;
use crate::compose::model::{Document, Service};
use crate::finding::{Finding, Place};
use crate::name::nearest;
use std::collections::BTreeSet;

/// Names that are suggested at most.
const SUGGESTIONS: usize = 3;

/// What services use by a key of the top level.
#[derive(Clone, Copy)]
pub(super) enum Noun {
    Network,
    Volume,
    Secret,
    Config,
}

impl Noun {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Network, Self::Volume, Self::Secret, Self::Config];

    /// The word for one of them; with an s it is the key of the top level.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Secret => "secret",
            Self::Config => "config",
        }
    }

    /// The key of the top level under which they are declared.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Network => "networks",
            Self::Volume => "volumes",
            Self::Secret => "secrets",
            Self::Config => "configs",
        }
    }

    /// Whether the document declares this one.
    pub(super) fn is_declared(self, key: &str, document: &Document) -> bool {
        match self {
            Self::Network => document.networks.contains_key(key),
            Self::Volume => document.volumes.contains_key(key),
            Self::Secret => document.secrets.contains_key(key),
            Self::Config => document.configs.contains_key(key),
        }
    }

    /// Keys that the document declares.
    fn declared(self, document: &Document) -> Vec<&str> {
        match self {
            Self::Network => document.networks.keys().map(String::as_str).collect(),
            Self::Volume => document.volumes.keys().map(String::as_str).collect(),
            Self::Secret => document.secrets.keys().map(String::as_str).collect(),
            Self::Config => document.configs.keys().map(String::as_str).collect(),
        }
    }

    /// How many there are, declared and used.
    fn count(self, document: &Document) -> usize {
        let used = |service: &Service| match self {
            Self::Network => service.networks.len(),
            Self::Volume => service.volumes.len(),
            Self::Secret => service.secrets.len(),
            Self::Config => service.configs.len(),
        };
        self.declared(document).len() + document.services.values().map(used).sum::<usize>()
    }

    /// Keys that a service uses.
    fn used(self, service: &Service) -> Vec<&str> {
        match self {
            Self::Network => joined(service).into_iter().map(|(key, ..)| key).collect(),
            Self::Volume => service.volumes.iter().filter_map(|mount| text(&mount.source)).collect(),
            Self::Secret => service.secrets.iter().filter_map(|secret| text(&secret.source)).collect(),
            Self::Config => service.configs.iter().filter_map(|config| text(&config.source)).collect(),
        }
    }
}

/// Notes that a service uses a key which is declared nowhere, and which one may have been meant.
pub(super) fn note(
    noun: Noun,
    key: &str,
    service: &str,
    place: Place,
    document: &Document,
    notes: &mut Notes<'_>,
) {
    let word = noun.word();
    let message = format!("service {service}: {word} {key:?} is not declared in {word}s");
    let advice =
        if notes.compare(|| noun.count(document)) { advice(noun, key, document) } else { declare(noun) };
    let finding = Finding::blocker(message).help(advice).at(notes.location(place));
    notes.push(finding);
}

fn advice(noun: Noun, key: &str, document: &Document) -> String {
    let word = noun.word();
    let declared = noun.declared(document);
    let used: BTreeSet<&str> = document.services.values().flat_map(|service| noun.used(service)).collect();
    let idle: Vec<&str> = declared.iter().copied().filter(|key| !used.contains(key)).collect();
    // One that nobody uses is the likelier slip.
    let near = Some(nearest(key, idle.iter().copied(), SUGGESTIONS)).filter(|near| !near.is_empty());
    let near = near.unwrap_or_else(|| nearest(key, declared.iter().copied(), SUGGESTIONS));
    if !near.is_empty() {
        format!("did you mean {}? Otherwise declare it under {word}s at the top level", near.join(" or "))
    } else if !idle.is_empty() {
        let idle: Vec<&str> = idle.into_iter().take(SUGGESTIONS).collect();
        format!("declared under {word}s, but used by no service: {}", idle.join(", "))
    } else {
        declare(noun)
    }
}

fn declare(noun: Noun) -> String {
    format!("declare it under {}s at the top level", noun.word())
}
