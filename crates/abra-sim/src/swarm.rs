//! What a swarm keeps.
use crate::clocks::Clocks;
use crate::dice::Dice;
use abra_core::stack::labels;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// When simulated clocks begin, in seconds.
const BEGINNING: i64 = 1_767_225_600;

/// A swarm, all tasks of which run on one node.
#[derive(Debug, Clone)]
pub struct Swarm {
    /// Its managers and their clocks.
    pub clocks: Arc<Clocks>,
    state: Arc<Mutex<State>>,
    begun: Instant,
}

/// What it keeps.
#[derive(Debug)]
pub struct State {
    index: u64,
    made: u64,
    /// Services by id.
    pub services: BTreeMap<String, Service>,
    /// Tasks in the order in which they were made.
    pub tasks: BTreeMap<String, Task>,
    /// Secrets and configs by id; the flag tells configs.
    pub files: BTreeMap<String, File>,
    /// Networks by id.
    pub networks: BTreeMap<String, Value>,
    /// What was written, in order.
    pub log: Vec<Written>,
    /// How long things take.
    pub dice: Dice,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its version.
    pub version: u64,
    /// The spec, whole.
    pub spec: Value,
    /// The one before.
    pub previous: Option<Value>,
    /// `UpdateStatus`.
    pub update: Option<Value>,
    /// Rises with every spec whose tasks differ.
    pub generation: u64,
    /// Rises with every write by people: what was under way before stops.
    pub writes: u64,
    /// When it was created.
    pub created: String,
    /// When it was last changed.
    pub updated: String,
}

/// A task.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its service.
    pub service: String,
    /// Its slot.
    pub slot: u64,
    /// The spec's generation.
    pub generation: u64,
    /// What it was made from.
    pub spec: Value,
    /// `DesiredState`.
    pub desired: &'static str,
    /// `Status.State`.
    pub state: &'static str,
    /// `Status.Err`.
    pub err: &'static str,
    /// The container's exit.
    pub exit: i64,
    /// When it was made.
    pub created: String,
    /// When it came into its state, as its manager noted it.
    pub since: String,
}

/// A secret or config.
#[derive(Debug, Clone)]
pub struct File {
    /// Whether it is a config.
    pub is_config: bool,
    /// Its version.
    pub version: u64,
    /// Name, labels, data.
    pub spec: Value,
    /// When it was created.
    pub created: String,
    /// When it was last changed.
    pub updated: String,
}

/// Something that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// When, since the beginning.
    pub at: Duration,
    /// By whom; `None`: the swarm itself.
    pub by: Option<usize>,
    /// What.
    pub what: What,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A service, by a plan, while the head record named another (or the same).
    Service {
        /// Its name.
        name: String,
        /// The plan's id on it.
        plan: String,
        /// The plan's id on the head record, while that is held.
        holder: Option<String>,
    },
    /// A config with these labels, which was created, or changed.
    Config {
        /// Its name.
        name: String,
        /// Its labels.
        labels: BTreeMap<String, String>,
        /// Its content, in base64.
        data: Option<String>,
    },
    /// Everything that is there is of one version, and runs.
    Runs {
        /// The version.
        version: String,
    },
}

impl Swarm {
    /// An empty one.
    pub fn new(seed: u64, clocks: Clocks) -> Self {
        let state = State {
            index: 10,
            made: 0,
            services: BTreeMap::new(),
            tasks: BTreeMap::new(),
            files: BTreeMap::new(),
            networks: BTreeMap::new(),
            log: Vec::new(),
            dice: Dice::new(seed, 0),
        };
        Self { clocks: Arc::new(clocks), state: Arc::new(Mutex::new(state)), begun: Instant::now() }
    }

    /// Its state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the beginning.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The present, by its leader's clock.
    pub fn now(&self) -> Timestamp {
        self.now_ahead(self.clocks.leader(self.age()))
    }

    /// The present, by a clock that is so far ahead.
    pub fn now_ahead(&self, ahead: SignedDuration) -> Timestamp {
        let age = SignedDuration::try_from(self.age()).unwrap_or(SignedDuration::ZERO);
        Timestamp::from_second(BEGINNING)
            .and_then(|start| start.checked_add(age)?.checked_add(ahead))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Notes that something was written.
    pub fn note(&self, by: Option<usize>, what: What) {
        let at = self.age();
        self.state().log.push(Written { at, by, what });
    }

    /// Notes which version runs, if everything is of one and runs.
    pub fn note_what_runs(&self, stack: &str) {
        let version = self.state().running(stack);
        let Some(version) = version else { return };
        let what = What::Runs { version };
        self.note(None, what);
    }
}

impl State {
    /// The next version.
    pub fn next_index(&mut self) -> u64 {
        self.index += 1;
        self.index
    }

