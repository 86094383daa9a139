//! An app's env file as a lossless document: what is not changed on purpose stays byte for byte.
//!
//! The grammar is the one the ecosystem's files rely on (joho/godotenv's): see `scan` for lines and quotes, `expand`
//! for variables. Not here: reading and writing the file, and what an app makes of the values.
mod check;
mod edit;
mod expand;
mod hidden;
mod sample;
mod scan;

pub use check::{Presence, Variable, check, missing};
pub use edit::RECORD_KEY;
pub use hidden::{looks_secret, shown_value};
pub use sample::{from_sample, optional_variables};

use crate::finding::{Finding, Location};
use crate::name::{NameError, RecipeName};
use crate::recipe::Record;
use scan::{Lines, Problem, Statement};
use std::collections::BTreeMap;
use std::fmt;

/// Largest env file in bytes.
pub const LARGEST: usize = 1 << 20;

/// An env file that was read without errors. Values are not to be seen: it prints no more than its name.
#[derive(Clone)]
pub struct EnvFile {
    name: String,
    text: String,
    statements: Vec<Statement>,
    values: BTreeMap<String, String>,
    places: BTreeMap<String, Position>,
    modifiers: BTreeMap<String, BTreeMap<String, String>>,
    warnings: Vec<Finding>,
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// The recipe line: `TYPE=` or `RECIPE=`, with or without a pinned version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeLine {
    /// The recipe.
    pub recipe: RecipeName,
    /// The version behind the colon.
    pub pin: Option<Record>,
}

