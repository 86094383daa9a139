//! What is said where a command is not known: what was probably meant, and how else it is done.
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Command, Error};
use std::ffi::OsString;

/// Commands of other tools of this kind, by the words before them, and how the same is done here.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    (
        "app",
        "rm",
        "once an app is undeployed, `abra app secret rm --all` and `abra app volume rm --all` remove what is left on its \
         server; then its env file can go",
    ),
    (
        "app",
        "restart",
        "`docker --context SERVER service update --force STACK_SERVICE` starts a service's tasks anew; abra takes that for no \
         change of the service",
    ),
    (
        "app",
        "cp",
        "`abra app run APP SERVICE -- cat PATH >FILE` copies a file out, `abra app run APP SERVICE -- sh -c 'cat >PATH' <FILE` in",
    ),
    (
        "app",
        "env",
        "`abra app check` compares an env file with the recipe's sample, `abra app config` opens it",
    ),
    (
        "",
        "recipe",
        "recipes are fetched when they are used first, into `recipes` in abra's folder: `git` works there",
    ),
    ("", "version", "`abra --version`"),
];

/// The same error with better advice: names of one letter look like anything and are something else (`r` is not `rm`), and
/// commands of apps are often called without `app`.
pub(super) fn advised(root: &Command, words: &[OsString], mut error: Error) -> Error {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand).cloned() else {
        return error;
    };
    if let Some(ContextValue::Strings(names)) = error.remove(ContextKind::SuggestedSubcommand) {
        suggest(&mut error, names.into_iter().filter(|name| name.chars().count() > 1).collect());
    }
    let before = words.iter().skip(1).map(|word| word.to_string_lossy()).take_while(|word| *word != wrong);
    let before: Vec<_> = before.filter(|word| !word.starts_with('-')).collect();
    let group = before
        .first()
        .map(|word| root.find_subcommand(&**word).map_or("", Command::get_name))
        .unwrap_or_default();
    let apps = root.find_subcommand("app").filter(|_| before.is_empty());
    if apps.is_some_and(|apps| apps.find_subcommand(&wrong).is_some()) {
        suggest(&mut error, vec![format!("app {wrong}")]);
    }
    // It stands for an empty line.
    if matches!(error.get(ContextKind::Suggested), Some(ContextValue::StyledStrs(texts)) if texts.is_empty())
    {
        error.remove(ContextKind::Suggested);
    }
    let told = ELSEWHERE.iter().find(|(of, word, _)| *of == group && *word == wrong);
    if let Some((.., advice)) = told {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(*advice)]));
    }
    error
}

fn suggest(error: &mut Error, names: Vec<String>) {
    if !names.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(names));
    }
}
