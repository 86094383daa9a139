//! Anchors, aliases, tags and directives.
use super::Step;
use super::scan::Scanner;
use super::token::Kind;
use crate::yaml::problem::Problem;

impl Scanner<'_> {
    /// An alias, an anchor or a tag.
    pub(super) fn property(&mut self) -> Step<Kind> {
        match self.cursor.byte(0) {
            b'*' => Ok(Kind::Alias(self.anchor_name()?)),
            b'&' => Ok(Kind::Anchor(self.anchor_name()?)),
            _ => self.tag(),
        }
    }

    fn anchor_name(&mut self) -> Step<String> {
        let place = self.cursor.place();
        let sign = char::from(self.cursor.byte(0));
        self.cursor.skip();
        let name = self.letters();
        let ends = self.cursor.ends_word(0)
            || matches!(self.cursor.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let what = if sign == '&' { "an anchor" } else { "an alias" };
            let message =
                format!("\"{sign}\" begins {what}, whose name has letters, digits, \"_\" and \"-\" only");
            return Err(Box::new(
                Problem::blocker(place, message).help("put the value in quotes if it is text"),
            ));
        }
        Ok(name)
    }

    /// Letters, digits, `_` and `-`.
    fn letters(&mut self) -> String {
        let mut name = String::new();
        while matches!(self.cursor.byte(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
            self.cursor.take(&mut name);
        }
        name
    }

    fn tag(&mut self) -> Step<Kind> {
        let (handle, suffix);
        if self.cursor.byte(1) == b'<' {
            self.cursor.skip_many(2);
            (handle, suffix) = (String::new(), self.address()?);
            if suffix.is_empty() || self.cursor.byte(0) != b'>' {
                return Err(self.odd_tag());
            }
            self.cursor.skip();
        } else {
            let head = self.tag_handle();
            if head.len() > 1 && head.ends_with('!') {
                (handle, suffix) = (head, self.address()?);
                if suffix.is_empty() {
                    return Err(self.odd_tag());
                }
            } else {
                let rest = format!("{}{}", &head[1..], self.address()?);
                (handle, suffix) =
                    if rest.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), rest) };
            }
        }
        if self.cursor.ends_word(0) { Ok(Kind::Tag(handle, suffix)) } else { Err(self.odd_tag()) }
    }

    /// `!`, `!!` or `!name!`; without the last `!` it is no handle but the beginning of a tag.
    fn tag_handle(&mut self) -> String {
        let mut handle = "!".to_owned();
        self.cursor.skip();
        handle += &self.letters();
        if self.cursor.byte(0) == b'!' {
            self.cursor.take(&mut handle);
        }
        handle
    }

    /// What the rest of a tag may be made of, `%41` being `A`.
    fn address(&mut self) -> Step<String> {
        let mut bytes = Vec::new();
        loop {
            match self.cursor.byte(0) {
                b'%' => {
                    let digit = |ahead| char::from(self.cursor.byte(ahead)).to_digit(16);
                    let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Err(self.odd_tag()) };
                    bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                    self.cursor.skip_many(3);
                }
                byte if byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    bytes.push(byte);
                    self.cursor.skip();
                }
                _ => return String::from_utf8(bytes).map_err(|_| self.odd_tag()),
            }
        }
    }

    fn odd_tag(&self) -> Box<Problem> {
        Box::new(
            Problem::blocker(self.cursor.place(), "\"!\" begins a tag, and this one is not well formed")
                .help("put the value in quotes if it is text"),
        )
    }

    /// A `%` line. Docker's parser knows `%YAML 1.1` and `%TAG`.
    pub(super) fn directive(&mut self) -> Step<Kind> {
        let place = self.cursor.place();
        let line = self.cursor.rest_of_line();
        let odd = || {
            let word = line.split_whitespace().next().unwrap_or_default();
            let message = format!("docker does not take this {word} line");
            Box::new(Problem::blocker(place, message).help("remove it: compose files need none"))
        };
        self.cursor.skip();
        let mut name = String::new();
        while matches!(self.cursor.byte(0), b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            self.cursor.take(&mut name);
        }
        self.cursor.skip_blanks();
        let kind = match name.as_str() {
            "YAML" => {
                let mut version = String::new();
                while matches!(self.cursor.byte(0), b'0'..=b'9' | b'.') {
                    self.cursor.take(&mut version);
                }
                if version.split('.').map(|part| part.trim_start_matches('0')).ne(["1", "1"])
                    || version.split('.').any(|part| part.len() > 2)
                {
                    return Err(odd());
                }
                Kind::Version(version)
            }
            "TAG" => {
                if self.cursor.byte(0) != b'!' {
                    return Err(odd());
                }
                let handle = self.tag_handle();
                let whole = handle == "!" || handle.ends_with('!');
                if !whole || !self.cursor.is_blank() {
                    return Err(odd());
                }
                self.cursor.skip_blanks();
                let prefix = self.address()?;
                if prefix.is_empty() || !self.cursor.ends_word(0) {
                    return Err(odd());
                }
                Kind::TagHandle(handle, prefix)
            }
            _ => return Err(odd()),
        };
        self.cursor.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_break_or_end() {
            return Err(odd());
        }
        self.cursor.skip_break();
        Ok(kind)
    }
}
