//! What is wanted on a server: a whole stack, converted, with the places it comes from.
use super::spec::{ConfigSpec, NetworkSpec, SecretSpec, ServiceSpec};
use crate::finding::{Finding, Location};
use std::collections::BTreeMap;

/// A stack as it shall be. Keys are full names, as on the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StackSpec {
    /// The stack's name, the prefix of all others.
    pub name: String,
    /// Networks to be there.
    pub networks: BTreeMap<String, Wanted<NetworkSpec>>,
    /// Secrets to be there.
    pub secrets: BTreeMap<String, Wanted<SecretSpec>>,
    /// Configs to be there.
    pub configs: BTreeMap<String, Wanted<ConfigSpec>>,
    /// Services.
    pub services: BTreeMap<String, WantedService>,
    /// What services use and others have to provide.
    pub external: External,
    /// Warnings and notes about the document; no blockers.
    pub findings: Vec<Finding>,
}

/// A network, secret or config of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<T> {
    /// What is created.
    pub spec: T,
    /// Its key in the document.
    pub key: String,
    /// Where it is declared; a default network is declared nowhere.
    pub place: Option<Location>,
}

/// A service of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedService {
    /// What is created. Its image has a tag but no digest yet; secrets and configs have no ids yet.
    pub spec: ServiceSpec,
    /// Its name in the document.
    pub short: String,
    /// The image as it is written there (kept as a label of the service).
    pub image: String,
    /// Where that is written.
    pub image_place: Option<Location>,
    /// Full names of the services that are started before it.
    pub depends_on: Vec<String>,
    /// Where it is declared.
    pub place: Option<Location>,
}

/// What services use and others have to provide, by name on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct External {
    /// Networks.
    pub networks: BTreeMap<String, Needed>,
    /// Secrets.
    pub secrets: BTreeMap<String, Needed>,
    /// Configs.
    pub configs: BTreeMap<String, Needed>,
}

/// Who needs something that others have to provide.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needed {
    /// Short names of the services, sorted.
    pub services: Vec<String>,
    /// Where it is used first.
    pub place: Option<Location>,
}
