//! What surrounds every change of an app while operator sync is on: the lock, the plan that must still hold, and the intent
//! in the journal; after the verdict [`super::ending`] closes it.
//!
//! Not here: what the change is, and undeployments ([`super::removal`] does the same for them). Without operator sync none
//! of this is called, and nothing of it is on the server.
use super::deploy::{Done, Prepared};
use super::ending::{self, Page};
use super::insist::Insistence;
use super::journal;
use super::lease::{self, Lease, LockError, Seen, Terms};
use super::others;
use super::rollout::{self, Event, Manner};
use super::snapshot::Snapshot;
use super::watch::Patience;
use super::witness;
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hold::{self, Place};
use abra_core::app::App;
use abra_core::env::RECORD_KEY;
use abra_core::head::{Claim, HeadRecord, Standing};
use abra_core::journal::{Entry, History, Logged};
use abra_core::plan::Plan;
use abra_core::recipe::Record;
use abra_core::stack::digest;
use abra_core::stack::labels;
use abra_core::status::AtWork;
use jiff::Timestamp;
use rand::Rng as _;
use serde_json::json;
use std::collections::BTreeMap;

/// What other operators left on the server before this one's plan was made.
#[derive(Debug, Clone)]
pub struct Before {
    /// The operator of this run.
    pub operator: String,
    /// The head record; `None` before the first operation.
    pub head: Option<Seen>,
    /// The journal.
    pub history: History,
    /// The id of the plan.
    pub plan: String,
}

impl Before {
    /// The number of the last operation: what the plan is bound to.
    pub fn seq(&self) -> u64 {
        self.head.as_ref().map_or(0, |seen| seen.record.seq)
    }

    /// The record of somebody who works right now.
    pub fn busy(&self) -> Option<&HeadRecord> {
        self.head.as_ref().filter(|seen| seen.standing() == Standing::Held).map(|seen| &seen.record)
    }

    /// Whether nobody is at work.
    ///
    /// # Errors
    /// Somebody is.
    pub fn require_quiet(&self, context: &Context) -> Result<(), LockError> {
        let held = self.head.as_ref().filter(|seen| seen.standing() == Standing::Held);
        held.map_or(Ok(()), |seen| Err(seen.busy(&self.operator, &context.host)))
    }

    /// Whether a run was cut off, or nobody knows how the last operation ended.
    pub(super) fn is_unsettled(&self) -> bool {
        let cut_off = |seen: &Seen| AtWork::of(&seen.record, seen.standing()) == AtWork::CutOff;
        self.head.as_ref().is_some_and(cut_off) || self.history.unfinished(self.busy()).is_some()
    }
}

/// Looks at head record and journal.
///
/// # Errors
/// The server can't be asked, or git can't be run.
pub async fn look(context: &Context, engine: &Engine, app: &App) -> Result<Before, Failure> {
    let stack = app.stack.as_str();
    let operator = context.operator().await?;
    let (head, history) = tokio::try_join!(lease::look(engine, stack), journal::history(engine, stack))?;
    let history = under(history, head.as_ref());
    Ok(Before { operator, head, history, plan: random_text() })
}

/// The same from a look at all apps of the server.
///
/// # Errors
/// Git can't be run.
pub(super) async fn look_in(context: &Context, snapshot: &Snapshot, app: &App) -> Result<Before, Failure> {
    let stack = app.stack.as_str();
    let (operator, head) = (context.operator().await?, snapshot.head(stack).cloned());
    let history = snapshot.journals.get(stack).cloned().unwrap_or_default();
    let history = under(history, head.as_ref());
    Ok(Before { operator, head, history, plan: random_text() })
}

/// The journal with what the head record says of it.
pub(super) fn under(history: History, head: Option<&Seen>) -> History {
    match head {
        Some(seen) => history.under(&seen.record, seen.standing()),
        None => history,
    }
}

/// Sixteen random hexadecimal digits.
pub(super) fn random_text() -> String {
    format!("{:016x}", rand::rng().next_u64())
}

