//! `abra app deploy`.
use super::watch::PatienceArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::{self, Prepared, Request};
use crate::flow::rollout::Outcome;
use crate::flow::watch::Patience;
use crate::ui::outcome::Ending;
use crate::ui::progress::Progress;
use abra_core::recipe::{Record, VersionWish};

/// Deploy an app and watch until it is known whether it worked
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The app, by the name of its env file
    pub app: String,
    /// A release, or a commit of the recipe
    pub version: Option<String>,
    /// Deploy the recipe's working tree as it is
    #[arg(short = 'C', long, conflicts_with_all = ["version", "deploy_latest"])]
    pub chaos: bool,
    /// Deploy the newest release, whatever is recorded
    #[arg(short = 'l', long, visible_short_alias = 'i', alias = "ignore-env-version", conflicts_with = "version")]
    pub deploy_latest: bool,
    /// Go on where a guard would stop
    #[arg(short, long)]
    pub force: bool,
    /// Don't wait for a verdict; nothing is recorded then
    #[arg(short = 'c', long)]
    pub no_converge_checks: bool,
    /// Skip the DNS comparison
    #[arg(short = 'D', long)]
    pub no_domain_checks: bool,
    /// Show the plan, change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub patience: PatienceArgs,
}

impl Args {
    fn wish(&self) -> Result<VersionWish, Failure> {
        Ok(match (&self.version, self.chaos, self.deploy_latest) {
            (Some(version), ..) => VersionWish::Exactly(Record::parse(version)?),
            (_, true, _) => VersionWish::Chaos,
            (_, _, true) => VersionWish::Latest,
            _ => VersionWish::Usual,
        })
    }
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let ui = context.ui;
    let request =
        Request { app: args.app.clone(), wish: args.wish()?, domain_checks: !args.no_domain_checks };
    let prepared = deploy::prepare(context, &request).await?;
    ui.findings(&prepared.warnings);
    if !ui.machine {
        ui.deployment(&prepared);
    }
    if prepared.staged.plan.blocked() {
        return Err(Failure::refused(prepared.app.name.as_str(), prepared.staged.plan.findings));
    }
    ui.findings(&prepared.staged.plan.findings);
    if args.dry_run {
        ui.planned(&prepared);
        return Ok(Exit::Done);
    }
    guard(context, args, &prepared)?;
    if !prepared.staged.plan.is_noop() && !ui.no_input && !ui.confirm("proceed?").await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let _guard = context.interrupt.guard();
    let mut progress = Progress::new(ui, prepared.app.stack.as_str());
    let patience = (!args.no_converge_checks).then(|| Patience::from(&args.patience));
    let outcome = deploy::execute(context, &prepared, patience, &mut |event| progress.event(&event)).await;
    progress.finish();
    finish(context, &prepared, &outcome?)
}

/// Without anybody to ask, a newer deployment that this checkout does not know of is not undone.
fn guard(context: &Context, args: &Args, prepared: &Prepared) -> Result<(), Failure> {
    let said = args.force || args.version.is_some() || !context.ui.no_input;
    let undone = prepared.versions().undoes_newer(&prepared.resolution.target);
    if said || !undone {
        return Ok(());
    }
    let deployed = prepared.versions().deployed().map(|record| record.to_string()).unwrap_or_default();
    let app = &prepared.app.name;
    Err(Failure::new(format!("this would undo a newer deployment: {deployed} runs"))
        .exit(Exit::Moved)
        .hint(format!("`abra app deploy {app} {deployed}` keeps what runs and records it"))
        .hint(format!("`abra app deploy --force {app}` goes back to the record")))
}

/// Records a success, and says how it ended.
fn finish(context: &Context, prepared: &Prepared, outcome: &Outcome) -> Result<Exit, Failure> {
    let recorded = deploy::record(context, &prepared.app, &prepared.resolution.target, outcome).map_err(|error| {
        Failure::from(error).exit(Exit::Failed).hint("the deployment succeeded; only its record could not be written")
    })?;
    let ending = Ending {
        app: &prepared.app,
        record: &prepared.resolution.target.record(),
        last: prepared.recorded.as_ref(),
        sync: context.settings.sync.value,
        recorded,
        noop: prepared.staged.plan.is_noop(),
    };
    Ok(context.ui.ending(&ending, outcome, Some(prepared)))
}
