//! How a run ends, for scripts. The codes are a promise: they are listed in the handbook.

use abra_core::converge::{Kind, Verdict};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Refused or failed before anything was changed.
    Refused = 1,
    /// Wrong usage.
    Usage = 2,
    /// The deployment failed.
    Failed = 3,
    /// Undecided when the deadline came, or the server could not be reached any more.
    Undecided = 4,
    /// The swarm rolled it back.
    RolledBack = 5,
    /// Another operator holds the lock.
    Busy = 6,
    /// The world moved since the plan, or somebody else's deployment is there now.
    Moved = 7,
    /// Not in sync (`sync --check`), or something differs (`diff`).
    NotInSync = 8,
    /// Interrupted by the operator.
    Interrupted = 130,
}

impl Exit {
    /// How a command ends with a verdict.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict.kind {
            Kind::Succeeded => Self::Done,
            Kind::Failed => Self::Failed,
            Kind::Undecided => Self::Undecided,
            Kind::RolledBack => Self::RolledBack,
            Kind::Overtaken => Self::Moved,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
