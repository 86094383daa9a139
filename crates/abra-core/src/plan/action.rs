//! The steps of a plan. Each is one request.
use crate::stack::live::Version;
use crate::stack::spec::{ConfigSpec, NetworkSpec, SecretSpec, ServiceSpec};
use std::collections::BTreeMap;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Create a network.
    CreateNetwork(NetworkSpec),
    /// Create a secret; its id is needed by services.
    CreateSecret(SecretSpec),
    /// Create a config; its id is needed by services.
    CreateConfig(ConfigSpec),
    /// Write other labels onto a secret (nothing else of it can change).
    RelabelSecret(Relabel),
    /// Write other labels onto a config (nothing else of it can change).
    RelabelConfig(Relabel),
    /// Create a service.
    CreateService {
        /// What is created; secrets and configs have no ids yet.
        spec: Box<ServiceSpec>,
    },
    /// Update a service.
    UpdateService {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// The version that the request names.
        seen: Version,
        /// Digest of the live spec: if the version has moved and this has not, only the swarm's own status moved.
        before_digest: String,
        /// What it becomes; secrets and configs have no ids yet.
        spec: Box<ServiceSpec>,
    },
    /// Remove a service.
    RemoveService(Removal),
    /// Remove a secret.
    RemoveSecret(Removal),
    /// Remove a config.
    RemoveConfig(Removal),
    /// Remove a network.
    RemoveNetwork(Removal),
}

/// Other labels for a secret or config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relabel {
    /// Its id.
    pub id: String,
    /// Its name, which the request must repeat.
    pub name: String,
    /// The version that the request names.
    pub seen: Version,
    /// All labels that it has afterwards.
    pub labels: BTreeMap<String, String>,
}

/// Something that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Action {
    /// What the step does: `create`, `update` or `remove`.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::CreateNetwork(_)
            | Self::CreateSecret(_)
            | Self::CreateConfig(_)
            | Self::CreateService { .. } => "create",
            Self::RelabelSecret(_) | Self::RelabelConfig(_) | Self::UpdateService { .. } => "update",
            Self::RemoveService(_)
            | Self::RemoveSecret(_)
            | Self::RemoveConfig(_)
            | Self::RemoveNetwork(_) => "remove",
        }
    }

    /// What it does it to: `network`, `secret`, `config` or `service`.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::CreateNetwork(_) | Self::RemoveNetwork(_) => "network",
            Self::CreateSecret(_) | Self::RelabelSecret(_) | Self::RemoveSecret(_) => "secret",
            Self::CreateConfig(_) | Self::RelabelConfig(_) | Self::RemoveConfig(_) => "config",
            Self::CreateService { .. } | Self::UpdateService { .. } | Self::RemoveService(_) => "service",
        }
    }

    /// The full name of what it is done to.
    pub fn name(&self) -> &str {
        match self {
            Self::CreateNetwork(spec) => &spec.name,
            Self::CreateSecret(spec) => &spec.name,
            Self::CreateConfig(spec) => &spec.name,
            Self::RelabelSecret(relabel) | Self::RelabelConfig(relabel) => &relabel.name,
            Self::CreateService { spec } => &spec.name,
            Self::UpdateService { name, .. } => name,
            Self::RemoveService(gone)
            | Self::RemoveSecret(gone)
            | Self::RemoveConfig(gone)
            | Self::RemoveNetwork(gone) => &gone.name,
        }
    }
}
