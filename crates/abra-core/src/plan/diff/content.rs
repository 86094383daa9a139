//! How two contents of a config differ, line by line; lines that tell a secret show that they are there, and no more.
use super::super::hide::shown_line;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines around a change that are shown.
const CONTEXT: usize = 3;
/// Longest content that is compared line by line, in lines.
const MOST: usize = 5_000;

/// How two contents differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Line by line.
    Hunks(Vec<Hunk>),
    /// It is no text, or too long; how many bytes it has on either side, where there is one.
    Bytes {
        /// What is live.
        from: Option<usize>,
        /// What is wanted.
        to: Option<usize>,
    },
}

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// Number of its first line in what is live, from 1.
    pub from_line: usize,
    /// The same in what is wanted.
    pub to_line: usize,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it is.
    pub side: Side,
    /// What it says, without its end; secrets are hidden.
    pub text: String,
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Both,
    /// Only in what is live.
    Gone,
    /// Only in what is wanted.
    New,
}

impl Side {
    /// The sign that stands before such a line.
    pub const fn sign(self) -> char {
        match self {
            Self::Both => ' ',
            Self::Gone => '-',
            Self::New => '+',
        }
    }
}

impl Serialize for Line {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}{}", self.side.sign(), self.text))
    }
}

impl Content {
    /// How they differ; `None` where they are the same.
    pub fn between(before: Option<&[u8]>, after: Option<&[u8]>) -> Option<Self> {
        if before == after {
            return None;
        }
        let text = |bytes: Option<&'_ [u8]>| match bytes {
            Some(bytes) if bytes.contains(&0) => None,
            Some(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            None => Some(String::new()),
        };
        let bytes = Self::Bytes { from: before.map(<[u8]>::len), to: after.map(<[u8]>::len) };
        let (Some(before), Some(after)) = (text(before), text(after)) else { return Some(bytes) };
        let (before, after) = (Lines::of(&before), Lines::of(&after));
        if before.raw.len().max(after.raw.len()) > MOST {
            return Some(bytes);
        }
        let ops = capture_diff_slices(Algorithm::Myers, &before.raw, &after.raw);
        let hunks = group_diff_ops(ops, CONTEXT);
        Some(Self::Hunks(hunks.iter().map(|ops| hunk(ops, &before, &after)).collect()))
    }
}

/// The lines of a text with their ends, and as they may be shown.
struct Lines<'a> {
    raw: Vec<&'a str>,
    shown: Vec<String>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let raw: Vec<&str> = text.split_inclusive('\n').collect();
        let mut in_key = false;
        let mut shown = Vec::with_capacity(raw.len());
        for line in &raw {
            let (body, end) = match line.strip_suffix('\n') {
                Some(body) => (body, ""),
                None => (*line, " (no line end)"),
            };
            let is_end = body.contains("-----END ");
            let words = if in_key && !is_end { "(hidden)".to_owned() } else { shown_line(body) };
            in_key = (in_key || body.contains("-----BEGIN ")) && !is_end;
            shown.push(format!("{}{end}", words.replace('\r', "␍")));
        }
        Self { raw, shown }
    }
}

fn hunk(ops: &[DiffOp], before: &Lines<'_>, after: &Lines<'_>) -> Hunk {
    let first = ops.first().map_or((0, 0), |op| (op.old_range().start, op.new_range().start));
    let mut lines = Vec::new();
    for op in ops {
        let (old, new) = (op.old_range(), op.new_range());
        let mut add = |side: Side, shown: &[String]| {
            lines.extend(shown.iter().map(|text| Line { side, text: text.clone() }));
        };
        if matches!(op, DiffOp::Equal { .. }) {
            add(Side::Both, &before.shown[old]);
        } else {
            add(Side::Gone, &before.shown[old]);
            add(Side::New, &after.shown[new]);
        }
    }
    Hunk { from_line: first.0 + 1, to_line: first.1 + 1, lines }
}

#[cfg(test)]
mod tests {
    use super::Content;

    /// Hunks as `@from,to` and lines with their signs.
    fn shown(before: Option<&str>, after: Option<&str>) -> Vec<String> {
        match Content::between(before.map(str::as_bytes), after.map(str::as_bytes)) {
            None => vec![],
            Some(Content::Bytes { from, to }) => vec![format!("{from:?} {to:?}")],
            Some(Content::Hunks(hunks)) => {
                let lines = |hunk: super::Hunk| {
                    let head = format!("@{},{}", hunk.from_line, hunk.to_line);
                    let lines =
                        hunk.lines.into_iter().map(|line| format!("{}{}", line.side.sign(), line.text));
                    std::iter::once(head).chain(lines).collect::<Vec<_>>()
                };
                hunks.into_iter().flat_map(lines).collect()
            }
        }
    }

    #[test]
    fn lines_that_differ_are_shown_with_those_around_them() {
        let numbers = |range: std::ops::Range<u32>| range.map(|n| format!("{n}\n")).collect::<String>();
        let changed = numbers(0..20).replace("10\n", "ten\n");
        let cases: [(Option<&str>, Option<&str>, &[&str]); 7] = [
            (Some("a\n"), Some("a\n"), &[]),
            (None, Some("a\nb\n"), &["@1,1", "+a", "+b"]),
            (Some("a\n"), None, &["@1,1", "-a"]),
            (Some("a"), Some("a\n"), &["@1,1", "-a (no line end)", "+a"]),
            (Some("a\r\n"), Some("a\n"), &["@1,1", "-a␍", "+a"]),
            (
                Some(&numbers(0..20)),
                Some(&changed),
                &["@8,8", " 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"],
            ),
            (Some("\0"), Some("text"), &["Some(1) Some(4)"]),
        ];
        for (before, after, expected) in cases {
            assert_eq!(shown(before, after), expected, "{before:?} {after:?}");
        }
        let long = "x\n".repeat(super::MOST + 1);
        assert_eq!(shown(Some(&long), Some("")), [format!("Some({}) Some(0)", long.len())]);
    }

    #[test]
    fn secrets_in_the_content_are_hidden() {
        let before =
            "port = 80\ndb_password = one\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
        let after = before.replace("one", "two").replace("abc", "def");
        let lines = shown(Some(before), Some(&after));
        assert_eq!(
            lines,
            [
                "@1,1",
                " port = 80",
                "-db_password = (hidden)",
                "+db_password = (hidden)",
                " -----BEGIN PRIVATE KEY-----",
                "-(hidden)",
                "+(hidden)",
                " -----END PRIVATE KEY-----",
            ]
        );
    }
}
