//! `abra app rollback`.
use super::operation::{self, MannerArgs};
use super::wait::Intent;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::Aim;
use abra_core::recipe::Record;

/// Deploy a release that is older than the recorded one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// The release; by default the one just before
    pub version: Option<String>,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub manner: MannerArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args, intent: &Intent) -> Result<Exit, Failure> {
    let version = args.version.as_deref().map(Record::parse).transpose()?;
    operation::run(context, &args.app, Aim::Rollback(version), &args.manner, intent, "older").await
}
