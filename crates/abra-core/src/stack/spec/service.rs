//! A service as it is created or updated.
use super::{TaskTemplate, is_zero};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The body of `POST /services/create` and `POST /services/{id}/update`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceSpec {
    /// The full name, `<stack>_<service>`.
    pub name: String,
    /// Labels of the service (`deploy.labels` and the stack's own).
    pub labels: BTreeMap<String, String>,
    /// What each task is.
    pub task_template: TaskTemplate,
    /// How many tasks, and of which kind.
    pub mode: Mode,
    /// How an update is rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_config: Option<UpdateConfig>,
    /// How a rollback is rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_config: Option<UpdateConfig>,
    /// How the service is reached.
    pub endpoint_spec: EndpointSpec,
}

/// Kind and number of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Mode {
    /// A number of tasks, kept running.
    #[serde(rename_all = "PascalCase")]
    Replicated {
        /// The number; the engine takes 1 where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        replicas: Option<u64>,
    },
    /// One task per node.
    Global {},
    /// A number of tasks that run to their end.
    #[serde(rename_all = "PascalCase")]
    ReplicatedJob {
        /// Tasks at a time.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_concurrent: Option<u64>,
        /// Tasks in all.
        #[serde(skip_serializing_if = "Option::is_none")]
        total_completions: Option<u64>,
    },
    /// One task per node that runs to its end.
    GlobalJob {},
}

impl Default for Mode {
    fn default() -> Self {
        Self::Replicated { replicas: None }
    }
}

/// A rolling update or rollback. Times are nanoseconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateConfig {
    /// Tasks at a time; 0 is all.
    pub parallelism: u64,
    /// Pause between batches.
    #[serde(skip_serializing_if = "is_zero")]
    pub delay: i64,
    /// `pause`, `continue`, `rollback`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_action: String,
    /// How long a new task is watched for failure.
    #[serde(skip_serializing_if = "is_zero")]
    pub monitor: i64,
    /// The share of failures that is tolerated.
    pub max_failure_ratio: Ratio,
    /// `start-first`, `stop-first`, or empty for the engine's default.
    pub order: String,
}

/// A 32-bit float that is written with as few digits as tell it apart, as the API does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ratio(pub f32);

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Through text, as a plain widening would show the digits that 32 bits can't hold (0.3 → 0.30000001192…).
        let text = self.0.to_string();
        match text.parse::<i64>() {
            Ok(whole) => serializer.serialize_i64(whole),
            Err(_) => serializer.serialize_f64(text.parse().unwrap_or_default()),
        }
    }
}

/// How a service is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointSpec {
    /// `vip`, `dnsrr`, or empty for the engine's default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
    /// Published ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortConfig>,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PortConfig {
    /// `tcp`, `udp`, `sctp`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// Port in the container.
    #[serde(skip_serializing_if = "is_zero")]
    pub target_port: u32,
    /// Port outside; 0 lets the engine choose.
    #[serde(skip_serializing_if = "is_zero")]
    pub published_port: u32,
    /// `ingress` or `host`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub publish_mode: String,
}
