//! Servers as ssh reaches them: whom to log in as, where, and where the engine listens over there. A value of these types
//! is safe to use as words of a command line, because only checked constructors make it.
//!
//! Not here: starting ssh, reading files, and what ssh makes of its settings (that is its own business; [`plain`] only tells
//! when there is nothing to ask it about).
mod effective;
pub mod mux;
pub mod plain;
mod socket;
mod words;

pub use effective::{Effective, UnsafeSetting, effective};
pub use socket::{SocketError, SocketPath};
pub use words::{DialTrouble, Trouble, dial_trouble, gist, trouble};

use crate::name::ServerName;
use std::fmt;

/// Whom to log in as, and where. What is not given is left to the operator's ssh settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

/// An engine behind ssh: the address as it stands in a Docker context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Whom to log in as, and where.
    pub target: Target,
    /// Where the engine listens there; `None`: the usual place.
    pub socket: Option<SocketPath>,
}

/// Why an address is refused. A text that may hold a password is never carried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Does not begin with `ssh://`.
    #[error("\"{}\" is no ssh address (expected ssh://[user@]host[:port])", .0.escape_debug())]
    Scheme(String),
    /// A password stands in it, where every process of the machine could read it.
    #[error("an ssh address holds a password; leave it out, ssh asks for it or uses a key")]
    Password,
    /// A part that has to be there is empty.
    #[error("the {part} of an ssh address is empty")]
    Empty {
        /// Which part.
        part: &'static str,
    },
    /// More bytes than any real one has.
    #[error("the {part} of an ssh address is too long: {length} bytes, at most {LONGEST} are allowed")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// Would be read as an option.
    #[error("the {part} \"{}\" of an ssh address may not begin with `-`", text.escape_debug())]
    Option {
        /// Which part.
        part: &'static str,
        /// The part.
        text: String,
    },
    /// A character that means something else to ssh or a shell.
    #[error(
        "the {part} \"{}\" of an ssh address may not contain `{}`",
        text.escape_debug(),
        character.escape_debug()
    )]
    Character {
        /// Which part.
        part: &'static str,
        /// The part.
        text: String,
        /// The character.
        character: char,
    },
    /// Brackets around what is no IPv6 address, or one without them.
    #[error("the host \"{}\" of an ssh address is no IPv6 address in brackets", .0.escape_debug())]
    Brackets(String),
    /// A zone of an IPv6 address, not written as in every URL.
    #[error("the zone of the host \"{}\" of an ssh address must stand behind `%25`", .0.escape_debug())]
    Zone(String),
    /// Not a port.
    #[error("the port \"{}\" of an ssh address is no number from 1 to 65535", .0.escape_debug())]
    Port(String),
    /// The engine's socket can't be there.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// The longest host or user in bytes (DNS: 253 characters of a name).
const LONGEST: usize = 255;
const SCHEME: &str = "ssh://";

impl Target {
    /// Checks user, host and port. An IPv6 host stands without brackets.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(user: Option<&str>, host: &str, port: Option<u16>) -> Result<Self, TargetError> {
        if let Some(user) = user {
            // What docker would read, too: others have to be escaped in its addresses.
            check("user", user, |c| c.is_ascii_alphanumeric() || "._-+@".contains(c))?;
        }
        if host.contains(':') {
            check_ipv6(host)?;
        } else {
            check("host", host, |c| c.is_alphanumeric() || "._-+".contains(c))?;
        }
        if port == Some(0) {
            return Err(TargetError::Port("0".to_owned()));
        }
        Ok(Self { user: user.map(str::to_owned), host: host.to_owned(), port })
    }

    /// The server of this name, for the operator's ssh settings to say the rest.
    pub fn named(server: &ServerName) -> Self {
        Self { user: None, host: server.as_str().to_owned(), port: None }
    }

    /// Whom to log in as.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// A name, an address or an alias of the operator's ssh settings; IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The words of ssh's command line that name this target; a command may follow them.
    pub fn arguments(&self) -> Vec<String> {
        let user = self.user.iter().flat_map(|user| ["-l".to_owned(), user.clone()]);
        let port = self.port.iter().flat_map(|port| ["-p".to_owned(), port.to_string()]);
        user.chain(port).chain(["--".to_owned(), self.host.clone()]).collect()
    }
}

