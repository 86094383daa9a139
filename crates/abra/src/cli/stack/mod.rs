//! `abra stack`: hidden; what `docker stack config` and `docker stack deploy` do, for conformance runs and for debugging
//! a recipe. Needs neither a home nor settings.
pub mod config;
pub mod deploy;
mod document;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::ui::Ui;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the merged document
    Config(config::Args),
    /// Deploy compose files as a stack
    Deploy(deploy::Args),
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, ui: Ui, interrupt: &Interrupt) -> Result<Exit, Failure> {
        match self {
            Self::Config(args) => config::run(ui, &args),
            Self::Deploy(args) => deploy::run(ui, interrupt, &args).await,
        }
    }
}
