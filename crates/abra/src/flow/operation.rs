//! What surrounds every change of an app while operator sync is on: the lock, the plan that must still hold, the intent
//! in the journal; after the verdict the outcome, the record, and the lock given back.
//!
//! Not here: what the change is, and undeployments ([`super::removal`] does the same for them). Without operator sync none of this is called, and nothing of it is on the server.
use super::deploy::{self, Done, Prepared};
use super::journal;
use super::lease::{self, Lease, LockError, Seen, Terms};
use super::rollout::{self, Event, Manner, Outcome, RolloutError};
use super::watch::Patience;
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters};
use crate::exit::Exit;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::converge::{Kind, Verdict};
use abra_core::env::RECORD_KEY;
use abra_core::head::{Claim, HeadRecord, Standing};
use abra_core::journal::{Entry, History, Outcome as Ended, word};
use abra_core::plan::Plan;
use abra_core::recipe::Record;
use abra_core::stack::digest;
use abra_core::stack::labels;
use abra_core::stack::normal::Names;
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
    pub(super) fn require_quiet(&self) -> Result<(), LockError> {
        self.busy().map_or(Ok(()), |holder| Err(LockError::Busy(Box::new(holder.clone()))))
    }

    /// Whether the last change of version was somebody else's.
    pub fn by_another(&self) -> bool {
        self.history.last_version().is_some_and(|logged| logged.entry.operator != self.operator)
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
    Ok(Before { operator, head, history, plan: random_text() })
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

/// Carries a plan out under the lock, from taking it to giving it back.
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
    let claim = claim(context, prepared, before);
    let lease = match lease::acquire(engine, stack, &claim, Some(before.seq()), Terms::default()).await {
        Ok(lease) => lease,
        Err(error) => return Err(not_taken(engine, stack, error).await),
    };
    let work = async {
        let entry = match begin(context, prepared, before, &lease).await {
            Ok(entry) => entry,
            Err(failure) => {
                give_back(context, &lease, "").await;
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
        end(context, prepared, &lease, &entry, result).await
    };
    lease.hold(work).await
}

fn claim(context: &Context, prepared: &Prepared, before: &Before) -> Claim {
    let version = prepared.resolution.target.record().to_string();
    Claim {
        owner: before.operator.clone(),
        host: context.host.clone(),
        nonce: random_text(),
        now: None,
        lease: Terms::default().lease.as_secs(),
        doing: format!("{} {version}", prepared.command),
        plan: before.plan.clone(),
        version,
    }
}

/// Under the lock: what was cut off is marked, the plan is checked, the intent is written down.
async fn begin(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    lease: &Lease<'_>,
) -> Result<Entry, Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    close_cut_off(engine, stack, lease).await?;
    let now = now(engine);
    rollout::holds(engine, &prepared.staged).await?;
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
    let entry = journal::open(engine, entry, &now).await?;
    lease.begin(entry.seq).await?;
    Ok(entry)
}

/// Marks the run before this one in the journal, where it was cut off.
pub(super) async fn close_cut_off(
    engine: &Engine,
    stack: &str,
    lease: &Lease<'_>,
) -> Result<(), EngineError> {
    if lease.before.open {
        let how_far = format!("while {}", lease.before.stage);
        journal::cut_off(engine, stack, lease.before.seq, &now(engine), &how_far).await?;
    }
    Ok(())
}

/// After the work: outcome, record, lock. Whoever lost the lock touches nothing any more.
async fn end(
    context: &Context,
    prepared: &Prepared,
    lease: &Lease<'_>,
    entry: &Entry,
    result: Result<Outcome, RolloutError>,
) -> Result<Done, Failure> {
    let result = match result {
        Err(error) if error.is_loss() => return Err(error.into()),
        result => result,
    };
    if let Err(error) = lease.stage("recording").await {
        return unconfirmed(context, prepared, result, error).await;
    }
    let (word, reason) = match &result {
        Ok(outcome) => (word_for(outcome), reason(outcome, prepared)),
        Err(error) => (word_for_error(error), error.to_string()),
    };
    let engine = &prepared.engine;
    let services = digests(prepared).await.unwrap_or_else(|error| {
        context.ui.warn(format!("the journal lacks what the services are now: {error}"));
        BTreeMap::new()
    });
    let ended = Ended { word: word.to_owned(), end: now(engine), reason, services };
    let logged = journal::close(engine, prepared.app.stack.as_str(), entry.seq, &ended).await;
    if let Err(error) = logged {
        context.ui.warn(format!("the journal could not be completed: {error}"));
    }
    let done = match result {
        Ok(outcome) => Ok(deploy::recorded_too(context, prepared, outcome).await),
        Err(error) => Err(error),
    };
    give_back(context, lease, word).await;
    Ok(done?)
}

/// Without a word whether the lock is still ours nothing is recorded; an ending that is no success stays what it is.
async fn unconfirmed(
    context: &Context,
    prepared: &Prepared,
    result: Result<Outcome, RolloutError>,
    error: LockError,
) -> Result<Done, Failure> {
    if matches!(error, LockError::Lost(_)) {
        return Err(error.into());
    }
    let outcome = result?;
    if word_for(&outcome) == word::SUCCEEDED {
        let hint = format!("everything runs as wanted; `abra app watch {}` records it", prepared.app.name);
        return Err(Failure::from(error).exit(Exit::Undecided).hint(hint));
    }
    let seconds = Terms::default().lease.as_secs();
    context.ui.warn(format!("{error}; what is left of the lock frees itself after {seconds} s"));
    Ok(deploy::recorded_too(context, prepared, outcome).await)
}

pub(super) async fn give_back(context: &Context, lease: &Lease<'_>, word: &str) {
    if let Err(error) = lease.release(word).await {
        let seconds = Terms::default().lease.as_secs();
        context.ui.warn(format!("{error}; what is left of the lock frees itself after {seconds} s"));
    }
}

/// The server's clock at its last answer, as text.
pub(super) fn now(engine: &Engine) -> String {
    lease::server_time(engine).map_or_else(String::new, |now| now.to_string())
}

/// Tells whether the app's settings are the same as at another time, without telling anything of them: the salt is
/// this app's on this server. What a deployment itself writes into the file does not count.
fn env_digest(app: &App, salt: &str) -> String {
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

/// Digests of the stack's services as they are now, by name within the stack.
async fn digests(prepared: &Prepared) -> Result<BTreeMap<String, String>, EngineError> {
    let stack = prepared.app.stack.as_str();
    let services = prepared.engine.services(&Filters::stack(stack)).await?;
    let (names, volatile) = (Names::default(), labels::of_run(stack));
    let digest = |service: &abra_core::stack::live::Service| {
        let name = service.name();
        let short = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
        (short.to_owned(), digest::of_service(&service.spec, &names, &volatile))
    };
    Ok(services.iter().map(digest).collect())
}

fn word_for(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::LeftRunning => word::UNWATCHED,
        Outcome::Interrupted => word::INTERRUPTED,
        Outcome::Verdict(verdict, _) => word_for_kind(verdict.kind),
    }
}

fn word_for_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Succeeded => word::SUCCEEDED,
        Kind::Failed => word::FAILED,
        Kind::RolledBack => word::ROLLED_BACK,
        Kind::Overtaken => word::OVERTAKEN,
        Kind::Undecided => word::UNDECIDED,
    }
}

