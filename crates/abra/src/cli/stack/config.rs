//! `abra stack config`.
use super::document::FileArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;
use abra_core::compose::print;

/// Print the merged document
#[derive(Debug, clap::Args)]
pub struct Args {
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub files: FileArgs,
    /// Leave variables as they are
    #[arg(long)]
    pub skip_interpolation: bool,
}

/// Runs it.
///
/// # Errors
/// Every problem of all files at once.
pub fn run(ui: Ui, args: &Args) -> Result<Exit, Failure> {
    let loaded = args
        .files
        .load(args.skip_interpolation)
        .map_err(|findings| Failure::refused("stack config", findings))?;
    ui.findings(&loaded.findings);
    let text = print(&loaded.document);
    if ui.machine {
        ui.json(&serde_json::json!({ "compose": text, "findings": loaded.findings }));
    } else {
        ui.raw(&text);
    }
    Ok(Exit::Done)
}
