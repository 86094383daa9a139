//! `abra app history`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::lock;
use crate::flow::operation::clock;
use crate::ui::table::table;
use abra_core::head::{HeadRecord, Standing};
use abra_core::journal::{History, Logged};
use serde_json::{Value, json};

/// Show the last operations on an app: who, when, what, and what came of it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let (locked, history) = lock::history(context, &args.app).await?;
    let busy = locked.head.as_ref().filter(|seen| seen.standing() == Standing::Held).map(|seen| &seen.record);
    let entries = history.entries();
    if context.ui.machine {
        let entries: Vec<Value> = entries.iter().map(|logged| report(logged, busy)).collect();
        context.ui.json(&entries);
    } else if entries.is_empty() {
        let why = if context.settings.sync.value { " yet" } else { "; that takes operator sync" };
        context.ui.say(format!("nothing is written down of {}{why}", args.app));
    } else {
        let rows: Vec<Vec<String>> = entries.iter().map(|logged| row(logged, busy)).collect();
        context.ui.out(table(&["no", "begun", "operator", "command", "from", "to", "outcome"], &rows));
    }
    Ok(Exit::Done)
}

fn row(logged: &Logged, busy: Option<&HeadRecord>) -> Vec<String> {
    let entry = &logged.entry;
    let shown = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let word = History::word(logged, busy);
    let reason = logged.outcome.as_ref().map_or("", |outcome| outcome.reason.as_str());
    let reason = reason.replace(&format!(": {word}"), "");
    let outcome = if reason.is_empty() { word.to_owned() } else { format!("{word}: {reason}") };
    vec![
        entry.seq.to_string(),
        clock(&entry.start),
        shown(&entry.operator),
        if logged.unreadable { "(unreadable)".to_owned() } else { shown(&entry.command) },
        shown(&entry.from),
        shown(&entry.to),
        outcome,
    ]
}

fn report(logged: &Logged, busy: Option<&HeadRecord>) -> Value {
    let mut object = json!(logged.entry);
    object["readable"] = json!(!logged.unreadable);
    object["outcome"] = json!(History::word(logged, busy));
    let outcome = logged.outcome.as_ref();
    object["end"] = json!(outcome.map(|outcome| &outcome.end));
    object["reason"] = json!(outcome.map(|outcome| &outcome.reason));
    object
}
