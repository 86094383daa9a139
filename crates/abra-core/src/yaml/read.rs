//! Text to tree: what the parser finds, anchors, duplicate keys, budgets.
use super::control::forbidden_character;
use super::merge;
use super::node::{Data, Entry, Mapping, Node};
use super::problem::Problem;
use super::scalar;
use super::syntax::{Builder, Document, Scalar, Step};
use crate::finding::{FileId, Place, Severity};
use crate::name::nearest;
use std::collections::HashMap;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// How deep values may be nested. (Go: 10,000; nothing in compose needs more than a dozen.)
const MAX_DEPTH: usize = 200;
/// How many values a file may have, aliases expanded.
const MAX_NODES: usize = 2_000_000;
/// How many bytes of text anchors and aliases may copy.
const MAX_COPIED: usize = 64 << 20;
/// How many problems of one file are kept.
const MAX_PROBLEMS: usize = 1_000;

/// What a file holds.
#[derive(Debug)]
pub struct Read {
    /// The first document; `Null` for an empty file.
    pub root: Node,
    /// Warnings; from [`examine`] also blockers.
    pub problems: Vec<Problem>,
}

/// Reads the first document of a file.
///
/// # Errors
/// All problems that keep it from being read: one for broken syntax, several for keys.
pub fn read(text: &str, file: FileId) -> Result<Read, Vec<Problem>> {
    let read = examine(text, file)?;
    let (blockers, warnings): (Vec<_>, Vec<_>) =
        read.problems.into_iter().partition(|problem| problem.severity == Severity::Blocker);
    if blockers.is_empty() { Ok(Read { root: read.root, problems: warnings }) } else { Err(blockers) }
}

/// Reads the first document of a file as far as it makes sense: of keys that stand twice the first counts, an unknown
/// alias stands for an empty mapping. Nothing may be done with it but looking for further problems, if there are blockers.
///
/// # Errors
/// Broken syntax, or too much of anything; with all problems before it.
pub fn examine(text: &str, file: FileId) -> Result<Read, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        return Err(vec![Problem::blocker(Place::whole(file), message)]);
    }
    if let Some(problem) = forbidden_character(text, file) {
        return Err(vec![problem]);
    }
    let mut reader = Reader::default();
    let mut document = Document::new(text, file, &mut reader, MAX_DEPTH);
    let outcome = document.first();
    let further = document.further();
    if let Err(problem) = outcome {
        reader.problems.push(*problem);
        return Err(reader.problems);
    }
    let root = reader.root.unwrap_or(Node { place: Place::whole(file), data: Data::Null });
    let further = further.map(|place| {
        Problem::warning(place, "further documents of a file are ignored")
            .help("only what stands above this line counts")
    });
    reader.problems.extend(further);
    Ok(Read { root, problems: reader.problems })
}

#[derive(Default)]
struct Reader {
    root: Option<Node>,
    stack: Vec<Frame>,
    /// By name; `None` while what they stand for is not complete.
    anchors: HashMap<String, Option<Anchored>>,
    /// Values made, aliases expanded.
    decoded: usize,
    /// Those of them that came through an alias.
    aliased: usize,
    /// Values kept for aliases.
    kept: usize,
    /// Bytes of text made, aliases expanded.
    bytes: usize,
    /// Bytes of text that were copied for anchors and aliases.
    copied: usize,
    problems: Vec<Problem>,
}

struct Anchored {
    node: Node,
    size: usize,
    bytes: usize,
    depth: usize,
}

/// A collection that is being read.
struct Frame {
    place: Place,
    anchor: Option<String>,
    first: usize,
    first_byte: usize,
    depth: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map { own: Mapping, merged: Vec<Mapping>, key: Option<Key>, merge_at: Option<Place> },
}

enum Key {
    Merge,
    Text(String, Place),
}

/// A value that is complete, with what its parent must know of it.
struct Done {
    node: Node,
    depth: usize,
    alias: bool,
    merge_key: bool,
    /// It has a tag that makes it something else than text.
    tagged: bool,
}

