//! `abra app upgrade`.
use super::operation::{self, MannerArgs};
use super::wait::Intent;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::{self, Aim, Look, Request};
use abra_core::recipe::Record;

/// Deploy a release that is newer than the recorded one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// The release; by default the newest
    pub version: Option<String>,
    /// Show the notes of the releases passed over, change nothing
    #[arg(short, long)]
    pub releasenotes: bool,
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
    let aim = Aim::Upgrade(version);
    if !args.releasenotes {
        return operation::run(context, &args.app, aim, &args.manner, intent, "newer").await;
    }
    let request = Request { app: args.app.clone(), aim, domain_checks: false };
    match deploy::prepare(context, &request).await? {
        Look::Planned(prepared) => context.ui.release_notes_alone(&prepared),
        Look::NoVersion(none) => context.ui.nothing(&none, "newer", request.aim.named()),
    }
    Ok(Exit::Done)
}
