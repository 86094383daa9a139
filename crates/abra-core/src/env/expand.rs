//! Values: escapes, and the variables they hold.
//!
//! Known are `$NAME` and `${NAME}` with capital letters, digits and `_`, from the lines above only. Other text behind a
//! `$` stays as it is, and a name that no line above sets gives nothing, as the ecosystem's parser has it. The process
//! environment is not looked at: an app must not differ by who deploys it.
use super::hidden::looks_secret;
use super::scan::{MOST, Problem, Quote, Statement};
use std::collections::BTreeMap;

/// Largest value in bytes, after expansion.
const LARGEST: usize = 64 << 10;

/// All values together in bytes: a few short lines can ask for gigabytes.
const LARGEST_SUM: usize = 8 << 20;

/// What was read of all statements.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) values: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

/// The values of all statements; later ones win.
pub(super) fn values(text: &str, statements: &[Statement]) -> Read {
    let mut read = Read::default();
    let mut sum = 0;
    for statement in statements {
        let key = &text[statement.key.clone()];
        let raw = text[statement.value.clone()].replace("\r\n", "\n");
        let at = statement.value.start;
        let value = match statement.quote {
            Quote::Single => raw,
            Quote::Bare => expanded(&raw, &mut read, key, at),
            Quote::Double => expanded(&unescaped(&raw), &mut read, key, at),
        };
        if statement.quote == Quote::Bare && value.contains(" #") {
            let problem = Problem::new(at, "only the last ` #` of the line begins the comment");
            read.warnings.push(problem.help("put the value in quotes"));
        }
        if value.len() > LARGEST {
            read.problems.push(Problem::new(at, format!("the value has more than {LARGEST} bytes")));
            continue;
        }
        sum += value.len();
        if sum > LARGEST_SUM {
            read.problems
                .push(Problem::new(at, format!("the values have more than {LARGEST_SUM} bytes together")));
            break;
        }
        read.values.insert(key.to_owned(), value);
    }
    read.warnings.truncate(MOST);
    read.problems.truncate(MOST);
    read
}

/// Text of double quotes: `\n` and `\r` are line ends, `\$` is left to the expansion, and of other escapes only the
/// character stays.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(c) = characters.next() {
        match (c, characters.clone().next()) {
            ('\\', Some(next)) => {
                characters.next();
                match next {
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    '$' => value.push_str("\\$"),
                    other => value.push(other),
                }
            }
            (c, _) => value.push(c),
        }
    }
    value
}

/// A `$` and what belongs to it: whether braces fit, the name, and the bytes.
struct Reference<'a> {
    name: &'a str,
    odd: bool,
    length: usize,
}

fn expanded(raw: &str, read: &mut Read, key: &str, at: usize) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(i) = rest.find('$') {
        let escaped = rest[..i].ends_with('\\');
        value.push_str(&rest[..i - usize::from(escaped)]);
        let found = reference(&rest[i..]);
        if escaped || found.name.is_empty() {
            value.push_str(&rest[i..i + found.length]);
        } else {
            if read.warnings.len() < MOST {
                read.warnings.extend(doubt(&found, read, key, at));
            }
            value.push_str(read.values.get(found.name).map_or("", String::as_str));
        }
        rest = &rest[i + found.length..];
        if value.len() > LARGEST {
            return value;
        }
    }
    value + rest
}

fn reference(text: &str) -> Reference<'_> {
    let body = &text[1..];
    let open_paren = usize::from(body.starts_with('('));
    let open = usize::from(body[open_paren..].starts_with('{'));
    let start = open_paren + open;
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let end = body[start..].find(|c| !is_name(c)).map_or(body.len(), |i| start + i);
    let close = usize::from(body[end..].starts_with('}'));
    Reference { name: &body[start..end], odd: open_paren == 1 || open != close, length: 1 + end + close }
}

fn doubt(found: &Reference<'_>, read: &Read, key: &str, at: usize) -> Option<Problem> {
    let hidden = looks_secret(key);
    let name = if hidden { "…" } else { found.name };
    let help = "put the value in single quotes to keep a `$`";
    if found.odd {
        let message = format!("only `$NAME` and `${{NAME}}` are known here, not what stands around `{name}`");
        return Some(Problem::new(at, message).help(help));
    }
    let message = format!("no line above sets `{name}`, so `${name}` gives nothing");
    (!read.values.contains_key(found.name)).then(|| Problem::new(at, message).help(help))
}
