//! `abra app`: apps on servers.
pub mod check;
pub mod cmd;
pub mod config;
pub mod deploy;
pub mod diff;
pub mod history;
pub mod labels;
pub mod lock;
pub mod logs;
pub mod ls;
pub mod new;
pub mod operation;
pub mod ps;
mod removing;
pub mod rollback;
pub mod run;
pub mod secret;
pub mod services;
pub mod sync;
mod sync_many;
pub mod undeploy;
pub mod upgrade;
pub mod version;
pub mod volume;
pub mod wait;
pub mod watch;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use wait::waiting;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create an app's env file from a recipe
    New(new::Args),
    /// Open an app's env file in your editor, and check it afterwards
    #[command(visible_alias = "cfg")]
    Config(config::Args),
    /// Compare an app's variables with the recipe's .env.sample: exit code 0 nothing missing, 8 something
    Check(check::Args),
    /// Deploy an app and watch until it is known whether it worked
    #[command(visible_alias = "d")]
    Deploy(deploy::Args),
    /// Deploy a release that is newer than the recorded one
    #[command(visible_alias = "up")]
    Upgrade(upgrade::Args),
    /// Deploy a release that is older than the recorded one
    #[command(visible_alias = "rl")]
    Rollback(rollback::Args),
    /// Bring server and record together
    Sync(sync::Args),
    /// Show what a deploy would change, content and all: exit code 0 nothing, 8 something
    Diff(diff::Args),
    /// Remove an app's stack; volumes and secrets stay
    #[command(visible_alias = "un")]
    Undeploy(undeploy::Args),
    /// List apps
    #[command(visible_alias = "list")]
    Ls(ls::Args),
    /// Show the services of an app and their tasks
    #[command(visible_alias = "p")]
    Ps(ps::Args),
    /// Show the services of an app as the server has them: image, mode, ports
    Services(services::Args),
    /// Show the labels of an app's services
    Labels(labels::Args),
    /// Show what the services of an app write, merged by time
    #[command(visible_alias = "l")]
    Logs(logs::Args),
    /// Run a function of the recipe's abra.sh in a service's container, or here
    #[command(visible_alias = "command")]
    Cmd(cmd::Args),
    /// Run a command in a service's container
    #[command(visible_alias = "r")]
    Run(run::Args),
    /// Secrets of an app, on its server
    #[command(subcommand)]
    Secret(secret::Command),
    /// Volumes of an app, on its server
    #[command(subcommand)]
    Volume(volume::Command),
    /// Take up the watching of a deployment and finish its verdict
    Watch(watch::Args),
    /// Show the last operations on an app: who, when, what, and what came of it
    History(history::Args),
    /// The lock of an app
    #[command(subcommand)]
    Lock(lock::Command),
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::New(args) => new::run(context, args).await,
            Self::Config(args) => config::run(context, &args).await,
            Self::Check(args) => check::run(context, &args).await,
            Self::Deploy(args) => {
                waiting(context, Some(&args.app), args.manner.wait, async |intent| {
                    deploy::run(context, &args, intent).await
                })
                .await
            }
            Self::Upgrade(args) => {
                waiting(context, Some(&args.app), args.manner.wait, async |intent| {
                    upgrade::run(context, &args, intent).await
                })
                .await
            }
            Self::Rollback(args) => {
                waiting(context, Some(&args.app), args.manner.wait, async |intent| {
                    rollback::run(context, &args, intent).await
                })
                .await
            }
            Self::Sync(args) => {
                waiting(context, args.app.as_deref(), args.manner.wait, async |intent| {
                    sync::run(context, &args, intent).await
                })
                .await
            }
            Self::Diff(args) => diff::run(context, &args).await,
            Self::Undeploy(args) => {
                waiting(context, Some(&args.app), args.wait, async |_| undeploy::run(context, &args).await)
                    .await
            }
            Self::Ls(args) => ls::run(context, &args).await,
            Self::Ps(args) => ps::run(context, &args).await,
            Self::Services(args) => services::run(context, &args).await,
            Self::Labels(args) => labels::run(context, &args).await,
            Self::Logs(args) => logs::run(context, args).await,
            Self::Cmd(args) => cmd::run(context, args).await,
            Self::Run(args) => run::run(context, args).await,
            Self::Secret(command) => command.run(context).await,
            Self::Volume(command) => command.run(context).await,
            Self::Watch(args) => watch::run(context, &args).await,
            Self::History(args) => history::run(context, &args).await,
            Self::Lock(command) => command.run(context).await,
        }
    }
}
