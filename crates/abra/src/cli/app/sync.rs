//! `abra app sync`.
use super::operation::{MannerArgs, carry_out};
use super::sync_many;
use super::wait::Intent;
use super::watch::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::record::Recorded;
use crate::flow::sync::{self, Compared};
use abra_core::recipe::Record;
use serde_json::json;
use std::time::Duration;

/// Bring server and record together: the server runs the record, or with --adopt the record says what runs
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The app
    #[arg(required_unless_present_any = ["all", "server"], conflicts_with_all = ["all", "server"])]
    pub app: Option<String>,
    /// Make the server run the record, also where that undoes a newer deployment
    #[arg(long, conflicts_with_all = ["adopt", "check"])]
    pub converge: bool,
    /// Make the record say what runs; what is deployed stays as it is
    #[arg(long, conflicts_with = "check")]
    pub adopt: bool,
    /// Only compare: exit code 0 in sync, 8 not in sync
    #[arg(long)]
    pub check: bool,
    /// Every app; those that are not deployed stay so
    #[arg(long, conflicts_with = "server")]
    pub all: bool,
    /// Every app of this server; those that are not deployed stay so
    #[arg(short, long)]
    pub server: Option<String>,
    /// With --all or --server: how long a server may take to say how it is, like 10s; after that its apps are unknown
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "app")]
    pub server_timeout: Option<Duration>,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub manner: MannerArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args, intent: &Intent) -> Result<Exit, Failure> {
    sync::require_sync(context)?;
    match &args.app {
        None => sync_many::run(context, args).await,
        Some(app) if args.adopt => adopt(context, app, args.manner.dry_run).await,
        Some(app) => one(context, app, args, intent).await,
    }
}

async fn one(context: &Context, app: &str, args: &Args, intent: &Intent) -> Result<Exit, Failure> {
    match sync::compare(context, app, !args.manner.no_domain_checks).await? {
        Compared::NoRecord(none) => {
            let failure = no_record(none.app.name.as_str(), none.deployed.as_ref());
            Err(if args.check { failure.exit(Exit::NotInSync) } else { failure })
        }
        Compared::InSync(prepared) if prepared.went_back() && !args.check => {
            carry_out(context, &prepared, &args.manner, intent, true).await
        }
        Compared::InSync(prepared) => {
            if context.ui.machine {
                context.ui.json(&json!({ "app": app, "in_sync": true, "version": prepared.resolution.target.record().to_string() }));
            } else {
                context.ui.findings(&prepared.warnings);
                context.ui.say(format!(
                    "{app} is in sync: {} is recorded and runs",
                    prepared.resolution.target.record()
                ));
            }
            Ok(Exit::Done)
        }
        Compared::Differs(prepared) if args.check => {
            context.ui.findings(&prepared.warnings);
            if !context.ui.machine {
                context.ui.deployment(&prepared);
            }
            context.ui.planned(&prepared);
            Ok(Exit::NotInSync)
        }
        Compared::Differs(prepared) => {
            carry_out(context, &prepared, &args.manner, intent, args.converge).await
        }
    }
}

fn no_record(app: &str, deployed: Option<&Record>) -> Failure {
    let failure = Failure::new(format!("{app} has no record to sync with"));
    match deployed {
        Some(deployed) => failure
            .hint(format!("`abra app sync --adopt {app}` records {deployed}, which runs"))
            .hint(format!("`abra app deploy {app} VERSION` deploys a version and records it")),
        None => failure.hint(format!("`abra app deploy {app}` deploys it and records the version")),
    }
}

async fn adopt(context: &Context, app: &str, dry_run: bool) -> Result<Exit, Failure> {
    let ui = context.ui;
    let adoption = sync::adoption(context, app).await?;
    let before = adoption.recorded.as_ref().map_or_else(|| "nothing".to_owned(), Record::to_string);
    let is_known = adoption.recorded.as_ref().is_some_and(|recorded| recorded.same(&adoption.deployed));
    if !ui.machine {
        ui.findings(&adoption.warnings);
        ui.say(format!("{app}: recorded is {before}, {} runs", adoption.deployed));
    }
    if !dry_run && !is_known && !ui.no_input && !ui.confirm(&format!("record {}?", adoption.deployed)).await?
    {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let recorded = match dry_run {
        true => Recorded::default(),
        false => sync::adopt(context, &adoption).await?,
    };
    let written = recorded.is_written;
    if ui.machine {
        ui.json(&json!({ "app": app, "recorded": before, "deployed": adoption.deployed.to_string(), "record_written": written }));
    } else if written {
        ui.say(format!("recorded {} in {}", adoption.deployed, adoption.app.env.name()));
    } else {
        ui.say("the record stays as it is");
    }
    ui.findings(&recorded.said);
    Ok(Exit::Done)
}
