//! Which characters a YAML file may hold.
use super::problem::Problem;
use crate::finding::{FileId, Place};

/// The first character that YAML forbids, if any. (Go's yaml.v3: "control characters are not allowed".)
pub(super) fn forbidden_character(text: &str, file: FileId) -> Option<Problem> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\n') {
        return None;
    }
    let (mut line, mut column) = (1, 1);
    for c in text.chars() {
        if !allowed(c) {
            let place = Place { file, line, column };
            let message = format!("the control character U+{:04X} is not allowed", u32::from(c));
            return Some(
                Problem::blocker(place, message)
                    .help("in double quotes it can be written as an escape like \"\\x1b\""),
            );
        }
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    None
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_where_they_stand() {
        let place = |text| forbidden_character(text, FileId(0)).map(|p| (p.place.line, p.place.column));
        assert_eq!(place("a: b\tc\r\n# é 😀\n"), None);
        assert_eq!(place("a: b\nc\u{1b}d"), Some((2, 2)));
        assert_eq!(place("\u{7f}"), Some((1, 1)));
        assert_eq!(place("é\u{0}"), Some((1, 2)));
        assert_eq!(place("a\u{ffff}"), Some((1, 2)));
    }
}
