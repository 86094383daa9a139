//! `abra app check`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::env_file::{self, Checked};
use crate::ui::table::table;
use abra_core::env::{Variable, missing};
use serde_json::{Value, json};

/// Compare an app's variables with the recipe's .env.sample: exit code 0 nothing missing, 8 something
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// Take the sample from the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let app = context.app(&args.app)?;
    let checked = env_file::check(context, app, args.chaos).await?;
    if context.ui.machine {
        context.ui.json(&report(&checked));
    } else {
        let row = |variable: &Variable| vec![variable.name.clone(), words(variable)];
        let rows: Vec<Vec<String>> = checked.variables.iter().map(row).collect();
        context.ui.out(table(&["variable", "state"], &rows));
        summary(context, &checked);
    }
    Ok(if missing(&checked.variables).is_empty() { Exit::Done } else { Exit::NotInSync })
}

/// Says what is missing, and where it would come from.
pub(super) fn summary(context: &Context, checked: &Checked) {
    let Checked { app, version, variables } = checked;
    let sample = format!("the .env.sample of {} at {version}", app.recipe);
    match missing(variables)[..] {
        [] => context.ui.say(format!("nothing is missing of {sample}")),
        ref missing => context.ui.warn(format!("missing of {sample}: {}", missing.join(", "))),
    }
}

fn words(variable: &Variable) -> String {
    match &variable.meant {
        Some(meant) => format!("{} ({meant} is missing)", variable.presence.word()),
        None => variable.presence.word().to_owned(),
    }
}

fn report(checked: &Checked) -> Value {
    let variable = |variable: &Variable| json!({ "name": variable.name, "state": variable.presence.word(), "meant": variable.meant });
    json!({
        "app": checked.app.name.as_str(),
        "recipe": checked.app.recipe.as_str(),
        "version": checked.version.to_string(),
        "variables": checked.variables.iter().map(variable).collect::<Vec<_>>(),
    })
}
