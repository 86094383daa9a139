//! The command line: one file per command. Flags become a request, the request goes to a flow.
pub mod stack;

use clap::Parser;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "abra", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The compose loader and the deployer by themselves
    #[command(hide = true, subcommand)]
    Stack(stack::Command),
}

/// Parses the arguments, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Stack(command) => command.run(),
    }
}
