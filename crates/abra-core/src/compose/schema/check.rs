//! Walks a document along the table.
use super::advice::{advice, elsewhere};
use super::nearest::nearest;
use super::shape::{Names, Object, Others, Shape, Unique};
use super::table::{DOCUMENT, ODD_ULIMIT};
use crate::compose::short::{duration, port};
use crate::yaml::{Data, Entry, Mapping, Node, Problem};
use std::collections::HashMap;
use std::fmt::{self, Write};

/// How many problems of a file get advice: finding the nearest key takes longer than finding the problem.
const MAX_ADVICE: usize = 1_000;

/// How many networks, services and so on a file may have.
const MAX_ENTRIES: usize = 20_000;

/// The path of a value in the document.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: &'a str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The root has a name only when it is meant itself.
        if let Some(parent) = self.parent.filter(|parent| parent.parent.is_some()) {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.part)
    }
}

/// Everything in a document that the given minor version of the format does not allow; and warnings for keys that are
/// allowed but have no effect.
pub(crate) fn check(root: &Node, version: u8) -> Vec<Problem> {
    let mut walk = Walk { version, problems: Vec::new() };
    walk.value(root, &DOCUMENT, Path { parent: None, part: "the document" });
    walk.problems
}

struct Walk {
    version: u8,
    problems: Vec<Problem>,
}

impl Walk {
    fn value(&mut self, node: &Node, shape: &Shape, path: Path<'_>) {
        if !shape.takes(&node.data, self.version) {
            self.wrong_kind(node, shape, path);
            return;
        }
        match (shape, &node.data) {
            (Shape::Since(since, before, from), _) => {
                self.value(node, if self.version >= *since { from } else { before }, path);
            }
            (Shape::Either(shapes), data) => {
                let fitting = shapes.iter().find(|shape| shape.takes(data, self.version));
                self.value(node, fitting.unwrap_or(&shapes[0]), path);
            }
            (Shape::List(item, unique), Data::List(items)) => self.list(items, item, *unique, path),
            (Shape::Object(object), Data::Map(map)) => self.object(node, map, object, path),
            (Shape::Dict(value, names), Data::Map(map)) => self.dict(map, value, *names, path),
            _ => self.format(node, shape, path),
        }
    }

    fn wrong_kind(&mut self, node: &Node, shape: &Shape, path: Path<'_>) {
        let (want, found) = (shape.words(self.version), node.data.kind());
        let message = format!("{path} must be {want}, but is {found}");
        let mut problem = Problem::blocker(node.place, message);
        problem.help = advice(&node.data, shape, self.version).or_else(|| missing_value(&node.data, path));
        self.problems.push(problem);
    }

    fn format(&mut self, node: &Node, shape: &Shape, path: Path<'_>) {
        let problem = match (shape, &node.data) {
            (Shape::Duration, Data::Text(text)) if duration::parse(text).is_none() => {
                Problem::blocker(node.place, format!("{path}: \"{text}\" is not a duration")).help(
                    "write numbers with the units ns, us, ms, s, m, h, like 1m30s; there is no unit for days",
                )
            }
            (Shape::Choice(words), Data::Text(text)) if !words.contains(&text.as_str()) => Problem::blocker(
                node.place,
                format!("{path} must be {}, but is \"{text}\"", words.join(" or ")),
            ),
            (Shape::Natural, Data::Int { value, .. }) if *value < 0 => {
                Problem::blocker(node.place, format!("{path} must not be negative"))
            }
            (Shape::Natural, Data::Float { value, .. }) if *value < 0.0 => {
                Problem::blocker(node.place, format!("{path} must not be negative"))
            }
            (Shape::Port, data) => match port_error(data) {
                Some(error) => Problem::blocker(node.place, format!("{path}: {error}"))
                    .help("a port is [[ip:]host:]container[/protocol], like \"8080:80\" or \"53:53/udp\""),
                None => return,
            },
            _ => return,
        };
        self.problems.push(problem);
    }

    fn list(&mut self, items: &[Node], shape: &Shape, unique: Unique, path: Path<'_>) {
        for (at, item) in items.iter().enumerate() {
            self.value(item, shape, Path { parent: Some(&path), part: &at.to_string() });
        }
        if unique == Unique::No {
            return;
        }
        let mut seen: HashMap<String, u32> = HashMap::with_capacity(items.len());
        for item in items {
            let mut text = String::new();
            canonical(&item.data, &mut text);
            if let Some(line) = seen.get(&text) {
                let message = format!("{path} has the same item twice, first in line {line}");
                self.problems.push(Problem::blocker(item.place, message));
            } else {
                seen.insert(text, item.place.line);
            }
        }
    }

