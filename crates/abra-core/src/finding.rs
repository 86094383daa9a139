//! Findings: everything abra has to say about its input, each with the place it stands at.
//!
//! Not here: how a finding is shown (that is the program's `ui`).
use serde::Serialize;
use std::fmt;
use std::ops::Deref;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Note,
    /// Probably not what was meant; the deployment goes on.
    Warning,
    /// Nothing may be deployed while this stands.
    Blocker,
}

/// A file known to [`Sources`], by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// A position in a source file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Line, from 1; 0 stands for the file as a whole.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Place {
    /// The file as a whole, where no line is to blame.
    pub const fn whole(file: FileId) -> Self {
        Self { file, line: 0, column: 0 }
    }
}

/// A value together with the place it was written at.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Spanned<T> {
    /// A value read at `place`.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), place: self.place }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}:{}", self.value, self.place.line, self.place.column)
    }
}

/// Where a finding stands, in words that can be shown without the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file's name as the operator knows it.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The line as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}", self.file)
        } else {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        }
    }
}

impl Finding {
    /// The same with other words, for example without what must not be seen.
    #[must_use]
    pub fn reworded(mut self, words: impl Fn(&str) -> String) -> Self {
        self.message = words(&self.message);
        self.help = self.help.as_deref().map(&words);
        if let Some(location) = &mut self.location {
            location.source = location.source.as_deref().map(&words);
        }
        self
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was found: a lower-case fragment without a final stop.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What can be done, or what is allowed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    /// A finding of the given severity without a place.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), location: None, help: None }
    }

    /// A blocker without a place.
    pub fn blocker(message: impl Into<String>) -> Self {
        Self::new(Severity::Blocker, message)
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// A note without a place.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    /// The same finding at a place.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// The same finding with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 1000;

/// The beginning of a message: values that it quotes may be megabytes long.
pub fn brief(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// The longest source line that a location shows, in bytes.
const LONGEST_LINE: usize = 4096;

/// The files that places point into.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    name: String,
    text: String,
    /// Where each line begins, in bytes: findings can be many and files large.
    lines: Vec<usize>,
}

impl Sources {
    /// Adds a file under the name that operators know it by.
    ///
    /// # Panics
    /// With more than 65,535 files.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = u16::try_from(self.files.len()).expect("fewer than 65,536 source files");
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { name: name.into(), text, lines });
        FileId(id)
    }

    /// The position of the file of this name among the others.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.files.iter().position(|file| file.name == name)
    }

    /// The name of a file.
    pub fn name(&self, file: FileId) -> &str {
        &self.files[usize::from(file.0)].name
    }

    /// A place in words, with its source line (but for lines that nobody could read).
    pub fn location(&self, place: Place) -> Location {
        let source = &self.files[usize::from(place.file.0)];
        let line = (place.line as usize).checked_sub(1).and_then(|n| source.lines.get(n)).map(|&start| {
            let rest = &source.text[start..];
            let line = rest.split('\n').next().unwrap_or(rest);
            line.strip_suffix('\r').unwrap_or(line)
        });
        let line = line.filter(|line| line.len() <= LONGEST_LINE).map(str::to_owned);
        Location { file: source.name.clone(), line: place.line, column: place.column, source: line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_shows_its_line() {
        let mut sources = Sources::default();
        let file = sources.add("compose.yml", "a: 1\r\nb: 2\n");
        let line = |line| sources.location(Place { file, line, column: 1 }).source;
        assert_eq!(line(1).as_deref(), Some("a: 1"));
        assert_eq!(line(2).as_deref(), Some("b: 2"));
        assert_eq!(line(3).as_deref(), Some(""));
        assert_eq!(line(4), None);
        assert_eq!(line(0), None);
    }
}
