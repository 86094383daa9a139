//! Where an engine listens on its server.
use std::fmt;

/// The absolute path of a unix socket on a server. Nothing in it means anything to ssh, which reads it out of
/// `local:remote` and would fill in `%h` or `${HOME}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketPath(String);

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// Nothing, or relative to who knows what.
    #[error("the engine's socket \"{}\" must be an absolute path", .0.escape_debug())]
    NotAbsolute(String),
    /// Longer than the name of a socket can be (Linux: 107 bytes).
    #[error("the path of the engine's socket is too long: {0} bytes, at most {LONGEST} are allowed")]
    TooLong(usize),
    /// A character that means something to ssh.
    #[error(
        "the engine's socket \"{}\" may not contain `{}`",
        path.escape_debug(),
        character.escape_debug()
    )]
    Character {
        /// The path.
        path: String,
        /// The character.
        character: char,
    },
}

const LONGEST: usize = 107;

impl SocketPath {
    /// Where engines listen unless told otherwise.
    pub const USUAL: &'static str = "/var/run/docker.sock";

    /// Checks a path.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(path: &str) -> Result<Self, SocketError> {
        if !path.starts_with('/') || path.ends_with('/') {
            return Err(SocketError::NotAbsolute(path.chars().take(LONGEST).collect()));
        }
        if path.len() > LONGEST {
            return Err(SocketError::TooLong(path.len()));
        }
        match path.chars().find(|c| !c.is_ascii_alphanumeric() && !"/._-+@,=".contains(*c)) {
            Some(character) => Err(SocketError::Character { path: path.to_owned(), character }),
            None => Ok(Self(path.to_owned())),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SocketPath {
    fn default() -> Self {
        Self(Self::USUAL.to_owned())
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
