//! Lines and quotes: which bytes are a name, a value, a comment. Nothing is expanded here.
//!
//! A line is blank, a comment, `---`, or `[export] NAME=value` (also `NAME: value`). Values are bare up to the last ` #`,
//! in single quotes (taken as they are), or in double quotes (escapes; both kinds may span lines).
use super::{LARGEST, Position};
use std::collections::BTreeMap;
use std::ops::Range;

/// One assignment. Ranges are bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// The variable's name.
    pub(super) key: Range<usize>,
    /// The value, without quotes and surrounding blanks.
    pub(super) value: Range<usize>,
    /// How it is written.
    pub(super) quote: Quote,
    /// What stands behind `#`.
    pub(super) comment: Option<Range<usize>>,
    /// End of the last line of it, before the line's end.
    pub(super) end: usize,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// Without quotes.
    Bare,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
}

/// Something wrong at a byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    /// Line and column, where there is no text to count in.
    pub(super) position: Option<Position>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, position: None, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Most problems, and most warnings, that are reported of one file.
pub(super) const MOST: usize = 100;

/// The file as text, without anything that no line of it may hold.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Vec<Problem>> {
    let fixed = |line, column, message: String| Problem {
        at: 0,
        position: Some(Position { line, column }),
        message,
        help: None,
    };
    if bytes.len() > LARGEST {
        return Err(vec![fixed(
            0,
            1,
            format!("the file has {} bytes, at most {LARGEST} are read", bytes.len()),
        )]);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        let problem = fixed(1, 1, "the file begins with a byte order mark".to_owned());
        return Err(vec![problem.help("save it as UTF-8 without BOM")]);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let place = Lines::new(&before).position(before.len());
        vec![
            fixed(place.line, place.column, "this is not UTF-8 text".to_owned())
                .help("save the file as UTF-8"),
        ]
    })
}

/// Blanks as the grammar knows them: everything but the line feed.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{a0}')
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let behind = text.match_indices('\n').map(|(i, _)| i + 1);
        Self { text, starts: std::iter::once(0).chain(behind).collect() }
    }

    /// The line and column of a byte.
    pub(super) fn position(&self, at: usize) -> Position {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at);
        let column = self.text[self.starts[line - 1]..at].chars().count() + 1;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: count(line), column: count(column) }
    }

    /// A line, from 1, without its end.
    pub(super) fn line(&self, line: u32) -> &'a str {
        let start = self.starts.get((line as usize).wrapping_sub(1)).copied().unwrap_or(self.text.len());
        self.text[start..].lines().next().unwrap_or_default()
    }
}

/// All assignments and all problems, each in the order of the text.
pub(super) fn statements(text: &str) -> (Vec<Statement>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() && problems.len() < MOST {
        let end = line_end(text, at);
        let line = text[at..end].trim_matches(is_blank);
        if line.is_empty() || line.starts_with('#') || line == "---" {
            at = end + 1;
            continue;
        }
        match statement(text, at, end) {
            Ok(statement) => {
                problems.extend(control_character(text, statement.value.clone()));
                at = line_end(text, statement.end) + 1;
                found.push(statement);
            }
            Err((problem, resume)) => {
                problems.push(problem);
                at = resume;
            }
        }
    }
    (found, problems)
}

/// The words `name=value` of the comment behind a value.
pub(super) fn modifiers(text: &str, statement: &Statement) -> BTreeMap<String, String> {
    let comment = statement.comment.clone().map_or("", |range| &text[range]);
    let word = |word: &str| {
        let (name, value) = word.split_once('=')?;
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-');
        (is_name && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    comment.split_whitespace().filter_map(word).collect()
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |i| at + i)
}

/// The bytes of `range` without blanks at both ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start_matches(is_blank).len());
    start..start + part.trim_matches(is_blank).len()
}

/// One assignment on the line `at..end`; a problem comes with the byte to go on at.
fn statement(text: &str, at: usize, end: usize) -> Result<Statement, (Problem, usize)> {
    let (key, after) = key(text, trimmed(text, at..end)).map_err(|problem| (problem, end + 1))?;
    let value = trimmed(text, after..end);
    match text[value.clone()].chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(text, key, value.start, quote),
        _ => Ok(bare(text, key, after..end)),
    }
}

