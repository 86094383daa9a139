//! An undeployment with operator sync: under the lock, and in the journal, as every other change of an app.
use super::operation::{self, Before};
use super::undeploy::{self, Prepared};
use super::{apply, journal, lease};
use crate::context::Context;
use crate::failure::Failure;
use abra_core::head::Claim;
use abra_core::journal::{Entry, Outcome, word};
use std::collections::BTreeMap;

/// Removes a stack, from taking the lock to giving it back. Without operator sync there is no lock.
///
/// # Errors
/// Somebody holds the lock, or not everything is gone.
pub async fn run(
    context: &Context,
    prepared: &Prepared,
    on: &mut dyn FnMut(apply::Event<'_>),
) -> Result<(), Failure> {
    let Some(before) = &prepared.before else {
        return Ok(undeploy::execute(context, prepared, None, on).await?);
    };
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    let terms = lease::Terms::default();
    let claim = claim(context, before, terms.lease.as_secs());
    let lease = match lease::acquire(engine, stack, &claim, Some(before.seq()), terms).await {
        Ok(lease) => lease,
        Err(error) => return Err(operation::not_taken(engine, stack, error).await),
    };
    let work = async {
        let opened = begin(context, prepared, before, &lease).await;
        let result = match &opened {
            Ok(_) => undeploy::execute(context, prepared, Some(&lease), on).await.map_err(Failure::from),
            Err(_) => Ok(()),
        };
        let entry = match opened {
            Ok(entry) => entry,
            Err(failure) => {
                operation::give_back(context, &lease, "").await;
                return Err(failure);
            }
        };
        let word = word_for(&result);
        let ended = Outcome {
            word: word.to_owned(),
            end: operation::now(engine),
            reason: String::new(),
            services: BTreeMap::new(),
        };
        if let Err(error) = journal::close(engine, stack, entry.seq, &ended).await {
            context.ui.warn(format!("the journal could not be completed: {error}"));
        }
        operation::give_back(context, &lease, word).await;
        result
    };
    lease.hold(work).await
}

fn claim(context: &Context, before: &Before, lease: u64) -> Claim {
    Claim {
        owner: before.operator.clone(),
        host: context.host.clone(),
        nonce: operation::random_text(),
        now: None,
        lease,
        doing: "undeploy".to_owned(),
        plan: before.plan.clone(),
        version: String::new(),
    }
}

/// Under the lock: what was cut off is marked, the intent is written down.
async fn begin(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    lease: &lease::Lease<'_>,
) -> Result<Entry, Failure> {
    let (engine, stack) = (&prepared.engine, prepared.app.stack.as_str());
    operation::close_cut_off(engine, stack, lease).await?;
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
    let entry = journal::open(engine, entry, &start).await?;
    lease.begin(entry.seq).await?;
    Ok(entry)
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
