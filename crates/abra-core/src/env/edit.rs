//! Changes to the file: one line each, every other byte kept.
use super::scan::{Quote, Statement};
use super::{EnvFile, split_pin};
use crate::recipe::Record;

/// The variable that holds the recorded version.
pub const RECORD_KEY: &str = "OPERATOR_SYNC_VERSION";

/// What stands behind the record.
const REMARK: &str = " # managed by Abra";

pub(super) fn with_record(file: &EnvFile, record: &Record) -> Vec<u8> {
    if let Some(statement) = file.statement(RECORD_KEY) {
        return replaced_record(file, statement, record);
    }
    let line = format!("{RECORD_KEY}={record}{REMARK}");
    let text = &file.text;
    let after = file
        .recipe_key()
        .and_then(|key| file.statement(key))
        .map_or(text.len(), |s| text[s.end..].find('\n').map_or(text.len(), |i| s.end + i + 1));
    let ending = line_ending(text, after);
    let (before, behind) = text.split_at(after);
    if before.is_empty() || before.ends_with('\n') {
        format!("{before}{line}{ending}{behind}").into_bytes()
    } else {
        format!("{before}{ending}{line}{behind}").into_bytes()
    }
}

pub(super) fn with_pin(file: &EnvFile, version: &Record) -> Option<Vec<u8>> {
    let statement = file.statement(file.recipe_key()?)?;
    let raw = &file.text[statement.value.clone()];
    let (recipe, _) = split_pin(raw);
    let start = statement.value.start + recipe.len() + 1;
    (raw.len() > recipe.len()).then(|| spliced(&file.text, start, statement.value.end, &version.to_string()))
}

/// The file's bytes with another value for a variable that it sets. The value needs no quotes.
pub(super) fn with_value(file: &EnvFile, key: &str, value: &str) -> Vec<u8> {
    let Some(statement) = file.statement(key) else { return file.bytes().to_owned() };
    let range = statement.value.clone();
    let bare = statement.quote == Quote::Bare && range.is_empty();
    let at = after_separator(&file.text, statement);
    // Behind `NAME= # comment` the value goes before the blank, so that the comment stays one.
    let (start, end) = if bare { (at, at) } else { (range.start, range.end) };
    spliced(&file.text, start, end, value)
}

fn replaced_record(file: &EnvFile, statement: &Statement, record: &Record) -> Vec<u8> {
    let value = &file.text[statement.value.clone()];
    let bare = statement.quote == Quote::Bare;
    // Of a bare value with several comments behind it, only what stands before them is the record.
    let length = if bare { value.split(" #").next().unwrap_or(value).trim_end().len() } else { value.len() };
    let empty = bare && value.is_empty();
    let start = if empty { after_separator(&file.text, statement) } else { statement.value.start };
    let mut changed = spliced(&file.text, start, start + length, &record.to_string());
    if statement.comment.is_none() && length == value.len() {
        let end = if bare { start + length } else { statement.end };
        let end = end + record.to_string().len() - length;
        changed.splice(end..end, REMARK.bytes());
    }
    changed
}

/// The byte behind `=` or `:`.
fn after_separator(text: &str, statement: &Statement) -> usize {
    text[statement.key.end..].find(['=', ':']).map_or(statement.end, |i| statement.key.end + i + 1)
}

fn spliced(text: &str, start: usize, end: usize, new: &str) -> Vec<u8> {
    [&text[..start], new, &text[end..]].concat().into_bytes()
}

/// The line end to write at a byte: that of the line before it, else of the file's first line.
fn line_ending(text: &str, at: usize) -> &'static str {
    let of = |line: &str| if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    if text[..at].ends_with('\n') {
        of(&text[..at])
    } else {
        text.find('\n').map_or("\n", |i| of(&text[..=i]))
    }
}
