//! One operation: what was meant, and what came of it. Fields and words of newer clients are kept and shown as they are.
use super::{FORMAT, JOURNAL};
use crate::head::{KIND_LABEL, STACK_LABEL, stack_hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const SEQ_LABEL: &str = "abra.sync.seq";
const NONCE_LABEL: &str = "abra.sync.nonce";
const OUTCOME_LABEL: &str = "abra.sync.outcome";
const END_LABEL: &str = "abra.sync.end";
const REASON_LABEL: &str = "abra.sync.reason";
const SERVICES_LABEL: &str = "abra.sync.services";
/// Longest reason that is kept, in characters.
const REASON_LIMIT: usize = 200;

/// Words for what came of an operation. There may be others, of newer clients.
pub mod word {
    /// Everything runs as planned.
    pub const SUCCEEDED: &str = "succeeded";
    /// It did not work.
    pub const FAILED: &str = "failed";
    /// The swarm went back by itself.
    pub const ROLLED_BACK: &str = "rolled-back";
    /// Somebody else's spec was there at the end.
    pub const OVERTAKEN: &str = "overtaken";
    /// The deadline came first.
    pub const UNDECIDED: &str = "undecided";
    /// Everything was sent, and nobody wanted a verdict.
    pub const UNWATCHED: &str = "unwatched";
    /// The operator stopped the watching; the deployment went on.
    pub const INTERRUPTED: &str = "interrupted";
    /// A step could not be taken; those before it were.
    pub const STOPPED: &str = "stopped";
    /// The run was cut off, and somebody noticed.
    pub const ABANDONED: &str = "abandoned";
}

/// What an operation was to do, written down before its first change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The format of the entry.
    pub format: u32,
    /// The number of the operation.
    pub seq: u64,
    /// The stack.
    pub stack: String,
    /// Who, by the operator's own word.
    pub operator: String,
    /// The operator's workstation.
    pub host: String,
    /// When it began (RFC 3339, the server's clock).
    pub start: String,
    /// The command: `deploy`, `upgrade` …
    pub command: String,
    /// The version that ran before; empty where there was none, or several.
    pub from: String,
    /// The version that shall run.
    pub to: String,
    /// The commit of the recipe.
    pub commit: String,
    /// Salted digest of the app's settings: tells whether they are the same, not what they are.
    pub env: String,
    /// The id of the plan, as on the services that it changed.
    pub plan: String,
    /// The services that it changes.
    pub changes: Vec<String>,
    /// Tells this run from every other.
    pub nonce: String,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// What came of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The word for it, see [`word`].
    pub word: String,
    /// When it ended, or was found to be cut off (RFC 3339, the server's clock).
    pub end: String,
    /// Why, in abra's own words: never an engine's or a container's, which might quote a value.
    pub reason: String,
    /// Digests of the services as they were afterwards, by name within the stack.
    pub services: BTreeMap<String, String>,
}

/// An entry as it stands on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logged {
    /// What was meant.
    pub entry: Entry,
    /// What came of it; `None`: not known, or not yet.
    pub outcome: Option<Outcome>,
    /// Labels that are not known here.
    pub rest: BTreeMap<String, String>,
}

/// The name of an entry's object: whoever creates it first has the number.
pub fn name_of(stack: &str, seq: u64) -> String {
    format!("abra-log-{}-{seq:010}", stack_hash(stack))
}

impl Entry {
    /// The body of the request that creates it (docker: `Name`, `Labels`, `Data`).
    pub fn body(&self) -> Value {
        let labels = Logged { entry: self.clone(), ..Logged::default() }.labels();
        let data = serde_json::to_vec(self).unwrap_or_default();
        serde_json::json!({ "Name": name_of(&self.stack, self.seq), "Labels": labels, "Data": STANDARD.encode(data) })
    }

    /// One with the format of this version.
    pub fn new(stack: &str, seq: u64) -> Self {
        Self { format: FORMAT, seq, stack: stack.to_owned(), ..Self::default() }
    }

    /// Whether it brought another version.
    pub fn changes_version(&self) -> bool {
        !self.to.is_empty() && self.from != self.to
    }

    /// When it began.
    pub fn started(&self) -> Option<Timestamp> {
        self.start.parse().ok()
    }
}

impl Logged {
    /// Reads an object: its labels and its content in base64. Content that can't be read leaves what the labels say.
    pub fn read(labels: &BTreeMap<String, String>, data: Option<&str>) -> Self {
        let mut rest = labels.clone();
        let mut take = |key: &str| rest.remove(key).unwrap_or_default();
        let (_kind, stack, seq, nonce) =
            (take(KIND_LABEL), take(STACK_LABEL), take(SEQ_LABEL), take(NONCE_LABEL));
        let (word, end, reason) = (take(OUTCOME_LABEL), take(END_LABEL), take(REASON_LABEL));
        let services = serde_json::from_str(&take(SERVICES_LABEL)).unwrap_or_default();
        let content = data.and_then(|data| STANDARD.decode(data).ok());
        let entry = content.and_then(|content| serde_json::from_slice(&content).ok()).unwrap_or_else(|| {
            Entry { stack, seq: seq.parse().unwrap_or_default(), nonce, ..Entry::default() }
        });
        let outcome = (!word.is_empty()).then_some(Outcome { word, end, reason, services });
        Self { entry, outcome, rest }
    }

    /// The labels for it.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.rest.clone();
        let mut put = |key: &str, value: String| drop(labels.insert(key.to_owned(), value));
        put(KIND_LABEL, JOURNAL.to_owned());
        put(STACK_LABEL, self.entry.stack.clone());
        put(SEQ_LABEL, self.entry.seq.to_string());
        put(NONCE_LABEL, self.entry.nonce.clone());
        if let Some(outcome) = &self.outcome {
            put(OUTCOME_LABEL, outcome.word.clone());
            put(END_LABEL, outcome.end.clone());
            put(REASON_LABEL, outcome.reason.chars().take(REASON_LIMIT).collect());
            put(SERVICES_LABEL, serde_json::to_string(&outcome.services).unwrap_or_default());
        }
        labels
    }

    /// The word for what came of it; none while that is not known.
    pub fn word(&self) -> Option<&str> {
        self.outcome.as_ref().map(|outcome| outcome.word.as_str())
    }
}