    /// A new id.
    pub fn next_id(&mut self) -> String {
        self.made += 1;
        format!("id{:023}", self.made)
    }

    /// The service of an id or name.
    pub fn service_id(&self, id: &str) -> Option<String> {
        let named = |(_, service): &(&String, &Service)| service.spec["Name"] == id;
        let found = self.services.keys().find(|key| *key == id);
        found.or_else(|| self.services.iter().find(named).map(|(key, _)| key)).cloned()
    }

    /// The secret or config of an id or name. Engines ignore case in names.
    pub fn file_id(&self, is_config: bool, id: &str) -> Option<String> {
        let fits = |(key, file): &(&String, &File)| {
            let name = file.spec["Name"].as_str().unwrap_or_default();
            file.is_config == is_config && (*key == id || name.eq_ignore_ascii_case(id))
        };
        self.files.iter().find(fits).map(|(key, _)| key.clone())
    }

    /// The network of an id or name.
    pub fn network_id(&self, id: &str) -> Option<String> {
        let fits = |(key, network): &(&String, &Value)| *key == id || network["Name"] == id;
        self.networks.iter().find(fits).map(|(key, _)| key.clone())
    }

    /// The version of everything, if it is one and everything runs.
    fn running(&self, stack: &str) -> Option<String> {
        let label = labels::key(stack, "version");
        let mut versions: Vec<&str> =
            self.services.values().filter_map(|service| service.spec["Labels"][&label].as_str()).collect();
        versions.dedup();
        let runs = |(id, service): (&String, &Service)| {
            let mut tasks = self.tasks.values().filter(|task| task.service == *id);
            tasks.any(|task| {
                task.state == "running" && task.desired == "running" && task.generation == service.generation
            })
        };
        let all = self.services.len() == self.services.iter().filter(|pair| runs(*pair)).count();
        (versions.len() == 1 && all).then(|| versions[0].to_owned())
    }

    /// As `GET /services` shows one.
    pub fn shown_service(&self, id: &str) -> Option<Value> {
        let service = self.services.get(id)?;
        let mut shown = json!({
            "ID": id, "Version": { "Index": service.version }, "CreatedAt": service.created,
            "UpdatedAt": service.updated, "Spec": service.spec, "Endpoint": { "Spec": {} },
        });
        if let Some(previous) = &service.previous {
            shown["PreviousSpec"] = previous.clone();
        }
        if let Some(update) = &service.update {
            shown["UpdateStatus"] = update.clone();
        }
        Some(shown)
    }

    /// As `GET /tasks` shows one, whose node's clock is so far ahead of the leader's.
    pub fn shown_task(&self, id: &str, node: SignedDuration) -> Option<Value> {
        let task = self.tasks.get(id)?;
        let noted: Timestamp = task.since.parse().ok()?;
        let since = noted.checked_add(node).unwrap_or(noted).to_string();
        Some(json!({
            "ID": id, "Version": { "Index": 1 }, "CreatedAt": task.created, "UpdatedAt": task.since,
            "ServiceID": task.service, "Slot": task.slot, "NodeID": "node1", "DesiredState": task.desired,
            "Spec": task.spec,
            "Status": {
                "Timestamp": since, "State": task.state, "Message": task.state, "Err": task.err,
                "ContainerStatus": { "ContainerID": format!("c{id}"), "ExitCode": task.exit },
            },
        }))
    }

    /// As `GET /configs` and `GET /secrets` show one.
    pub fn shown_file(&self, id: &str) -> Option<Value> {
        let file = self.files.get(id)?;
        let mut spec = file.spec.clone();
        if !file.is_config
            && let Some(spec) = spec.as_object_mut()
        {
            spec.remove("Data");
        }
        Some(json!({
            "ID": id, "Version": { "Index": file.version }, "CreatedAt": file.created, "UpdatedAt": file.updated,
            "Spec": spec,
        }))
    }
}
