//! An undeployment with operator sync: under the lock, and in the journal, as every other change of an app.
use super::ending::{self, Page};
use super::insist::Insistence;
use super::operation::{self, Before};
use super::undeploy::{self, Prepared};
use super::{apply, foreword, journal, lease, others, witness};
use crate::context::Context;
use crate::engine::EngineError;
use crate::failure::Failure;
use crate::hold::{self, Place};
use abra_core::finding::Finding;
use abra_core::journal::{Entry, Outcome, word};

/// Removes a stack, from taking the lock to giving it back. Without operator sync there is no lock.
///
/// # Errors
/// Somebody holds the lock, or not everything is gone.
pub async fn run(
    context: &Context,
    prepared: &Prepared,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<(), Failure> {
    let masked = |text: &str| prepared.app.env.masked(text);
    let Some(before) = &prepared.before else {
        prepared.holds().await.map_err(|error| Failure::from(error).reworded(masked))?;
        return Ok(undeploy::execute(context, prepared, None, on).await?);
    };
    locked(context, prepared, before, on).await.map_err(|failure| failure.reworded(masked))
}

async fn locked(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<(), Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    let claim = operation::claim(context, before, "undeploy", "");
    hold::at(Place::Agreed).await;
    let lease = match witness::take(context, engine, stack, &claim, before.seq()).await {
        Ok(lease) => lease,
        Err(error) => return Err(others::not_taken(engine, prepared.known(), before, error).await),
    };
    let work = async {
        hold::at(Place::LockTaken).await;
        let insistence = Insistence::new(&context.interrupt);
        let entry = match begin(context, prepared, before, &lease).await {
            Ok(entry) => entry,
            Err(failure) => {
                ending::give_back(context, &lease, &Page::None(None), "", &insistence).await;
                return Err(failure);
            }
        };
        let result = undeploy::execute(context, prepared, Some(&lease), on).await.map_err(Failure::from);
        let word = word_for(&result);
        let insistence = Insistence::new(&context.interrupt);
        let ended = Outcome { word: word.to_owned(), end: operation::now(engine), reason: String::new() };
        let close = async || journal::close(engine, stack, entry.seq, &ended).await;
        if let Err(error) = insistence.on(EngineError::is_transient, close).await {
            context.ui.warn(format!("the journal could not be completed: {error}"));
        }
        hold::at(Place::OutcomeWritten).await;
        ending::give_back(context, &lease, &Page::Own(entry), word, &insistence).await;
        hold::at(Place::LockFreed).await;
        result
    };
    lease.hold(work).await
}

/// Whether a run was cut off, or something was begun of which nobody knows how it ended: then a removal is an operation
/// also where nothing is left to remove.
pub fn is_owed(prepared: &Prepared) -> bool {
    prepared.before.as_ref().is_some_and(Before::is_unsettled)
}

/// Somebody who works on the app right now.
pub fn at_work(prepared: &Prepared) -> Option<Finding> {
    foreword::busy(prepared.before.as_ref()?, prepared.app.name.as_str())
}

/// Under the lock: what was cut off is marked, the intent is written down.
async fn begin(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    lease: &lease::Lease<'_>,
) -> Result<Entry, Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    operation::close_earlier(engine, stack, before, lease).await?;
    if let Err(error) = prepared.holds().await {
        return Err(others::told(engine, prepared.known(), before, error).await);
    }
    hold::at(Place::PlanChecked).await;
    let start = operation::now(engine);
    let entry = Entry {
        operator: before.operator.clone(),
        host: context.host.clone(),
        start: start.clone(),
        command: "undeploy".to_owned(),
        from: prepared.deployed.as_ref().map(ToString::to_string).unwrap_or_default(),
        plan: before.plan.clone(),
        changes: prepared.plan.services.iter().map(|change| change.short.clone()).collect(),
        nonce: lease.nonce().to_owned(),
        ..Entry::new(stack, lease.before.seq + 1)
    };
    operation::intend(engine, entry, &start, lease).await
}

fn word_for(result: &Result<(), Failure>) -> &'static str {
    use crate::exit::Exit;
    match result.as_ref().map_err(|failure| failure.exit) {
        Ok(()) => word::SUCCEEDED,
        Err(Exit::Interrupted) => word::INTERRUPTED,
        Err(Exit::Undecided) => word::UNDECIDED,
        Err(_) => word::STOPPED,
    }
}
