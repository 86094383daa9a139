//! Settings from the text of the file.
use super::keys::{KEYS, SERVERS, SHORT_SYNC};
use super::{Origin, RemoteCheck, Setting, Settings};
use crate::finding::{FileId, Finding, Place, Sources, Spanned};
use crate::name::nearest;
use crate::yaml::{self, Data, Mapping, Node, Problem};

/// Reads the settings. `text` is `None` where there is no file, which is the same as one without keys.
///
/// # Errors
/// All that is wrong: broken YAML, unknown keys, wrong types, two spellings that disagree.
pub fn read(name: &str, text: Option<&str>) -> Result<Settings, Vec<Finding>> {
    let Some(text) = text else { return Ok(Settings::default()) };
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let findings = |problems: Vec<Problem>| {
        problems.into_iter().map(|p| p.finding(&sources).reworded(hide)).collect::<Vec<_>>()
    };
    let read = yaml::read(text, file).map_err(findings)?;
    let mut reader = Reader { file, problems: Vec::new(), name };
    let settings = reader.settings(&read.root);
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| problem.place);
        return Err(findings(reader.problems));
    }
    Ok(Settings { warnings: findings(read.problems), ..settings })
}

pub(super) struct Reader<'a> {
    file: FileId,
    name: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    fn settings(&mut self, root: &Node) -> Settings {
        let mut settings = Settings::default();
        let found = self.values(root);
        let value = |path: &str| found.iter().find(|(key, _)| key == path).map(|(_, node)| *node);
        let (long, short) = (value("operator.sync"), value(SHORT_SYNC));
        let long = long.and_then(|node| self.boolean("operator.sync", node));
        let short = short.and_then(|node| self.boolean(SHORT_SYNC, node));
        if let (Some(long), Some(short)) = (&long, &short)
            && long.value != short.value
        {
            let message = format!(
                "`sync` is {}, but `operator.sync` at line {} is {}",
                short.value, long.place.line, long.value
            );
            self.problems
                .push(Problem::blocker(short.place, message).help("they mean the same: remove one of them"));
        }
        self.keep(&mut settings.sync, long.or(short));
        let name = value("operator.name").and_then(|node| self.text("operator.name", node));
        self.keep(&mut settings.name, name.map(|name| name.map(Some)));
        let remote = value("operator.remote").and_then(|node| self.remote(node));
        self.keep(&mut settings.remote, remote);
        let commit = value("operator.commit").and_then(|node| self.boolean("operator.commit", node));
        self.keep(&mut settings.commit, commit);
        let push = value("operator.push").and_then(|node| self.boolean("operator.push", node));
        self.keep(&mut settings.push, push);
        let url = value("recipes.url").and_then(|node| self.address("recipes.url", node));
        self.keep(&mut settings.recipes_url, url);
        settings.sockets = self.sockets(root);
        settings
    }

    fn keep<T>(&self, setting: &mut Setting<T>, found: Option<Spanned<T>>) {
        if let Some(found) = found {
            *setting = self.setting(found);
        }
    }

    pub(super) fn setting<T>(&self, found: Spanned<T>) -> Setting<T> {
        let origin = Origin::File { name: self.name.to_owned(), line: found.place.line };
        Setting { value: found.value, origin }
    }

    /// All known keys with their values; empty ones count as not set. Other keys are problems.
    fn values<'n>(&mut self, root: &'n Node) -> Vec<(String, &'n Node)> {
        let mut found = Vec::new();
        let top = self.mapping("the file", root);
        for (key, entry) in top.into_iter().flatten() {
            if is_group(key) {
                let group = self.mapping(&format!("`{key}`"), &entry.value);
                for (inner, entry) in group.into_iter().flatten() {
                    self.value(format!("{key}.{inner}"), entry.key, &entry.value, &mut found);
                }
            } else if key == SERVERS {
                // Its keys are the names of servers.
            } else {
                self.value(key.clone(), entry.key, &entry.value, &mut found);
            }
        }
        found
    }

    fn value<'n>(&mut self, path: String, place: Place, node: &'n Node, found: &mut Vec<(String, &'n Node)>) {
        if path != SHORT_SYNC && KEYS.iter().all(|key| key.path != path) {
            self.unknown(&path, place);
        } else if node.data != Data::Null {
            found.push((path, node));
        }
    }

    fn unknown(&mut self, path: &str, place: Place) {
        let help = match near(path) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", KEYS.map(|key| format!("`{}`", key.path)).join(", ")),
        };
        self.problems
            .push(Problem::blocker(place, format!("unknown key `{}`", path.escape_debug())).help(help));
    }

    pub(super) fn mapping<'n>(&mut self, what: &str, node: &'n Node) -> Option<&'n Mapping> {
        if node.data != Data::Null && node.as_map().is_none() {
            let message = format!("{what} must be a mapping of keys to values, but is {}", node.data.kind());
            // An empty file has no place.
            let place = Place { file: self.file, ..node.place };
            self.problems.push(Problem::blocker(place, message));
        }
        node.as_map()
    }

    fn boolean(&mut self, key: &str, node: &Node) -> Option<Spanned<bool>> {
        if let Data::Bool(value) = node.data {
            return Some(Spanned::new(value, node.place));
        }
        self.wrong(key, "true or false", node);
        None
    }

    pub(super) fn text(&mut self, key: &str, node: &Node) -> Option<Spanned<String>> {
        match node.as_text().map(str::trim) {
            Some(text) if !text.is_empty() && !text.chars().any(char::is_control) => {
                Some(Spanned::new(text.to_owned(), node.place))
            }
            _ => {
                self.wrong(key, "one line of text", node);
                None
            }
        }
    }

    /// An address without a password: git would show that to every process of the machine.
    fn address(&mut self, key: &str, node: &Node) -> Option<Spanned<String>> {
        let text = self.text(key, node)?;
        if hide(&text) == text.value {
            return Some(text);
        }
        let message =
            format!("`{key}` holds a password, which git would show to every process of this machine");
        let help = "leave it out, and let git ask a credential helper (`git help credentials`)";
        self.problems.push(Problem::blocker(node.place, message).help(help));
        None
    }

    fn remote(&mut self, node: &Node) -> Option<Spanned<RemoteCheck>> {
        let value = match &node.data {
            Data::Text(text) if text == "check" => RemoteCheck::Check,
            Data::Text(text) if text == "off" => RemoteCheck::Off,
            _ => {
                self.wrong("operator.remote", "`check` or `off`", node);
                return None;
            }
        };
        Some(Spanned::new(value, node.place))
    }

    fn wrong(&mut self, key: &str, expected: &str, node: &Node) {
        let given = match &node.data {
            Data::Text(text) => format!("`{}`", text.chars().take(40).collect::<String>().escape_debug()),
            other => other.kind().to_owned(),
        };
        self.problems
            .push(Problem::blocker(node.place, format!("`{key}` must be {expected}, but is {given}")));
    }
}

