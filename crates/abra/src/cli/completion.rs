//! Completion of names in shells: which argument wants which names. The shell asks the program itself, so the names are
//! always those of now.
use super::Cli;
use crate::context::Context;
use crate::flow::complete;
use crate::interrupt::Interrupt;
use crate::ui::Ui;
use abra_core::app::App;
use abra_core::name::RecipeName;
use clap::{Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use std::future::Future;

/// The variable by which a shell asks.
const VARIABLE: &str = "COMPLETE";

/// Print what a shell runs to complete names
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    pub shell: String,
}

/// Answers a shell that asks, and ends the process then.
pub(super) fn answer() {
    CompleteEnv::with_factory(command).var(VARIABLE).bin("abra").completer("abra").complete();
}

/// The script for a shell.
pub(super) fn script(args: &Args) -> std::io::Result<String> {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&args.shell) {
        shell.write_registration(VARIABLE, "abra", "abra", "abra", &mut script)?;
    }
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// The command line, with names for its arguments.
fn command() -> Command {
    let command = with_names(Cli::command());
    if words().last().is_some_and(|word| word.starts_with('-')) { command } else { without_flags(command) }
}

/// Flags are offered to who begins one, and where there is nothing else: names are what is looked for.
fn without_flags(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let is_flag = arg.get_short().is_some() || arg.get_long().is_some();
        if is_flag { arg.hide(true) } else { arg }
    });
    let command = command.disable_help_flag(true).disable_version_flag(true);
    command.mut_subcommands(without_flags)
}

/// `app cmd` without its subcommands where an app was typed: they stand in the app's place.
fn without_subcommands(command: Command) -> Command {
    let words = words();
    let behind = words.iter().skip_while(|word| *word != "cmd").count();
    if behind < 3 {
        return command;
    }
    command.disable_help_subcommand(true).mut_subcommands(|subcommand| subcommand.hide(true))
}

fn with_names(command: Command) -> Command {
    let command = if command.get_name() == "cmd" { without_subcommands(command) } else { command };
    let in_new = command.get_name() == "new";
    let of_secrets = matches!(command.get_name(), "generate" | "insert" | "rm");
    let command = command.mut_args(|arg| {
        let names = match arg.get_id().as_str() {
            "app" => ArgValueCandidates::new(apps),
            "server" => ArgValueCandidates::new(servers),
            "recipe" => ArgValueCandidates::new(recipes),
            "version" if in_new => ArgValueCandidates::new(versions_of_recipe),
            // A secret's own version is no release.
            "version" if !of_secrets => ArgValueCandidates::new(versions_of_app),
            "words" => ArgValueCandidates::new(service_or_function),
            "service" => ArgValueCandidates::new(services),
            "secret" => ArgValueCandidates::new(secrets),
            _ => return arg,
        };
        arg.add(names)
    });
    command.mut_subcommands(with_names)
}

fn apps() -> Vec<CompletionCandidate> {
    let home = Context::home_of_process();
    let apps = home.map(|home| complete::apps(&home)).unwrap_or_default();
    let ordered = apps.into_iter().enumerate();
    let candidate = |(index, (app, server)): (usize, (String, String))| {
        CompletionCandidate::new(app).help(Some(server.into())).display_order(Some(index))
    };
    ordered.map(candidate).collect()
}

fn servers() -> Vec<CompletionCandidate> {
    candidates(Context::home_of_process().map(|home| complete::servers(&home)).unwrap_or_default())
}

fn recipes() -> Vec<CompletionCandidate> {
    candidates(Context::home_of_process().map(|home| home.recipes()).unwrap_or_default())
}

fn versions_of_app() -> Vec<CompletionCandidate> {
    of_app(async |context, app| complete::versions(&context, &app.recipe).await)
}

fn services() -> Vec<CompletionCandidate> {
    of_app(async |context, app| complete::services(&context, &app).await)
}

/// The words of `app cmd`: the service first, unless the function runs on this machine.
fn service_or_function() -> Vec<CompletionCandidate> {
    of_app(async |context, app| {
        let services = complete::services(&context, &app).await;
        let words = words();
        let typed = words.split_last().map(|(_, typed)| typed).unwrap_or_default();
        let local = typed.iter().any(|word| matches!(word.as_str(), "-l" | "--local"));
        // The command line has the words `app cmd`, and services are often named `app`.
        let mut behind =
            typed.iter().skip_while(|word| word.strip_suffix(".env").unwrap_or(word) != app.name.as_str());
        let is_next = local || behind.any(|word| services.contains(word));
        if is_next { complete::functions(&context, &app).await } else { services }
    })
}

fn secrets() -> Vec<CompletionCandidate> {
    of_app(async |context, app| complete::secrets(&context, &app).await)
}

fn versions_of_recipe() -> Vec<CompletionCandidate> {
    let Some(context) = context() else { return vec![] };
    let known = context.home.recipes();
    let recipe = words().into_iter().find(|word| known.contains(word));
    let Some(recipe) = recipe.and_then(|word| RecipeName::new(&word).ok()) else { return vec![] };
    asked(async { complete::versions(&context, &recipe).await })
}

/// Names that belong to the app that was typed before.
fn of_app(names: impl AsyncFnOnce(Context, App) -> Vec<String>) -> Vec<CompletionCandidate> {
    let Some(context) = context() else { return vec![] };
    let Some(app) = complete::app_among(&context, &words()) else { return vec![] };
    asked(names(context, app))
}

fn context() -> Option<Context> {
    Context::quiet(Ui { no_input: true, ..Ui::default() }, true, Interrupt::never()).ok()
}

/// What was typed so far: the shell hands it over behind `--`.
fn words() -> Vec<String> {
    let words = std::env::args().skip_while(|word| word != "--").skip(2);
    words.collect()
}

fn asked(names: impl Future<Output = Vec<String>>) -> Vec<CompletionCandidate> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    candidates(runtime.map(|runtime| runtime.block_on(names)).unwrap_or_default())
}

fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    let ordered = names.into_iter().enumerate();
    ordered.map(|(index, name)| CompletionCandidate::new(name).display_order(Some(index))).collect()
}
