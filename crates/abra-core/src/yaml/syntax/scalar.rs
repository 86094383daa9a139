//! Text: plain, in quotes, as a block.
use super::Step;
use super::cursor::Mark;
use super::scan::Scanner;
use crate::yaml::problem::Problem;

/// Line ends and blanks between two words of a text that may go over several lines.
#[derive(Default)]
struct Gap {
    blanks: String,
    /// The first line end, and whether there was one.
    first: String,
    broken: bool,
    /// Further line ends.
    more: String,
}

impl Gap {
    /// What the gap becomes: one line end is a blank, of several the first is dropped.
    fn fold_into(&mut self, out: &mut String) {
        if !self.broken {
            out.push_str(&self.blanks);
        } else if self.first.starts_with('\n') {
            out.push_str(if self.more.is_empty() { " " } else { &self.more });
        } else {
            out.push_str(&self.first);
            out.push_str(&self.more);
        }
        *self = Self::default();
    }
}

impl Scanner<'_> {
    /// Reads blanks and line ends; `tab` says what is wrong with a tab at the start of a line.
    fn gap(&mut self, gap: &mut Gap, tab: impl Fn(&Self) -> Step<()>) -> Step<()> {
        loop {
            if self.cursor.is_blank() {
                if gap.broken {
                    if self.cursor.byte(0) == b'\t' {
                        tab(self)?;
                    }
                    self.cursor.skip();
                } else {
                    self.cursor.take(&mut gap.blanks);
                }
            } else if !self.cursor.is_break() {
                return Ok(());
            } else if gap.broken {
                self.cursor.take_break(&mut gap.more);
            } else {
                gap.blanks.clear();
                self.cursor.take_break(&mut gap.first);
                gap.broken = true;
            }
        }
    }

    /// Text without quotes.
    pub(super) fn plain_scalar(&mut self) -> Step<String> {
        let least = self.indent.map_or(0, |indent| indent + 1);
        let mut text = String::new();
        let mut gap = Gap::default();
        loop {
            if self.cursor.is_document_mark() || self.cursor.byte(0) == b'#' {
                break;
            }
            while !self.ends_plain() {
                gap.fold_into(&mut text);
                self.cursor.take(&mut text);
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            self.gap(&mut gap, |scanner| {
                if scanner.cursor.column() < least {
                    Err(tab_as_indent(scanner.cursor.mark()))
                } else {
                    Ok(())
                }
            })?;
            if !self.in_brackets() && self.cursor.column() < least {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        Ok(text)
    }

    fn ends_plain(&self) -> bool {
        if self.cursor.ends_word(0) {
            return true;
        }
        let brackets = self.in_brackets();
        match self.cursor.byte(0) {
            b':' => self.cursor.ends_word(1),
            b'?' | b',' | b'[' | b']' | b'{' | b'}' => brackets,
            _ => false,
        }
    }

    /// Text in quotes of either kind.
    pub(super) fn quoted_scalar(&mut self) -> Step<String> {
        let start = self.cursor.mark();
        let quote = self.cursor.byte(0);
        self.cursor.skip();
        let mut text = String::new();
        loop {
            if self.cursor.is_document_mark() || self.cursor.is_end() {
                return Err(open_quote(start));
            }
            let mut gap = Gap::default();
            while !self.cursor.ends_word(0) {
                match self.cursor.byte(0) {
                    b'\'' if quote == b'\'' && self.cursor.byte(1) == b'\'' => {
                        text.push('\'');
                        self.cursor.skip_many(2);
                    }
                    byte if byte == quote => {
                        self.cursor.skip();
                        return Ok(text);
                    }
                    b'\\' if quote == b'"' => {
                        self.cursor.skip();
                        if self.cursor.is_break() {
                            self.cursor.skip_break();
                            gap.broken = true;
                            break;
                        }
                        self.escape(&mut text)?;
                    }
                    _ => self.cursor.take(&mut text),
                }
            }
            self.gap(&mut gap, |_| Ok(()))?;
            gap.fold_into(&mut text);
        }
    }

    /// What follows a backslash in double quotes.
    fn escape(&mut self, text: &mut String) -> Step<()> {
        let digits = match self.cursor.byte(0) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => {
                let c = self.cursor.peek().and_then(escaped).ok_or_else(|| self.odd_escape())?;
                text.push(c);
                self.cursor.skip();
                return Ok(());
            }
        };
        let code = (1..=digits).try_fold(0_u64, |code, ahead| {
            let digit = char::from(self.cursor.byte(ahead)).to_digit(16)?;
            Some(code * 16 + u64::from(digit))
        });
        let c = code.and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        text.push(c.ok_or_else(|| self.odd_escape())?);
        self.cursor.skip_many(digits + 1);
        Ok(())
    }

    fn odd_escape(&self) -> Box<Problem> {
        let sign = self.cursor.peek().map(String::from).unwrap_or_default();
        let message = format!("\"\\{sign}\" means nothing in double quotes");
        Box::new(
            Problem::blocker(self.cursor.place(), message)
                .help("write a backslash as \\\\, or use single quotes, where it stands for itself"),
        )
    }

    /// A block of text: `|` keeps the line ends, `>` makes them blanks.
    pub(super) fn block_scalar(&mut self) -> Step<String> {
        let literal = self.cursor.byte(0) == b'|';
        self.cursor.skip();
        let (keep, digit) = self.block_header()?;
        let mut indent = (digit > 0).then(|| self.indent.unwrap_or(0) + digit);
        let mut text = String::new();
        let mut last = String::new();
        let mut more = String::new();
        let mut blank_before = false;
        let mut column = self.block_breaks(&mut indent, &mut more)?;
        while self.cursor.column() == column && !self.cursor.is_end() {
            let blank = self.cursor.is_blank();
            if !literal && !blank_before && !blank && last.starts_with('\n') {
                if more.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&last);
            }
            text.push_str(&more);
            last.clear();
            more.clear();
            blank_before = blank;
            while !self.cursor.is_break_or_end() {
                self.cursor.take(&mut text);
            }
            self.cursor.take_break(&mut last);
            column = self.block_breaks(&mut indent, &mut more)?;
        }
        if keep != Some(false) {
            text.push_str(&last);
        }
        if keep == Some(true) {
            text.push_str(&more);
        }
        Ok(text)
    }

    /// Reads what follows `|` or `>`: whether line ends at the end stay, and by how many columns the text is indented.
    fn block_header(&mut self) -> Step<(Option<bool>, usize)> {
        let (mut keep, mut digit) = (None, 0);
        for _ in 0..2 {
            match self.cursor.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                number @ b'1'..=b'9' if digit == 0 => digit = usize::from(number - b'0'),
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_break_or_end() {
            let message = "text can't begin in the line of its \"|\" or \">\"";
            return Err(Box::new(
                Problem::blocker(self.cursor.place(), message)
                    .help("begin it in the next line, indented further; or put the value in quotes"),
            ));
        }
        self.cursor.skip_break();
        Ok((keep, digit))
    }

    /// Skips indentation and empty lines; finds the indentation out by the first line that has text.
    fn block_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Step<usize> {
        let mut widest = 0;
        loop {
            while indent.is_none_or(|indent| self.cursor.column() < indent) && self.cursor.byte(0) == b' ' {
                self.cursor.skip();
            }
            widest = widest.max(self.cursor.column());
            if indent.is_none_or(|indent| self.cursor.column() < indent) && self.cursor.byte(0) == b'\t' {
                return Err(tab_as_indent(self.cursor.mark()));
            }
            if !self.cursor.is_break() {
                break;
            }
            self.cursor.take_break(breaks);
        }
        let least = self.indent.map_or(1, |indent| indent + 1);
        Ok(*indent.get_or_insert(widest.max(least)))
    }
}

/// What a sign behind a backslash stands for.
fn escaped(sign: char) -> Option<char> {
    Some(match sign {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\'' | '\\' => sign,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

fn tab_as_indent(mark: Mark) -> Box<Problem> {
    Box::new(Problem::blocker(mark.place, "a tab stands where only blanks may").help("indent with blanks"))
}

fn open_quote(start: Mark) -> Box<Problem> {
    Box::new(
        Problem::blocker(start.place, "the quote that begins here does not end")
            .help("look for a missing quote, or for a quote inside of the text: in double quotes it is written \\\", in single quotes ''"),
    )
}
