//! The handbook's page of commands is what the program says of itself.
use abra::cli::Cli;
use clap::{Arg, Command, CommandFactory as _};
use std::path::Path;

/// Set this to write the page instead of comparing it.
const UPDATE: &str = "ABRA_UPDATE_DOCS";

#[test]
fn the_command_reference_is_up_to_date() {
    let mut root = Cli::command();
    root.build();
    let mut page = "\
# Commands

<!-- Written by `ABRA_UPDATE_DOCS=1 cargo test --test cli reference`: change the words in crates/abra/src/cli. -->

Flags work before and behind the subcommand. Exit codes are listed in [exit-codes.md](exit-codes.md).
"
    .to_owned();
    let shared: Vec<&Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).collect();
    page += "\n## Options of every command\n\n";
    page += &options(&shared);
    commands(&root, "abra", &mut page);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli-reference.md");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/cli-reference.md is stale: run this test with {UPDATE}=1");
}

/// Every command below this one that does something; hidden ones are left out.
fn commands(command: &Command, name: &str, page: &mut String) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        if !sub.has_subcommands() || sub.get_positionals().next().is_some() {
            *page += &section(sub, &name);
        }
        commands(sub, &name, page);
    }
}

fn section(command: &Command, name: &str) -> String {
    let visible = |arg: &&Arg| !arg.is_hide_set() && !arg.is_global_set() && arg.get_id() != "help";
    let arguments: Vec<&Arg> = command.get_arguments().filter(visible).collect();
    let (places, flags): (Vec<&Arg>, Vec<&Arg>) = arguments.into_iter().partition(|arg| arg.is_positional());
    let words: Vec<String> = places.iter().map(|arg| arg.to_string()).collect();
    let usage = [name.to_owned(), words.join(" ")].join(" ").trim_end().to_owned();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("\n## `{usage}`\n\n{about}.");
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        text += &format!(" Short: {}.", aliases.join(", "));
    }
    text += "\n";
    if !places.is_empty() || !flags.is_empty() {
        text += "\n";
        text += &options(&[places, flags].concat());
    }
    text
}

/// A table of arguments.
fn options(arguments: &[&Arg]) -> String {
    let mut text = "| option | meaning |\n| --- | --- |\n".to_owned();
    for arg in arguments {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
        text += &format!("| {} | {help} |\n", spelling(arg));
    }
    text
}

fn spelling(arg: &Arg) -> String {
    if arg.is_positional() {
        return format!("`{arg}`");
    }
    let names = arg.get_value_names().unwrap_or_default().iter();
    let names: String = names.map(|name| format!("<{name}>")).collect();
    let may_lack = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    let value = match arg.get_action().takes_values() {
        true if may_lack && arg.is_require_equals_set() => format!("[={names}]"),
        true => format!(" {names}"),
        false => String::new(),
    };
    let shorts =
        arg.get_short_and_visible_aliases().unwrap_or_default().into_iter().map(|short| format!("-{short}"));
    let longs =
        arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(|long| format!("--{long}"));
    shorts.chain(longs).map(|flag| format!("`{flag}{value}`")).collect::<Vec<_>>().join(", ")
}