/// Marks what the plan changes as this run's.
pub fn stamp(plan: &mut Plan, before: &Before) {
    plan.stamp(&[(labels::key(&plan.stack, labels::PLAN), before.plan.clone())].into());
    plan.stamp_digests(&labels::key(&plan.stack, labels::DIGEST));
}

/// Carries a plan out under the lock, from taking it to giving it back. One that changes nothing is confirmed under the
/// lock, too: what is recorded must be what runs.
///
/// # Errors
/// Somebody holds the lock, the plan does not hold any more, or a step failed.
pub async fn run(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    patience: Option<Patience>,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Done, Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    let version = prepared.resolution.target.record().to_string();
    let claim = claim(context, before, prepared.command, &version);
    hold::at(Place::Agreed).await;
    let lease = match witness::take(context, engine, stack, &claim, before.seq()).await {
        Ok(lease) => lease,
        Err(error) => return Err(others::not_taken(engine, prepared.staged.known(), before, error).await),
    };
    let work = async {
        hold::at(Place::LockTaken).await;
        let page = match begin(context, prepared, before, &lease).await {
            Ok(page) => page,
            Err(failure) => {
                let insistence = Insistence::new(&context.interrupt);
                ending::give_back(context, &lease, &Page::None(None), "", &insistence).await;
                return Err(failure);
            }
        };
        let volatile = labels::of_run(stack);
        let manner = Manner {
            patience,
            recipe_timeout: prepared.recipe_timeout,
            volatile: &volatile,
            lease: Some(&lease),
        };
        let result = rollout::roll_out(engine, &prepared.staged, manner, &context.interrupt, on).await;
        ending::end(context, prepared, before, &lease, &page, result, on).await
    };
    lease.hold(work).await
}

/// What this operator says of themselves while they hold the lock.
pub(super) fn claim(context: &Context, before: &Before, doing: &str, version: &str) -> Claim {
    Claim {
        owner: before.operator.clone(),
        host: context.host.clone(),
        nonce: random_text(),
        now: None,
        lease: Terms::default().lease.as_secs(),
        doing: [doing, version].join(" ").trim().to_owned(),
        plan: before.plan.clone(),
        version: version.to_owned(),
    }
}

/// Under the lock: what was cut off is marked, the plan is checked, the intent is written down.
async fn begin(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    lease: &Lease<'_>,
) -> Result<Page, Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    close_earlier(engine, stack, before, lease).await?;
    let now = now(engine);
    if let Err(error) = rollout::holds(engine, &prepared.staged).await {
        return Err(others::told(engine, prepared.staged.known(), before, error).await);
    }
    hold::at(Place::PlanChecked).await;
    if prepared.staged.plan.is_noop() && !prepared.went_back() {
        // Where something else was begun, this is an operation like any other: it is what became of that. So it is after
        // the swarm went back by itself: that what runs is wanted all the same must stand somewhere.
        let page = Page::unchanged(&before.history, |earlier| is_meant(earlier, prepared));
        if let Some(page) = page {
            return Ok(page);
        }
    }
    let plan = &prepared.staged.plan;
    let entry = Entry {
        operator: before.operator.clone(),
        host: context.host.clone(),
        start: now.clone(),
        command: prepared.command.to_owned(),
        from: prepared.versions().deployed().map(|record| record.to_string()).unwrap_or_default(),
        to: prepared.resolution.target.record().to_string(),
        commit: prepared.resolution.target.commit().as_str().to_owned(),
        env: env_digest(&prepared.app, &lease.id),
        plan: before.plan.clone(),
        changes: plan.changed().map(|change| change.short.clone()).collect(),
        nonce: lease.nonce().to_owned(),
        ..Entry::new(stack, lease.before.seq + 1)
    };
    intend(engine, entry, &now, lease).await.map(Page::Own)
}

/// Whether what runs is all that an earlier operation was to bring, and what this one wants.
fn is_meant(earlier: &Logged, prepared: &Prepared) -> bool {
    let to = Record::parse(&earlier.entry.to);
    to.is_ok_and(|to| to.same(&prepared.resolution.target.record()))
        && earlier.is_sent(&prepared.staged.services)
}

