//! Text to tree: events of the parser, anchors, duplicate keys, budgets.
use super::control::forbidden_character;
use super::merge;
use super::node::{Data, Entry, Mapping, Node};
use super::problem::Problem;
use super::relax::relax;
use super::scalar;
use crate::finding::{FileId, Place};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::collections::HashMap;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// How deep values may be nested. (Go: 10,000; nothing in compose needs more than a dozen.)
const MAX_DEPTH: usize = 200;
/// How many values a file may have, aliases expanded.
const MAX_NODES: usize = 2_000_000;
/// How many problems of one file are kept.
const MAX_PROBLEMS: usize = 1_000;

/// What a file holds.
#[derive(Debug)]
pub struct Read {
    /// The first document; `Null` for an empty file.
    pub root: Node,
    /// Warnings.
    pub problems: Vec<Problem>,
}

/// Reads the first document of a file.
///
/// # Errors
/// All problems that keep it from being read: one for broken syntax, several for keys.
pub fn read(text: &str, file: FileId) -> Result<Read, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        return Err(vec![Problem::blocker(Place::whole(file), message)]);
    }
    if let Some(problem) = forbidden_character(text, file) {
        return Err(vec![problem]);
    }
    if let Some(problem) = odd_directive(text, file) {
        return Err(vec![problem]);
    }
    match parse(text, file, &[]) {
        Err(Unread { syntax: true, problems }) => match relax(text) {
            // A text that is no better after the change is told about as it was.
            Some(relaxed) => match parse(&relaxed.text, file, &relaxed.moved) {
                Err(Unread { syntax: true, .. }) => Err(problems),
                other => other.map_err(|unread| unread.problems),
            },
            None => Err(problems),
        },
        other => other.map_err(|unread| unread.problems),
    }
}

/// A `%` line above the document that docker's parser refuses: all but `%YAML 1.1` and `%TAG`.
fn odd_directive(text: &str, file: FileId) -> Option<Problem> {
    let head = text.lines().take_while(|line| line.is_empty() || line.starts_with(['#', '%']));
    let odd = |line: &str| {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("%YAML"), version) => version != Some("1.1"),
            (Some(name), _) => name.starts_with('%') && name != "%TAG",
            (None, _) => false,
        }
    };
    let (at, line) = head.enumerate().find(|(_, line)| odd(line))?;
    let place = Place { file, line: u32::try_from(at + 1).unwrap_or(u32::MAX), column: 1 };
    let word = line.split_whitespace().next().unwrap_or_default();
    let message = format!("docker does not take this {word} line");
    Some(Problem::blocker(place, message).help("remove it: compose files need none"))
}

/// Why a text could not be read.
struct Unread {
    /// The parser gave up on it.
    syntax: bool,
    problems: Vec<Problem>,
}

fn parse(text: &str, file: FileId, moved: &[usize]) -> Result<Read, Unread> {
    let mut reader = Reader {
        file,
        moved,
        parser: Parser::new_from_str(text),
        syntax: false,
        stack: Vec::new(),
        anchors: HashMap::new(),
        decoded: 0,
        aliased: 0,
        problems: Vec::new(),
    };
    match reader.document() {
        Ok(root) if reader.problems.is_empty() => {
            return Ok(Read { root, problems: reader.further_documents() });
        }
        Ok(_) => {}
        Err(problem) => reader.problems.push(*problem),
    }
    Err(Unread { syntax: reader.syntax, problems: reader.problems })
}

struct Reader<'a> {
    file: FileId,
    /// How many columns each line was moved before it was parsed.
    moved: &'a [usize],
    /// The parser gave up.
    syntax: bool,
    parser: Parser<'a, StrInput<'a>>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    /// Values made, aliases expanded.
    decoded: usize,
    /// Those of them that came through an alias.
    aliased: usize,
    problems: Vec<Problem>,
}

struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A collection that is being read.
struct Frame {
    place: Place,
    anchor: usize,
    first: usize,
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

type Step<T> = Result<T, Box<Problem>>;

impl<'a> Reader<'a> {
    fn document(&mut self) -> Step<Node> {
        loop {
            let (event, span) = self.next()?;
            let place = self.place(&span);
            let done = match event {
                Event::StreamEnd => return Ok(Node { place: Place::whole(self.file), data: Data::Null }),
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(&text, style, anchor, tag.as_deref(), place)?
                }
                Event::Alias(id) => self.alias(id, place)?,
                Event::SequenceStart(anchor, _) => {
                    self.open(anchor, place, Inside::List(Vec::new()))?;
                    continue;
                }
                Event::MappingStart(anchor, _) => {
                    let inside =
                        Inside::Map { own: Mapping::new(), merged: Vec::new(), key: None, merge_at: None };
                    self.open(anchor, place, inside)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(),
                _ => continue,
            };
            if let Some(root) = self.attach(done)? {
                return Ok(root);
            }
        }
    }

