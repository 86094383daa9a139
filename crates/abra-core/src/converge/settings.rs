//! How patient a watch is.
use std::time::Duration;

/// How patient a watch is. [`Settings::default`] is what operators get without flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Stability window: how long the same tasks must run (5 s). An update's monitor time can make it longer.
    pub stable: Duration,
    /// Failures in one slot that make a crash loop (3); more than this many in a whole service do, too. 1 is strict.
    pub failures: usize,
    /// How long a task may lack a node before it counts as unplaceable (10 s).
    pub place_grace: Duration,
    /// How long an ended task may lack a successor before its slot counts as dead (1.5 s).
    pub dead_slot: Duration,
    /// How long a global service may have no task before there is nothing to run (3 s).
    pub no_node: Duration,
    /// How long the others are watched on after the first service went wrong (60 s); zero: not at all.
    pub settle: Duration,
    /// Seconds of the recipe's `TIMEOUT` label: makes deadlines longer, never shorter.
    pub recipe_timeout: Option<Duration>,
    /// The operator's own deadline: replaces the derived ones, in both directions.
    pub deadline: Option<Duration>,
    /// Nodes in the swarm, for the deadline of global services (1 where not known).
    pub nodes: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            stable: Duration::from_secs(5),
            failures: 3,
            place_grace: Duration::from_secs(10),
            dead_slot: Duration::from_millis(1500),
            no_node: Duration::from_secs(3),
            settle: Duration::from_secs(60),
            recipe_timeout: None,
            deadline: None,
            nodes: 1,
        }
    }
}
