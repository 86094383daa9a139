//! Text to words.
//!
//! The hard part of YAML is that `a` and `a: b` begin alike: whether a text is a key is known at the colon only. So every
//! word that may begin a key is remembered, and at the colon the word "key" is put before it, with the beginning of a mapping
//! where the indentation says so.
use super::Step;
use super::cursor::{Cursor, Mark};
use super::token::{Kind, Token};
use crate::finding::FileId;
use crate::yaml::problem::Problem;
use std::collections::VecDeque;

/// How many characters a key may have up to its colon.
const LONGEST_KEY: usize = 1024;
/// How many words are read ahead. Docker's parser notices mistakes behind the first document as far as that.
const AHEAD: usize = 3;

/// Makes words out of a text.
pub(super) struct Scanner<'t> {
    pub(super) cursor: Cursor<'t>,
    words: VecDeque<Token>,
    /// How many words were taken.
    taken: usize,
    /// The column of the innermost block, and those around it; `None` is outside of all.
    pub(super) indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// What may turn out to be a key: one for the block, and one for each open bracket.
    keys: Vec<MaybeKey>,
    /// True where a key, a dash or a question mark may stand.
    pub(super) key_allowed: bool,
    /// The open brackets, outermost first.
    brackets: Vec<Mark>,
    most_brackets: usize,
}

/// A word that may begin a key.
#[derive(Clone, Copy)]
struct MaybeKey {
    possible: bool,
    /// It must turn out to be one: nothing else can stand at its column.
    required: bool,
    /// The number of the word, from the start of the text.
    word: usize,
    mark: Mark,
}

impl<'t> Scanner<'t> {
    /// Brackets may be nested that deep.
    pub(super) fn new(text: &'t str, file: FileId, most_brackets: usize) -> Self {
        let cursor = Cursor::new(text, file);
        let key = MaybeKey { possible: false, required: false, word: 0, mark: cursor.mark() };
        Self {
            cursor,
            words: VecDeque::new(),
            taken: 0,
            indent: None,
            indents: Vec::new(),
            keys: vec![key],
            key_allowed: true,
            brackets: Vec::new(),
            most_brackets,
        }
    }

    /// The next word.
    pub(super) fn peek(&mut self) -> Step<&Token> {
        while self.words.len() < AHEAD || self.first_may_be_key()? {
            self.fetch()?;
        }
        Ok(&self.words[0])
    }

    /// Takes the next word.
    pub(super) fn take(&mut self) -> Step<Token> {
        self.peek()?;
        self.taken += 1;
        Ok(self.words.pop_front().expect("a word was just seen"))
    }

    pub(super) fn in_brackets(&self) -> bool {
        !self.brackets.is_empty()
    }

    fn first_may_be_key(&mut self) -> Step<bool> {
        let taken = self.taken;
        let Some(at) = self.keys.iter().position(|key| key.possible && key.word == taken) else {
            return Ok(false);
        };
        self.still_possible(at)
    }

    /// False, and noted, when a key would have begun too far back.
    fn still_possible(&mut self, at: usize) -> Step<bool> {
        let (key, now) = (self.keys[at], self.cursor.mark());
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line == now.line && key.mark.index + LONGEST_KEY >= now.index {
            return Ok(true);
        }
        if key.required {
            return Err(no_colon(key.mark));
        }
        self.keys[at].possible = false;
        Ok(false)
    }

    fn innermost(&mut self) -> &mut MaybeKey {
        self.keys.last_mut().expect("one key stands for the block")
    }

    fn forget_key(&mut self) -> Step<()> {
        let key = self.innermost();
        if key.possible && key.required {
            return Err(no_colon(key.mark));
        }
        key.possible = false;
        Ok(())
    }

