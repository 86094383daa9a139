//! The record as labels and as a value. Labels of newer clients are kept as they are.
use super::{FORMAT, HEAD, KIND_LABEL, STACK_LABEL, stack_hash};
use jiff::Timestamp;
use std::collections::BTreeMap;

const PREFIX: &str = "abra.sync.";
/// The lease of a holder whose own can't be read, in seconds.
const USUAL_LEASE: u64 = 60;

/// Whether somebody holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody.
    Idle,
    /// Its owner.
    Busy,
    /// A word of a newer client: not to be taken, not even after its lease.
    Other(String),
}

/// The head record of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRecord {
    /// The stack.
    pub stack: String,
    /// Its format. A newer one is read as far as it is understood and kept.
    pub format: u32,
    /// Whether somebody holds it.
    pub state: State,
    /// The number of the last operation that was begun; 0 before the first one.
    pub seq: u64,
    /// Whether operation [`seq`](Self::seq) is the holder's own and has not ended.
    pub open: bool,
    /// Who holds it, by the operator's own word; while idle: who held it last.
    pub owner: String,
    /// The workstation of the owner.
    pub host: String,
    /// Tells this holding from every other; empty while idle.
    pub nonce: String,
    /// Since when it is held, or was held last (the server's clock).
    pub since: Option<Timestamp>,
    /// How long it is held without a renewal, in seconds.
    pub lease: u64,
    /// What the holder does: `deploy 1.0.0+2`.
    pub doing: String,
    /// How far the holder is: `applying`, `watching` …
    pub stage: String,
    /// The id of the plan that is, or was last, carried out.
    pub plan: String,
    /// The version that the last operation brought, or is to bring.
    pub version: String,
    /// What the last operation came to, in the journal's word; empty while one is open.
    pub verdict: String,
    /// Labels that are not known here.
    pub rest: BTreeMap<String, String>,
}

/// What somebody who wants to hold it says of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub owner: String,
    /// Where.
    pub host: String,
    /// A random text.
    pub nonce: String,
    /// Now, by the server's clock.
    pub now: Option<Timestamp>,
    /// How long without a renewal, in seconds.
    pub lease: u64,
    /// What for.
    pub doing: String,
    /// The id of the plan.
    pub plan: String,
    /// The version that it is to bring.
    pub version: String,
}

/// The name of a stack's head record.
pub fn name_of(stack: &str) -> String {
    format!("abra-head-{}", stack_hash(stack))
}

impl HeadRecord {
    /// As it is before the first operation.
    pub fn new(stack: &str) -> Self {
        Self {
            stack: stack.to_owned(),
            format: FORMAT,
            state: State::Idle,
            seq: 0,
            open: false,
            owner: String::new(),
            host: String::new(),
            nonce: String::new(),
            since: None,
            lease: USUAL_LEASE,
            doing: String::new(),
            stage: String::new(),
            plan: String::new(),
            version: String::new(),
            verdict: String::new(),
            rest: BTreeMap::new(),
        }
    }

    /// Reads labels. What is missing or can't be read is taken in the way that lets nobody in by mistake.
    pub fn read(labels: &BTreeMap<String, String>) -> Self {
        let mut rest = labels.clone();
        let mut take = |key: &str| rest.remove(&format!("{PREFIX}{key}")).unwrap_or_default();
        let _kind = take("kind");
        let (word, number) = (take("state"), take("seq"));
        let seq = if number.is_empty() { Some(0) } else { number.parse().ok() };
        let state = match (word.as_str(), seq) {
            // Numbers that go back would be given twice.
            (_, None) => State::Other(format!("{word} (its number can't be read: {number})")),
            ("idle", _) => State::Idle,
            ("busy", _) => State::Busy,
            (other, _) => State::Other(other.to_owned()),
        };
        Self {
            stack: take("stack"),
            format: take("format").parse().unwrap_or(FORMAT),
            state,
            seq: seq.unwrap_or_default(),
            open: take("open") == "true",
            owner: take("owner"),
            host: take("host"),
            nonce: take("nonce"),
            since: take("since").parse().ok(),
            lease: take("lease").parse().unwrap_or(USUAL_LEASE),
            doing: take("doing"),
            stage: take("stage"),
            plan: take("plan"),
            version: take("version"),
            verdict: take("verdict"),
            rest,
        }
    }

    /// The labels for it.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let state = match &self.state {
            State::Idle => "idle",
            State::Busy => "busy",
            State::Other(word) => word,
        };
        let since = self.since.map_or_else(String::new, |since| since.to_string());
        let own = [
            ("state", state.to_owned()),
            ("format", self.format.to_string()),
            ("seq", self.seq.to_string()),
            ("open", self.open.to_string()),
            ("owner", self.owner.clone()),
            ("host", self.host.clone()),
            ("nonce", self.nonce.clone()),
            ("since", since),
            ("lease", self.lease.to_string()),
            ("doing", self.doing.clone()),
            ("stage", self.stage.clone()),
            ("plan", self.plan.clone()),
            ("version", self.version.clone()),
            ("verdict", self.verdict.clone()),
        ];
        let mut labels = self.rest.clone();
        labels.extend(own.map(|(key, value)| (format!("{PREFIX}{key}"), value)));
        labels.insert(KIND_LABEL.to_owned(), HEAD.to_owned());
        labels.insert(STACK_LABEL.to_owned(), self.stack.clone());
        labels
    }

    /// Whether this holding is the one with that nonce.
    pub fn is_held_with(&self, nonce: &str) -> bool {
        self.state == State::Busy && !nonce.is_empty() && self.nonce == nonce
    }
}
