//! Whether a deployment worked: looks at a stack in, verdict out.
//!
//! Here live the rules, their times and their memory. Not here: asking the engine, waiting, computing digests, words for
//! people. The caller takes a look a few times a second and feeds it to [`Watch::step`]; a look that was not possible
//! goes to [`Watch::unreachable`]; [`Watch::verdict`] ends it.
//!
//! # What operators can rely on
//!
//! **Succeeded** means: at one and the same look, every service had exactly the tasks it wants, each made from the spec
//! that was deployed, each running (and healthy, where there is a health check), the same tasks for the whole window;
//! no task of an older spec was still meant to run; no update was in flight; and the spec was the one deployed. It says
//! nothing about later: the window is told with it.
//! - Only time that was looked at counts, here and wherever something must have held for a while: a second at most from
//!   one look to the next, so that an engine that stood still in between proves nothing.
//! - After a failure the window is longer by what the task that failed had been seen to run: the next must outlive it.
//! - A service that was left alone counts at once if its tasks are those from before and have run for the window by the
//!   server's clocks. Otherwise it waits like the others.
//! - No replicas wanted: good as soon as no task is meant to run and the old ones have stopped; a task on a node that
//!   does not answer is waited for only its stop grace and ten seconds.
//! - A global service that no node qualifies for is good with a warning.
//! - A job is good when enough tasks of its present iteration are complete; jobs need no window.
//! - A service that was good and loses a task while others are awaited is not good any more.
//!
//! **Failed** is said as soon as it is certain, and never because of what the swarm calls the update: too many failures,
//! a slot without a successor, no node for ten seconds, an error that trying again can't heal, a job that can't finish,
//! a service that is gone. One word of the swarm's is taken as it is: *paused*. All tasks may run by then, but the swarm
//! has stopped half-way and only a new post makes it go on, so whoever plans a deployment must post a paused service
//! again even if its spec is right.
//! - Failures are counted by remembering tasks: docker forgets them. Tasks that had ended before the deployment don't
//!   count, nor does a task that the swarm only moved. Tasks that die with their engine count in their slot only.
//!
//! **Rolled back** is said once the swarm is through and the old version has shown whether it runs, or its time is over.
//! A rollback by hand looks the same.
//!
//! **Overtaken** means somebody else's spec is there now, even if that update is paused or failing.
//!
//! **Undecided** is said at a deadline, never earlier, and never because an engine does not answer; a time without sight
//! only makes everything prove itself again. A window that has begun is not cut off by a derived deadline.
//!
//! All services are watched at once and each is judged for itself, so one that hangs hides nothing. After the first that
//! went wrong the others have [`Settings::settle`] to come to rest. The gravest stands for the stack: failed, rolled
//! back, overtaken, undecided, succeeded.
mod event;
mod expectation;
mod ledger;
mod rollback;
mod service;
mod settings;
mod shown;
mod sight;
mod since;
mod snapshot;
#[cfg(test)]
mod tests;
mod timing;
mod trial;
mod verdict;
mod watch;

pub use event::{Event, Phase};
pub use expectation::{Baseline, Change, Expectation, Mode};
pub use settings::Settings;
pub use snapshot::{Sighting, Snapshot};
pub use timing::{FailureAction, Health, Order, Restart, Rollout};
pub use verdict::{
    Cause, Failure, Kind, OldVersion, Outcome, Reason, ServiceVerdict, Slot, SlotState, Step, TaskFailure,
    Undecided, Verdict, Waiting, Warning,
};
pub use watch::Watch;
