//! Words to values.
use super::Step;
use super::cursor::Mark;
use super::scan::Scanner;
use super::token::{Kind, Token};
use crate::finding::{FileId, Place};
use crate::yaml::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// What takes the values, in the order of the text: keys and values of a mapping by turns.
pub(in crate::yaml) trait Builder {
    /// A list or, for `map`, a mapping begins.
    fn open(&mut self, map: bool, anchor: Option<String>, place: Place) -> Step<()>;
    /// The innermost list or mapping ends.
    fn close(&mut self) -> Step<()>;
    /// A scalar. The tag is whole (`tag:yaml.org,2002:str`), empty for none.
    fn scalar(&mut self, scalar: Scalar, anchor: Option<String>, place: Place) -> Step<()>;
    /// What an anchor above stands for.
    fn alias(&mut self, name: String, place: Place) -> Step<()>;
}

/// A scalar as it is written.
pub(in crate::yaml) struct Scalar {
    pub(in crate::yaml) text: String,
    /// Without quotes and not a block.
    pub(in crate::yaml) plain: bool,
    pub(in crate::yaml) tag: String,
}

/// What a text is read with.
pub(in crate::yaml) struct Document<'t, 'b, B> {
    scanner: Scanner<'t>,
    builder: &'b mut B,
    /// What the handles of tags stand for.
    handles: BTreeMap<String, String>,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// In a list or at the top.
    Block,
    /// In a mapping, where a list needs no indentation.
    Mapping,
    /// In brackets.
    Brackets,
}

/// A list or mapping in brackets.
#[derive(Clone, Copy)]
struct Brackets {
    open: Mark,
    sign: char,
    close: &'static str,
}

impl<'t, 'b, B: Builder> Document<'t, 'b, B> {
    /// Values may be nested that deep.
    pub(in crate::yaml) fn new(text: &'t str, file: FileId, builder: &'b mut B, depth: usize) -> Self {
        let core = [("!", "!"), ("!!", "tag:yaml.org,2002:")];
        let handles = core.map(|(handle, prefix)| (handle.to_owned(), prefix.to_owned())).into();
        Self { scanner: Scanner::new(text, file, depth), builder, handles }
    }

    /// Reads the first document; false when there is none.
    pub(in crate::yaml) fn first(&mut self) -> Step<bool> {
        let mut directives = BTreeSet::new();
        loop {
            match &self.scanner.peek()?.kind {
                Kind::StreamEnd if directives.is_empty() => return Ok(false),
                Kind::Version(_) | Kind::TagHandle(..) => {
                    let word = self.scanner.take()?;
                    if !directives.insert(self.directive(word.kind)) {
                        let problem = Problem::blocker(word.mark.place, "the same % line stands twice");
                        return Err(Box::new(problem));
                    }
                }
                Kind::DocumentStart => {
                    self.scanner.take()?;
                    break;
                }
                _ if !directives.is_empty() => {
                    let place = self.scanner.peek()?.mark.place;
                    let problem =
                        Problem::blocker(place, "a line \"---\" must stand between % lines and the document");
                    return Err(Box::new(problem));
                }
                _ => {
                    self.node(Around::Block)?;
                    return self.end();
                }
            }
        }
        let word = self.scanner.peek()?;
        match word.kind {
            Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd
            | Kind::Version(_)
            | Kind::TagHandle(..) => {
                let mark = word.mark;
                self.empty(mark)?;
            }
            _ => self.node(Around::Block)?,
        }
        self.end()
    }

    /// Where a further document begins, or anything else that stands behind the first one.
    pub(in crate::yaml) fn further(&mut self) -> Option<Place> {
        while let Ok(word) = self.scanner.peek() {
            match word.kind {
                Kind::DocumentEnd => self.scanner.take().ok()?,
                Kind::StreamEnd => return None,
                _ => return Some(word.mark.place),
            };
        }
        Some(self.scanner.cursor.place())
    }

    /// Goes behind the end of the document.
    fn end(&mut self) -> Step<bool> {
        if self.scanner.peek()?.kind == Kind::DocumentEnd {
            self.scanner.take()?;
        }
        Ok(true)
    }

    /// Takes a `%` line to heart; the handle that it is about, empty for the version.
    fn directive(&mut self, kind: Kind) -> String {
        let Kind::TagHandle(handle, prefix) = kind else { return String::new() };
        self.handles.insert(handle.clone(), prefix);
        handle
    }

    fn empty(&mut self, mark: Mark) -> Step<()> {
        let scalar = Scalar { text: String::new(), plain: true, tag: String::new() };
        self.builder.scalar(scalar, None, mark.place)
    }

