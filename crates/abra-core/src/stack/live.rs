//! What an engine says about a stack. Only what abra decides on is typed; the specs stay whole as JSON, so nothing is
//! lost by reading them.
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;

/// A version index of a swarm object: what an update must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct Version {
    /// Rises with every write, by people and by the swarm itself.
    #[serde(default)]
    pub index: u64,
}

/// A service as listed by the engine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its version.
    #[serde(default)]
    pub version: Version,
    /// When it was created (RFC 3339, the manager's clock).
    #[serde(default)]
    pub created_at: String,
    /// When it was last changed.
    #[serde(default)]
    pub updated_at: String,
    /// The spec, whole.
    pub spec: Value,
    /// That there is a spec before the last update. What it says matters to nobody, and is as much as the spec itself.
    #[serde(default)]
    pub previous_spec: Option<IgnoredAny>,
    /// State of the last update, absent after a create.
    #[serde(default)]
    pub update_status: Option<UpdateStatus>,
    /// Iteration of a job.
    #[serde(default)]
    pub job_status: Option<JobStatus>,
}

impl Service {
    /// The full name, `<stack>_<service>`.
    pub fn name(&self) -> &str {
        self.spec.get("Name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether its containers have a terminal.
    pub fn has_terminal(&self) -> bool {
        self.spec["TaskTemplate"]["ContainerSpec"]["TTY"].as_bool().unwrap_or_default()
    }

    /// A label of the service.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.spec.get("Labels")?.get(key)?.as_str()
    }
}

/// State of a rolling update. The state is text: engines may know more of them than we do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateStatus {
    /// `updating`, `paused`, `completed`, `rollback_started`, `rollback_paused`, `rollback_completed`.
    #[serde(default)]
    pub state: String,
    /// The engine's words.
    #[serde(default)]
    pub message: String,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(default)]
    pub completed_at: Option<String>,
}

/// Iteration of a job service; the first one has no index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct JobStatus {
    /// The present iteration.
    #[serde(default)]
    pub job_iteration: Version,
    /// When it began.
    #[serde(default)]
    pub last_execution: Option<String>,
}

/// A task as listed by the engine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Task {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// The service it belongs to.
    #[serde(rename = "ServiceID", default)]
    pub service_id: String,
    /// The node it runs on, empty while unplaced.
    #[serde(rename = "NodeID", default)]
    pub node_id: String,
    /// The slot of a replicated service; 0 for global ones (and the first task of a job).
    #[serde(default)]
    pub slot: u64,
    /// When the manager made it.
    #[serde(default)]
    pub created_at: String,
    /// When the manager last wrote it down, which is not before it came into its state (the manager's clock).
    #[serde(default)]
    pub updated_at: String,
    /// What the swarm wants of it: `running`, `ready`, `shutdown`, `remove`, `complete`…
    #[serde(default)]
    pub desired_state: String,
    /// How it is.
    #[serde(default)]
    pub status: TaskStatus,
    /// The task's part of the spec, whole.
    #[serde(default)]
    pub spec: Value,
    /// The iteration of its job.
    #[serde(default)]
    pub job_iteration: Option<Version>,
}

/// State of a task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct TaskStatus {
    /// When it came into this state (the node's clock).
    #[serde(default)]
    pub timestamp: String,
    /// `new`, `pending`, `assigned`, `accepted`, `preparing`, `starting`, `running`, `complete`, `failed`, `shutdown`,
    /// `rejected`, `orphaned`, `remove`.
    #[serde(default)]
    pub state: String,
    /// The engine's words.
    #[serde(default)]
    pub message: String,
    /// Why it failed or waits.
    #[serde(default)]
    pub err: String,
    /// The container's exit.
    #[serde(default)]
    pub container_status: Option<ContainerStatus>,
}

/// The container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerStatus {
    /// Its id.
    #[serde(rename = "ContainerID", default)]
    pub container_id: String,
    /// Its exit code, 0 while it runs.
    #[serde(default)]
    pub exit_code: i64,
}

/// A network as listed by the engine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `swarm`, `local` or `global`.
    #[serde(default)]
    pub scope: String,
    /// Its driver.
    #[serde(default)]
    pub driver: String,
    /// Labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
    /// All other fields.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// A secret or config as listed by the engine. A secret's data is never given back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FileObject {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its version.
    #[serde(default)]
    pub version: Version,
    /// When it was created.
    #[serde(default)]
    pub created_at: String,
    /// When it was last changed.
    #[serde(default)]
    pub updated_at: String,
    /// Name, labels and (configs) data.
    pub spec: FileSpec,
}

