//! Where an engine listens.
use super::ssh::Behind;
use abra_core::ssh;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::{io, ptr};
use tokio::io::DuplexStream;

/// The address of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A unix socket, by its absolute path.
    Unix(PathBuf),
    /// A unix socket of another machine, reached with the operator's ssh.
    Ssh(Behind),
    /// Inside of this process: an engine that is simulated.
    Inside(Inside),
}

/// Opens connections to an engine inside of this process.
#[derive(Clone)]
pub struct Inside(Arc<dyn Fn() -> io::Result<DuplexStream> + Send + Sync>);

impl Inside {
    /// Connections that are opened so.
    pub fn new(open: impl Fn() -> io::Result<DuplexStream> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(super) fn open(&self) -> io::Result<DuplexStream> {
        (self.0)()
    }
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inside")
    }
}

impl PartialEq for Inside {
    fn eq(&self, other: &Self) -> bool {
        ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl Eq for Inside {}

/// Why an address can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// A scheme that this program doesn't speak; without what may be a password.
    #[error(
        "unsupported engine address \"{0}\" (expected ssh://[user@]host[:port] or unix:///path/to/docker.sock)"
    )]
    Scheme(String),
    /// `unix://` with no absolute path behind it.
    #[error("engine address \"{0}\" needs an absolute path (expected unix:///path/to/docker.sock)")]
    RelativePath(String),
}

impl Endpoint {
    /// The socket that a local engine listens on unless told otherwise.
    pub const LOCAL: &str = "unix:///var/run/docker.sock";

    /// Reads an address as it is written in `DOCKER_HOST`.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let Some(path) = text.strip_prefix("unix://") else {
            return Err(EndpointError::Scheme(ssh::without_password(text)));
        };
        if !path.starts_with('/') {
            return Err(EndpointError::RelativePath(text.to_owned()));
        }
        Ok(Self::Unix(PathBuf::from(path)))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Ssh(behind) => write!(f, "{}", behind.address()),
            Self::Inside(_) => f.write_str("inside"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_unix_addresses_and_refuses_the_rest() {
        for (text, expected) in [
            ("unix:///var/run/docker.sock", Ok(Endpoint::Unix("/var/run/docker.sock".into()))),
            ("unix://docker.sock", Err(EndpointError::RelativePath("unix://docker.sock".into()))),
            ("unix://", Err(EndpointError::RelativePath("unix://".into()))),
            ("tcp://1.2.3.4:2375", Err(EndpointError::Scheme("tcp://1.2.3.4:2375".into()))),
            ("tcp://ada:hunter2@1.2.3.4", Err(EndpointError::Scheme("tcp://…".into()))),
            ("", Err(EndpointError::Scheme(String::new()))),
        ] {
            assert_eq!(Endpoint::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn shows_what_it_reads() {
        assert_eq!(Endpoint::parse(Endpoint::LOCAL).unwrap().to_string(), Endpoint::LOCAL);
    }
}
