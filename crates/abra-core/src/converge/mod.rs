//! Whether a deployment worked: looks at a stack in, verdict out.
mod event;
mod expectation;
mod settings;
mod snapshot;
mod timing;
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