    fn remember_key(&mut self) -> Step<()> {
        if self.key_allowed {
            let mark = self.cursor.mark();
            let required = !self.in_brackets() && self.indent == Some(mark.column);
            let word = self.taken + self.words.len();
            self.forget_key()?;
            *self.innermost() = MaybeKey { possible: true, required, word, mark };
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, mark: Mark) {
        self.words.push_back(Token { kind, mark });
    }

    /// Reads at least one word.
    fn fetch(&mut self) -> Step<()> {
        self.skip_to_word();
        let mark = self.cursor.mark();
        self.unroll(Some(mark.column));
        if self.cursor.is_end() {
            self.end_of_block(Kind::StreamEnd, 0)?;
            self.keys.iter_mut().for_each(|key| key.possible = false);
            return Ok(());
        }
        if mark.column == 0 && self.cursor.byte(0) == b'%' {
            self.leave_blocks()?;
            let directive = self.directive()?;
            self.push(directive, mark);
            return Ok(());
        }
        if self.cursor.is_document_mark() {
            let kind = if self.cursor.byte(0) == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
            return self.end_of_block(kind, 3);
        }
        self.word()?;
        // A comment right behind a word belongs to it, also behind a tab.
        let dash = self.words.back().is_some_and(|word| word.kind == Kind::Dash);
        if !dash && self.cursor.mark().line == mark.line && self.cursor.is_before_comment() {
            self.cursor.skip_line();
        }
        Ok(())
    }

    fn word(&mut self) -> Step<()> {
        let ends = self.cursor.ends_word(1);
        let brackets = self.in_brackets();
        match self.cursor.byte(0) {
            b'[' => self.open(Kind::ListOpen),
            b'{' => self.open(Kind::MapOpen),
            b']' => self.shut(Kind::ListClose),
            b'}' => self.shut(Kind::MapClose),
            b',' => {
                self.forget_key()?;
                self.key_allowed = true;
                self.indicator(Kind::Comma);
                Ok(())
            }
            b'-' if ends => self.dash(),
            b'?' if ends || brackets => self.question(),
            b':' if ends || brackets => self.colon(),
            b'*' | b'&' | b'!' => {
                self.start_of_node()?;
                let mark = self.cursor.mark();
                let kind = self.property()?;
                self.push(kind, mark);
                Ok(())
            }
            b'|' | b'>' if !brackets => {
                self.forget_key()?;
                self.key_allowed = true;
                self.scalar(Self::block_scalar, false)
            }
            b'\'' | b'"' => {
                self.start_of_node()?;
                self.scalar(Self::quoted_scalar, false)
            }
            b'-' | b'?' | b':' => self.plain(),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.odd_character()),
            _ => self.plain(),
        }
    }

    fn plain(&mut self) -> Step<()> {
        self.start_of_node()?;
        self.scalar(Self::plain_scalar, true)
    }

    fn scalar(&mut self, read: fn(&mut Self) -> Step<String>, plain: bool) -> Step<()> {
        let mark = self.cursor.mark();
        let text = read(self)?;
        self.push(Kind::Scalar { text, plain }, mark);
        Ok(())
    }

