//! Everything that abra can tell an operator about operator sync stands in the handbook.
use super::paths;
use abra::cli::Cli;
use clap::Parser as _;

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
            if let Err(problem) = Cli::try_parse_from(words)
                && problem.use_stderr()
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
