//! Text for a terminal. Whatever goes in is stripped of control sequences, so nothing that comes from a server, a recipe
//! or a container can move the cursor, change colours or hide words.
use anstyle::{AnsiColor, Style};
use std::fmt;

/// What went wrong.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What may go wrong.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What can be done.
pub const HELP: Style = AnsiColor::Cyan.on_default();
/// What went well or is added.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is taken away.
pub const GONE: Style = AnsiColor::Red.on_default();
/// Headings and names.
pub const STRONG: Style = Style::new().bold();
/// What matters less.
pub const FAINT: Style = Style::new().dimmed();

/// Text that is safe to print. Colour is dropped where the stream is no terminal (see [`super::Ui`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// No text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same text with `words` behind it.
    #[must_use]
    pub fn plain(mut self, words: impl AsRef<str>) -> Self {
        self.0.push_str(&clean(words.as_ref()));
        self
    }

    /// The same text with `words` in a style behind it.
    #[must_use]
    pub fn styled(mut self, style: Style, words: impl AsRef<str>) -> Self {
        self.0.push_str(&format!("{style}{}{style:#}", clean(words.as_ref())));
        self
    }

    /// The same text with another one behind it.
    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Whether there is nothing to print.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: AsRef<str>> From<S> for Text {
    fn from(words: S) -> Self {
        Self::new().plain(words)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The words without terminal control sequences, control characters (but line ends and tabs) and characters that turn
/// the reading direction round.
pub fn clean(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut chars = words.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{1b}' => skip_sequence(&mut chars),
            '\u{9b}' => skip_parameters(&mut chars),
            c if c.is_control() || is_direction(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// JSON in which the control characters that JSON itself lets through are escaped, too.
pub fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => out.push(c),
            c if c.is_control() || is_direction(c) => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Columns that words take on a terminal.
pub fn width(words: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(words)
}

/// The words with blanks behind them up to a width.
pub fn padded(words: &str, to: usize) -> String {
    format!("{words}{}", " ".repeat(to.saturating_sub(width(words))))
}

/// Skips what follows an escape: a CSI sequence, an operating system command up to its end, or one character.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => skip_parameters(chars),
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// Skips the parameters of a CSI sequence and its final character.
fn skip_parameters(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{clean, escaped_json};

    #[test]
    fn json_has_no_control_characters_and_means_the_same() {
        let value = serde_json::json!({ "a": "\u{1b}[2J\u{9b}2J\u{7f}\u{202e}x\ny" });
        let text = escaped_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn control_sequences_never_reach_the_terminal() {
        let cases = [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("\u{9b}2Jgone", "gone"),
            ("back\u{8}space\rreturn", "backspacereturn"),
            ("right\u{202e}left", "rightleft"),
            ("half \u{1b}", "half "),
            ("half \u{1b}[12", "half "),
            ("\u{1b}Pq#0\u{1b}\\after", "after"),
        ];
        for (given, wanted) in cases {
            assert_eq!(clean(given), wanted, "{given:?}");
        }
    }
}
