//! `abra app deploy`.
use super::operation::{MannerArgs, carry_out};
use super::version::VersionArgs;
use super::wait::Intent;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::{self, Aim, Look, Request};
use abra_core::recipe::VersionWish;

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
    let wish = args.version.wish()?;
    let is_said = matches!(wish, VersionWish::Exactly(_));
    let request = Request {
        app: args.app.clone(),
        aim: Aim::Deploy(wish),
        domain_checks: !args.manner.no_domain_checks,
    };
    match deploy::prepare(context, &request).await? {
        Look::Planned(prepared) => carry_out(context, &prepared, &args.manner, intent, is_said).await,
        Look::NoVersion(app, _) => {
            Err(Failure::new(format!("there is no version of {} to deploy", app.recipe)))
        }
    }
}
