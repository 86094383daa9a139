//! `abra app undeploy`.
use super::wait::WaitArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::rollout::Event;
use crate::flow::{removal, undeploy};
use crate::ui::progress::Progress;
use abra_core::commands;
use abra_core::finding::Finding;
use abra_core::plan;
use serde_json::json;

/// Remove an app's stack and wait until it is really gone; volumes and secrets stay
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// Afterwards remove the app's stopped containers and the server's dangling images
    #[arg(short, long)]
    pub prune: bool,
    /// Show what would be removed, change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let ui = context.ui;
    let prepared = undeploy::prepare(context, &args.app).await?;
    let name = prepared.app.name.as_str();
    if !ui.machine {
        ui.findings(&warnings(&prepared));
        ui.overview(name, &[("server", prepared.app.server.to_string())], &prepared.plan);
    }
    if args.dry_run {
        return Ok(done(context, &prepared, "dry run: nothing was changed"));
    }
    if prepared.plan.is_noop() && !removal::is_owed(&prepared) {
        // Nothing is there yet, or any more: whoever is at work says which.
        if let Some(before) = &prepared.before {
            before.require_quiet(context)?;
        }
        return Ok(done(context, &prepared, &format!("{name} is not deployed")));
    }
    if !prepared.plan.is_noop() && !ui.no_input && !ui.confirm("proceed?").await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let _guard = context.interrupt.guard();
    let mut progress = Progress::new(ui, prepared.app.stack.as_str());
    let outcome = removal::run(context, &prepared, &mut |event| progress.event(&Event::Apply(event))).await;
    progress.finish();
    outcome?;
    if args.prune {
        let bytes = undeploy::prune(&prepared).await?;
        ui.say(format!("pruned: {} MB are free", bytes / 1_000_000));
    }
    Ok(done(context, &prepared, &format!("{name} is gone; its volumes and secrets stay")))
}

/// What is to be said before.
fn warnings(prepared: &undeploy::Prepared) -> Vec<Finding> {
    let after = commands::after_undeploy(prepared.app.name.as_str(), &prepared.app.env);
    removal::at_work(prepared).into_iter().chain(after).collect()
}

fn done(context: &Context, prepared: &undeploy::Prepared, words: &str) -> Exit {
    if context.ui.machine {
        let plan = plan::report::report(&prepared.plan);
        let name = prepared.app.name.as_str();
        context.ui.json(&json!({ "app": name, "warnings": warnings(prepared), "plan": plan, "done": words }));
    } else {
        context.ui.say(words);
    }
    Exit::Done
}
