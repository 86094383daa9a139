//! Containers of the node that answers.
use super::call::{Call, segment};
use super::{Engine, EngineError, Filters};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A container as listed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Its names, each with a leading slash.
    #[serde(default)]
    pub names: Vec<String>,
    /// Its image.
    #[serde(default)]
    pub image: String,
    /// `created`, `running`, `exited` …
    #[serde(default)]
    pub state: String,
    /// The state in words: `Up 3 minutes (healthy)`.
    #[serde(default)]
    pub status: String,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Engine {
    /// Containers that match; stopped ones too.
    pub async fn containers(&self, filters: &Filters) -> Result<Vec<Container>, EngineError> {
        let call = Call::get("/containers/json", "the list of containers").query("all", "1").filters(filters);
        self.json(call).await
    }

    /// All about one container, by id or name.
    pub async fn container(&self, id: &str) -> Result<Value, EngineError> {
        self.json(Call::get(format!("/containers/{}/json", segment(id)?), format!("container {id}"))).await
    }
}
