//! What is said of other operators before the overview: one at work, one whose run was cut off, one who deployed what
//! runs.
use super::operation::{Before, clock, clock_of};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::divergence::Versions;
use abra_core::finding::Finding;
use abra_core::head::Standing;
use abra_core::journal::{History, Logged};
use abra_core::recipe::{Record, ResolveError, Why};
use abra_core::stack::labels;
use abra_core::stack::live::Service;

/// Everything there is to say. Without operator sync (`before`) nothing is known of others.
pub(super) fn findings(
    before: Option<&Before>,
    versions: &Versions<'_>,
    live: &[Service],
    stack: &str,
) -> Vec<Finding> {
    let Some(before) = before else { return versions.warnings(None) };
    let mut said = Vec::new();
    said.extend(busy(before, versions.app));
    said.extend(abandoned(before, versions.app, live, stack));
    let by = match versions.deployed() {
        Some(deployed) => Some(deployer(before, &deployed)),
        None => {
            before.history.entries().first().map(|last| format!("last operation: {}", told(before, last)))
        }
    };
    said.extend(versions.warnings(by.as_deref()));
    said
}

/// Somebody who works right now.
pub(super) fn busy(before: &Before, app: &str) -> Option<Finding> {
    let holder = before.busy()?;
    let text = format!(
        "an operation is in progress: {} ({}), {}, since {}, {}",
        holder.owner,
        holder.host,
        holder.doing,
        clock_of(holder.since),
        holder.stage
    );
    Some(Finding::warning(text).help(format!("--wait waits for it; `abra app lock status {app}` shows it")))
}

fn abandoned(before: &Before, app: &str, live: &[Service], stack: &str) -> Option<Finding> {
    let logged = before.history.abandoned(before.busy())?;
    let entry = &logged.entry;
    let plan = labels::key(stack, labels::PLAN);
    let is_sent = |name: &&String| {
        let full = format!("{stack}_{name}");
        live.iter().any(|service| service.name() == full && service.label(&plan) == Some(&entry.plan))
    };
    let sent = entry.changes.iter().filter(is_sent).count();
    let seen = before.head.as_ref().filter(|seen| {
        seen.standing() == Standing::Abandoned && seen.record.open && seen.record.nonce == entry.nonce
    });
    let life = seen.map_or_else(String::new, |seen| {
        format!("; last sign of life {}, {}", clock_of(seen.updated), seen.record.stage)
    });
    let text = format!(
        "an operation was cut off: {} of {} by {} ({}), begun {}{life}; {sent} of {} services were sent",
        entry.command,
        entry.to,
        entry.operator,
        entry.host,
        clock(&entry.start),
        entry.changes.len()
    );
    let help = format!(
        "`abra app watch {app}` finds out whether it works and records it then; `abra app sync {app}` goes back to the record"
    );
    Some(Finding::warning(text).help(help))
}

/// Who deployed a version, in words. With operator sync everybody's deployments are in the history, but for those of
/// other tools and those long ago.
fn deployer(before: &Before, version: &Record) -> String {
    match before.history.who_deployed(version) {
        Some(logged) => format!("deployed by {}", told(before, logged)),
        None => "the history does not say who deployed it".to_owned(),
    }
}

fn told(before: &Before, logged: &Logged) -> String {
    let entry = &logged.entry;
    let (start, word) = (clock(&entry.start), History::word(logged, before.busy()));
    format!("{} ({}) at {start}: {} of {}, {word}", entry.operator, entry.host, entry.command, entry.to)
}

/// A version that can't be had: who has it, and what else can be done.
pub(super) fn unresolved(error: ResolveError, app: &App, before: Option<&Before>) -> Failure {
    let theirs = match &error {
        ResolveError::Unreproducible { record, why } | ResolveError::Unknown { wanted: record, why, .. }
            if *why != Why::Asked && matches!(record, Record::Commit { .. }) =>
        {
            Some(record.clone())
        }
        _ => None,
    };
    let is_dirty = matches!(error, ResolveError::Unreproducible { .. });
    let mut failure = Failure::from(error);
    let (Some(theirs), app) = (theirs, &app.name) else { return failure };
    failure.causes.extend(before.map(|before| deployer(before, &theirs)));
    let ask = match is_dirty {
        true => "ask whoever deployed it to commit and push the recipe, and to deploy that commit",
        false => {
            "ask whoever deployed it to push it: a commit that no branch and no tag of the recipe's remote has is theirs alone"
        }
    };
    failure.hint(ask).hint(format!(
        "`abra app deploy {app} VERSION` deploys another version, `--chaos` your own working tree"
    ))
}
