//! One look at a stack.
use crate::stack::live::{Node, Service, Task};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// A service as listed, with the digest of its spec. The watch compares digests and never computes one, so whoever
/// takes the snapshots decides what counts as the same spec (and may keep digests by id and version index).
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The service.
    pub service: Service,
    /// Digest of its present spec, by the same function as [`super::Expectation::digest`].
    pub digest: String,
}

/// One look at a whole stack: the answers of a few list calls.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// When it was taken: time since the start of the watch, on a clock that never goes back.
    pub at: Duration,
    /// How long the answers took: what they say was so at some time within that before `at`.
    pub span: Duration,
    /// The services of the stack.
    pub services: Vec<Sighting>,
    /// The tasks of the stack.
    pub tasks: Vec<Task>,
    /// Ids of the tasks made from their service's present spec (docker: filter `_up-to-date`). `None`: not asked;
    /// then a task's spec is compared with the service's task template.
    pub up_to_date: Option<BTreeSet<String>>,
    /// The nodes, where they were asked for in this look.
    pub nodes: Option<Vec<Node>>,
    /// The manager's clock at this look (the `Date` of an answer), where known.
    pub server_time: Option<Timestamp>,
}
