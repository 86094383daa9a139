//! Env files of services: not the dotenv format. Everything after `=` counts as it stands.

/// A line has fewer bytes than this, a carriage return counted (docker).
const LONGEST_LINE: usize = 64 << 10;

/// How many variables a file may have.
const MAX_LINES: usize = 300_000;

/// One line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// `None` for a bare name.
    pub(crate) value: Option<String>,
    /// From 1.
    pub(crate) number: u32,
}

/// Why a line can't be read, with its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvFileError {
    #[error("line {0} is not UTF-8")]
    Utf8(u32),
    #[error("line {number}: the variable name \"{name}\" contains blanks")]
    Blank { number: u32, name: String },
    #[error("line {0}: there is no variable name before the \"=\"")]
    NoName(u32),
    /// Docker's limit.
    #[error("line {0} is longer than 64 KiB")]
    Long(u32),
    #[error("there are more than {MAX_LINES} variables")]
    Many,
}

/// Reads the lines of an env file; blank lines and comments are left out.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Line>, EnvFileError> {
    let mut lines = Vec::new();
    for (number, bytes) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        if bytes.len() >= LONGEST_LINE {
            return Err(EnvFileError::Long(number));
        }
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| EnvFileError::Utf8(number))?;
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text }.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (name, value) =
            text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        if name.contains([' ', '\t']) {
            return Err(EnvFileError::Blank { number, name: name.to_owned() });
        }
        if name.is_empty() {
            return Err(EnvFileError::NoName(number));
        }
        if lines.len() >= MAX_LINES {
            return Err(EnvFileError::Many);
        }
        lines.push(Line { name: name.to_owned(), value, number });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_they_stand() {
        let text = "\u{feff}A=1\r\n# c\n\n  B=\"x\" # y \nC\nD=\nE=$F=g\nj.k=1";
        let lines = parse(text.as_bytes()).unwrap();
        let got: Vec<_> = lines.iter().map(|l| (l.number, l.name.as_str(), l.value.as_deref())).collect();
        let want = [
            (1, "A", Some("1")),
            (4, "B", Some("\"x\" # y ")),
            (5, "C", None),
            (6, "D", Some("")),
            (7, "E", Some("$F=g")),
            (8, "j.k", Some("1")),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(parse(b"export A=1"), Err(EnvFileError::Blank { number: 1, name: "export A".into() }));
        assert_eq!(parse(b"\n=1"), Err(EnvFileError::NoName(2)));
        assert_eq!(parse(b"a\xff"), Err(EnvFileError::Utf8(1)));
        assert_eq!(parse("A=1\n".repeat(MAX_LINES + 1).as_bytes()), Err(EnvFileError::Many));
    }

    #[test]
    fn a_line_may_have_nearly_64_kib() {
        let line = |length: usize| format!("B=1\nA={}", "x".repeat(length - 2));
        for end in ["", "\n", "\nC=2"] {
            assert!(parse((line(65_535) + end).as_bytes()).is_ok(), "{end:?}");
            assert_eq!(parse((line(65_536) + end).as_bytes()), Err(EnvFileError::Long(2)), "{end:?}");
        }
        assert!(parse((line(65_534) + "\r\n").as_bytes()).is_ok());
        assert_eq!(parse((line(65_535) + "\r\n").as_bytes()), Err(EnvFileError::Long(2)));
    }
}
