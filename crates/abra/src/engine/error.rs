//! What can go wrong between us and an engine.
use super::ApiVersion;
use super::ssh::LinkError;
use std::time::Duration;

/// A failed request. Texts of the engine are kept in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// No connection, or one that broke off.
    #[error("can't reach the engine at {endpoint}: {reason}")]
    Unreachable {
        /// The engine's address.
        endpoint: String,
        /// Whether there was a connection: then the request may have been carried out all the same.
        sent: bool,
        /// The innermost cause.
        reason: String,
    },
    /// No way there through ssh.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The socket is there but closed to this user.
    #[error("no permission to use the engine at {endpoint}")]
    NoAccess {
        /// The engine's address.
        endpoint: String,
    },
    /// The engine's API is older than the oldest one we speak.
    #[error("the engine is too old: it speaks API {version}, at least {least} is needed")]
    TooOld {
        /// The engine's version.
        version: ApiVersion,
        /// The oldest that will do.
        least: ApiVersion,
    },
    /// The engine is not part of a swarm, or only a worker, or just going down.
    #[error("the engine is not a swarm manager")]
    NotManager,
    /// The swarm is locked with a key (`docker swarm unlock`).
    #[error("the swarm is locked")]
    Locked,
    /// Too few managers are online, or the leader is just changing.
    #[error("the swarm has no leader: {message}")]
    NoLeader {
        /// The engine's words.
        message: String,
    },
    /// No answer in time. The request may have been carried out all the same.
    #[error("no answer within {} s: {what}", after.as_secs_f32())]
    TimedOut {
        /// What was asked for.
        what: String,
        /// How long we waited.
        after: Duration,
    },
    /// Somebody wrote the object since its version was read.
    #[error("{what} was changed by somebody else in the meantime")]
    OutOfSequence {
        /// What was asked for.
        what: String,
    },
    /// There is no such object: the one asked for, or one that it refers to.
    #[error("{message}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The engine's words; they name the object.
        message: String,
    },
    /// An object of that name exists.
    #[error("{message}")]
    NameTaken {
        /// What was asked for.
        what: String,
        /// The engine's words.
        message: String,
    },
    /// Another service publishes that port through the ingress network.
    #[error("{message}")]
    PortTaken {
        /// What was asked for.
        what: String,
        /// The engine's words; they name the port and the service.
        message: String,
    },
    /// The object is in use and can't be removed.
    #[error("{message}")]
    InUse {
        /// What was asked for.
        what: String,
        /// The engine's words; they name the user.
        message: String,
    },
    /// A registry wants (other) credentials.
    #[error("the registry refused the credentials for {what}: {message}")]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// The engine's words.
        message: String,
    },
    /// Any other refusal.
    #[error("the engine refused {what}: {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// An answer that makes no sense, or is larger than we take.
    #[error("the engine's answer makes no sense ({what}): {reason}")]
    BadAnswer {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that can't stand in a request path.
    #[error("\"{name}\" can't be the name of anything")]
    BadName {
        /// The name.
        name: String,
    },
}

impl EngineError {
    /// Whether asking again later may help without anyone changing anything. Says nothing about whether the request
    /// was carried out.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotManager | Self::NoLeader { .. } | Self::TimedOut { .. } => {
                true
            }
            Self::Link(error) => error.is_transient(),
            Self::NoAccess { .. }
            | Self::TooOld { .. }
            | Self::Locked
            | Self::OutOfSequence { .. }
            | Self::NotFound { .. }
            | Self::NameTaken { .. }
            | Self::PortTaken { .. }
            | Self::InUse { .. }
            | Self::Unauthorized { .. }
            | Self::Refused { .. }
            | Self::BadAnswer { .. }
            | Self::BadName { .. } => false,
        }
    }

    /// Whether the request may have been carried out although it failed: the answer was lost.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::TimedOut { .. } | Self::BadAnswer { .. } => true,
            // docker: a proposal that the leader didn't confirm in time may still be committed.
            Self::NoLeader { message } => message.contains("DeadlineExceeded"),
            _ => false,
        }
    }
}
