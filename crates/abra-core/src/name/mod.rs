//! Names: of apps, servers, recipes and stacks. A value of these types is safe to use in a path, a command line and a
//! label, because only checked constructors make it.
//!
//! Not here: names inside a compose document (services, networks…), which the compose and stack rooms check.
mod near;
mod recipe;
mod stack;

pub use near::nearest;
pub use recipe::RecipeName;
pub use stack::StackName;

use std::fmt;

/// The name of an app: its env file's name without `.env`, usually a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppName(String);

/// The name of a server: its folder under `servers/`, usually a domain; `default` is the local engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(String);

/// Longest name of an app or a server in bytes: a file name may have 255, and `.env` and a temporary suffix must fit.
const LIMIT: usize = 200;

/// Why a name is refused. The name is carried as it was given; it is shown with control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the {what} is empty")]
    Empty {
        /// Which kind of name.
        what: &'static str,
    },
    /// More bytes than allowed.
    #[error("the {what} `{}` is too long: {length} bytes, at most {limit} are allowed", name.escape_debug())]
    TooLong {
        /// Which kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A character that is not allowed there.
    #[error("the {what} `{}` may not contain `{}`; {allowed}", name.escape_debug(), character.escape_debug())]
    Character {
        /// Which kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// The character.
        character: char,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A beginning that would be read as an option, a hidden file or a relative path.
    #[error("the {what} `{}` may not begin with `{}`", name.escape_debug(), character.escape_debug())]
    Beginning {
        /// Which kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// Its first character.
        character: char,
    },
    /// `..`, which leads out of a folder.
    #[error("the {what} `{}` may not contain `..`", name.escape_debug())]
    Parent {
        /// Which kind of name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Not `name` and not `host/organisation/name`.
    #[error("the recipe name `{}` must be `name` or `host/organisation/name`", name.escape_debug())]
    Shape {
        /// The name.
        name: String,
    },
}

impl AppName {
    /// Checks the name of an app.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_file_name("app name", name).map(|()| Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ServerName {
    /// The server that stands for the local engine.
    pub const LOCAL: &'static str = "default";

    /// Checks the name of a server.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_file_name("server name", name).map(|()| Self(name.to_owned()))
    }

    /// The server that stands for the local engine.
    pub fn local() -> Self {
        Self(Self::LOCAL.to_owned())
    }

    /// Whether this is the local engine.
    pub fn is_local(&self) -> bool {
        self.0 == Self::LOCAL
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every name that becomes a file or folder name must hold to.
fn check_file_name(what: &'static str, name: &str) -> Result<(), NameError> {
    let allowed = "letters, digits, `.`, `-` and `_` are allowed";
    check_length(what, name, LIMIT)?;
    check_beginning(what, name, &['-', '.'])?;
    check_parent(what, name)?;
    check_characters(what, name, allowed, |c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn check_length(what: &'static str, name: &str, limit: usize) -> Result<(), NameError> {
    match name.len() {
        0 => Err(NameError::Empty { what }),
        length if length > limit => Err(NameError::TooLong { what, name: name.to_owned(), length, limit }),
        _ => Ok(()),
    }
}

fn check_beginning(what: &'static str, name: &str, refused: &[char]) -> Result<(), NameError> {
    match name.chars().next() {
        Some(character) if refused.contains(&character) => {
            Err(NameError::Beginning { what, name: name.to_owned(), character })
        }
        _ => Ok(()),
    }
}

fn check_parent(what: &'static str, name: &str) -> Result<(), NameError> {
    if name.contains("..") { Err(NameError::Parent { what, name: name.to_owned() }) } else { Ok(()) }
}

fn check_characters(
    what: &'static str,
    name: &str,
    allowed: &'static str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    match name.chars().find(|c| !is_allowed(*c)) {
        Some(character) => Err(NameError::Character { what, name: name.to_owned(), character, allowed }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{AppName, ServerName};

    #[test]
    fn usual_names_are_accepted() {
        for name in ["matrix.example.com", "default", "app_1", "x", "bücher.example", "A-1"] {
            assert_eq!(AppName::new(name).unwrap().as_str(), name);
            assert_eq!(ServerName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_refusal_names_the_rule() {
        let long = "x".repeat(201);
        for (name, rule) in [
            ("", "the app name is empty"),
            ("a/b", "may not contain `/`"),
            ("../x", "may not begin with `.`"),
            ("a..b", "may not contain `..`"),
            (".hidden", "may not begin with `.`"),
            ("-f", "may not begin with `-`"),
            ("a\u{1b}[0m", "the app name `a\\u{1b}[0m` may not contain `\\u{1b}`"),
            ("a b", "may not contain ` `"),
            ("a\\b", "may not contain `\\\\`"),
            ("a\0", "may not contain `\\0`"),
            (&long, "too long: 201 bytes, at most 200 are allowed"),
        ] {
            let message = AppName::new(name).unwrap_err().to_string();
            assert!(message.contains(rule), "{name:?}: {message}");
        }
    }
}