/// The name of the variable, and the byte behind its `=` or `:`.
fn key(text: &str, line: Range<usize>) -> Result<(Range<usize>, usize), Problem> {
    let rest = &text[line.clone()];
    let start = match rest.strip_prefix("export") {
        Some(after) if after.starts_with(is_blank) => line.end - after.trim_start_matches(is_blank).len(),
        _ => line.start,
    };
    let body = &text[start..line.end];
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let length = body.find(|c| !is_name(c)).unwrap_or(body.len());
    let key = start..start + length;
    let behind = body[length..].trim_start_matches(is_blank);
    let at = line.end - behind.len();
    match behind.chars().next() {
        Some('=' | ':') if length > 0 => Ok((key, at + 1)),
        Some('=' | ':') => Err(Problem::new(at, "there is no variable name before this")),
        None => Err(Problem::new(line.end, "there is no `=` behind the variable name")
            .help("write `NAME=value`, or put `#` before a comment")),
        Some(c) => {
            let at = if body[length..].starts_with(is_blank) { start + length } else { at };
            let shown = text[at..].chars().next().unwrap_or(c).escape_debug();
            Err(Problem::new(at, format!("`{shown}` is not allowed in the name of a variable"))
                .help("write `NAME=value`, or put `#` before a comment"))
        }
    }
}

/// A value without quotes: up to the last `#` with a blank before it.
fn bare(text: &str, key: Range<usize>, rest: Range<usize>) -> Statement {
    let part = &text[rest.clone()];
    let mark =
        part.char_indices().rev().find(|(i, c)| *c == '#' && part[..*i].ends_with(is_blank)).map(|(i, _)| i);
    let mut value = trimmed(text, rest.start..mark.map_or(rest.end, |i| rest.start + i));
    let mut comment = mark.map(|i| rest.start + i + 1..rest.end);
    // Behind `NAME= # one # two` there is no value at all.
    let blank_before = value.start > rest.start;
    if blank_before && text[value.clone()].starts_with('#') {
        comment = Some(value.start + 1..rest.end);
        value = value.start..value.start;
    }
    let end = trimmed(text, rest.clone()).end.max(rest.start);
    Statement { key, value, quote: Quote::Bare, comment, end }
}

/// A value in quotes, which may span lines; `at` is the byte of the opening quote.
fn quoted(text: &str, key: Range<usize>, at: usize, quote: char) -> Result<Statement, (Problem, usize)> {
    let Some(close) = closing(text, at + 1, quote) else {
        let problem = Problem::new(at, format!("this {quote} is never closed"));
        return Err((problem, next_assignment(text, line_end(text, at) + 1)));
    };
    let end = line_end(text, close);
    let behind = trimmed(text, close + 1..end);
    let comment = match text[behind.clone()].chars().next() {
        None => None,
        Some('#') => Some(behind.start + 1..behind.end),
        Some(_) => {
            let opened = Lines::new(text).position(at);
            let problem =
                Problem::new(behind.start, format!("there is more text behind the closing {quote}"))
                    .help(format!("it closes the one at line {}, column {}", opened.line, opened.column));
            return Err((problem, line_end(text, at) + 1));
        }
    };
    let kind = if quote == '"' { Quote::Double } else { Quote::Single };
    Ok(Statement { key, value: at + 1..close, quote: kind, comment, end: behind.end.max(close + 1) })
}

/// The byte of the closing quote. A backslash keeps a quote from closing; in double quotes it may be escaped itself.
fn closing(text: &str, from: usize, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text[from..].char_indices() {
        if c == quote && !escaped {
            return Some(from + i);
        }
        escaped = c == '\\' && (quote == '\'' || !escaped);
    }
    None
}

/// Where to go on after a quote that is never closed: the next line that looks like an assignment. The lines between
/// are most likely the value's, so nothing is said about them.
fn next_assignment(text: &str, from: usize) -> usize {
    let mut at = from;
    while at < text.len() {
        let end = line_end(text, at);
        if text[at..end].contains('=') && key(text, trimmed(text, at..end)).is_ok() {
            return at;
        }
        at = end + 1;
    }
    text.len()
}

fn control_character(text: &str, value: Range<usize>) -> Option<Problem> {
    let part = &text[value.clone()];
    let refused = |(i, c): &(usize, char)| match c {
        '\n' | '\t' => false,
        '\r' => !part[i + 1..].starts_with('\n'),
        c => c.is_control(),
    };
    let (i, c) = part.char_indices().find(refused)?;
    Some(Problem::new(
        value.start + i,
        format!("the value holds the control character `{}`", c.escape_debug()),
    ))
}
