//! `abra stack`: hidden; what `docker stack config` and `docker stack deploy` do, for conformance runs and for debugging
//! a recipe.
pub mod config;

use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the merged document
    Config(config::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self) -> ExitCode {
        match self {
            Self::Config(args) => config::run(&args),
        }
    }
}
