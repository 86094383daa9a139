//! `abra app config`.
use super::check;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::env_file;
use abra_core::app::App;
use abra_core::env::missing;
use serde_json::json;
use std::io::IsTerminal as _;
use std::path::Path;

/// Open an app's env file in your editor, and check it afterwards
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
}

/// Runs it. A file with errors stays as it was written, and can be opened again.
///
/// # Errors
/// There is no editor, or the file has errors in the end.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let ui = context.ui;
    let path = env_file::file(context, &args.app)?;
    if ui.no_input {
        return Err(Failure::new("with --no-input no editor is opened")
            .hint(format!("the file is {}", path.display())));
    }
    let before = content(&path);
    let app = loop {
        env_file::edit(context, &path).await?;
        let failure = match context.app(&args.app) {
            Ok(app) => break app,
            Err(failure) if failure.findings.is_empty() => return Err(failure),
            Err(failure) => Failure::new(format!("{} has errors", path.display())).findings(failure.findings),
        };
        if ui.machine || !std::io::stdin().is_terminal() {
            return Err(again(failure, &args.app));
        }
        ui.complain(&failure);
        if !ui.confirm("open it again?").await? {
            return Err(again(Failure::new("the file has errors, see above").exit(failure.exit), &args.app));
        }
    };
    let is_changed = before != content(&path);
    checked(context, app, is_changed, &path).await
}

/// The bytes of the file, where it can be read.
fn content(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

fn again(failure: Failure, app: &str) -> Failure {
    failure.hint(format!("`abra app config {app}` opens it again"))
}

/// Says what became of the file, and what it lacks.
async fn checked(context: &Context, app: App, is_changed: bool, path: &Path) -> Result<Exit, Failure> {
    let ui = context.ui;
    let name = app.name.clone();
    context.ui.findings(app.env.warnings());
    let checked = env_file::check(context, app, false).await;
    if ui.machine {
        let missing = checked.as_ref().ok().map(|checked| missing(&checked.variables));
        ui.json(&json!({ "app": name.as_str(), "file": path, "changed": is_changed, "missing": missing }));
    } else {
        ui.say(format!("{} {}", path.display(), if is_changed { "is changed" } else { "is as it was" }));
    }
    match checked {
        Ok(checked) => check::summary(context, &checked),
        Err(failure) => {
            ui.warn(format!("it can't be compared with the recipe's sample: {}", failure.in_brief()));
        }
    }
    if is_changed {
        ui.hint(&format!("`abra app diff {name}` shows what a deployment would change"));
    }
    Ok(Exit::Done)
}
