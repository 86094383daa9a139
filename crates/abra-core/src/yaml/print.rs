//! A printer for plain data, in the form docker uses: two blanks per level, list items below their key indented too.
use super::node::Data;
use super::number::float_text;
use super::scalar::resolve_plain;
use serde_json::{Number, Value};
use std::fmt::Write;

/// Data as YAML; reading it gives the same data.
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out.trim_start_matches([' ', '\n']).to_owned()
}

/// Writes a value that follows a key or a dash, with the line break.
fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                indent(out, depth);
                out.push('-');
                write_item(out, item, depth + 1);
            }
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_entries(out, map, depth, false);
        }
        Value::String(text) => write_text(out, text, depth),
        other => {
            let _ = writeln!(out, " {}", short(other));
        }
    }
}

/// Writes a list item after its dash: collections begin on the same line.
fn write_item(out: &mut String, item: &Value, depth: usize) {
    match item {
        Value::Object(map) if !map.is_empty() => {
            out.push(' ');
            write_entries(out, map, depth, true);
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at == 0 {
                    out.push(' ');
                } else {
                    indent(out, depth);
                }
                out.push('-');
                write_item(out, item, depth + 1);
            }
        }
        other => write_value(out, other, depth),
    }
}

fn write_entries(out: &mut String, map: &serde_json::Map<String, Value>, depth: usize, mut on_line: bool) {
    for (key, value) in map {
        if !on_line {
            indent(out, depth);
        }
        on_line = false;
        out.push_str(&inline(key));
        out.push(':');
        write_value(out, value, depth + 1);
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number_text(number),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        Value::String(text) => inline(text),
    }
}

fn number_text(number: &Number) -> String {
    if number.is_f64() { number.as_f64().map_or_else(String::new, float_text) } else { number.to_string() }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn write_text(out: &mut String, text: &str, depth: usize) {
    if !fits_block(text) {
        let _ = writeln!(out, " {}", inline(text));
        return;
    }
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => " |-\n",
        1 => " |\n",
        _ => " |+\n",
    });
    let lines = text.strip_suffix('\n').unwrap_or(text);
    for line in lines.split('\n') {
        if !line.is_empty() {
            indent(out, depth.max(1));
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// True where a literal block reads back the same and is easier to read.
fn fits_block(text: &str) -> bool {
    let begins_well = text.starts_with(|c: char| !c.is_whitespace());
    begins_well && text.contains('\n') && text.chars().all(|c| c == '\n' || printable(c))
}

fn printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

/// Text on one line: plain where that reads back as text, else quoted.
fn inline(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let readable =
        text.chars().all(printable) && matches!(resolve_plain(text), Data::Text(_)) && !reads_otherwise(text);
    if readable { single_quoted(text) } else { double_quoted(text) }
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if u32::from(c) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Words that other parsers take for booleans, merge keys, base-60 numbers, numbers in another base or dates.
fn reads_otherwise(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = matches!(
        lower.as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "<<" | "=" | "true" | "false" | "null"
    );
    let bare = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    let base_60 = bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.contains(':')
        && bare.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'_' | b'.'));
    let based = ["0x", "0o", "0b"].iter().any(|base| bare.starts_with(base))
        && bare[2..].bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'+' | b'-'));
    let date = bare.as_bytes().get(4) == Some(&b'-') && bare.bytes().take(4).all(|b| b.is_ascii_digit());
    word || base_60 || based || date
}

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let begins = !matches!(
        first,
        ' ' | '!'
            | '&'
            | '*'
            | '{'
            | '}'
            | '['
            | ']'
            | ','
            | '#'
            | '|'
            | '>'
            | '@'
            | '`'
            | '"'
            | '\''
            | '%'
            | '?'
            | '-'
            | ':'
    ) || matches!(first, '-' | '?' | ':')
        && text[1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    begins
        && !text.ends_with([' ', ':'])
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(printable)
        && matches!(resolve_plain(text), Data::Text(_))
        && !reads_otherwise(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FileId;
    use crate::yaml::{Node, read};
    use proptest::prelude::*;
    use serde_json::json;

    fn plain(node: &Node) -> Value {
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int { value, .. } => i64::try_from(*value).map(Value::from).unwrap(),
            Data::Float { value, .. } => Value::from(*value),
            Data::Date(_) => panic!("a date was printed without quotes"),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => items.iter().map(plain).collect(),
            Data::Map(map) => Value::Object(map.iter().map(|(k, e)| (k.clone(), plain(&e.value))).collect()),
        }
    }

    fn back(value: &Value) -> Value {
        let text = print(value);
        let read = read(&text, FileId(0)).unwrap_or_else(|p| panic!("{text}\n{p:?}"));
        assert!(read.problems.is_empty(), "{text}");
        plain(&read.root)
    }

    #[test]
    fn the_form_is_dockers() {
        let value = json!({"a": {"list": ["x", {"k": 1, "l": [2]}, [3, [4]], {}, []], "none": null, "t": "a\nb\n"}, "e": {}});
        let want = "a:\n  list:\n    - x\n    - k: 1\n      l:\n        - 2\n    - - 3\n      - - 4\n    - {}\n    - []\n  none: null\n  t: |\n    a\n    b\ne: {}\n";
        assert_eq!(print(&value), want);
    }

    #[test]
    fn quotes_stand_where_they_are_needed() {
        let table = [
            ("plain text", "plain text"),
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("0x1f", "\"0x1f\""),
            ("12:30", "\"12:30\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("a: b", "'a: b'"),
            (" a", "' a'"),
            ("#a", "'#a'"),
            ("it's", "it's"),
            ("--flag", "'--flag'"),
            ("-p", "-p"),
            ("a\u{1b}b", "\"a\\x1bb\""),
            ("é", "é"),
            ("1.1", "\"1.1\""),
            ("nginx:1.25", "nginx:1.25"),
        ];
        for (text, want) in table {
            assert_eq!(inline(text), want);
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "\\PC{0,12}",
            any::<String>(),
            "[-+.0-9eExXobTtZ:_ ]{0,8}",
            "[ \n\ta#:]{0,6}",
            Just("null".to_owned())
        ];
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9f64).prop_map(|n| Value::from(n + 0.1))
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number,
            text.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let entry = (text.clone(), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                prop::collection::vec(entry, 0..5).prop_map(|e| Value::Object(e.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(value in any_value()) {
            prop_assert_eq!(back(&value), value);
        }
    }
}
