//! Freeing what nothing uses any more.
use super::call::Call;
use super::{Engine, EngineError, Filters};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pruned {
    #[serde(default)]
    space_reclaimed: u64,
}

impl Engine {
    /// Removes stopped containers that match; gives back the bytes that are free now.
    pub async fn prune_containers(&self, filters: &Filters) -> Result<u64, EngineError> {
        let call =
            Call::post("/containers/prune", "stopped containers", &serde_json::Value::Null).filters(filters);
        self.json::<Pruned>(call).await.map(|pruned| pruned.space_reclaimed)
    }

    /// Removes images without a name that no container uses; gives back the bytes that are free now.
    pub async fn prune_images(&self) -> Result<u64, EngineError> {
        let dangling = Filters::none().and("dangling", "true");
        let call =
            Call::post("/images/prune", "dangling images", &serde_json::Value::Null).filters(&dangling);
        self.json::<Pruned>(call).await.map(|pruned| pruned.space_reclaimed)
    }
}