impl Builder for Reader {
    fn open(&mut self, map: bool, anchor: Option<String>, place: Place) -> Step<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Self::blocked(place, &format!("values are nested more than {MAX_DEPTH} deep"));
        }
        let (first, first_byte) = (self.decoded, self.bytes);
        self.count(1, place)?;
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let inside = if map {
            Inside::Map { own: Mapping::new(), merged: Vec::new(), key: None, merge_at: None }
        } else {
            Inside::List(Vec::new())
        };
        self.stack.push(Frame { place, anchor, first, first_byte, depth: 1, inside });
        Ok(())
    }

    fn close(&mut self) -> Step<()> {
        let frame = self.stack.pop().expect("only what was opened is closed");
        let data = match frame.inside {
            Inside::List(items) => Data::List(items),
            Inside::Map { mut own, merged, .. } => {
                merge::apply(&mut own, merged);
                Data::Map(own)
            }
        };
        let node = Node { place: frame.place, data };
        let size = (self.decoded - frame.first, self.bytes - frame.first_byte);
        self.remember(frame.anchor, &node, size, frame.depth)?;
        self.attach(Done { node, depth: frame.depth, alias: false, merge_key: false, tagged: false })
    }

    fn scalar(&mut self, scalar: Scalar, anchor: Option<String>, place: Place) -> Step<()> {
        self.count(1, place)?;
        let Scalar { text, plain, tag } = scalar;
        let tag = tag_name(&tag);
        let data = match scalar::resolve(&text, plain, tag) {
            Ok(data) => data,
            Err(error) => return Self::blocked(place, &error.to_string()),
        };
        let node = Node { place, data };
        self.bytes += text.len();
        self.remember(anchor, &node, (1, text.len()), 0)?;
        let merge_key = text == "<<" && (plain && tag.is_empty() || tag == "merge");
        let tagged = !matches!(tag, "" | "str" | "merge");
        self.attach(Done { node, depth: 0, alias: false, merge_key, tagged })
    }

    fn alias(&mut self, name: String, place: Place) -> Step<()> {
        let Some(anchored) = self.anchors.get(&name) else {
            let message = format!("the anchor \"{name}\" is not defined above this place");
            let known = nearest(&name, self.anchors.keys().map(String::as_str), 1);
            let problem = Problem::blocker(place, message);
            let problem = match known.first() {
                Some(known) => problem.help(format!("did you mean \"*{known}\"?")),
                None => problem.help(format!("write \"&{name}\" before the value that is meant")),
            };
            if self.expects_key() {
                return Err(Box::new(problem));
            }
            self.report(problem);
            let node = Node { place, data: Data::Map(Mapping::new()) };
            return self.attach(Done { node, depth: 0, alias: true, merge_key: false, tagged: false });
        };
        let Some(anchored) = anchored else {
            return Self::blocked(place, "an alias to an anchor that contains it");
        };
        let (size, bytes, depth) = (anchored.size, anchored.bytes, anchored.depth);
        self.aliased += size;
        self.bytes += bytes;
        self.count(size, place)?;
        self.copy(bytes, place)?;
        if self.aliased > 100
            && self.decoded > 1000
            && self.aliased * 100 > self.decoded * allowed_percent(self.decoded)
        {
            return Self::blocked(place, "the file expands aliases excessively");
        }
        if self.stack.len() + depth > MAX_DEPTH {
            return Self::blocked(place, &format!("values are nested more than {MAX_DEPTH} deep"));
        }
        let Some(Some(Anchored { node, .. })) = self.anchors.get(&name) else { return Ok(()) };
        let node = node.clone();
        self.attach(Done { node, depth, alias: true, merge_key: false, tagged: false })
    }
}