impl EnvFile {
    /// Reads an env file. `name` is how the operator knows it.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the lines. Values of variables that look secret are not shown.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        let text = scan::text(bytes).map_err(|problems| findings(name, &Lines::new(""), problems))?;
        let lines = Lines::new(text);
        let (statements, mut problems) = scan::statements(text);
        let read = expand::values(text, &statements);
        problems.extend(read.problems);
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.at);
            return Err(findings(name, &lines, problems));
        }
        let key = |statement: &Statement| text[statement.key.clone()].to_owned();
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            values: read.values,
            places: statements.iter().map(|s| (key(s), lines.position(s.key.start))).collect(),
            modifiers: statements.iter().map(|s| (key(s), scan::modifiers(text, s))).collect(),
            warnings: read.warnings.into_iter().map(|w| finding(name, &lines, w, Finding::warning)).collect(),
            statements,
        })
    }

    /// The file's name, as given to [`Self::parse`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file as it was read.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// All variables with their variables expanded; of several lines for one, the last.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// One variable.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The modifiers in the comment behind a variable (`# length=64 charset=hex`); of several lines for one, the last.
    pub fn modifiers(&self, key: &str) -> Option<&BTreeMap<String, String>> {
        self.modifiers.get(key)
    }

    /// Where each variable is set; of several lines for one, the last.
    pub fn places(&self) -> &BTreeMap<String, Position> {
        &self.places
    }

    /// A text in which this file's secrets do not show, should it have come to quote them: variables whose names say so, and
    /// passwords of addresses.
    pub fn masked(&self, text: &str) -> String {
        hidden::masked(self.values.iter(), text)
    }

    /// Where a variable is set, in words. The source line is hidden where it looks secret.
    pub fn location(&self, key: &str) -> Option<Location> {
        self.places.get(key).map(|position| location(&self.name, &Lines::new(&self.text), *position))
    }

    /// What is legal but probably not meant.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The recipe and its pinned version. `RECIPE` goes before `TYPE` where a file has both.
    ///
    /// # Errors
    /// There is no such line, or it names no recipe or version.
    pub fn recipe_line(&self) -> Result<RecipeLine, Finding> {
        let Some(key) = self.recipe_key() else {
            let whole = Location { file: self.name.clone(), line: 0, column: 1, source: None };
            let help = "add the line `TYPE=<recipe>`";
            return Err(Finding::blocker("neither `TYPE` nor `RECIPE` says which recipe this app is")
                .at(whole)
                .help(help));
        };
        let (recipe, pin) = split_pin(self.get(key).unwrap_or_default());
        let at = |finding: Finding| match self.location(key) {
            Some(location) => finding.at(location),
            None => finding,
        };
        let recipe =
            RecipeName::new(recipe).map_err(|error: NameError| at(Finding::blocker(error.to_string())))?;
        let pin = pin
            .map(Record::parse)
            .transpose()
            .map_err(|error| at(Finding::blocker(format!("`{key}` pins {error}"))))?;
        Ok(RecipeLine { recipe, pin })
    }

    /// The compose files, in the order of merging: `COMPOSE_FILE` split on colons, else `compose.yml`.
    pub fn compose_files(&self) -> Vec<String> {
        let given = self.get("COMPOSE_FILE").unwrap_or_default();
        let files: Vec<String> =
            given.split(':').filter(|file| !file.is_empty()).map(str::to_owned).collect();
        if files.is_empty() { vec!["compose.yml".to_owned()] } else { files }
    }

    /// The recorded version. Of several record lines the last one rules; an empty one counts as none.
    ///
    /// # Errors
    /// The value is neither a version nor a commit.
    pub fn record(&self) -> Result<Option<Record>, Finding> {
        let Some(value) = self.get(RECORD_KEY) else { return Ok(None) };
        // A record has no blanks, so a second comment behind the first one is not part of it.
        let value = value.split(" #").next().unwrap_or(value).trim();
        if value.is_empty() {
            return Ok(None);
        }
        Record::parse(value).map(Some).map_err(|error| {
            let finding = Finding::blocker(format!("`{RECORD_KEY}` records {error}"));
            match self.location(RECORD_KEY) {
                Some(location) => finding.at(location),
                None => finding,
            }
        })
    }

    /// The file's bytes with another record: in the place of the record line that rules, else on a line of its own below
    /// the recipe line (at the end where there is none). Nothing else changes.
    pub fn with_record(&self, record: &Record) -> Vec<u8> {
        edit::with_record(self, record)
    }

    /// The file's bytes with another version behind the recipe's name, or `None` where no version is pinned.
    pub fn with_pin(&self, version: &Record) -> Option<Vec<u8>> {
        edit::with_pin(self, version)
    }

    /// The file's bytes with another record, and with the same version behind the recipe's name where one is pinned.
    pub fn with_record_and_pin(&self, record: &Record) -> Vec<u8> {
        let recorded = self.with_record(record);
        // What was just written reads back; should it not, the record alone is right.
        let pinned = Self::parse(&self.name, &recorded).ok().and_then(|file| file.with_pin(record));
        pinned.unwrap_or(recorded)
    }

    fn recipe_key(&self) -> Option<&'static str> {
        ["RECIPE", "TYPE"].into_iter().find(|key| self.values.contains_key(*key))
    }

    /// The line that rules for a variable.
    fn statement(&self, key: &str) -> Option<&Statement> {
        self.statements.iter().rev().find(|statement| self.text[statement.key.clone()] == *key)
    }
}

/// Splits `name:version`; a colon with a slash behind it belongs to a host and its port.
fn split_pin(value: &str) -> (&str, Option<&str>) {
    match value.rsplit_once(':') {
        Some((recipe, version)) if !version.contains('/') => (recipe, Some(version)),
        _ => (value, None),
    }
}

fn findings(name: &str, lines: &Lines<'_>, problems: Vec<Problem>) -> Vec<Finding> {
    problems.into_iter().map(|problem| finding(name, lines, problem, Finding::blocker)).collect()
}

fn finding(name: &str, lines: &Lines<'_>, problem: Problem, kind: fn(String) -> Finding) -> Finding {
    let place = match problem.position {
        Some(position) => {
            Location { file: name.to_owned(), line: position.line, column: position.column, source: None }
        }
        None => location(name, lines, lines.position(problem.at)),
    };
    let finding = kind(problem.message).at(place);
    match problem.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn location(name: &str, lines: &Lines<'_>, position: Position) -> Location {
    Location {
        file: name.to_owned(),
        line: position.line,
        column: position.column,
        source: Some(hidden::shown_line(lines.line(position.line))),
    }
}

#[cfg(test)]
mod tests;
