//! Removing several things of an app from its server, one by one, and saying what became of them.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::failure::error;
use serde_json::json;

/// Removes things by their names on the server, until one can't be or the operator wants to stop.
pub(super) async fn one_by_one(
    context: &Context,
    app: &str,
    noun: &str,
    names: &[&str],
    remove: impl AsyncFn(&str) -> Result<(), Failure>,
) -> Exit {
    let (removed, problem) = removed(context, noun, names, remove).await;
    if context.ui.machine {
        let mut document = json!({ "app": app, "removed": removed });
        if let Some(problem) = &problem {
            document["error"] = error(problem);
        }
        context.ui.json(&document);
    }
    let Some(problem) = problem else { return Exit::Done };
    context.ui.complain(&problem);
    problem.exit
}

/// Gives back those that are gone, and why it ended before the last.
async fn removed<'a>(
    context: &Context,
    noun: &str,
    names: &[&'a str],
    remove: impl AsyncFn(&str) -> Result<(), Failure>,
) -> (Vec<&'a str>, Option<Failure>) {
    let _guard = context.interrupt.guard();
    let mut removed = Vec::new();
    for name in names {
        if context.interrupt.asked() {
            let stopped =
                Failure::new(format!("interrupted: {noun} {name} was not removed, nor any after it"));
            return (removed, Some(stopped.exit(Exit::Interrupted)));
        }
        if let Err(problem) = remove(name).await {
            let is_part = !removed.is_empty() && problem.exit == Exit::Refused;
            return (removed, Some(if is_part { problem.exit(Exit::Failed) } else { problem }));
        }
        context.ui.say(format!("{noun} {name} is removed"));
        removed.push(*name);
    }
    (removed, None)
}