    /// One value with what stands before it.
    fn node(&mut self, around: Around) -> Step<()> {
        let start = self.scanner.peek()?.mark;
        if let Kind::Alias(_) = self.scanner.peek()?.kind {
            let word = self.scanner.take()?;
            let Kind::Alias(name) = word.kind else { unreachable!("the word was just seen") };
            return self.builder.alias(name, word.mark.place);
        }
        let (anchor, tag) = self.properties()?;
        let word = self.scanner.peek()?;
        let place = word.mark.place;
        match &word.kind {
            Kind::Dash if around == Around::Mapping => {
                self.builder.open(false, anchor, place)?;
                self.items_without_indent()
            }
            Kind::BlockList if around != Around::Brackets => {
                self.builder.open(false, anchor, place)?;
                self.items()
            }
            Kind::BlockMap if around != Around::Brackets => {
                self.builder.open(true, anchor, place)?;
                self.entries()
            }
            Kind::ListOpen => {
                self.builder.open(false, anchor, place)?;
                self.items_in_brackets()
            }
            Kind::MapOpen => {
                self.builder.open(true, anchor, place)?;
                self.entries_in_brackets()
            }
            Kind::Scalar { .. } => {
                let Kind::Scalar { text, plain } = self.scanner.take()?.kind else {
                    unreachable!("the word was just seen")
                };
                self.builder.scalar(Scalar { text, plain, tag: tag.unwrap_or_default() }, anchor, place)
            }
            _ if anchor.is_some() || tag.is_some() => {
                let scalar = Scalar { text: String::new(), plain: true, tag: tag.unwrap_or_default() };
                self.builder.scalar(scalar, anchor, start.place)
            }
            _ => Err(no_value(word, around)),
        }
    }

    /// An anchor and a tag, in any order.
    fn properties(&mut self) -> Step<(Option<String>, Option<String>)> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            match &self.scanner.peek()?.kind {
                Kind::Anchor(_) if anchor.is_none() => {
                    if let Kind::Anchor(name) = self.scanner.take()?.kind {
                        anchor = Some(name);
                    }
                }
                Kind::Tag(..) if tag.is_none() => {
                    let word = self.scanner.take()?;
                    if let Kind::Tag(handle, suffix) = word.kind {
                        let known = handle.is_empty() || self.handles.contains_key(&handle);
                        if !known {
                            let message = format!("the tag handle \"{handle}\" is not defined");
                            return Err(Box::new(Problem::blocker(word.mark.place, message)));
                        }
                        let prefix = self.handles.get(&handle).cloned().unwrap_or_default();
                        tag = Some(prefix + &suffix);
                    }
                }
                _ => return Ok((anchor, tag)),
            }
        }
    }

    /// `- a` below each other.
    fn items(&mut self) -> Step<()> {
        let list = self.scanner.take()?.mark;
        loop {
            let word = self.scanner.take()?;
            match word.kind {
                Kind::Dash => {
                    if matches!(self.scanner.peek()?.kind, Kind::Dash | Kind::BlockEnd) {
                        self.empty(word.mark)?;
                    } else {
                        self.node(Around::Block)?;
                    }
                }
                Kind::BlockEnd => return self.builder.close(),
                _ => return Err(misplaced(&word, list, "item")),
            }
        }
    }

    /// `- a` below each other, at the column of the key that they belong to.
    fn items_without_indent(&mut self) -> Step<()> {
        while self.scanner.peek()?.kind == Kind::Dash {
            let dash = self.scanner.take()?;
            if matches!(self.scanner.peek()?.kind, Kind::Dash | Kind::Key | Kind::Value | Kind::BlockEnd) {
                self.empty(dash.mark)?;
            } else {
                self.node(Around::Block)?;
            }
        }
        self.builder.close()
    }

    /// `a: b` below each other.
    fn entries(&mut self) -> Step<()> {
        let map = self.scanner.take()?.mark;
        loop {
            let word = self.scanner.peek()?;
            let mark = word.mark;
            match word.kind {
                Kind::Key => {
                    self.scanner.take()?;
                    self.part_of_entry(mark)?;
                }
                Kind::Value => self.empty(mark)?,
                Kind::BlockEnd => {
                    self.scanner.take()?;
                    return self.builder.close();
                }
                _ => return Err(misplaced(&self.scanner.take()?, map, "key")),
            }
            let word = self.scanner.peek()?;
            let mark = word.mark;
            if word.kind == Kind::Value {
                self.scanner.take()?;
                self.part_of_entry(mark)?;
            } else {
                self.empty(mark)?;
            }
        }
    }

    /// A key or a value, which may be missing.
    fn part_of_entry(&mut self, before: Mark) -> Step<()> {
        if matches!(self.scanner.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.empty(before)
        } else {
            self.node(Around::Mapping)
        }
    }

    /// `[a, b]`
    fn items_in_brackets(&mut self) -> Step<()> {
        let brackets = Brackets { open: self.scanner.take()?.mark, sign: '[', close: "]" };
        let mut first = true;
        loop {
            self.comma(&Kind::ListClose, first, brackets)?;
            first = false;
            match self.scanner.peek()?.kind {
                Kind::ListClose => {
                    self.scanner.take()?;
                    return self.builder.close();
                }
                Kind::Key => self.pair()?,
                _ => self.node(Around::Brackets)?,
            }
        }
    }

    /// `a: b` as an item in brackets.
    fn pair(&mut self) -> Step<()> {
        let key = self.scanner.take()?.mark;
        self.builder.open(true, None, key.place)?;
        let ends = |kind: &Kind| matches!(kind, Kind::Comma | Kind::ListClose);
        let word = self.scanner.peek()?;
        if word.kind == Kind::Value || ends(&word.kind) {
            // So does docker's parser, which then does not find what it expects.
            self.scanner.take()?;
            self.empty(key)?;
        } else {
            self.node(Around::Brackets)?;
        }
        let word = self.scanner.peek()?;
        let mark = word.mark;
        if word.kind == Kind::Value {
            self.scanner.take()?;
            if ends(&self.scanner.peek()?.kind) {
                self.empty(mark)?;
            } else {
                self.node(Around::Brackets)?;
            }
        } else {
            self.empty(mark)?;
        }
        self.builder.close()
    }

    /// `{a: b}`
    fn entries_in_brackets(&mut self) -> Step<()> {
        let brackets = Brackets { open: self.scanner.take()?.mark, sign: '{', close: "}" };
        let ends = |kind: &Kind| matches!(kind, Kind::Comma | Kind::MapClose);
        let mut first = true;
        loop {
            self.comma(&Kind::MapClose, first, brackets)?;
            first = false;
            let word = self.scanner.peek()?;
            let mark = word.mark;
            match word.kind {
                Kind::MapClose => {
                    self.scanner.take()?;
                    return self.builder.close();
                }
                Kind::Key => {
                    self.scanner.take()?;
                    let word = self.scanner.peek()?;
                    if word.kind == Kind::Value || ends(&word.kind) {
                        self.empty(mark)?;
                    } else {
                        self.node(Around::Brackets)?;
                    }
                }
                _ => {
                    self.node(Around::Brackets)?;
                    self.empty(mark)?;
                    continue;
                }
            }
            let word = self.scanner.peek()?;
            let mark = word.mark;
            if word.kind != Kind::Value {
                self.empty(mark)?;
                continue;
            }
            self.scanner.take()?;
            if ends(&self.scanner.peek()?.kind) {
                self.empty(mark)?;
            } else {
                self.node(Around::Brackets)?;
            }
        }
    }

    /// Goes behind the comma that must stand before all but the first value in brackets.
    fn comma(&mut self, close: &Kind, first: bool, brackets: Brackets) -> Step<()> {
        let word = self.scanner.peek()?;
        if word.kind == *close || first {
            return Ok(());
        }
        if word.kind == Kind::Comma {
            self.scanner.take()?;
            return Ok(());
        }
        Err(not_closed(word, brackets))
    }
}

