//! `abra app volume`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::operation::clock;
use crate::flow::volumes::{self, Volumes};
use crate::ui::failure::error;
use crate::ui::table::table;
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the volumes of an app, deployed or not
    #[command(visible_alias = "list")]
    Ls {
        /// The app
        app: String,
    },
    /// Remove volumes of an app that is undeployed, with all their data
    #[command(visible_alias = "remove")]
    Rm(RmArgs),
}

/// Remove volumes of an app that is undeployed, with all their data
#[derive(Debug, clap::Args)]
pub struct RmArgs {
    /// The app
    pub app: String,
    /// The volumes, by their names in the recipe
    pub volumes: Vec<String>,
    /// All of them
    #[arg(short, long, conflicts_with = "volumes")]
    pub all: bool,
    /// Remove them without a question
    #[arg(short, long)]
    pub force: bool,
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(&self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Ls { app } => ls(context, app).await,
            Self::Rm(args) => rm(context, args).await,
        }
    }
}

async fn ls(context: &Context, app: &str) -> Result<Exit, Failure> {
    let volumes = volumes::look(context, app).await?;
    if context.ui.machine {
        let report = |volume: &crate::engine::Volume| {
            json!({ "volume": volumes.short(&volume.name), "name": volume.name, "driver": volume.driver,
                "created": volume.created_at })
        };
        context.ui.json(&volumes.all.iter().map(report).collect::<Vec<Value>>());
    } else if volumes.all.is_empty() {
        context.ui.say(format!("{app} has no volumes on the node that is talked to"));
    } else {
        let row = |volume: &crate::engine::Volume| {
            let short = volumes.short(&volume.name).to_owned();
            vec![short, volume.name.clone(), volume.driver.clone(), clock(&volume.created_at)]
        };
        let rows: Vec<Vec<String>> = volumes.all.iter().map(row).collect();
        context.ui.out(table(&["volume", "name on the server", "driver", "created"], &rows));
    }
    Ok(Exit::Done)
}

async fn rm(context: &Context, args: &RmArgs) -> Result<Exit, Failure> {
    let ui = context.ui;
    if args.volumes.is_empty() && !args.all {
        return Err(Failure::new("no volume is named")
            .exit(Exit::Usage)
            .hint(format!("`abra app volume ls {}` lists them; --all stands for all of them", args.app)));
    }
    let volumes = volumes::look(context, &args.app).await?;
    let names = volumes.removable((!args.all).then_some(&args.volumes[..]))?;
    if names.is_empty() {
        ui.say(format!("{} has no volumes", args.app));
    }
    for name in &names {
        ui.warn(format!("volume {name} goes, with all its data"));
    }
    let asks = !names.is_empty() && !ui.no_input && !args.force;
    if asks && !ui.confirm("remove for good?").await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let (removed, problem) = removed(context, &volumes, &names).await;
    if ui.machine {
        let mut document = json!({ "app": args.app, "removed": removed });
        if let Some(problem) = &problem {
            document["error"] = error(problem);
        }
        ui.json(&document);
    }
    let Some(problem) = problem else { return Ok(Exit::Done) };
    ui.complain(&problem);
    Ok(problem.exit)
}

/// Removes volumes one by one; gives back those that are gone, and why it ended before the last.
async fn removed<'a>(
    context: &Context,
    volumes: &Volumes,
    names: &[&'a str],
) -> (Vec<&'a str>, Option<Failure>) {
    let _guard = context.interrupt.guard();
    let mut removed = Vec::new();
    for name in names {
        if context.interrupt.asked() {
            let stopped =
                Failure::new(format!("interrupted: volume {name} was not removed, nor any after it"));
            return (removed, Some(stopped.exit(Exit::Interrupted)));
        }
        if let Err(problem) = volumes.remove(context, name).await {
            let is_part = !removed.is_empty() && problem.exit == Exit::Refused;
            return (removed, Some(if is_part { problem.exit(Exit::Failed) } else { problem }));
        }
        context.ui.say(format!("volume {name} is removed"));
        removed.push(*name);
    }
    (removed, None)
}
