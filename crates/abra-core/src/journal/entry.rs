//! One operation: what was meant, and what came of it. Fields and words of newer clients are kept and shown as they are.
use super::{FORMAT, JOURNAL};
use crate::head::{KIND_LABEL, STACK_LABEL, stack_hash};
use crate::stack::labels;
use crate::stack::live::Service;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

const SEQ_LABEL: &str = "abra.sync.seq";
const NONCE_LABEL: &str = "abra.sync.nonce";
const OUTCOME_LABEL: &str = "abra.sync.outcome";
const END_LABEL: &str = "abra.sync.end";
const REASON_LABEL: &str = "abra.sync.reason";
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
    /// Nobody knows how it ended, and somebody recorded what runs.
    pub const ADOPTED: &str = "adopted";
    /// The intent was written down, and then nothing was changed.
    pub const NOT_BEGUN: &str = "not-begun";

    /// Whether it leaves open how the operation ended, so that somebody's later verdict may take its place. Words that
    /// are not known here are left alone.
    pub fn is_provisional(word: &str) -> bool {
        [UNDECIDED, UNWATCHED, INTERRUPTED, ABANDONED].contains(&word)
    }
}

/// What an operation was to do, written down before its first change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
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
    /// Fields that are not known here, or have another shape than here.
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
}

/// An entry as it stands on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logged {
    /// What was meant.
    pub entry: Entry,
    /// What came of it; `None`: not known, or not yet.
    pub outcome: Option<Outcome>,
    /// Whether the outcome does not stand in the entry, but follows from the head record.
    pub inferred: bool,
    /// Whether the content is no entry, so that only the labels say something.
    pub unreadable: bool,
    /// When it was last written, in the swarm's count of writes (the version index of its object): of two objects the one
    /// written later has the higher one. 0: not known.
    pub written: u64,
    /// Labels that are not known here, or have another shape than here.
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

    /// Reads content, each field for itself: what a newer client writes in another way costs that field only, and is
    /// kept in `rest`.
    fn read(content: &[u8]) -> Option<Self> {
        let mut rest: BTreeMap<String, Value> = serde_json::from_slice(content).ok()?;
        Some(Self {
            format: field(&mut rest, "format"),
            seq: field(&mut rest, "seq"),
            stack: field(&mut rest, "stack"),
            operator: field(&mut rest, "operator"),
            host: field(&mut rest, "host"),
            start: field(&mut rest, "start"),
            command: field(&mut rest, "command"),
            from: field(&mut rest, "from"),
            to: field(&mut rest, "to"),
            commit: field(&mut rest, "commit"),
            env: field(&mut rest, "env"),
            plan: field(&mut rest, "plan"),
            changes: field(&mut rest, "changes"),
            nonce: field(&mut rest, "nonce"),
            rest,
        })
    }
}

fn field<T: DeserializeOwned + Default>(rest: &mut BTreeMap<String, Value>, key: &str) -> T {
    let read = rest.get(key).and_then(|value| serde_json::from_value(value.clone()).ok());
    if read.is_some() {
        rest.remove(key);
    }
    read.unwrap_or_default()
}

impl Logged {
    /// Reads an object: its labels and its content in base64. The labels name what the content does not say.
    pub fn read(labels: &BTreeMap<String, String>, data: Option<&str>) -> Self {
        let mut rest = labels.clone();
        let mut take = |key: &str| rest.remove(key).unwrap_or_default();
        let (_kind, stack, seq, nonce) =
            (take(KIND_LABEL), take(STACK_LABEL), take(SEQ_LABEL), take(NONCE_LABEL));
        let (word, end, reason) = (take(OUTCOME_LABEL), take(END_LABEL), take(REASON_LABEL));
        let content = data.and_then(|data| STANDARD.decode(data).ok());
        let read = content.and_then(|content| Entry::read(&content));
        let unreadable = read.is_none();
        let mut entry = read.unwrap_or_default();
        if entry.stack.is_empty() {
            entry.stack = stack;
        }
        if entry.seq == 0 {
            entry.seq = seq.parse().unwrap_or_default();
        }
        if entry.nonce.is_empty() {
            entry.nonce = nonce;
        }
        let outcome = (!word.is_empty()).then_some(Outcome { word, end, reason });
        Self { entry, outcome, inferred: false, unreadable, written: 0, rest }
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
        }
        labels
    }

    /// What stands for it once somebody has a verdict of `by` on what it brought; `None` where it has ended already.
    pub fn finished(&self, verdict: &Outcome, by: &str) -> Option<Outcome> {
        let deed = if verdict.word == word::ADOPTED { "adopted" } else { "verdict" };
        let mut reasons = vec![verdict.reason.clone(), format!("{deed} by {by}")];
        match &self.outcome {
            Some(before) if word::is_provisional(&before.word) => reasons.insert(0, before.reason.clone()),
            Some(_) => return None,
            None => {}
        }
        reasons.retain(|reason| !reason.is_empty());
        Some(Outcome { reason: reasons.join("; "), ..verdict.clone() })
    }

    /// Whether everything that it meant to change carries its mark, so that it was sent as a whole.
    pub fn is_sent(&self, services: &[Service]) -> bool {
        let (stack, entry) = (&self.entry.stack, &self.entry);
        let plan = labels::key(stack, labels::PLAN);
        let has_mark = |short: &String| {
            let name = format!("{stack}_{short}");
            services.iter().any(|service| service.name() == name && service.label(&plan) == Some(&entry.plan))
        };
        !entry.plan.is_empty() && entry.changes.iter().all(has_mark)
    }

    /// The word for what came of it; none while that is not known.
    pub fn word(&self) -> Option<&str> {
        self.outcome.as_ref().map(|outcome| outcome.word.as_str())
    }
}