impl Address {
    /// Reads `ssh://[user@]host[:port][/path/to/docker.sock]`, in which the zone of an IPv6 address stands behind `%25`.
    ///
    /// # Errors
    /// Names the rule that is broken, never a password.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| TargetError::Scheme(without_password(text)))?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(TargetError::Password);
        }
        let (host, port) = host_and_port(place)?;
        let target = Target::new(user, &host, port)?;
        let socket = match path {
            "" | "/" => None,
            path => Some(SocketPath::new(path)?),
        };
        Ok(Self { target, socket })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host.replace('%', "%25"))?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        self.socket.as_ref().map_or(Ok(()), |socket| write!(f, "{socket}"))
    }
}

/// `host`, `host:22`, `[::1]` or `[::1]:22`.
fn host_and_port(place: &str) -> Result<(String, Option<u16>), TargetError> {
    let (host, port) = if let Some(inner) = place.strip_prefix('[') {
        let bad = || TargetError::Brackets(place.to_owned());
        let (host, after) = inner.split_once(']').ok_or_else(bad)?;
        if !host.contains(':') {
            return Err(bad());
        }
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(bad)?) };
        (zoned(host)?, port)
    } else {
        match place.split_once(':') {
            // Without brackets, where would the port begin?
            Some((_, port)) if port.contains(':') => return Err(TargetError::Brackets(place.to_owned())),
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (place.to_owned(), None),
        }
    };
    let number = |text: &str| match text.parse::<u16>() {
        Ok(port) if port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(TargetError::Port(text.to_owned())),
    };
    Ok((host, port.map(number).transpose()?))
}

/// An IPv6 host of a URL (RFC 6874) as ssh takes it: a `%` begins what is escaped in the one, the zone in the other.
fn zoned(host: &str) -> Result<String, TargetError> {
    match host.split_once('%') {
        None => Ok(host.to_owned()),
        Some((address, zone)) => match zone.strip_prefix("25") {
            Some(zone) => Ok(format!("{address}%{zone}")),
            None => Err(TargetError::Zone(host.to_owned())),
        },
    }
}

fn check(part: &'static str, text: &str, is_allowed: impl Fn(char) -> bool) -> Result<(), TargetError> {
    let owned = || text.to_owned();
    match text.len() {
        0 => return Err(TargetError::Empty { part }),
        length if length > LONGEST => return Err(TargetError::TooLong { part, length }),
        _ => {}
    }
    if text.starts_with('-') {
        return Err(TargetError::Option { part, text: owned() });
    }
    match text.chars().find(|c| !is_allowed(*c)) {
        Some(character) => Err(TargetError::Character { part, text: owned(), character }),
        None => Ok(()),
    }
}

/// An IPv6 address, with a zone where it is a link's own.
fn check_ipv6(host: &str) -> Result<(), TargetError> {
    let (address, zone) = host.split_once('%').map_or((host, None), |(address, zone)| (address, Some(zone)));
    if address.parse::<std::net::Ipv6Addr>().is_err() {
        return Err(TargetError::Brackets(host.to_owned()));
    }
    zone.map_or(Ok(()), |zone| check("zone", zone, |c| c.is_ascii_alphanumeric() || "._-".contains(c)))
}

/// What may be shown of a text that is no address.
pub fn without_password(text: &str) -> String {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    match (scheme, text.contains('@')) {
        (Some(scheme), true) => format!("{scheme}://…"),
        (None, true) => "…".to_owned(),
        _ => text.chars().take(LONGEST).collect(),
    }
}

#[cfg(test)]
mod tests;
