//! What `deploy`, `upgrade`, `rollback` and `sync` have in common: overview, guard, question, progress, ending.
use super::wait::{Intent, WaitArgs};
use super::watch::{PatienceArgs, duration};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::{self, Aim, Done, Look, Prepared, Request};
use crate::flow::rollout::Outcome;
use crate::flow::watch::Patience;
use crate::flow::{operation, ps, record};
use crate::ui::outcome::Ending;
use crate::ui::progress::Progress;
use abra_core::converge::Kind;
use abra_core::finding::Finding;

/// How to go about it
#[derive(Debug, Clone, Copy, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct MannerArgs {
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
    pub wait: WaitArgs,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// Looks and plans, and goes on with what comes of it: with the plan as [`carry_out`] does, or where there is no version
/// to go to. `direction`: which versions were looked for.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(
    context: &Context,
    app: &str,
    aim: Aim,
    manner: &MannerArgs,
    intent: &Intent,
    direction: &str,
) -> Result<Exit, Failure> {
    let named = aim.named().cloned();
    if let (Some(version), Some(_)) = (&named, manner.wait.wait)
        && duration(&version.to_string()).is_ok()
    {
        let message = format!("`{version}` is read as a version, and is none");
        return Err(Failure::new(message)
            .exit(Exit::Usage)
            .hint(format!("how long to wait stands behind `=`: `--wait={version}`")));
    }
    let request = Request { app: app.to_owned(), aim, domain_checks: !manner.no_domain_checks };
    let none = match deploy::prepare(context, &request).await? {
        Look::Planned(prepared) => {
            return carry_out(context, &prepared, manner, intent, named.is_some()).await;
        }
        Look::NoVersion(none) => none,
    };
    context.ui.nothing(&none, direction, named.as_ref());
    let runs = none.present.as_ref().zip(none.deployed.as_ref()).is_some_and(|(a, b)| a.same(b));
    let is_done = if named.is_some() { runs } else { matches!(request.aim, Aim::Upgrade(_)) };
    Ok(if is_done { Exit::Done } else { Exit::Refused })
}

/// Shows the plan, asks, carries it out, and says how it ended. `is_said`: the operator named what is to be deployed, so
/// nothing is undone by accident.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn carry_out(
    context: &Context,
    prepared: &Prepared,
    manner: &MannerArgs,
    intent: &Intent,
    is_said: bool,
) -> Result<Exit, Failure> {
    let ui = context.ui;
    // Nobody need read and approve what can't be done now.
    if let Some(before) = prepared.before.as_ref().filter(|_| !manner.dry_run) {
        before.require_quiet(context)?;
    }
    let unwritable = match manner.no_converge_checks {
        true => None,
        false => record::hindrance_of(context, prepared),
    };
    show(context, prepared, unwritable)?;
    if manner.dry_run {
        ui.planned(prepared);
        return Ok(Exit::Done);
    }
    intent.holds(&prepared.resolution.target.record(), !ui.no_input)?;
    if !is_said && !manner.force && ui.no_input {
        operation::guard(prepared)?;
    }
    if !prepared.staged.plan.is_noop() && !ui.no_input && !ui.confirm("proceed?").await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let _guard = context.interrupt.guard();
    let mut progress = Progress::new(ui, prepared.app.stack.as_str());
    let patience = (!manner.no_converge_checks).then(|| Patience::from(&manner.patience));
    let outcome = deploy::execute(context, prepared, patience, &mut |event| progress.event(&event)).await;
    progress.finish();
    let done = outcome.map_err(|failure| match failure.exit {
        Exit::Refused | Exit::Busy => failure,
        _ => failure.hint(format!("`abra app ps {}` shows what runs now", prepared.app.name)),
    });
    finish(context, prepared, done?).await
}

/// Warnings, overview, findings. `unwritable`: why the version could not be recorded.
fn show(context: &Context, prepared: &Prepared, unwritable: Option<Finding>) -> Result<(), Failure> {
    let ui = context.ui;
    ui.findings(&prepared.warnings);
    if !ui.machine {
        ui.deployment(prepared);
    }
    let plan = &prepared.staged.plan;
    if plan.blocked() || unwritable.is_some() {
        let app = prepared.app.name.as_str();
        let missing = &prepared.staged.missing_secrets;
        let of_plan = plan.findings.iter().cloned().map(|finding| without_docker(finding, missing));
        let findings = of_plan.chain(unwritable).collect();
        let failure = Failure::refused(app, findings);
        return Err(match missing.is_empty() {
            true => failure,
            false => failure
                .hint(format!("`abra app secret generate {app}` makes up the secrets that are missing"))
                .hint(format!("`abra app secret insert {app} SECRET` takes one that others gave you")),
        });
    }
    ui.findings(&plan.findings);
    Ok(())
}

/// A finding on a secret that is missing, without the advice for those who have no abra; a name that comes near stays.
fn without_docker(finding: Finding, missing: &[String]) -> Finding {
    let is_on_secret = missing.iter().any(|name| finding.message.contains(name.as_str()));
    let is_advice = |help: &String| !is_on_secret || !help.starts_with("create it once");
    Finding { help: finding.help.filter(is_advice), ..finding }
}

/// Records a success, and says how it ended.
async fn finish(context: &Context, prepared: &Prepared, done: Done) -> Result<Exit, Failure> {
    let recorded = done.recorded.map_err(|error| {
        context.ui.left(&prepared.app, &done.ran.left);
        let app = &prepared.app.name;
        Failure::from(error)
            .exit(Exit::Failed)
            .hint("the deployment succeeded; only its record could not be written")
            .hint(format!("`abra app sync --adopt {app}` writes it once the file can be written"))
    })?;
    // What can't be had must not hide the verdict.
    let runs = match &done.outcome {
        Outcome::Verdict(verdict, _) if verdict.kind != Kind::Succeeded => {
            ps::of_stack(&prepared.engine, prepared.app.stack.as_str()).await.ok()
        }
        _ => None,
    };
    let ending = Ending {
        app: &prepared.app,
        record: &prepared.resolution.target.record(),
        last: prepared.recorded.as_ref(),
        sync: context.settings.sync.value,
        recorded: &recorded,
        ran: &done.ran,
        noop: prepared.staged.plan.is_noop(),
        runs: runs.as_deref(),
        others: &done.others,
    };
    Ok(context.ui.ending(&ending, &done.outcome, Some(prepared)))
}
