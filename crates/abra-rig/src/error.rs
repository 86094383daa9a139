//! What can go wrong with a private engine.
use std::io;
use std::time::Duration;

/// A failure of the rig, not of what is tested on it.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The machine lacks something.
    #[error("private engines need {} (scripts/setup installs what is missing)", .0.join(", "))]
    Missing(Vec<String>),
    /// A file, process or socket.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's error.
        source: io::Error,
    },
    /// Something took too long.
    #[error("{what} took more than {} s; end of the engine's log:\n{log}", after.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
        /// The log's last lines.
        log: String,
    },
    /// The engine ended by itself.
    #[error("the engine ended at once; its log:\n{log}")]
    Ended {
        /// The log's last lines.
        log: String,
    },
    /// The engine refused a request.
    #[error("{what}: {status} {text}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The engine's words.
        text: String,
    },
}

impl RigError {
    /// Words for a system error.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
