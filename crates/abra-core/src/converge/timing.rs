//! Times out of a service's spec, with the engine's defaults filled in, and the deadline they add up to.
use super::expectation::{Change, Expectation};
use super::settings::Settings;
use serde_json::Value;
use std::time::Duration;

/// What the swarm does when an update fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureAction {
    /// Stops half-way (docker: the default).
    Pause,
    /// Goes on as if nothing were wrong.
    Continue,
    /// Goes back to the spec before.
    Rollback,
}

/// Which of the two tasks of a slot comes first in an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The old one is stopped first (docker: the default).
    StopFirst,
    /// The new one is started first.
    StartFirst,
}

/// How an update or a rollback goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// Slots at a time; 0: all at once (docker: 1 where nothing is said at all).
    pub parallelism: u64,
    /// Pause between two batches.
    pub delay: Duration,
    /// How long a new task is watched by the swarm; `None`: not said, so docker's 5 s.
    pub monitor: Option<Duration>,
    /// What comes first.
    pub order: Order,
    /// What happens on failure.
    pub failure_action: FailureAction,
}

/// Docker's monitor time where the spec gives none.
pub(super) const MONITOR: Duration = Duration::from_secs(5);

impl Rollout {
    pub(super) fn of(config: &Value) -> Rollout {
        let said = config.is_object();
        Rollout {
            parallelism: if said { config["Parallelism"].as_u64().unwrap_or(0) } else { 1 },
            delay: nanos(&config["Delay"]).unwrap_or_default(),
            monitor: nanos(&config["Monitor"]),
            order: match config["Order"].as_str() {
                Some("start-first") => Order::StartFirst,
                _ => Order::StopFirst,
            },
            failure_action: match config["FailureAction"].as_str() {
                Some("rollback") => FailureAction::Rollback,
                Some("continue") => FailureAction::Continue,
                _ => FailureAction::Pause,
            },
        }
    }

    /// Time for all slots, batch after batch: each stops (docker takes up to 5 s before and around it), starts, is
    /// monitored.
    pub(super) fn span(&self, slots: u64, stop_grace: Duration) -> Duration {
        let batches = match self.parallelism {
            0 => 1,
            n => slots.div_ceil(n).max(1),
        };
        let monitor = self.monitor.unwrap_or(MONITOR);
        let one = [stop_grace, self.delay, monitor]
            .iter()
            .fold(Duration::from_secs(5), |t, d| t.saturating_add(*d));
        one.saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX))
    }
}

/// A health check's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Between two probes, and before the first (docker: 30 s).
    pub interval: Duration,
    /// For one probe (docker: 30 s).
    pub timeout: Duration,
    /// Failures in a row that make it unhealthy (docker: 3).
    pub retries: u64,
    /// Time in which failures don't count.
    pub start_period: Duration,
}

impl Health {
    pub(super) fn of(check: &Value) -> Option<Health> {
        if !check.is_object() || check["Test"][0].as_str() == Some("NONE") {
            return None;
        }
        let standard = Health::standard();
        Some(Health {
            interval: nanos(&check["Interval"]).unwrap_or(standard.interval),
            timeout: nanos(&check["Timeout"]).unwrap_or(standard.timeout),
            retries: check["Retries"].as_u64().filter(|n| *n > 0).unwrap_or(standard.retries),
            start_period: nanos(&check["StartPeriod"]).unwrap_or_default(),
        })
    }

    /// Docker's own figures.
    pub(super) fn standard() -> Health {
        let half_minute = Duration::from_secs(30);
        Health { interval: half_minute, timeout: half_minute, retries: 3, start_period: Duration::ZERO }
    }

    /// How long the engine may take to call a task unhealthy: until then it may still turn healthy.
    pub(super) fn span(&self) -> Duration {
        let rounds = u32::try_from(self.retries).unwrap_or(u32::MAX);
        let probes = self.interval.saturating_add(self.timeout).saturating_mul(rounds);
        self.start_period.saturating_add(probes)
    }
}

/// When and how often ended tasks are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// Before a replacement starts (docker: 5 s).
    pub delay: Duration,
    /// Replacements at most; `None`: no limit.
    pub attempts: Option<u64>,
}

impl Restart {
    pub(super) fn of(policy: &Value) -> Restart {
        let delay = policy["Delay"].as_u64().map(Duration::from_nanos);
        Restart {
            delay: delay.unwrap_or(Duration::from_secs(5)),
            attempts: policy["MaxAttempts"].as_u64().filter(|n| *n > 0),
        }
    }
}

/// Times in the API are nanoseconds; zero, absent and negative mean "not said".
pub(super) fn nanos(value: &Value) -> Option<Duration> {
    value.as_u64().filter(|n| *n > 0).map(Duration::from_nanos)
}

/// For pulling images, before anything else is added.
const PULLS: Duration = Duration::from_secs(60);
/// No deadline is longer, whatever the spec says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long a service may take, counted from the start of the watch.
///
/// It is the sum of: 60 s for pulls; what its health check may take before the engine calls it unhealthy; the update,
/// batch after batch (a new service starts all at once: one batch); the restart delay for as many failures as are
/// allowed; the stability window. The recipe's `TIMEOUT` can make that longer, never shorter: a value that is too small
/// would fail what only starts slowly. An operator's own deadline replaces all of it, in both directions.
///
/// `image_health`: a task without a health check in its spec was seen to stay `starting`, so its image brings one, with
/// times that we can't see; docker's standard ones are added.
pub(super) fn deadline(want: &Expectation, settings: &Settings, image_health: bool) -> Duration {
    if let Some(deadline) = settings.deadline {
        return deadline;
    }
    let slots = match want.change {
        Change::Updated => want.mode.wanted().unwrap_or(settings.nodes.max(1)),
        Change::Created | Change::Unchanged => 1,
    };
    let health = match want.health {
        Some(health) => health.span(),
        None if image_health => Health::standard().span(),
        None => Duration::ZERO,
    };
    let restarts = want.restart.delay.saturating_mul(u32::try_from(settings.failures).unwrap_or(u32::MAX));
    let derived = [health, want.update.span(slots, want.stop_grace), restarts, window(want, settings)]
        .iter()
        .fold(PULLS, |sum, part| sum.saturating_add(*part));
    derived.max(settings.recipe_timeout.unwrap_or_default()).min(LONGEST)
}

/// How long the same tasks must run: the operator's window, or the update's monitor time if that is longer. Docker's
/// unsaid monitor time counts where an update was sent.
pub(super) fn window(want: &Expectation, settings: &Settings) -> Duration {
    let unsaid = if want.change == Change::Updated { MONITOR } else { Duration::ZERO };
    settings.stable.max(want.update.monitor.unwrap_or(unsaid))
}
