//! Lines that docker's parser takes and the one used here does not.
//!
//! The YAML specification wants every line inside of brackets or quotes to be indented more than its parent, and no tab
//! where a block might be indented. Docker's parser asks for neither, and files in the wild rely on it. Indentation means
//! nothing in such lines, so they are moved to the right; tabs after a colon become blanks, and a comment that begins
//! right behind a bracket or quote gets its blank.

/// A text with its odd lines moved, and how far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Relaxed {
    /// The text; each line is the one of the same number in the original.
    pub(super) text: String,
    /// How many columns each line was moved to the right.
    pub(super) moved: Vec<usize>,
}

/// How much longer than twice the original a text may become, in bytes.
const ROOM: usize = 1 << 16;

/// Moves the lines that continue brackets or quotes; `None` when there is nothing to change, or far too much.
pub(super) fn relax(text: &str) -> Option<Relaxed> {
    let mut scan = Scan { inside: Vec::new(), block: None, indent: 0 };
    let mut out = String::with_capacity(text.len());
    let mut moved = Vec::new();
    for line in text.split_inclusive('\n') {
        let continues = !scan.inside.is_empty() && !line.trim().is_empty();
        let mut from = 0;
        if continues {
            from = line.len() - line.trim_start_matches([' ', '\t']).len();
            out.extend(std::iter::repeat_n(' ', scan.indent + 1 + from));
        }
        moved.push(if continues { scan.indent + 1 } else { 0 });
        if out.len() > 2 * text.len() + ROOM {
            return None;
        }
        for Edit { start, end } in scan.line(line) {
            if start < from {
                continue;
            }
            out.push_str(&line[from..start]);
            out.extend(std::iter::repeat_n(' ', (end - start).max(1)));
            from = end;
        }
        out.push_str(&line[from..]);
    }
    (out != text).then_some(Relaxed { text: out, moved })
}

/// A part of a line that becomes as many blanks; one that is empty becomes one.
struct Edit {
    start: usize,
    end: usize,
}

/// What is open at some point of the text.
struct Scan {
    /// Open brackets and at most one quote, innermost last.
    inside: Vec<u8>,
    /// The indentation of the key that a block of text belongs to.
    block: Option<usize>,
    /// The indentation of the key that the outermost bracket or quote belongs to.
    indent: usize,
}

impl Scan {
    /// Goes through a line.
    fn line(&mut self, line: &str) -> Vec<Edit> {
        let text = line.trim_end_matches(['\n', '\r']);
        if self.inside.is_empty() && self.in_block(text) {
            return Vec::new();
        }
        let mut edits = Vec::new();
        let mut at = text.len() - text.trim_start_matches(' ').len();
        let mut indent = at;
        // True where a value may begin; elsewhere quotes and brackets are plain characters.
        let mut fresh = true;
        let mut closed = 0;
        let bytes = text.as_bytes();
        while at < bytes.len() {
            let blank_after = bytes.get(at + 1).is_none_or(|b| matches!(b, b' ' | b'\t'));
            if let Some(quote @ (b'"' | b'\'')) = self.inside.last().copied() {
                at = self.quoted(bytes, at, quote);
                closed = at;
                fresh = false;
                continue;
            }
            match bytes[at] {
                b' ' | b'\t' => {}
                b'#' if at == 0 || matches!(bytes[at - 1], b' ' | b'\t') => break,
                b'"' | b'\'' | b'[' | b'{' if fresh => {
                    if self.inside.is_empty() {
                        self.indent = indent;
                    }
                    self.inside.push(bytes[at]);
                }
                b']' | b'}' if !self.inside.is_empty() => {
                    self.inside.pop();
                    fresh = false;
                    closed = at + 1;
                }
                b'#' if closed == at && at > 0 => {
                    edits.push(Edit { start: at, end: at });
                    break;
                }
                b',' if !self.inside.is_empty() => fresh = true,
                b'|' | b'>' if fresh && self.inside.is_empty() => {
                    self.block = Some(indent);
                    break;
                }
                b'-' | b'?' if fresh && blank_after && self.inside.is_empty() => {
                    let next = at + 1 + (bytes.len() - at - 1 - text[at + 1..].trim_start().len());
                    let scalar = matches!(bytes.get(next), Some(b'|' | b'>'));
                    indent = if scalar { at } else { next };
                }
                b':' if blank_after
                    || (!self.inside.is_empty() && at > 0 && matches!(bytes[at - 1], b'"' | b'\'')) =>
                {
                    let end = at
                        + 1
                        + (bytes.len() - at - 1 - text[at + 1..].trim_start_matches([' ', '\t']).len());
                    if text[at + 1..end].contains('\t') {
                        edits.push(Edit { start: at + 1, end });
                    }
                    fresh = true;
                }
                b'&' | b'!' if fresh => {
                    while at + 1 < bytes.len() && !matches!(bytes[at + 1], b' ' | b'\t' | b',' | b']' | b'}')
                    {
                        at += 1;
                    }
                }
                _ => fresh = false,
            }
            at += 1;
        }
        edits
    }