/// Writes an intent down and begins it.
pub(super) async fn intend(
    engine: &Engine,
    entry: Entry,
    now: &str,
    lease: &Lease<'_>,
) -> Result<Entry, Failure> {
    let entry = journal::open(engine, entry, now, lease).await?;
    hold::at(Place::IntentWritten).await;
    if let Err(error) = lease.begin(entry.seq).await {
        // Where this fails, too, the head record tells that it was not begun.
        let _ = journal::not_begun(engine, &entry.stack, entry.seq, now).await;
        return Err(Failure::from(error).hint("nothing was changed"));
    }
    hold::at(Place::Begun).await;
    Ok(entry)
}

/// Completes the journal's entry of the run before this one, where that run did not: it was cut off, or could not write.
pub(super) async fn close_earlier(
    engine: &Engine,
    stack: &str,
    before: &Before,
    lease: &Lease<'_>,
) -> Result<(), EngineError> {
    if lease.before.open {
        let how_far = format!("while {}", lease.before.stage);
        return journal::cut_off(engine, stack, lease.before.seq, &now(engine), &how_far).await;
    }
    let inferred = before.history.entries().iter().filter(|logged| logged.inferred);
    for logged in inferred {
        if let Some(outcome) = &logged.outcome {
            journal::close(engine, stack, logged.entry.seq, outcome).await?;
        }
    }
    Ok(())
}

/// The server's clock at its last answer, as text.
pub(super) fn now(engine: &Engine) -> String {
    lease::server_time(engine).map_or_else(String::new, |now| now.to_string())
}

/// Tells whether the app's settings are the same as at another time, without telling anything of them: the salt is
/// this app's on this server. What a deployment itself writes into the file does not count.
pub(super) fn env_digest(app: &App, salt: &str) -> String {
    let written = |key: &str| key == RECORD_KEY || key == "TYPE" || key == "RECIPE";
    let values: BTreeMap<&str, &str> = app
        .env
        .values()
        .iter()
        .filter(|(key, _)| !written(key))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    digest::of(&json!({ "salt": salt, "recipe": app.recipe.to_string(), "env": values }))
}

/// A lock that could not be taken; where the app was changed, by whom.
pub(super) async fn not_taken(engine: &Engine, stack: &str, error: LockError) -> Failure {
    let LockError::Moved { planned, .. } = error else { return error.into() };
    let mut failure = Failure::from(error);
    if let Ok(history) = journal::history(engine, stack).await {
        let since = history.entries().iter().filter(|logged| logged.entry.seq > planned);
        failure.causes.extend(since.map(others::deed));
    }
    failure
}

/// A time as people read it.
pub fn clock(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "an unknown time".to_owned(),
    }
}

/// The same, of a time that may not be known.
pub fn clock_of(time: Option<Timestamp>) -> String {
    clock(&time.map_or_else(String::new, |time| time.to_string()))
}

/// Without anybody to ask, a newer deployment of somebody else is not undone. What the history does not know was
/// brought by somebody else, too: with another tool.
///
/// # Errors
/// The plan would do that; who deployed what runs.
pub fn guard(prepared: &Prepared) -> Result<(), Failure> {
    let Some(before) = &prepared.before else { return Ok(()) };
    let versions = prepared.versions();
    let Some((is_newer, deployed)) = versions.undoes(&prepared.resolution.target).zip(versions.deployed())
    else {
        return Ok(());
    };
    let logged = before.history.who_deployed(&deployed);
    let by = match logged {
        Some(logged) if logged.entry.operator == before.operator => return Ok(()),
        Some(logged) => {
            format!("deployed by {} at {}", logged.entry.operator, clock(&logged.entry.start))
        }
        None => "deployed by somebody without operator sync".to_owned(),
    };
    let newer = if is_newer { "a newer deployment" } else { "a deployment that may be newer" };
    let app = &prepared.app.name;
    Err(Failure::new(format!("this would undo {newer}: {deployed} runs, {by}"))
        .exit(Exit::Moved)
        .hint(format!("`abra app sync --adopt {app}` keeps what runs and records it"))
        .hint(format!("`abra app sync --converge {app}` goes back to the record")))
}
