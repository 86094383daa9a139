//! `abra app volume`.
use super::removing::one_by_one;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::operation::clock;
use crate::flow::volumes;
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
    volumes.require_free(context).await?;
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
    Ok(one_by_one(context, &args.app, "volume", &names, async |name| volumes.remove(context, name).await)
        .await)
}
