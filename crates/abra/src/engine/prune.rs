//! Freeing what nothing uses any more, and what it takes up.
use super::call::Call;
use super::{ApiVersion, Engine, EngineError, Filters};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Images and containers are gigabytes; removing and measuring them takes its time.
const LIMIT: Duration = Duration::from_secs(300);
/// docker: from then on it can be asked what volumes alone take up.
const TYPED_USAGE: ApiVersion = ApiVersion::v1(42);

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// How many.
    pub count: usize,
    /// Bytes that are free now.
    pub bytes: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    #[serde(default, alias = "ContainersDeleted", alias = "ImagesDeleted")]
    deleted: Option<Vec<Value>>,
    #[serde(default)]
    space_reclaimed: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Usage {
    volumes: Option<Vec<UsedVolume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UsedVolume {
    name: String,
    usage_data: Option<UsageData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UsageData {
    size: i64,
}

impl Engine {
    /// Removes stopped containers that match.
    ///
    /// # Errors
    /// The engine can't be asked, or refuses.
    pub async fn prune_containers(&self, filters: &Filters) -> Result<Pruned, EngineError> {
        self.pruned("/containers/prune", "stopped containers", filters).await
    }

    /// Removes images that no container uses: those without a name, or all.
    ///
    /// # Errors
    /// The engine can't be asked, or refuses.
    pub async fn prune_images(&self, all: bool) -> Result<Pruned, EngineError> {
        let dangling = Filters::none().and("dangling", if all { "false" } else { "true" });
        self.pruned("/images/prune", "unused images", &dangling).await
    }

    /// Bytes that volumes take up, by name. The engine counts file by file, so this may take long.
    ///
    /// # Errors
    /// The engine can't be asked.
    pub async fn volume_sizes(&self) -> Result<BTreeMap<String, u64>, EngineError> {
        let mut call = Call::get("/system/df", "the space that volumes take up");
        if self.version() >= TYPED_USAGE {
            call = call.query("type", "volume");
        }
        call.limit = Some(LIMIT);
        let usage: Usage = self.json(call).await?;
        let sized = |volume: UsedVolume| {
            let size = volume.usage_data.and_then(|usage| u64::try_from(usage.size).ok());
            size.map(|size| (volume.name, size))
        };
        Ok(usage.volumes.unwrap_or_default().into_iter().filter_map(sized).collect())
    }

    async fn pruned(&self, path: &str, what: &str, filters: &Filters) -> Result<Pruned, EngineError> {
        let mut call = Call::post(path, what, &Value::Null).filters(filters);
        call.limit = Some(LIMIT);
        let report: Report = self.json(call).await?;
        Ok(Pruned { count: report.deleted.unwrap_or_default().len(), bytes: report.space_reclaimed })
    }
}
