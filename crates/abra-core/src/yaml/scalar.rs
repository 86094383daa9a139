//! What a scalar means: Go yaml.v3's rules, which mix YAML 1.1 and 1.2.
use super::node::Data;
use super::number::parse_float;
use super::stamp::is_stamp;
use base64::Engine;

/// Why a tagged scalar can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TagError {
    #[error("a scalar tagged !!{tag} that is {found}")]
    Mismatch { tag: String, found: &'static str },
    #[error("a scalar tagged !!binary that is not base64")]
    Binary,
}

/// The value of a scalar. `tag` is the part after `!!`, empty for none; an unknown tag leaves the text alone.
pub(super) fn resolve(text: &str, plain: bool, tag: &str) -> Result<Data, TagError> {
    match tag {
        "" if plain => Ok(resolve_plain(text)),
        "int" | "float" | "bool" | "null" | "timestamp" => tagged(text, tag),
        "binary" => binary(text),
        _ => Ok(Data::Text(text.to_owned())),
    }
}

/// The value of a plain scalar without a tag.
pub(super) fn resolve_plain(text: &str) -> Data {
    if is_stamp(text) { Data::Date(text.to_owned()) } else { resolve_number(text) }
}

fn tagged(text: &str, tag: &str) -> Result<Data, TagError> {
    let data = if tag == "timestamp" { resolve_plain(text) } else { resolve_number(text) };
    match (tag, data) {
        ("int", data @ Data::Int { .. })
        | ("float", data @ Data::Float { .. })
        | ("bool", data @ Data::Bool(_))
        | ("null", data @ Data::Null)
        | ("timestamp", data @ Data::Date(_)) => Ok(data),
        #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
        ("float", Data::Int { value, raw }) => Ok(Data::Float { value: value as f64, raw }),
        (tag, data) => Err(TagError::Mismatch { tag: tag.to_owned(), found: data.kind() }),
    }
}

fn binary(text: &str) -> Result<Data, TagError> {
    let compact: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).map_err(|_| TagError::Binary)?;
    Ok(Data::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

fn resolve_number(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Data::Text(text.to_owned()))
}

fn number(text: &str) -> Option<Data> {
    let raw = || text.to_owned();
    if let Some(value) = special_float(text) {
        return Some(Data::Float { value, raw: raw() });
    }
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    let compact = text.replace('_', "");
    if first != b'.'
        && let Some(value) = integer(&compact)
    {
        return Some(Data::Int { value, raw: raw() });
    }
    if !is_float(&compact) || first == b'.' && !underscores_separate_digits(text) {
        return None;
    }
    parse_float(&compact).map(|value| Data::Float { value, raw: raw() })
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A whole number with an optional base prefix; a leading zero means octal. Up to 64 bits; with a sign only 63.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (Some(-1), &text[1..]),
        b'+' => (Some(1), &text[1..]),
        _ => (None, text),
    };
    let (digits, radix) = match digits.get(..2) {
        Some("0x" | "0X") => (&digits[2..], 16),
        Some("0o" | "0O") => (&digits[2..], 8),
        Some("0b" | "0B") => (&digits[2..], 2),
        Some(_) if digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let value = sign.unwrap_or(1) * i128::from_str_radix(digits, radix).ok()?;
    let most = if sign.is_some() { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=most).contains(&value).then_some(value)
}

/// Go's rule for underscores, which applies only to what begins with a point; elsewhere they are just dropped.
fn underscores_separate_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).filter(|at| bytes[*at] == b'_').all(|at| digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

/// `[-+]?(.d+ | d+(.d*)?)(e[-+]?d+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let got = match resolve_plain(text) {
            Data::Int { value, .. } => format!("int {value}"),
            Data::Float { value, .. } => format!("float {value:?}"),
            Data::Text(text) => format!("text {text}"),
            Data::Bool(value) => format!("bool {value}"),
            Data::Null => "null".to_owned(),
            Data::Date(_) => "date".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn integers_of_every_base() {
        let table: [(&str, i128); 19] = [
            ("0b101", 5),
            ("0B11", 3),
            ("0O17", 15),
            ("0X1F", 31),
            ("-0o17", -15),
            ("010", 8),
            ("1_000", 1000),
            ("1_", 1),
            ("0_", 0),
            ("+1", 1),
            ("-0", 0),
            ("0x1_F", 31),
            ("9223372036854775808", 9_223_372_036_854_775_808),
            ("0x8000000000000000", 9_223_372_036_854_775_808),
            ("-9223372036854775808", -9_223_372_036_854_775_808),
            ("00", 0),
            ("0_7", 7),
            ("-0x1F", -31),
            ("+0x1F", 31),
        ];
        for (text, value) in table {
            check(text, &format!("int {value}"));
        }
    }

    #[test]
    fn floats_and_what_overflows_into_them() {
        let table: [(&str, f64); 13] = [
            ("08", 8.0),
            ("1e3", 1000.0),
            ("1E3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("+.5", 0.5),
            (".5_0", 0.5),
            ("1_0.5", 10.5),
            ("1.e3", 1000.0),
            ("09.5", 9.5),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            ("-9223372036854775809", -9_223_372_036_854_775_808.0),
            (".inf", f64::INFINITY),
        ];
        for (text, value) in table {
            check(text, &format!("float {value:?}"));
        }
    }

    #[test]
    fn text_that_other_parsers_take_for_something_else() {
        let table = [
            "_1",
            "0x",
            "1e",
            "0x1p4",
            "1e400",
            "0b2",
            "0o8",
            "0xFFFFFFFFFFFFFFFFFF",
            ".",
            "..",
            "-",
            "+",
            "-.",
            "0b",
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "tRue",
            "nUll",
            "12:30",
            "22:22",
            "1:2:3",
            "0x.8p1",
            ".0x",
            "--1",
            "+-1",
            "0x-1",
            "._5",
            ".5_",
            "1 000",
            "٣",
        ];
        for text in table {
            check(text, &format!("text {text}"));
        }
    }

    #[test]
    fn null_bool_date() {
        for text in ["", "~", "null", "Null", "NULL"] {
            check(text, "null");
        }
        check("TRUE", "bool true");
        check("False", "bool false");
        check("2001-01-01", "date");
    }

    #[test]
    fn tags_are_honoured_or_dropped() {
        let text = |t: &str| Ok(Data::Text(t.to_owned()));
        assert_eq!(resolve("5", true, "str"), text("5"));
        assert_eq!(resolve("null", true, "!reset"), text("null"));
        assert_eq!(resolve("aGk=", true, "binary"), text("hi"));
        assert_eq!(resolve("@", true, "binary"), Err(TagError::Binary));
        assert_eq!(resolve("5", false, "int"), Ok(Data::Int { value: 5, raw: "5".into() }));
        assert_eq!(resolve("0x10", true, "float"), Ok(Data::Float { value: 16.0, raw: "0x10".into() }));
        assert!(matches!(resolve("1.5", true, "int"), Err(TagError::Mismatch { .. })));
        assert!(matches!(resolve("yes", true, "bool"), Err(TagError::Mismatch { .. })));
        assert_eq!(resolve("5", false, ""), text("5"));
    }
}
