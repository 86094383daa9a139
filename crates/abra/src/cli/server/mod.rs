//! `abra server`: the servers that apps run on.
pub mod add;
mod ls;
pub mod prune;
mod rm;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use abra_core::name::ServerName;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a server known, and check whether apps can be deployed there
    #[command(visible_alias = "a")]
    Add(add::Args),
    /// List servers
    #[command(visible_alias = "list")]
    Ls,
    /// Forget a server that has no apps; nothing is changed on the server itself
    #[command(visible_alias = "remove")]
    Rm {
        /// The server
        server: String,
    },
    /// Free what nothing on a server uses: stopped containers, networks, images without a name
    #[command(visible_alias = "p")]
    Prune(prune::Args),
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Add(args) => add::run(context, &args).await,
            Self::Ls => ls::run(context),
            Self::Rm { server } => rm::run(context, &ServerName::new(&server)?),
            Self::Prune(args) => prune::run(context, &args).await,
        }
    }
}
