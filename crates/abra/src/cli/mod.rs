//! The command line: one file per command. Flags become a request, the request goes to a flow, its result to the `ui`.
//!
//! Not here: decisions, or anything about Docker.
pub mod app;
pub mod completion;
pub mod config;
mod hoist;
pub mod server;
mod slip;
pub mod stack;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::ui::{self, Ui};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// Deploy co-op apps to Docker swarms, several operators at a time
#[derive(Debug, Parser)]
#[command(name = "abra", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command knows
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Global {
    /// Never ask; take the default or stop
    #[arg(short = 'n', long, global = true)]
    pub no_input: bool,
    /// Print JSON on stdout
    #[arg(short = 'm', long, global = true)]
    pub machine: bool,
    /// No network for recipes and catalogue
    #[arg(short = 'o', long, global = true)]
    pub offline: bool,
    /// Say what is done, with the API calls
    #[arg(short = 'd', long, global = true)]
    pub debug: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Apps: create, deploy, look at them
    #[command(subcommand, visible_alias = "a")]
    App(app::Command),
    /// Settings of this tool
    #[command(subcommand)]
    Config(config::Command),
    /// Servers that apps run on
    #[command(subcommand, visible_alias = "s")]
    Server(server::Command),
    /// Print what a shell runs to complete names of apps, servers, recipes, versions, services, functions and secrets
    Autocomplete(completion::Args),
    /// The compose loader and the deployer by themselves
    #[command(hide = true, subcommand)]
    Stack(stack::Command),
}

/// Parses the arguments, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    ui::crash::tell();
    completion::answer();
    let words: Vec<OsString> = std::env::args_os().collect();
    let machine = wants_json(&words);
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, machine),
    };
    let ui = Ui { machine: cli.global.machine, no_input: cli.global.no_input, debug: cli.global.debug };
    let result = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(interruptible(cli, ui)),
        Err(error) => Err(Failure::new(format!("can't start: {error}"))),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.exit.into()
        }
    }
}

/// What is said where a second interrupt ends a run at once. It may be any.
const LAST_WORDS: &str = "stopped at once: what was begun is not written down, and a lock frees itself after a minute; \
                          `abra app ps` shows what runs now";

/// Runs the command; an interrupt ends it at once unless something is being changed.
async fn interruptible(cli: Cli, ui: Ui) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(|| Ui::default().warn(LAST_WORDS))
        .map_err(|error| Failure::new(format!("can't listen for interrupts: {error}")))?;
    tokio::select! {
        result = cli.run(ui, interrupt.clone()) => result,
        () = interrupt.unguarded() => Err(Failure::new("interrupted; nothing was changed").exit(Exit::Interrupted)),
    }
}

/// Shows help or what is wrong with the arguments.
fn misused(error: &clap::Error, machine: bool) -> ExitCode {
    if machine && error.use_stderr() {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        let failure = Failure::new(message.strip_prefix("error: ").unwrap_or(message)).exit(Exit::Usage);
        Ui { machine, ..Ui::default() }.json(&serde_json::json!({ "error": ui::failure::error(&failure) }));
    }
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}

/// Whether the words ask for JSON, as far as can be told before they are understood.
fn wants_json(words: &[OsString]) -> bool {
    let is_short =
        |text: &str| text.len() > 1 && text[1..].chars().all(char::is_alphabetic) && text[1..].contains('m');
    words.iter().skip(1).map(|word| word.to_string_lossy()).take_while(|word| word != "--").any(|word| {
        word == "--machine" || (word.starts_with('-') && !word.starts_with("--") && is_short(&word))
    })
}

/// Parses words as given to the program; shared flags may stand before the subcommand.
fn parse(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let words = hoist::behind_subcommand(&command, words);
    let matches = command.clone().try_get_matches_from(&words);
    Cli::from_arg_matches(&matches.map_err(|error| slip::advised(&command, &words, error))?)
}

impl Cli {
    async fn run(self, ui: Ui, interrupt: Interrupt) -> Result<Exit, Failure> {
        let offline = self.global.offline;
        match self.command {
            Command::Autocomplete(args) => {
                ui.raw(&completion::script(&args).map_err(|error| Failure::from_error(&error))?);
                Ok(Exit::Done)
            }
            Command::Stack(command) => command.run(ui, &interrupt).await,
            Command::App(command) => command.run(&Context::new(ui, offline, interrupt)?).await,
            Command::Config(command) => command.run(&Context::new(ui, offline, interrupt)?).await,
            Command::Server(command) => command.run(&Context::new(ui, offline, interrupt)?).await,
        }
    }
}
