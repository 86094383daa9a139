//! `abra app ps`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::ps;
use crate::ui::table::table;
use abra_core::stack::state::{ServiceState, TaskState};

/// Show the services of an app and their tasks
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
    let services = ps::services(context, &args.app).await?;
    if context.ui.machine {
        context.ui.json(&services);
    } else if services.is_empty() {
        context.ui.say(format!("{} is not deployed", args.app));
    } else {
        let rows: Vec<Vec<String>> = services.iter().flat_map(rows).collect();
        context.ui.out(table(&["service", "image", "running", "task", "state", "since"], &rows));
    }
    Ok(Exit::Done)
}

/// A line for each task; the service's own columns only in its first.
fn rows(service: &ServiceState) -> Vec<Vec<String>> {
    let running = format!("{}/{}", service.running, service.wanted);
    let own = [service.service.clone(), service.image.clone(), running];
    let mut rows: Vec<Vec<String>> =
        service.tasks.iter().map(|task| [vec![String::new(); 3], shown(task)].concat()).collect();
    if rows.is_empty() {
        rows.push(vec![String::new(); 6]);
    }
    rows[0][..3].clone_from_slice(&own);
    rows
}

fn shown(task: &TaskState) -> Vec<String> {
    let slot = if task.slot == 0 { task.node.clone() } else { task.slot.to_string() };
    let state =
        if task.error.is_empty() { task.state.clone() } else { format!("{}: {}", task.state, task.error) };
    let since = task.since.split('.').next().unwrap_or_default().replace('T', " ");
    vec![slot, state, since]
}