/// The known key, or group of keys, that comes nearest. A key is also found by its name without the group.
fn near(path: &str) -> Option<&'static str> {
    let parts = |key: &'static str| key.split_once('.').unwrap_or(("", key));
    let spellings = KEYS.iter().flat_map(|key| {
        let (group, name) = parts(key.path);
        [(key.path, key.path), (name, key.path), (group, group)]
    });
    let spellings: Vec<(&str, &'static str)> =
        [(SHORT_SYNC, SHORT_SYNC), (SERVERS, SERVERS)].into_iter().chain(spellings).collect();
    let best = *nearest(path, spellings.iter().map(|(spelling, _)| *spelling), 1).first()?;
    spellings.iter().find(|(spelling, _)| *spelling == best).map(|(_, key)| *key)
}

/// A text without the passwords of the addresses in it.
fn hide(text: &str) -> String {
    let Some((before, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(|c: char| c.is_whitespace() || "/?#'\"".contains(c)).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let shown = match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{}:…@{host}", user.split(':').next().unwrap_or_default())
        }
        _ => authority.to_owned(),
    };
    format!("{before}://{shown}{}", hide(after))
}

fn is_group(key: &str) -> bool {
    KEYS.iter().any(|known| known.path.split_once('.').is_some_and(|(group, _)| group == key))
}