    /// A warning when the stream goes on after the first document.
    fn further_documents(&mut self) -> Vec<Problem> {
        while let Some(Ok((event, span))) = self.parser.next_event() {
            match event {
                Event::DocumentEnd => {}
                Event::DocumentStart(_) => {
                    let message = "further documents of a file are ignored";
                    return vec![
                        Problem::warning(self.place(&span), message)
                            .help("only what stands above this line counts"),
                    ];
                }
                _ => break,
            }
        }
        Vec::new()
    }

    fn next(&mut self) -> Step<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                self.syntax = true;
                Err(Box::new(self.problem(&error)))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn problem(&self, error: &ScanError) -> Problem {
        let mark = error.marker();
        let place = self.at(mark.line(), mark.col());
        if error.info().contains("unknown anchor") {
            return Problem::blocker(place, "an alias to an anchor that is not defined above it");
        }
        let (message, help) = super::syntax::explained(error.info());
        Problem::blocker(place, message).help(help)
    }

    fn place(&self, span: &Span) -> Place {
        self.at(span.start.line(), span.start.col())
    }

    fn at(&self, line: usize, column: usize) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let moved = line.checked_sub(1).and_then(|at| self.moved.get(at)).copied().unwrap_or(0);
        let column = column.saturating_sub(moved);
        Place { file: self.file, line: number(line).max(1), column: number(column).saturating_add(1) }
    }

    fn blocked<T>(place: Place, message: &str) -> Step<T> {
        Err(Box::new(Problem::blocker(place, message)))
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

    fn open(&mut self, anchor: usize, place: Place, inside: Inside) -> Step<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Self::blocked(place, &format!("values are nested more than {MAX_DEPTH} deep"));
        }
        let first = self.decoded;
        self.count(1, place)?;
        self.stack.push(Frame { place, anchor, first, depth: 1, inside });
        Ok(())
    }

    fn close(&mut self) -> Done {
        let frame = self.stack.pop().expect("the parser closes only what it opened");
        let data = match frame.inside {
            Inside::List(items) => Data::List(items),
            Inside::Map { mut own, merged, .. } => {
                merge::apply(&mut own, merged);
                Data::Map(own)
            }
        };
        let node = Node { place: frame.place, data };
        self.remember(frame.anchor, &node, self.decoded - frame.first, frame.depth);
        Done { node, depth: frame.depth, alias: false, merge_key: false, tagged: false }
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize, depth: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Step<Done> {
        self.count(1, place)?;
        let plain = style == ScalarStyle::Plain;
        let tag = tag_name(tag);
        let data = match scalar::resolve(text, plain, &tag) {
            Ok(data) => data,
            Err(error) => return Self::blocked(place, &error.to_string()),
        };
        let node = Node { place, data };
        self.remember(anchor, &node, 1, 0);
        let merge_key = text == "<<" && (plain && tag.is_empty() || tag == "merge");
        let tagged = !matches!(tag.as_str(), "" | "str" | "merge");
        Ok(Done { node, depth: 0, alias: false, merge_key, tagged })
    }

    fn alias(&mut self, id: usize, place: Place) -> Step<Done> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Self::blocked(place, "an alias to an anchor that contains it");
        };
        let (size, depth) = (anchored.size, anchored.depth);
        self.aliased += size;
        self.count(size, place)?;
        if self.aliased > 100
            && self.decoded > 1000
            && self.aliased * 100 > self.decoded * allowed_percent(self.decoded)
        {
            return Self::blocked(place, "the file expands aliases excessively");
        }
        if self.stack.len() + depth > MAX_DEPTH {
            return Self::blocked(place, &format!("values are nested more than {MAX_DEPTH} deep"));
        }
        Ok(Done { node: self.anchors[&id].node.clone(), depth, alias: true, merge_key: false, tagged: false })
    }

    /// Puts a value into the collection that is open; gives it back when there is none.
    fn attach(&mut self, done: Done) -> Step<Option<Node>> {
        let Some(frame) = self.stack.last_mut() else { return Ok(Some(done.node)) };
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
        Ok(None)
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
fn tag_name(tag: Option<&Tag>) -> String {
    match tag {
        None => String::new(),
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.clone(),
        Some(tag) => {
            let whole = format!("{}{}", tag.handle, tag.suffix);
            match whole.strip_prefix("tag:yaml.org,2002:") {
                Some(name) => name.to_owned(),
                None if whole == "!" => String::new(),
                None => whole,
            }
        }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
