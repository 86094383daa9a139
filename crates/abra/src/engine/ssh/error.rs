//! Why an engine behind ssh can't be reached.
use abra_core::ssh::{DialTrouble, Trouble};
use std::io;
use std::time::Duration;

/// A link that could not be made, or that has ended. Words of ssh and docker are kept, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// ssh can't be run.
    #[error("ssh can't be started: {reason}")]
    Program {
        /// What the system said.
        reason: String,
    },
    /// The folder for its sockets can't be made.
    #[error("no private folder for ssh's sockets: {reason}")]
    Folder {
        /// What the system said.
        reason: String,
    },
    /// The operator's ssh settings can't be used for it.
    #[error("ssh's settings can't be used for {target}: {said}")]
    Settings {
        /// The server's address.
        target: String,
        /// ssh's words.
        said: String,
    },
    /// Nobody was let in, or nobody answered.
    #[error("can't log in to {target}: {said}")]
    Login {
        /// The server's address.
        target: String,
        /// What it means.
        trouble: Trouble,
        /// ssh's words.
        said: String,
    },
    /// The login took too long.
    #[error("no login to {target} within {} s", after.as_secs())]
    TimedOut {
        /// The server's address.
        target: String,
        /// How long we waited.
        after: Duration,
    },
    /// ssh does not do as it is told.
    #[error("ssh, which is logged in to {target}, does not do as told: {reason}")]
    Control {
        /// The server's address.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// The link was there, and has ended.
    #[error("the link to {target} has ended{}{said}", if said.is_empty() { "" } else { ": " })]
    Ended {
        /// The server's address.
        target: String,
        /// ssh's words, if it had any.
        said: String,
    },
    /// The link was there, and has ended, and there is no new one.
    #[error("the link to {target} has ended{}{said}; logging in again: {again}", if said.is_empty() { "" } else { ": " })]
    Away {
        /// The server's address.
        target: String,
        /// ssh's words, if it had any.
        said: String,
        /// What came of the last attempt.
        again: Box<LinkError>,
    },
    /// The login works, but a command over there does not.
    #[error("`{command}` on {target}: {said}")]
    Command {
        /// The server's address.
        target: String,
        /// The command.
        command: String,
        /// The words from there.
        said: String,
    },
    /// The login works, but neither a forwarded socket nor docker's own way leads to the engine.
    #[error("no way from the login at {target} to its engine at {socket}: {said}")]
    NoWay {
        /// The server's address.
        target: String,
        /// Where the engine should listen.
        socket: String,
        /// What it means.
        trouble: DialTrouble,
        /// The words from there.
        said: String,
    },
}

impl LinkError {
    /// Whether trying again later may help without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Ended { .. } | Self::TimedOut { .. } | Self::Control { .. } => true,
            Self::Login { trouble, .. } => {
                matches!(
                    trouble,
                    Trouble::NoAnswer
                        | Trouble::Silent
                        | Trouble::Refused
                        | Trouble::TurnedAway
                        | Trouble::HungUp
                        | Trouble::Lost
                )
            }
            Self::NoWay { trouble, .. } => matches!(trouble, DialTrouble::NoEngine | DialTrouble::Crowded),
            Self::Away { again, .. } => again.is_transient(),
            Self::Program { .. } | Self::Folder { .. } | Self::Settings { .. } | Self::Command { .. } => {
                false
            }
        }
    }

    /// Whether the server ended the connection at once, as one does that is asked for too many logins in the same moment.
    pub(super) fn is_turned_away(&self) -> bool {
        matches!(self, Self::Login { trouble: Trouble::TurnedAway, .. })
    }

    /// Whether a person at the keyboard could have made the difference.
    pub(super) fn wants_a_person(&self) -> bool {
        matches!(self, Self::Login { trouble: Trouble::Denied | Trouble::HostKeyUnknown, .. })
    }

    /// Whether it took as long as a person who confirms it elsewhere, or a server that hangs.
    pub(super) fn wants_time(&self) -> bool {
        matches!(self, Self::Login { trouble: Trouble::Silent, .. })
    }
}

impl From<LinkError> for io::Error {
    fn from(error: LinkError) -> Self {
        Self::other(error)
    }
}
