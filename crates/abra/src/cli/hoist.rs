//! Flags before the subcommand: `abra -C app deploy D` means `abra app deploy D -C`.
use clap::Command;
use std::ffi::OsString;

/// Moves flags that stand before or between the subcommand's words behind them. Words behind the last subcommand stay
/// where they are.
pub(super) fn behind_subcommand(root: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let mut words = words.into_iter().peekable();
    let mut path: Vec<OsString> = words.next().into_iter().collect();
    let mut flags: Vec<OsString> = Vec::new();
    let mut rest = Vec::new();
    let mut command = root;
    let mut behind_flag = false;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text.len() > 1 && text.starts_with('-') && text != "--" {
            behind_flag = true;
            flags.push(word);
        } else if let Some(next) = command.find_subcommand(&word) {
            behind_flag = false;
            command = next;
            path.push(word);
            if !command.has_subcommands() {
                break;
            }
        } else if behind_flag && words.peek().is_some_and(|next| goes_on(command, next)) {
            // The flag's value.
            behind_flag = false;
            flags.push(word);
        } else {
            rest.push(word);
            break;
        }
    }
    path.extend(flags);
    path.extend(rest);
    path.extend(words);
    path
}

/// Whether this may be read as more flags and subcommands.
fn goes_on(command: &Command, word: &OsString) -> bool {
    let text = word.to_string_lossy();
    text.starts_with('-') || command.find_subcommand(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::behind_subcommand;
    use clap::CommandFactory as _;

    #[test]
    fn flags_before_the_subcommand_go_behind_it() {
        let cases = [
            ("abra -n -C app deploy d", "abra app deploy -n -C d"),
            ("abra app -C deploy d", "abra app deploy -C d"),
            ("abra a -f d x", "abra a d -f x"),
            ("abra -s default app ls", "abra app ls -s default"),
            ("abra -s default -S a ls x", "abra a ls -s default -S x"),
            ("abra --server=default app ls", "abra app ls --server=default"),
            ("abra --frob app ls", "abra app ls --frob"),
            ("abra app deploy d -n", "abra app deploy d -n"),
            ("abra --help", "abra --help"),
            ("abra -m nonsense", "abra -m nonsense"),
            ("abra app deploy -- -n", "abra app deploy -- -n"),
            ("abra", "abra"),
        ];
        for (given, wanted) in cases {
            let words = given.split(' ').map(Into::into).collect();
            let got = behind_subcommand(&super::super::Cli::command(), words);
            let got: Vec<_> = got.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!(got.join(" "), wanted);
        }
    }
}
