//! `abra app deploy`.
use super::operation::{self, MannerArgs};
use super::version::VersionArgs;
use super::wait::Intent;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::Aim;

/// Deploy an app and watch until it is known whether it worked
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app, by the name of its env file
    pub app: String,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub version: VersionArgs,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub manner: MannerArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args, intent: &Intent) -> Result<Exit, Failure> {
    operation::run(context, &args.app, Aim::Deploy(args.version.wish()?), &args.manner, intent, "other").await
}