    fn start_of_node(&mut self) -> Step<()> {
        self.remember_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn indicator(&mut self, kind: Kind) {
        let mark = self.cursor.mark();
        self.cursor.skip();
        self.push(kind, mark);
    }

    fn open(&mut self, kind: Kind) -> Step<()> {
        self.remember_key()?;
        let mark = self.cursor.mark();
        if self.brackets.len() >= self.most_brackets {
            let message = format!("values are nested more than {} deep", self.most_brackets);
            return Err(Box::new(Problem::blocker(mark.place, message)));
        }
        let word = self.taken + self.words.len();
        self.keys.push(MaybeKey { possible: false, required: false, word, mark });
        self.brackets.push(mark);
        self.key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn shut(&mut self, kind: Kind) -> Step<()> {
        self.forget_key()?;
        if self.brackets.pop().is_some() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn dash(&mut self) -> Step<()> {
        if !self.in_brackets() {
            if !self.key_allowed {
                return Err(Box::new(
                    Problem::blocker(self.cursor.place(), "a list can't begin in the middle of a line").help(
                        "put the \"- \" on a line of its own, or the value in quotes if it is meant as text",
                    ),
                ));
            }
            let mark = self.cursor.mark();
            self.roll(mark, None, Kind::BlockList);
        }
        self.forget_key()?;
        self.key_allowed = true;
        self.indicator(Kind::Dash);
        Ok(())
    }

    fn question(&mut self) -> Step<()> {
        if !self.in_brackets() {
            if !self.key_allowed {
                let problem = Problem::blocker(self.cursor.place(), "a \"? \" where no key can be")
                    .help("put the value in quotes");
                return Err(Box::new(problem));
            }
            let mark = self.cursor.mark();
            self.roll(mark, None, Kind::BlockMap);
        }
        self.forget_key()?;
        self.key_allowed = !self.in_brackets();
        self.indicator(Kind::Key);
        Ok(())
    }

    fn colon(&mut self) -> Step<()> {
        let at = self.keys.len() - 1;
        if self.still_possible(at)? {
            let key = self.keys[at];
            self.words.insert(key.word - self.taken, Token { kind: Kind::Key, mark: key.mark });
            self.roll(key.mark, Some(key.word), Kind::BlockMap);
            self.innermost().possible = false;
            self.key_allowed = false;
        } else {
            if !self.in_brackets() {
                if !self.key_allowed {
                    return Err(self.odd_colon());
                }
                let mark = self.cursor.mark();
                self.roll(mark, None, Kind::BlockMap);
            }
            self.key_allowed = !self.in_brackets();
        }
        self.indicator(Kind::Value);
        Ok(())
    }

    /// Begins a block where the indentation has grown.
    fn roll(&mut self, mark: Mark, word: Option<usize>, kind: Kind) {
        if self.in_brackets() || self.indent.is_some_and(|indent| indent >= mark.column) {
            return;
        }
        self.indents.push(self.indent.replace(mark.column));
        let at = word.map_or(self.words.len(), |word| word - self.taken);
        self.words.insert(at, Token { kind, mark });
    }

    /// Ends the blocks that are indented more than that; all of them for `None`.
    fn unroll(&mut self, column: Option<usize>) {
        if self.in_brackets() {
            return;
        }
        let mark = self.cursor.mark();
        while self.indent > column {
            self.push(Kind::BlockEnd, mark);
            self.indent = self.indents.pop().flatten();
        }
    }

    fn leave_blocks(&mut self) -> Step<()> {
        self.unroll(None);
        self.forget_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn end_of_block(&mut self, kind: Kind, length: usize) -> Step<()> {
        self.leave_blocks()?;
        let mark = self.cursor.mark();
        self.cursor.skip_many(length);
        self.push(kind, mark);
        Ok(())
    }

    /// Skips blanks, comments and line ends. Tabs are blanks only where no block can begin.
    fn skip_to_word(&mut self) {
        let mut comment = false;
        loop {
            let tabs = self.in_brackets() || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || tabs && self.cursor.byte(0) == b'\t' {
                self.cursor.skip();
            }
            // Comments below a comment may be indented with tabs.
            if comment && self.cursor.is_before_comment() {
                self.cursor.skip_blanks();
            }
            if self.cursor.byte(0) == b'#' {
                self.cursor.skip_line();
                comment = true;
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if !self.in_brackets() {
                self.key_allowed = true;
            }
        }
    }

    fn odd_character(&self) -> Box<Problem> {
        let place = self.cursor.place();
        Box::new(match self.cursor.peek() {
            Some('\t') => {
                Problem::blocker(place, "a tab stands where only blanks may").help("indent with blanks")
            }
            Some(c) => Problem::blocker(place, format!("a value can't begin with \"{c}\""))
                .help("put the value in quotes"),
            None => Problem::blocker(place, "the text ends where a value is expected"),
        })
    }

    fn odd_colon(&self) -> Box<Problem> {
        let mark = self.cursor.mark();
        let problem = Problem::blocker(mark.place, "a \": \" where no key can be");
        let text = self.words.back().filter(|word| matches!(word.kind, Kind::Scalar { .. }));
        Box::new(match text.filter(|text| text.mark.line < mark.line) {
            Some(text) => problem.help(format!(
                "this line goes on with the text that begins in line {}: it is indented too far, or a quote or colon is missing there",
                text.mark.place.line
            )),
            None => problem.help(
                "give this line the same indentation as its neighbours, or put text with \": \" in quotes",
            ),
        })
    }
}

fn no_colon(key: Mark) -> Box<Problem> {
    Box::new(
        Problem::blocker(key.place, "a key without \":\"")
            .help("keys of one mapping stand at the same column, each followed by \":\" and a blank; text that goes on is indented further"),
    )
}
