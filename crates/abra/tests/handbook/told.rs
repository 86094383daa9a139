//! Everything that abra can tell an operator about operator sync stands in the handbook.
use super::{pages, paths, root};
use abra::cli::Cli;
use clap::Parser as _;
use clap::error::ErrorKind;
use regex::Regex;

/// Commands that are mentioned in running text are commands that there are, with flags that there are.
#[test]
fn commands_in_running_text_are_understood() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in ["docs", "docs/handbook"].into_iter().flat_map(paths) {
        let (name, text) = (path.display(), std::fs::read_to_string(&path).unwrap());
        // Headings of the command reference are usages, not calls.
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.contains("ABRA_"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        // Names of a version, and usages with what may be left out, are no calls either.
        let is_call = |words: &&str| {
            words.strip_prefix("abra ").is_some_and(|rest| rest.starts_with(char::is_alphabetic))
                && !words.contains('[')
        };
        for quoted in text.split('`').skip(1).step_by(2).filter(is_call) {
            seen += 1;
            let words = quoted.split_whitespace().filter(|word| *word != "…");
            // A command may be named without what it is for.
            let is_wrong = |problem: &clap::Error| {
                problem.use_stderr() && problem.kind() != ErrorKind::MissingRequiredArgument
            };
            if let Err(problem) = Cli::try_parse_from(words)
                && is_wrong(&problem)
            {
                wrong.push(format!(
                    "{name}: `{quoted}`: {}",
                    problem.to_string().lines().next().unwrap_or_default()
                ));
            }
        }
    }
    assert!(seen > 10, "commands are not found any more");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The code of a source: no comments, no tests.
fn code(path: &str) -> String {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What a pattern's first group matches.
fn found<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found.get(1).unwrap().as_str()).collect()
}

/// The whole handbook, with single spaces.
fn handbook() -> String {
    let all: String = pages().into_values().map(|leaf| leaf.text + "\n").collect();
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_exit_code_is_explained() {
    let source = code("crates/abra/src/exit.rs");
    let codes = found(r" = (\d+),", &source);
    assert!(codes.contains(&"130"));
    let page = &pages()["ci"].text;
    let untold: Vec<_> =
        codes.iter().filter(|code| !page.contains(&format!("| exit code {code} |"))).collect();
    assert!(untold.is_empty(), "exit codes that the page on CI does not explain: {untold:?}");
}

#[test]
fn every_status_word_is_explained() {
    let source = code("crates/abra-core/src/status.rs");
    let words = found(r#"Self::\w+ => "([a-z-]+)""#, &source);
    assert!(words.contains(&"in-sync"));
    let page = &pages()["statuses"].text;
    let untold: Vec<_> = words.iter().filter(|word| !page.contains(&format!("\n### `{word}`\n"))).collect();
    assert!(
        untold.is_empty(),
        "words of `abra app ls -S` that the page on statuses does not explain: {untold:?}"
    );
}

#[test]
fn every_verdict_is_explained() {
    let source = code("crates/abra/src/ui/outcome.rs");
    let words = found(r#"Kind::\w+ => "([a-z-]+)""#, &source);
    assert!(words.contains(&"rolled-back"));
    let book = handbook();
    let untold: Vec<_> = words.iter().filter(|word| !book.contains(&word.replace('-', " "))).collect();
    assert!(untold.is_empty(), "verdicts that no page explains: {untold:?}");
}

/// A sentence, not a word, a commit's message, or advice that begins with a command.
fn is_said(words: &str) -> bool {
    words.split(' ').count() > 3 && !words.contains("\\n") && !words.starts_with("`abra")
}

/// Whatever is said of other operators, and of what can not be told, can be looked up in the words in which it is said.
#[test]
fn every_warning_is_explained() {
    let book = handbook();
    let mut untold = Vec::new();
    // The longest part counts: without values, and without commands, which differ in what they are called with.
    let parts = Regex::new(r"\{[^}]*\}|`[^`]*`").unwrap();
    for room in [
        "abra-core/src/divergence.rs",
        "abra/src/flow/foreword.rs",
        "abra/src/flow/team.rs",
        "abra/src/flow/seen.rs",
        "abra/src/flow/sync.rs",
        "abra/src/flow/operation.rs",
        "abra/src/flow/rewatch.rs",
    ] {
        let source = code(&format!("crates/{room}"));
        let said = found(r#""((?:[^"\\]|\\.)*)""#, &source);
        let sentences: Vec<&str> = said.into_iter().filter(|words| is_said(words)).collect();
        assert!(!sentences.is_empty(), "{room} says nothing any more");
        for sentence in sentences {
            let part = parts.split(sentence).max_by_key(|part| part.len()).unwrap_or_default();
            let part = part.trim_matches(|c: char| !c.is_alphanumeric());
            if !book.contains(part) {
                untold.push(format!("{room}: {part}"));
            }
        }
    }
    assert!(
        untold.is_empty(),
        "said by abra, and in no page of the handbook (add it to the table in statuses.md): {untold:#?}"
    );
}
