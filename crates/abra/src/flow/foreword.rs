//! What is said of other operators before the overview: one at work, one whose run was cut off, one who deployed what
//! runs.
use super::operation::{Before, clock, clock_of};
use abra_core::divergence::Versions;
use abra_core::finding::Finding;
use abra_core::head::Standing;
use abra_core::journal::History;
use abra_core::stack::labels;
use abra_core::stack::live::Service;

/// Everything there is to say.
pub(super) fn findings(
    before: &Before,
    versions: &Versions<'_>,
    live: &[Service],
    stack: &str,
) -> Vec<Finding> {
    let mut said = Vec::new();
    said.extend(busy(before, versions.app));
    said.extend(abandoned(before, versions.app, live, stack));
    said.extend(deployer(before, versions));
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
        "`abra app sync --adopt {app}` records what runs; `abra app sync {app}` makes the server run the record"
    );
    Some(Finding::warning(text).help(help))
}

/// Who deployed what runs, where that is not what is recorded.
fn deployer(before: &Before, versions: &Versions<'_>) -> Option<Finding> {
    let deployed = versions.deployed()?;
    if versions.recorded.is_some_and(|recorded| recorded.same(&deployed)) {
        return None;
    }
    let logged = before.history.who_deployed(&deployed)?;
    let entry = &logged.entry;
    let text = format!(
        "{deployed} was deployed by {} ({}) at {}: {}, {}",
        entry.operator,
        entry.host,
        clock(&entry.start),
        entry.command,
        History::word(logged, before.busy())
    );
    Some(Finding::warning(text))
}
