//! An app's env file: what it has and lacks against its recipe's sample, and opening it in the operator's editor.
use super::recipe::{self, Chosen};
use crate::context::Context;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::env::{self, EnvFile, Variable};
use abra_core::name::AppName;
use abra_core::recipe::Record;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::process::Command;

/// The editor where the operator has set none: every system has it.
const USUAL: &str = "vi";

/// An app's variables, compared with its recipe's sample.
#[derive(Debug)]
pub struct Checked {
    /// The app.
    pub app: App,
    /// The version that the sample comes from.
    pub version: Record,
    /// All variables.
    pub variables: Vec<Variable>,
}

/// Compares an app's variables with the sample of the version that a deployment would take; with `chaos`, with that of the
/// recipe's working tree. The server is not asked.
///
/// # Errors
/// There is no such version, or it has no sample that can be read.
pub async fn check(context: &Context, app: App, chaos: bool) -> Result<Checked, Failure> {
    let Chosen { recipe, target, files } = recipe::chosen(context, &app, chaos).await?;
    let version = target.record();
    let what = format!(".env.sample of recipe {} at {version}", recipe.name);
    let text = files.text(".env.sample").map_err(|error| Failure::new(format!("{what}: {error}")))?;
    let text =
        text.ok_or_else(|| Failure::new(format!("recipe {} has no .env.sample at {version}", recipe.name)))?;
    let sample =
        EnvFile::parse(&what, text.as_bytes()).map_err(|findings| Failure::refused(&what, findings))?;
    Ok(Checked { variables: env::check(&sample, &app.env), app, version })
}

/// The env file of an app, also of one that has errors.
///
/// # Errors
/// There is no such app, or there are several.
pub fn file(context: &Context, name: &str) -> Result<PathBuf, Failure> {
    let name = AppName::new(name.strip_suffix(".env").unwrap_or(name))?;
    let place = context.home.find(&name)?;
    Ok(context.home.env_path(&place.server, &place.app))
}

/// Opens a file in the operator's editor, and waits until it is closed. The editor has the terminal meanwhile, and Ctrl-C is
/// its.
///
/// # Errors
/// It can't be started, or ends with an error.
pub async fn edit(context: &Context, path: &Path) -> Result<(), Failure> {
    let editor = Context::editor_of_process().unwrap_or_else(|| USUAL.to_owned());
    let _guard = context.interrupt.guard();
    // It may come with words of its own, as `code --wait`: a shell reads them, as for git.
    let run =
        Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(path).status().await;
    let problem = match run {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => ended(status),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(format!("the editor `{editor}` {problem}"))
        .hint("VISUAL or EDITOR names your editor, as `EDITOR=nano`")
        .hint(format!("the file is {}", path.display())))
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(126 | 127) => "can't be started".to_owned(),
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}