fn word_for_error(error: &RolloutError) -> &'static str {
    match error {
        RolloutError::Gone(_) | RolloutError::Moved(_) => word::OVERTAKEN,
        RolloutError::ReadBack(_) | RolloutError::Look(_) => word::UNDECIDED,
        RolloutError::Stopped(_) | RolloutError::Lost(_) => word::STOPPED,
    }
}

/// Which services went wrong: names only, as an engine's or a container's words might quote a value.
fn reason(outcome: &Outcome, prepared: &Prepared) -> String {
    let Outcome::Verdict(verdict, _) = outcome else { return String::new() };
    let prefix = format!("{}_", prepared.app.stack);
    let wrong = |verdict: &Verdict| -> Vec<String> {
        let of = verdict.services.iter().filter(|service| service.outcome.kind() != Kind::Succeeded);
        of.map(|service| {
            let name = service.service.strip_prefix(&prefix).unwrap_or(&service.service);
            format!("{name}: {}", word_for_kind(service.outcome.kind()))
        })
        .collect()
    };
    wrong(verdict).join(", ")
}

/// A lock that could not be taken; where the app was changed, by whom.
pub(super) async fn not_taken(engine: &Engine, stack: &str, error: LockError) -> Failure {
    let LockError::Moved { planned, .. } = error else { return error.into() };
    let mut failure = Failure::from(error);
    if let Ok(history) = journal::history(engine, stack).await {
        let since = history.entries().iter().filter(|logged| logged.entry.seq > planned);
        failure.causes.extend(since.map(|logged| {
            let entry = &logged.entry;
            let word = History::word(logged, None);
            format!("{}: {} {} by {}, {word}", clock(&entry.start), entry.command, entry.to, entry.operator)
        }));
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

/// Without anybody to ask, a newer deployment of somebody else is not undone.
///
/// # Errors
/// The plan would do that; who deployed what runs.
pub fn guard(prepared: &Prepared) -> Result<(), Failure> {
    let Some(before) = &prepared.before else { return Ok(()) };
    if !prepared.versions().undoes_newer(&prepared.resolution.target) || !before.by_another() {
        return Ok(());
    }
    let deployed = prepared.versions().deployed();
    let shown = deployed.as_ref().map(Record::to_string).unwrap_or_default();
    let by = before.history.last_version().map_or_else(String::new, |logged| {
        format!(", deployed by {} at {}", logged.entry.operator, clock(&logged.entry.start))
    });
    let app = &prepared.app.name;
    Err(Failure::new(format!("this would undo a newer deployment: {shown} runs{by}"))
        .exit(Exit::Moved)
        .hint(format!("`abra app sync --adopt {app}` keeps what runs and records it"))
        .hint(format!("`abra app sync --converge {app}` goes back to the record")))
}