/// Name, labels and content of a secret or config.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FileSpec {
    /// Its name.
    pub name: String,
    /// Labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
    /// Content in base64 (configs only).
    #[serde(default)]
    pub data: Option<String>,
    /// All other fields.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// A node as listed by the engine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Node {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Role and availability.
    #[serde(default)]
    pub spec: NodeSpec,
    /// Whether it is ready.
    #[serde(default)]
    pub status: NodeStatus,
    /// Host name and platform.
    #[serde(default)]
    pub description: Value,
}

/// What an operator asked of a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct NodeSpec {
    /// `active`, `pause`, `drain`.
    #[serde(default)]
    pub availability: String,
    /// `manager`, `worker`.
    #[serde(default)]
    pub role: String,
}

/// Whether a node can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct NodeStatus {
    /// `ready`, `down`, `unknown`, `disconnected`.
    #[serde(default)]
    pub state: String,
}

impl Node {
    /// Its host name; its id where it has none.
    pub fn host_name(&self) -> &str {
        self.description.get("Hostname").and_then(Value::as_str).unwrap_or(&self.id)
    }
}

impl Task {
    /// Whether it has ended, whichever way.
    pub fn has_ended(&self) -> bool {
        matches!(
            self.status.state.as_str(),
            "complete" | "failed" | "shutdown" | "rejected" | "orphaned" | "remove"
        )
    }

    /// Whether the swarm wants it to run, now or soon.
    pub fn is_wanted(&self) -> bool {
        !matches!(
            self.desired_state.as_str(),
            "complete" | "shutdown" | "failed" | "rejected" | "remove" | "orphaned"
        )
    }

    /// Whether it runs and is meant to.
    pub fn is_good(&self) -> bool {
        self.status.state == "running" && self.desired_state == "running"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::digest::of_service;
    use crate::stack::normal::Names;
    use serde_json::json;
    use std::collections::BTreeSet;

    /// A service as a later engine may answer it: fields that nobody knows at every depth, of every type.
    fn of_the_future() -> Value {
        json!({
            "ID": "x", "Version": {"Index": 7, "Epoch": 2}, "CreatedAt": "2040-01-01T00:00:00Z", "Mood": ["calm"],
            "Spec": {
                "Name": "st_w", "Labels": {"a": ""}, "Affinity": {"Near": [{"What": "db", "Weight": 0.25}]},
                "TaskTemplate": {
                    "ContainerSpec": {
                        "Image": "a:1",
                        "Healthcheck": {"Test": ["CMD", "true"], "StartInterval": 5, "Jitter": 9_223_372_036_854_775_808_u64},
                        "Mounts": [{"Type": "moon", "Target": "/m", "MoonOptions": {"Phase": "full"}}],
                        "Privileges": {"Seccomp": {"Mode": "custom", "Profile": "e30="}}
                    },
                    "Resources": {"Limits": {"Devices": [{"Kind": "npu", "Count": -1}]}},
                    "LogDriver": {"Name": "none", "Cache": true}
                },
                "Mode": {"Elastic": {"Least": 1, "Most": 5}},
                "EndpointSpec": {"Ports": [{"TargetPort": 80, "Families": ["v6"]}]}
            },
            "PreviousSpec": {"Name": "st_w", "Affinity": {}}
        })
    }

    /// Every value in a spec that is not itself an object or list, as a pointer.
    fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, field)| leaves(&format!("{path}/{key}"), field, found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| leaves(&format!("{path}/{at}"), item, found));
            }
            _ => found.push(path.to_owned()),
        }
    }

    #[test]
    fn a_spec_of_a_later_engine_is_read_whole() {
        let answer = of_the_future();
        let service: Service = serde_json::from_str(&answer.to_string()).unwrap();
        assert_eq!((&service.spec, service.previous_spec.is_some()), (&answer["Spec"], true));
        let file = json!({"ID": "c", "Spec": {"Name": "c", "Data": "eA==", "Rotation": {"Days": 3}}});
        let file: FileObject = serde_json::from_value(file).unwrap();
        assert_eq!(file.spec.rest["Rotation"], json!({"Days": 3}));
        let network: Network =
            serde_json::from_value(json!({"Id": "n", "Name": "n", "EnableIPv9": true})).unwrap();
        assert_eq!(network.rest["EnableIPv9"], json!(true));
    }

    #[test]
    fn each_value_of_a_spec_counts_in_its_digest_whether_it_is_known_or_not() {
        let spec = of_the_future()["Spec"].clone();
        let digest = |spec: &Value| of_service(spec, &Names::default(), &BTreeSet::new());
        let mut found = Vec::new();
        leaves("", &spec, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for place in found {
            let mut other = spec.clone();
            let value = other.pointer_mut(&place).unwrap();
            *value = match &*value {
                Value::String(text) => json!(format!("{text}x")),
                Value::Number(number) => json!(number.as_f64().unwrap_or_default() / 2.0 + 1.0),
                flag => json!(flag != &json!(true)),
            };
            assert_ne!(digest(&other), digest(&spec), "{place}");
        }
    }
}
