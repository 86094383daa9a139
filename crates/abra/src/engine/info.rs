//! The engine itself and its swarm.
use super::call::Call;
use super::{Engine, EngineError};
use abra_core::stack::live::Version;
use serde::Deserialize;
use serde_json::Value;

/// What an engine says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Info {
    /// Its id.
    #[serde(rename = "ID", default)]
    pub id: String,
    /// Host name.
    #[serde(default)]
    pub name: String,
    /// Engine version: `20.10.24`.
    #[serde(default)]
    pub server_version: String,
    /// The folder of its data, on its machine.
    #[serde(default)]
    pub docker_root_dir: String,
    /// Its part in a swarm.
    #[serde(default)]
    pub swarm: SwarmInfo,
}

/// An engine's part in a swarm.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct SwarmInfo {
    /// The node's id, empty outside a swarm.
    #[serde(rename = "NodeID", default)]
    pub node_id: String,
    /// `inactive`, `pending`, `active`, `error`, `locked`.
    #[serde(default)]
    pub local_node_state: String,
    /// Whether it is a manager.
    #[serde(default)]
    pub control_available: bool,
    /// What is wrong, such as a lost leader; empty when nothing is.
    #[serde(default)]
    pub error: String,
    /// Nodes in the swarm.
    #[serde(default)]
    pub nodes: u64,
    /// Managers in the swarm.
    #[serde(default)]
    pub managers: u64,
}

/// The swarm as a whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cluster {
    /// Its id: the same on every manager, for the swarm's whole life.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its version.
    #[serde(default)]
    pub version: Version,
    /// When it was made.
    #[serde(default)]
    pub created_at: String,
    /// Its settings, whole.
    #[serde(default)]
    pub spec: Value,
}

impl Engine {
    /// The engine itself. Answered by workers and without a leader too.
    pub async fn info(&self) -> Result<Info, EngineError> {
        self.json(Call::get("/info", "the engine's facts")).await
    }

    /// The swarm. Managers only.
    pub async fn cluster(&self) -> Result<Cluster, EngineError> {
        self.json(Call::get("/swarm", "the swarm")).await
    }
}
