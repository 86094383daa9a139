//! `abra app diff`.
use super::version::VersionArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::diff;

/// Show what a deploy would change, content and all: exit code 0 nothing, 8 something
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub version: VersionArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let compared = diff::compare(context, &args.app, args.version.wish()?).await?;
    context.ui.diff(&compared)
}
