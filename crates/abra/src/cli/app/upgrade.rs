//! `abra app upgrade`.
use super::operation::{MannerArgs, carry_out};
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
    let is_said = version.is_some();
    let request = Request {
        app: args.app.clone(),
        aim: Aim::Upgrade(version),
        domain_checks: !args.manner.no_domain_checks && !args.releasenotes,
    };
    match deploy::prepare(context, &request).await? {
        Look::Planned(prepared) if args.releasenotes => {
            context.ui.release_notes(&prepared.notes);
            Ok(Exit::Done)
        }
        Look::Planned(prepared) => carry_out(context, &prepared, &args.manner, intent, is_said).await,
        Look::NoVersion(app, present) => Ok(context.ui.nothing(&app, "newer", present.as_ref())),
    }
}
