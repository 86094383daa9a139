//! Who else changed an app while a run was planning or at work, and what: from the services as they are now and from the
//! journal.
//!
//! Not here: what was known before the plan was made ([`super::foreword`]).
use super::apply::{StopCause, Stopped};
use super::journal;
use super::lease::LockError;
use super::operation::{Before, clock};
use super::rollout::RolloutError;
use crate::engine::{Engine, Filters};
use crate::failure::Failure;
use crate::ui::told_apart;
use abra_core::journal::{History, Logged};
use abra_core::plan::Plan;
use abra_core::plan::change::{FieldChange, Shown};
use abra_core::plan::moved::{How, Moved};
use abra_core::stack::convert::IMAGE_LABEL;
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::stack::normal::Names;
use std::collections::BTreeSet;

/// Differences that are named of one service; the others are counted.
const MOST: usize = 8;
/// Where the journal knows nobody.
const NOBODY: &str =
    "the journal does not say who: it was done without operator sync, perhaps with plain docker";

/// What a run knew of an app's services.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) plan: &'a Plan,
    pub(super) services: &'a [Service],
    pub(super) names: &'a Names,
}

impl Known<'_> {
    /// What has changed since, in lines; empty while the plan holds.
    pub(super) fn moved(&self, now: &[Service]) -> Vec<String> {
        let moved = self.plan.basis.moved(&self.plan.stack, self.services, now, self.names);
        moved.iter().map(|moved| self.line(moved)).collect()
    }

    fn line(&self, moved: &Moved) -> String {
        let prefix = format!("{}_", self.plan.stack);
        let name = moved.service.strip_prefix(&prefix).unwrap_or(&moved.service);
        match &moved.how {
            How::Removed => format!("{name} was removed"),
            How::Created => format!("{name} was created"),
            How::Anew => format!("{name} was removed and created anew"),
            How::Updated { at, fields: None } => format!("{name} was updated at {}", clock(at)),
            How::Updated { at, fields: Some(fields) } if fields.is_empty() => {
                format!("{name} was deployed again at {}, as it was", clock(at))
            }
            How::Updated { at, fields: Some(fields) } => {
                format!("{name} was updated at {}: {}", clock(at), differences(fields))
            }
        }
    }
}

/// The plans that services name.
fn plans(stack: &str, services: &[Service]) -> BTreeSet<String> {
    let key = labels::key(stack, labels::PLAN);
    services.iter().filter_map(|service| service.label(&key)).map(str::to_owned).collect()
}

fn differences(fields: &[FieldChange]) -> String {
    let shown = |value: &Shown| match value {
        Shown::Absent => "(none)".to_owned(),
        Shown::Hidden => "(hidden)".to_owned(),
        Shown::Text(text) if text.is_empty() => "(empty)".to_owned(),
        Shown::Text(text) => text.clone(),
    };
    let one = |field: &FieldChange| {
        let (before, after) = (shown(&field.before), shown(&field.after));
        let images = (field.path == "image").then(|| told_apart(&before, &after));
        let (before, after) = images.unwrap_or((&before, &after));
        format!("{} {before} → {after}", field.path)
    };
    // Docker keeps the image's name in a label, too.
    let echo = format!("label {IMAGE_LABEL}");
    let has_image = fields.iter().any(|field| field.path == "image");
    let fields: Vec<&FieldChange> = fields.iter().filter(|field| !has_image || field.path != echo).collect();
    let mut said: Vec<String> = fields.iter().copied().take(MOST).map(one).collect();
    if let Some(more) = fields.len().checked_sub(MOST).filter(|more| *more > 0) {
        said.push(format!("{more} more"));
    }
    said.join(", ")
}

/// Who changed an app since it was looked at, in lines; `then`: its services at that time. What can't be asked is left out:
/// it must not hide what went wrong.
pub(super) async fn who(engine: &Engine, stack: &str, then: &[Service], before: &Before) -> Vec<String> {
    let of_stack = Filters::stack(stack);
    let look = tokio::try_join!(journal::history(engine, stack), engine.services(&of_stack));
    let Ok((history, now)) = look else { return vec![] };
    let new = plans(stack, &now).difference(&plans(stack, then)).cloned().collect();
    let others = history.others(before.seq(), &before.plan, &new);
    if others.is_empty() { vec![NOBODY.to_owned()] } else { others.into_iter().map(deed).collect() }
}

/// An operation, in a line.
pub(super) fn deed(logged: &Logged) -> String {
    let entry = &logged.entry;
    let doing = [entry.command.as_str(), &entry.to].join(" ");
    let word = History::word(logged, None);
    format!("{}: {} by {}, {word}", clock(&entry.start), doing.trim(), entry.operator)
}

/// A lock that could not be taken; where that is because the app was changed, who did that, and what differs.
pub(super) async fn not_taken(
    engine: &Engine,
    known: Known<'_>,
    before: &Before,
    error: LockError,
) -> Failure {
    let is_moved = matches!(error, LockError::Moved { .. });
    let mut failure = Failure::from(error);
    if is_moved {
        failure.causes.extend(who(engine, &known.plan.stack, known.services, before).await);
        if let Ok(now) = engine.services(&Filters::stack(&known.plan.stack)).await {
            failure.causes.extend(known.moved(&now));
        }
    }
    failure
}

/// A run that could not go on; where others are the reason, with what they did and who they are.
pub(super) async fn told(engine: &Engine, known: Known<'_>, before: &Before, error: RolloutError) -> Failure {
    let step = match &error {
        RolloutError::Stopped(Stopped { action, cause: StopCause::Moved, .. }) => Some(action.name()),
        RolloutError::Moved(_) | RolloutError::Gone(_) => None,
        _ => return error.into(),
    };
    let step = step.map(str::to_owned);
    let mut failure = Failure::from(error);
    // The services before this step carry what this run itself has sent.
    if let Some(name) = step
        && let Ok(now) = engine.service(&name).await
    {
        let moved = known.plan.basis.moved(&known.plan.stack, known.services, &[now], known.names);
        failure.causes.extend(moved.iter().filter(|moved| moved.service == name).map(|m| known.line(m)));
    }
    failure.causes.extend(who(engine, &known.plan.stack, known.services, before).await);
    failure
}