    fn dict(&mut self, map: &Mapping, shape: &Shape, names: Names, path: Path<'_>) {
        let top = path.parent.is_some_and(|parent| parent.parent.is_none());
        if let Some((_, entry)) = map.get_index(MAX_ENTRIES).filter(|_| top) {
            let message = format!("a file may have {MAX_ENTRIES} {path}, this one has {}", map.len());
            self.problems.push(Problem::blocker(entry.key, message));
            return;
        }
        for (name, entry) in map {
            let fits = match names {
                Names::Any | Names::Limits => true,
                Names::NotEmpty => !name.is_empty(),
                Names::Object => {
                    !name.is_empty()
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
                }
            };
            if !fits {
                let problem = Problem::blocker(entry.key, format!("\"{name}\" can't be a name in {path}"));
                self.problems.push(problem.help("a name has letters, digits, \".\", \"_\" and \"-\""));
            }
            let odd = names == Names::Limits && !name.bytes().all(|b| b.is_ascii_lowercase());
            let shape = if odd { &ODD_ULIMIT } else { shape };
            self.value(&entry.value, shape, Path { parent: Some(&path), part: name });
        }
    }

    fn object(&mut self, node: &Node, map: &Mapping, object: &Object, path: Path<'_>) {
        for (name, entry) in map {
            match object.keys.iter().find(|key| key.name == name) {
                Some(key) if key.since <= self.version => {
                    self.value(&entry.value, &key.shape, Path { parent: Some(&path), part: name });
                }
                found => self.unknown(name, entry, object, found.map(|key| key.since), path),
            }
        }
        for name in object.required {
            if !map.contains_key(*name) {
                let message = format!("{path} needs the key \"{name}\"");
                self.problems.push(Problem::blocker(node.place, message));
            }
        }
    }

    fn unknown(&mut self, name: &str, entry: &Entry, object: &Object, newer: Option<u8>, path: Path<'_>) {
        match object.others {
            Others::Extensions(since) if name.starts_with("x-") => {
                if self.version < since {
                    let message =
                        format!("{path}: keys that begin with \"x-\" need version 3.{since} or newer");
                    self.problems.push(Problem::blocker(entry.key, message).help(self.raise(since)));
                }
            }
            Others::Ignored => self.ignored(name, entry, path),
            Others::IgnoredSince(since) if self.version >= since => self.ignored(name, entry, path),
            _ => {
                let problem = match newer {
                    Some(since) => {
                        let message = format!("{path}: the key \"{name}\" needs version 3.{since} or newer");
                        Problem::blocker(entry.key, message).help(self.raise(since))
                    }
                    None => {
                        let message = format!("{path}: the key \"{name}\" is not known");
                        Problem {
                            help: self.suggestion(name, object),
                            ..Problem::blocker(entry.key, message)
                        }
                    }
                };
                self.problems.push(problem);
            }
        }
    }

    fn raise(&self, since: u8) -> String {
        format!(
            "this file says version 3.{}; write version: \"3.{since}\" or newer in every file",
            self.version
        )
    }

    fn ignored(&mut self, name: &str, entry: &Entry, path: Path<'_>) {
        let message = format!("{path}: the key \"{name}\" has no effect in a swarm");
        self.problems.push(Problem::warning(entry.key, message));
    }

    fn suggestion(&self, name: &str, object: &Object) -> Option<String> {
        (self.problems.len() < MAX_ADVICE).then(|| self.nearest_key(name, object))
    }

    fn nearest_key(&self, name: &str, object: &Object) -> String {
        if let Some(why) = elsewhere(name, object) {
            return why.to_owned();
        }
        let known: Vec<&str> =
            object.keys.iter().filter(|k| k.since <= self.version).map(|k| k.name).collect();
        match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("allowed are {}", known.join(", ")),
        }
    }
}

/// What an empty value is to be replaced with.
fn missing_value(data: &Data, path: Path<'_>) -> Option<String> {
    let parent = path.parent.map(|parent| parent.part);
    match (data, parent) {
        (Data::Null, Some("secrets" | "configs")) => {
            Some("write \"external: true\" or \"file: …\" below it, indented further".to_owned())
        }
        (Data::Null, _) => Some("give it a value or remove the key".to_owned()),
        _ => None,
    }
}

fn port_error(data: &Data) -> Option<port::PortError> {
    let text = match data {
        Data::Text(text) => text.clone(),
        Data::Int { value, .. } => value.to_string(),
        Data::Float { value, .. } => crate::yaml::float_text(*value),
        _ => return None,
    };
    port::parse(&text).err()
}

/// A text that is equal for equal values: keys sorted, `80` and `80.0` alike.
fn canonical(data: &Data, out: &mut String) {
    let _ = match data {
        Data::Null => write!(out, "null"),
        Data::Bool(value) => write!(out, "{value}"),
        Data::Int { value, .. } => write!(out, "{value}"),
        Data::Float { value, .. } if value.fract() == 0.0 && value.abs() < 1e15 => write!(out, "{value:.0}"),
        Data::Float { value, .. } => write!(out, "{value}"),
        Data::Date(text) | Data::Text(text) => write!(out, "{text:?}"),
        Data::List(items) => {
            out.push('[');
            for item in items {
                canonical(&item.data, out);
                out.push(',');
            }
            write!(out, "]")
        }
        Data::Map(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for key in keys {
                let _ = write!(out, "{key:?}:");
                canonical(&map[key].value.data, out);
                out.push(',');
            }
            write!(out, "}}")
        }
    };
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
