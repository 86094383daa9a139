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

/// Characters of a node's id that are shown: enough to tell nodes apart.
const NODE: usize = 12;

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
    let slot = if task.slot == 0 { task.node.chars().take(NODE).collect() } else { task.slot.to_string() };
    let mut state = task.state.clone();
    match (task.error.as_str(), &task.before) {
        ("", Some(before)) => state.push_str(&format!("; the one before: {before}")),
        ("", None) => {}
        (error, _) => state.push_str(&format!(": {error}")),
    }
    vec![slot, state, ago(&task.since, jiff::Timestamp::now())]
}

/// How long ago something was, in one unit. The other clock may go wrong, so the future is now.
pub(super) fn ago(since: &str, now: jiff::Timestamp) -> String {
    let Ok(since) = since.parse::<jiff::Timestamp>() else { return String::new() };
    let seconds = now.as_second().saturating_sub(since.as_second());
    match seconds {
        i64::MIN..=0 => "now".to_owned(),
        1..=119 => format!("{seconds} s ago"),
        120..=7199 => format!("{} min ago", seconds / 60),
        7200..=172_799 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn times_are_told_in_one_unit() {
        let now = "2026-01-10T12:00:00Z".parse().unwrap();
        let cases = [
            ("2026-01-10T12:00:05Z", "now"),
            ("2026-01-10T11:59:59.123456789Z", "1 s ago"),
            ("2026-01-10T11:50:00Z", "10 min ago"),
            ("2026-01-10T02:00:00Z", "10 h ago"),
            ("2026-01-01T12:00:00Z", "9 d ago"),
            ("", ""),
        ];
        for (since, wanted) in cases {
            assert_eq!(ago(since, now), wanted, "{since}");
        }
    }
}
