//! Volumes of the node that answers (a swarm has none of its own).
use super::call::{Call, segment};
use super::{Engine, EngineError, Filters};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Its driver.
    #[serde(default)]
    pub driver: String,
    /// Labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
    /// When it was created.
    #[serde(default)]
    pub created_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    volumes: Option<Vec<Volume>>,
}

impl Engine {
    /// Volumes that match.
    pub async fn volumes(&self, filters: &Filters) -> Result<Vec<Volume>, EngineError> {
        let listed: Listed = self.json(Call::get("/volumes", "the list of volumes").filters(filters)).await?;
        Ok(listed.volumes.unwrap_or_default())
    }

    /// Removes a volume with all its data.
    pub async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        self.nothing(Call::delete(format!("/volumes/{}", segment(name)?), format!("volume {name}"))).await
    }
}