/// In words what stands at a place where it can't.
fn described(kind: &Kind) -> &'static str {
    match kind {
        Kind::StreamEnd => "the end of the file",
        Kind::DocumentStart | Kind::DocumentEnd => "the end of the document",
        Kind::ListOpen | Kind::MapOpen => "an opening bracket",
        Kind::ListClose | Kind::MapClose => "a closing bracket",
        Kind::Comma => "a comma",
        Kind::Value => "a colon",
        Kind::Dash | Kind::BlockList => "a list item",
        Kind::Key | Kind::BlockMap => "a key",
        Kind::Alias(_) => "an alias",
        Kind::Anchor(_) => "an anchor",
        Kind::Tag(..) => "a tag",
        Kind::Scalar { .. } => "text",
        Kind::Version(_) | Kind::TagHandle(..) => "a % line",
        Kind::BlockEnd => "the end of the indented lines",
    }
}

fn no_value(word: &Token, around: Around) -> Box<Problem> {
    let problem = Problem::blocker(
        word.mark.place,
        format!("{} stands where a value is expected", described(&word.kind)),
    );
    Box::new(if around == Around::Brackets {
        problem.help("look for a comma or bracket too many before this place, or put text in quotes")
    } else {
        problem.help("put the value in quotes if it is text")
    })
}

fn misplaced(word: &Token, block: Mark, what: &str) -> Box<Problem> {
    let (place, kind) = (word.mark.place, &word.kind);
    let column = block.place.column;
    let message = match kind {
        Kind::BlockMap | Kind::BlockList | Kind::Dash | Kind::Key => {
            format!(
                "{} at column {}, where the indentation fits nothing above",
                described(kind),
                place.column
            )
        }
        _ => format!("{} behind a value that has ended", described(kind)),
    };
    let line = block.place.line;
    let help = format!("the {what}s of this block begin at column {column}, as in line {line}");
    let help = match kind {
        Kind::BlockMap | Kind::BlockList | Kind::Dash | Kind::Key => help,
        _ => "put the whole value in quotes, or what follows on a line of its own".to_owned(),
    };
    Box::new(Problem::blocker(place, message).help(help))
}

fn not_closed(word: &Token, Brackets { open, sign, close }: Brackets) -> Box<Problem> {
    let problem = if word.kind == Kind::StreamEnd {
        Problem::blocker(open.place, format!("the \"{sign}\" is not closed"))
    } else {
        let found = described(&word.kind);
        let message = format!("{found} stands where \",\" or \"{close}\" is expected");
        Problem::blocker(word.mark.place, message)
    };
    Box::new(problem.help(format!("the \"{sign}\" of line {} is still open here", open.place.line)))
}
