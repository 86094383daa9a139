//! Settings as text: the generated file, and the rows of `config show`.
use super::keys::{KEYS, Key, SERVERS_TEMPLATE};
use super::{Origin, RemoteCheck, Setting, Settings};
use std::fmt;

/// A setting, for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// Its value; `None` when it is worked out when needed.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Settings {
    /// All settings in the order of the generated file.
    pub fn rows(&self) -> Vec<Row> {
        fn row<T>(key: impl Into<String>, setting: &Setting<T>, value: Option<String>) -> Row {
            Row { key: key.into(), value, origin: setting.origin.clone() }
        }
        let Self { sync, name, remote, commit, push, recipes_url, sockets, warnings: _ } = self;
        let mut rows = vec![
            row("operator.sync", sync, Some(sync.value.to_string())),
            row("operator.name", name, name.value.clone()),
            row("operator.remote", remote, Some(remote.value.to_string())),
            row("operator.commit", commit, Some(commit.value.to_string())),
            row("operator.push", push, Some(push.value.to_string())),
            row("recipes.url", recipes_url, Some(recipes_url.value.clone())),
        ];
        rows.extend(sockets.iter().map(|(server, socket)| {
            row(format!("servers.{server}.socket"), socket, Some(socket.value.to_string()))
        }));
        rows
    }
}

/// The file that `config generate` writes: the defaults, with a comment on every key.
pub fn template() -> String {
    let mut text = "---\n".to_owned();
    let mut group = "";
    for key in &KEYS {
        let (this, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if this != group {
            group = this;
            text += &opening(group);
        }
        for line in key.meaning {
            text += &format!("  # {line}\n");
        }
        text += &entry(key, name);
    }
    text + SERVERS_TEMPLATE
}

/// The line of a group: a comment where nothing in it is set, as an empty mapping would be.
fn opening(group: &str) -> String {
    let is_written = |key: &Key| key.is_written && key.path.starts_with(&format!("{group}."));
    let (gap, mark) = if KEYS.iter().any(is_written) { ("", "") } else { ("\n", "#") };
    format!("{gap}{mark}{group}:\n")
}

fn entry(key: &Key, name: &str) -> String {
    let value = key.default.unwrap_or(key.example);
    let mark = if key.is_written { "" } else { "#" };
    format!("  {mark}{name}: {value}\n")
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
        }
    }
}

impl fmt::Display for RemoteCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "check",
            Self::Off => "off",
        })
    }
}
