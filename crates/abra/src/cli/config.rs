//! `abra config`: the settings of this tool.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::HomeError;
use crate::ui::table::table;
use abra_core::config::{Row, template};
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write the settings file with its defaults
    #[command(visible_alias = "g")]
    Generate {
        /// Replace an existing file
        #[arg(short, long)]
        force: bool,
    },
    /// Show the effective settings and where each comes from
    Show,
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Generate { force } => generate(context, force),
            Self::Show => show(context).await,
        }
    }
}

fn generate(context: &Context, force: bool) -> Result<Exit, Failure> {
    let written = context.home.create_config(&template(), force).map_err(|error| match error {
        HomeError::Exists { .. } => Failure::from(error).hint("--force replaces it"),
        error => error.into(),
    })?;
    if context.ui.machine {
        context.ui.json(&json!({ "written": written }));
    } else {
        context.ui.say(format!("wrote {}", written.display()));
    }
    Ok(Exit::Done)
}

async fn show(context: &Context) -> Result<Exit, Failure> {
    let rows = context.settings.rows();
    let who = context.operator().await?;
    if context.ui.machine {
        let object: serde_json::Map<String, Value> = rows
            .iter()
            .map(|row| {
                (
                    row.key.clone(),
                    json!({ "value": value(row, &who), "origin": full_origin(context, row, &who) }),
                )
            })
            .collect();
        context.ui.json(&object);
    } else {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| vec![row.key.clone(), value(row, &who).to_owned(), origin(context, row, &who)])
            .collect();
        context.ui.out(table(&["setting", "value", "from"], &rows));
    }
    Ok(Exit::Done)
}

/// Where a setting comes from. The operator's name is worked out where nobody set it.
fn full_origin(context: &Context, row: &Row, who: &str) -> String {
    match row.value {
        Some(_) => row.origin.to_string(),
        None if who == context.user_at_host => "user and host".to_owned(),
        None => "git's settings".to_owned(),
    }
}

/// The same; files of the home are named from there.
fn origin(context: &Context, row: &Row, who: &str) -> String {
    let text = full_origin(context, row, who);
    let root = format!("{}/", context.home.root().display());
    text.strip_prefix(&root).map(str::to_owned).unwrap_or(text)
}

/// The value of a setting; the operator's name is worked out where nobody set it.
fn value<'a>(row: &'a Row, who: &'a str) -> &'a str {
    row.value.as_deref().unwrap_or(who)
}
