//! `abra app ls`.
use super::watch::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::fleet;
use crate::flow::ls::{self, Came, List, Request, Row};
use crate::flow::operation::clock;
use crate::flow::seen::Seen;
use crate::ui::table::table;
use crate::ui::{Text, text};
use abra_core::name::nearest;
use abra_core::recipe::Record;
use abra_core::status::Status;
use serde_json::{Value, json};
use std::time::Duration;

/// List apps by server
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this server
    #[arg(short, long)]
    pub server: Option<String>,
    /// Only apps of this recipe
    #[arg(short, long)]
    pub recipe: Option<String>,
    /// Ask the servers what runs, and compare
    #[arg(short = 'S', long)]
    pub status: bool,
    /// With --status: how long a server may take, like 10s; after that its apps are unknown
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "status")]
    pub timeout: Option<Duration>,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let request = Request {
        server: args.server.clone(),
        recipe: args.recipe.clone(),
        status: args.status,
        patience: args.timeout.unwrap_or(fleet::PATIENCE),
    };
    // For who sits there each server's lines appear as they come; what is piped is one table in order.
    let piecewise = args.status && args.server.is_none() && context.ui.is_watched();
    let List { rows, problems } = ls::list(context, &request, |came| {
        if piecewise {
            piece(context, came);
        }
    })
    .await?;
    if context.ui.machine {
        let rows: Vec<Value> = rows.iter().map(|row| json_row(row, args.status)).collect();
        context.ui.json(&rows);
    } else if rows.is_empty() {
        nothing(context, args);
    } else if args.status && !piecewise {
        let headings = ["app", "server", "recorded", "deployed", "newest", "status"];
        context.ui.out(table(&headings, &rows.iter().map(status_row).collect::<Vec<_>>()));
    } else if !args.status {
        let rows: Vec<Vec<String>> = rows.iter().map(plain_row).collect();
        context.ui.out(table(&["recipe", "app", "server"], &rows));
    }
    let said: Vec<&String> = problems.iter().chain(rows.iter().flat_map(|row| &row.problems)).collect();
    for (index, problem) in said.iter().enumerate() {
        if !said[..index].contains(problem) {
            context.ui.warn(problem);
        }
    }
    Ok(Exit::Done)
}

/// Says of what there are no apps.
fn nothing(context: &Context, args: &Args) {
    let ui = context.ui;
    let of = args.server.as_ref().map(|server| format!(" on server {server}")).unwrap_or_default();
    let Some(recipe) = &args.recipe else {
        let folder = context.home.servers_dir();
        ui.say(format!("no apps{of} in {}; `abra app new` creates one", folder.display()));
        return;
    };
    ui.say(format!("no apps of recipe {recipe}{of}"));
    let recipes = context.home.recipes();
    let near = nearest(recipe, recipes.iter().map(String::as_str).filter(|known| known != recipe), 3);
    if !near.is_empty() {
        ui.hint(&format!("nearest names: {}", near.join(", ")));
    }
}

/// The part of one server.
fn piece(context: &Context, came: &Came) {
    let Came { server, rows, elapsed } = came;
    let facts = format!(" ({}, {:.1} s)", counted(rows.len()), elapsed.as_secs_f32());
    context.ui.out(Text::new().styled(text::STRONG, server.as_str()).styled(text::FAINT, facts));
    if !rows.is_empty() {
        let mut cells: Vec<Vec<String>> = rows.iter().map(status_row).collect();
        cells.iter_mut().for_each(|row| drop(row.remove(1)));
        context.ui.out(table(&["app", "recorded", "deployed", "newest", "status"], &cells));
    }
}

fn counted(apps: usize) -> String {
    if apps == 1 { "1 app".to_owned() } else { format!("{apps} apps") }
}

fn plain_row(row: &Row) -> Vec<String> {
    vec![row.recipe.clone().unwrap_or_else(|| "?".to_owned()), row.app.clone(), row.server.to_string()]
}

fn status_row(row: &Row) -> Vec<String> {
    let shown = |record: Option<&Record>| record.map_or_else(|| "–".to_owned(), Record::to_string);
    let seen = row.seen.as_ref();
    vec![
        row.app.clone(),
        row.server.to_string(),
        shown(row.recorded.as_ref()),
        shown(seen.and_then(|seen| seen.deployed.as_ref())),
        shown(seen.and_then(|seen| seen.latest.as_ref())),
        seen.map_or_else(|| "unknown".to_owned(), status_words),
    ]
}

/// The word, and what it is about: who is at work or was cut off, what the team's remote records.
fn status_words(seen: &Seen) -> String {
    match (seen.status, &seen.operator, &seen.since, &seen.remote) {
        (Status::InProgress | Status::Abandoned, Some(operator), Some(since), _) => {
            format!("{} ({operator}, since {})", seen.status, clock(since))
        }
        (Status::Behind, .., Some(remote)) => format!("{} (remote: {remote})", seen.status),
        _ => seen.status.to_string(),
    }
}

fn json_row(row: &Row, status: bool) -> Value {
    let text = |record: Option<&Record>| record.map(Record::to_string);
    let problem = (!row.problems.is_empty()).then(|| row.problems.join("; "));
    let mut object = json!({
        "app": row.app,
        "server": row.server.as_str(),
        "recipe": row.recipe,
        "recorded": text(row.recorded.as_ref()),
        "problem": problem,
    });
    if status {
        let seen = row.seen.as_ref();
        object["deployed"] = json!(text(seen.and_then(|seen| seen.deployed.as_ref())));
        object["latest"] = json!(text(seen.and_then(|seen| seen.latest.as_ref())));
        object["remote"] = json!(text(seen.and_then(|seen| seen.remote.as_ref())));
        object["status"] = json!(seen.map_or(Status::Unknown, |seen| seen.status).to_string());
        object["chaos"] = json!(seen.and_then(|seen| seen.chaos));
        object["since"] = json!(seen.and_then(|seen| seen.since.clone()));
        object["operator"] = json!(seen.and_then(|seen| seen.operator.clone()));
    }
    object
}
