//! The operator's settings: `config.yml`.
//!
//! Every setting stands once, in the table of `keys`; reading, `config show` and `config generate` follow from it. Not
//! here: reading and writing the file, and what git says about the operator's name.
mod keys;
mod read;
mod servers;
mod text;

pub use read::read;
pub use text::{Row, template};

use crate::finding::Finding;
use crate::name::ServerName;
use crate::ssh::SocketPath;
use std::collections::BTreeMap;

/// All settings, each with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `operator.sync`: whether versions are recorded and checked.
    pub sync: Setting<bool>,
    /// `operator.name`: who the operator is; `None`: what git says.
    pub name: Setting<Option<String>>,
    /// `operator.remote`: whether the team's repository is asked.
    pub remote: Setting<RemoteCheck>,
    /// `operator.commit`: whether a record is committed.
    pub commit: Setting<bool>,
    /// `operator.push`: whether that commit is pushed.
    pub push: Setting<bool>,
    /// `recipes.url`: below this, recipes are found by their name.
    pub recipes_url: Setting<String>,
    /// `servers.<name>.socket`: where the engine listens on a server, where it is not the usual place.
    pub sockets: BTreeMap<ServerName, Setting<SocketPath>>,
    /// What is legal but probably not meant.
    pub warnings: Vec<Finding>,
}

/// A setting and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// Its value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the settings' file.
    File {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u32,
    },
}

/// Whether the repository that holds an env file is fetched before acting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteCheck {
    /// Fetch, and warn when the remote records something else.
    Check,
    /// Never.
    Off,
}

impl<T> Setting<T> {
    fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sync: Setting::default(false),
            name: Setting::default(None),
            remote: Setting::default(RemoteCheck::Check),
            commit: Setting::default(false),
            push: Setting::default(false),
            recipes_url: Setting::default(keys::RECIPES_URL.to_owned()),
            sockets: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