    /// True for a line of a block of text; the first line that is none ends the block.
    fn in_block(&mut self, text: &str) -> bool {
        let Some(indent) = self.block else { return false };
        let content = text.trim_start_matches(' ');
        if content.trim().is_empty() || text.len() - content.len() > indent {
            return true;
        }
        self.block = None;
        false
    }

    /// Where a quoted text ends, or the line.
    fn quoted(&mut self, bytes: &[u8], mut at: usize, quote: u8) -> usize {
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if quote == b'"' => at += 1,
                b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
                byte if byte == quote => {
                    self.inside.pop();
                    return at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(text: &str) -> Vec<usize> {
        relax(text).map_or_else(Vec::new, |relaxed| {
            relaxed.moved.iter().enumerate().filter(|(_, by)| **by > 0).map(|(line, _)| line + 1).collect()
        })
    }

    #[test]
    fn only_lines_inside_of_brackets_and_quotes_are_moved() {
        let table: [(&str, &[usize]); 12] = [
            ("a: b\nc: d\n", &[]),
            ("a: [b,\nc]\nd: e\n", &[2]),
            ("a: {b: [c,\nd],\n\n  e: f\n}\ng: h\n", &[2, 4, 5]),
            ("a: \"b\n  c\\\"\n  d\"\ne: f\n", &[2, 3]),
            ("a: 'b''\n  c'\ne: f\n", &[2]),
            ("a: b [c\nd: e\n", &[]),
            ("a: it's\nd: e\n", &[]),
            ("a: # [\nd: e\n", &[]),
            ("a: |\n  b: [\n  c\nd: e\n", &[]),
            ("- a: >-\n    b: \"\n  c: [\n  d ]\n", &[4]),
            ("- |\n b: [\n c\n- [\nd]\n", &[5]),
            ("a: &x !!seq [\nb ]\n", &[2]),
        ];
        for (text, want) in table {
            assert_eq!(moved(text), want, "{text}");
        }
    }

    #[test]
    fn what_would_grow_out_of_bounds_is_left_alone() {
        let text = format!("{}a: [{}", " ".repeat(10_000), "b,\n".repeat(10_000));
        assert_eq!(relax(&text), None);
        let text = format!("a: [{}", "b,\n".repeat(10_000));
        assert!(relax(&text).is_some_and(|relaxed| relaxed.text.len() < 2 * text.len()));
    }

    #[test]
    fn tabs_after_a_colon_become_blanks() {
        assert_eq!(relax("a:\tb\n").unwrap().text, "a: b\n");
        assert_eq!(relax("a: \t b\tc\n").unwrap().text, "a:   b\tc\n");
        assert_eq!(relax("a: 'b:\tc'\n"), None);
    }

    #[test]
    fn comments_behind_brackets_and_quotes_get_a_blank() {
        assert_eq!(relax("a: [b]#c\n").unwrap().text, "a: [b] #c\n");
        assert_eq!(relax("a: 'b'#c\n").unwrap().text, "a: 'b' #c\n");
        assert_eq!(relax("a: b#c\n"), None);
    }
}
