//! `abra.sh` as text. It is never run to find out what it says.
use std::collections::BTreeMap;

/// What a recipe's `abra.sh` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AbraSh {
    /// Variables of its `export NAME=value` lines at the top level; later ones win.
    pub exports: BTreeMap<String, String>,
    /// Names of its functions, in the order of the file.
    pub functions: Vec<String>,
}

/// Reads an `abra.sh`. A value that only a shell could work out (`$(…)`, `$NAME`, backticks outside single quotes) is
/// left out; so is everything in function bodies.
pub fn abra_sh(text: &str) -> AbraSh {
    let mut read = AbraSh::default();
    let mut depth = 0_usize;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if depth == 0 {
            if let Some(name) = function(line) {
                if !read.functions.contains(&name) {
                    read.functions.push(name);
                }
            } else if let Some(rest) =
                line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']))
            {
                exports(rest, &mut read.exports);
            }
        }
        depth = depth_behind(line, depth);
    }
    read
}

/// The name in `name() {`, `name () {`, `function name {`.
fn function(line: &str) -> Option<String> {
    let (rest, keyword) = match line.strip_prefix("function").filter(|rest| rest.starts_with([' ', '\t'])) {
        Some(rest) => (rest.trim_start(), true),
        None => (line, false),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let behind = behind.trim_start();
    let parentheses = behind.strip_prefix('(').is_some_and(|inner| inner.trim_start().starts_with(')'));
    let begins = parentheses || (keyword && (behind.is_empty() || behind.starts_with('{')));
    (begins && !name.is_empty()).then(|| name.to_owned())
}

/// Braces that are still open behind a line. Those of `${…}` and in quotes don't count.
fn depth_behind(line: &str, depth: usize) -> usize {
    let (mut depth, mut quote, mut expansions, mut before) = (depth, None, 0_usize, ' ');
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if before != '\\' => quote = Some(c),
            (None, '#') if before.is_whitespace() => break,
            (None, '{') if before == '$' => expansions += 1,
            (None, '{') => depth += 1,
            (None, '}') if expansions > 0 => expansions -= 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        before = c;
    }
    depth
}

/// The assignments of one `export` line.
fn exports(line: &str, found: &mut BTreeMap<String, String>) {
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with(['#', ';', '&', '|']) {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let Some(word) = behind.strip_prefix('=') else {
            // `export NAME` without a value: go on with the next word.
            let end = behind.find([' ', '\t']).unwrap_or(behind.len());
            rest = behind[end..].trim_start();
            continue;
        };
        let (value, length) = word_value(word);
        if let Some(value) =
            value.filter(|_| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
        {
            found.insert(name.to_owned(), value);
        }
        rest = word[length..].trim_start();
    }
}

/// A shell word without its quotes (`None` when a shell would have to work it out), and its length in bytes.
fn word_value(word: &str) -> (Option<String>, usize) {
    let (mut value, mut quote, mut plain) = (String::new(), None, true);
    let mut characters = word.char_indices();
    while let Some((i, c)) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ' | '\t' | ';' | '&' | '|') => return (plain.then_some(value), i),
            (None | Some('"'), '\\') => match characters.next() {
                Some((_, next)) => {
                    if quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') {
                        value.push('\\');
                    }
                    value.push(next);
                }
                None => plain = false,
            },
            (None | Some('"'), '$' | '`') => plain = false,
            (_, c) => value.push(c),
        }
    }
    ((plain && quote.is_none()).then_some(value), word.len())
}

#[cfg(test)]
mod tests {
    use super::abra_sh;
    use proptest::prelude::*;

    fn check(text: &str, exports: &[(&str, &str)], functions: &[&str]) {
        let read = abra_sh(text);
        let found: Vec<(&str, &str)> = read.exports.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, exports, "{text}");
        assert_eq!(read.functions, functions, "{text}");
    }

    #[test]
    fn export_lines_are_read_as_text() {
        check(
            "export A_VERSION=v1\nexport B_VERSION=v2 # note\r\n",
            &[("A_VERSION", "v1"), ("B_VERSION", "v2")],
            &[],
        );
        check("#!/bin/bash\n\n  export A='v 1'\nexport B=\"v2\"\n", &[("A", "v 1"), ("B", "v2")], &[]);
        check("# export A=v1\nB=v2\nexported C=1\n", &[], &[]);
        check("export A=v1 B=v2; echo hi\n", &[("A", "v1"), ("B", "v2")], &[]);
        check("export A=v1\nexport A=v2\n", &[("A", "v2")], &[]);
        check("export A=\nexport B\n", &[("A", "")], &[]);
        check("export A='v1'\"2\"3\n", &[("A", "v123")], &[]);
    }

    #[test]
    fn nothing_is_run_to_learn_a_value() {
        check("export A=$(rm -rf /)\nexport B=`date`\nexport C=$HOME\nexport D='$X'\n", &[("D", "$X")], &[]);
    }

    #[test]
    fn functions_are_listed_and_their_bodies_skipped() {
        check(
            "f() {\n  export A=1\n  if true; then { echo ${B}; }; fi\n}\nfunction g {\n  :\n}\nh ()\n{\n x\n}\nexport C=3\n",
            &[("C", "3")],
            &["f", "g", "h"],
        );
        check("sub_wp() { echo '}'; }\nexport A=1\n", &[("A", "1")], &["sub_wp"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(export |[A-Za-z_={}'\"\\\\$#();\n ]|\\PC){0,60}") {
            abra_sh(&text);
        }
    }
}