impl Reader {
    fn blocked<T>(place: Place, message: &str) -> Step<T> {
        Err(Box::new(Problem::blocker(place, message)))
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { inside: Inside::Map { key: None, .. }, .. }))
    }

    fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn count(&mut self, nodes: usize, place: Place) -> Step<()> {
        self.decoded += nodes;
        if self.decoded > MAX_NODES {
            return Self::blocked(place, "the file has too many values");
        }
        Ok(())
    }

    fn copy(&mut self, bytes: usize, place: Place) -> Step<()> {
        self.copied += bytes;
        if self.copied > MAX_COPIED {
            let message = format!("anchors and aliases copy more than {} MiB of text", MAX_COPIED >> 20);
            return Self::blocked(place, &message);
        }
        Ok(())
    }

    /// Keeps a value for aliases; its size in values and in bytes of text.
    fn remember(
        &mut self,
        anchor: Option<String>,
        node: &Node,
        (size, bytes): (usize, usize),
        depth: usize,
    ) -> Step<()> {
        let Some(anchor) = anchor else { return Ok(()) };
        self.copy(bytes, node.place)?;
        self.kept += size;
        if self.kept > MAX_NODES {
            return Self::blocked(node.place, "the file has too many values with anchors");
        }
        self.anchors.insert(anchor, Some(Anchored { node: node.clone(), size, bytes, depth }));
        Ok(())
    }

    /// Puts a value into the collection that is open; without one it is the document.
    fn attach(&mut self, done: Done) -> Step<()> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(done.node);
            return Ok(());
        };
        frame.depth = frame.depth.max(done.depth + 1);
        let at = done.node.place;
        let problem = match &mut frame.inside {
            Inside::List(items) => {
                items.push(done.node);
                None
            }
            Inside::Map { own, merged, key, merge_at } => match key.take() {
                None => {
                    let (found, problem) = read_key(done, own, merge_at)?;
                    *key = Some(found);
                    problem
                }
                Some(Key::Merge) => match merge::merged_mappings(done.node, done.alias) {
                    Some(maps) => {
                        merged.extend(maps);
                        None
                    }
                    None => Some(Problem::blocker(
                        merge_at.unwrap_or(at),
                        "a merge key (<<) takes a mapping or a list of mappings",
                    )),
                },
                Some(Key::Text(text, place)) => {
                    own.entry(text).or_insert(Entry { key: place, value: done.node });
                    None
                }
            },
        };
        if let Some(problem) = problem {
            self.report(problem);
        }
        Ok(())
    }
}

/// Reads a key; also says what is wrong with it.
fn read_key(done: Done, own: &Mapping, merge_at: &mut Option<Place>) -> Step<(Key, Option<Problem>)> {
    let place = done.node.place;
    if done.merge_key {
        let problem = merge_at.replace(place).map(|first| duplicate("<<", place, first));
        return Ok((Key::Merge, problem));
    }
    let (text, found) = match done.node.data {
        Data::Text(text) if done.tagged => (text, Some("tagged as something else")),
        Data::Text(text) => (text, None),
        Data::Int { raw, .. } | Data::Float { raw, .. } => (raw, Some("a number")),
        Data::Date(raw) => (raw, Some("a date")),
        Data::Bool(value) => (value.to_string(), Some("a boolean")),
        Data::Null => (String::new(), Some("empty")),
        Data::List(_) | Data::Map(_) => {
            return Reader::blocked(place, "a key must be text, not a list or a mapping");
        }
    };
    let problem = match (found, own.get(&text)) {
        (Some(kind), _) => {
            let problem = Problem::blocker(place, format!("a key must be text, but this one is {kind}"));
            Some(problem.help(format!("write it in quotes: \"{text}\"")))
        }
        (None, Some(first)) => Some(duplicate(&text, place, first.key)),
        (None, None) => None,
    };
    Ok((Key::Text(text, place), problem))
}

fn duplicate(key: &str, place: Place, first: Place) -> Problem {
    Problem::blocker(place, format!("the key \"{key}\" is already defined in line {}", first.line))
        .help("a key may stand only once in a mapping; put both values under one key")
}

/// The part of the values that may come through aliases, in percent. (Go yaml.v3: 99 up to 400,000, then falling to 10
/// at 4,000,000.)
fn allowed_percent(decoded: usize) -> usize {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    match decoded {
        0..=LOW => 99,
        HIGH.. => 10,
        _ => 99 - 89 * (decoded - LOW) / (HIGH - LOW),
    }
}

/// The name of a core tag (`str` for `!!str`), the whole tag otherwise, empty for none.
fn tag_name(tag: &str) -> &str {
    if tag == "!" { "" } else { tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(tag) }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
