//! Command lines: split into words like a small shell.

/// How many words are taken: each of them costs many times its length.
const MAX_WORDS: usize = 300_000;

/// Why a command line can't be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    #[error("a quote that is not closed")]
    OpenQuote,
    #[error("a backslash at the end")]
    OpenEscape,
    #[error("more than {MAX_WORDS} words")]
    Long,
}

/// Splits at blanks. `'…'` is literal; a backslash takes the next character as it is, also inside `"…"` (unlike a real
/// shell); `#` at the start of a word begins a comment up to the end of the line.
pub(crate) fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => {
                words.extend(word.take());
                if words.len() > MAX_WORDS {
                    return Err(WordsError::Long);
                }
            }
            '#' if word.is_none() => {
                chars.by_ref().find(|c| *c == '\n');
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or(WordsError::OpenEscape)?),
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\'' => single_quoted(&mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), WordsError> {
    loop {
        match chars.next().ok_or(WordsError::OpenQuote)? {
            '"' => return Ok(()),
            '\\' => word.push(chars.next().ok_or(WordsError::OpenEscape)?),
            c => word.push(c),
        }
    }
}

fn single_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), WordsError> {
    loop {
        match chars.next().ok_or(WordsError::OpenQuote)? {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let table: [(&str, &[&str]); 12] = [
            ("", &[]),
            ("  \t\n", &[]),
            ("bundle exec thin -p 3000", &["bundle", "exec", "thin", "-p", "3000"]),
            ("sh -c 'a b' \"c d\"", &["sh", "-c", "a b", "c d"]),
            (r#""a\nb""#, &["anb"]),
            (r"'a\nb'", &["a\\nb"]),
            (r"a\ b", &["a b"]),
            ("a # b\nc", &["a", "c"]),
            ("a#b", &["a#b"]),
            ("''", &[""]),
            ("a''\"\"b", &["ab"]),
            ("é\u{a0}ö", &["é\u{a0}ö"]),
        ];
        for (text, words) in table {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn unbalanced_ones() {
        for text in ["'a", "\"a", "a \"b", "\"a\\\""] {
            assert_eq!(split(text), Err(WordsError::OpenQuote), "{text}");
        }
        assert_eq!(split("a\\"), Err(WordsError::OpenEscape));
    }
}
