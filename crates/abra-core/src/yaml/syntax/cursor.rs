//! Where in a text the reader is.
//!
//! Docker's parser counts U+0085, U+2028, U+2029 and a lone carriage return as line ends; people and editors mostly do not.
//! So there are two counts: `line` and `column` for the rules of YAML, [`Place`] for people.
use crate::finding::{FileId, Place};

/// A point in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Characters before it.
    pub(super) index: usize,
    /// Lines before it, as YAML counts them.
    pub(super) line: usize,
    /// Characters before it in its line, as YAML counts them.
    pub(super) column: usize,
    /// The same for people.
    pub(super) place: Place,
}

/// A text and a point in it.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    mark: Mark,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, file: FileId) -> Self {
        let mark = Mark { index: 0, line: 0, column: 0, place: Place { file, line: 1, column: 1 } };
        Self { text, at: 0, mark }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn place(&self) -> Place {
        self.mark.place
    }

    pub(super) fn column(&self) -> usize {
        self.mark.column
    }

    /// The byte that many bytes ahead; 0 behind the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// True for a blank or a tab.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(0), b' ' | b'\t')
    }

    /// True for a line end of any kind.
    pub(super) fn is_break(&self) -> bool {
        self.break_length(0) > 0
    }

    /// True for a line end and for the end of the text.
    pub(super) fn is_break_or_end(&self) -> bool {
        self.is_end() || self.is_break()
    }

    /// True if a blank, a tab, a line end or the end is that many bytes ahead.
    pub(super) fn ends_word(&self, ahead: usize) -> bool {
        self.at + ahead >= self.text.len()
            || matches!(self.byte(ahead), b' ' | b'\t')
            || self.break_length(ahead) > 0
    }

    /// True for `---` or `...` alone at the start of a line.
    pub(super) fn is_document_mark(&self) -> bool {
        let three = |b: u8| self.byte(0) == b && self.byte(1) == b && self.byte(2) == b;
        self.mark.column == 0 && (three(b'-') || three(b'.')) && self.ends_word(3)
    }

    /// Goes one character on, which is no line end.
    pub(super) fn skip(&mut self) {
        let Some(c) = self.peek() else { return };
        self.advance(c);
        self.mark.column += 1;
    }

    /// Goes on by that many characters.
    pub(super) fn skip_many(&mut self, count: usize) {
        (0..count).for_each(|_| self.skip());
    }

    /// Goes one character on and keeps it.
    pub(super) fn take(&mut self, out: &mut String) {
        out.extend(self.peek());
        self.skip();
    }

    /// Goes behind a line end, if there is one.
    pub(super) fn skip_break(&mut self) {
        self.take_break(&mut String::new());
    }

    /// Goes behind a line end and keeps it: `\n` for all but U+2028 and U+2029.
    pub(super) fn take_break(&mut self, out: &mut String) {
        let length = self.break_length(0);
        if length == 0 {
            return;
        }
        let kept = self.peek().filter(|c| matches!(c, '\u{2028}' | '\u{2029}'));
        out.push(kept.unwrap_or('\n'));
        let end = self.at + length;
        while let Some(c) = self.peek().filter(|_| self.at < end) {
            self.advance(c);
        }
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Skips to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.is_break_or_end() {
            self.skip();
        }
    }

    /// Skips blanks and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip();
        }
    }

    /// True where only blanks and tabs stand before a comment.
    pub(super) fn is_before_comment(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        rest.iter().find(|byte| !matches!(byte, b' ' | b'\t')) == Some(&b'#')
    }

    /// The rest of the line, from here.
    pub(super) fn rest_of_line(&self) -> &'t str {
        let rest = &self.text[self.at..];
        rest.split(['\n', '\r']).next().unwrap_or(rest)
    }

    fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
        self.mark.index += 1;
        let place = &mut self.mark.place;
        if c == '\n' {
            (place.line, place.column) = (place.line.saturating_add(1), 1);
        } else {
            place.column = place.column.saturating_add(1);
        }
    }

    /// How many bytes the line end that many bytes ahead has; 0 where there is none.
    fn break_length(&self, ahead: usize) -> usize {
        match self.byte(ahead) {
            b'\r' if self.byte(ahead + 1) == b'\n' => 2,
            b'\r' | b'\n' => 1,
            0xc2 if self.byte(ahead + 1) == 0x85 => 2,
            0xe2 if self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }
}
