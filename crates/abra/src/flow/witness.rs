//! Taking a lock whose lease seems to have run out, in a swarm of several managers: their clocks may differ by more than the
//! lease allows for, so the lock is watched for longer than its holder would be silent before it is taken.
//!
//! Not here: taking and keeping a lock ([`super::lease`]). With one manager all times are of one clock, and nothing waits.
use super::lease::{self, Lease, LockError, Seen, Terms};
use crate::context::Context;
use crate::engine::Engine;
use abra_core::head::Claim;
use std::time::Duration;
use tokio::time::Instant;

/// A holder renews every quarter of a minute, and relies on its lock for half a minute after that.
const SILENCE: Duration = Duration::from_secs(40);
/// Between two looks.
const TICK: Duration = Duration::from_secs(1);
/// How many holders in a row may fall silent.
const TRIES: usize = 3;

/// Takes a stack's lock, as [`lease::acquire`] does.
///
/// # Errors
/// As there; or the operator does not want to wait.
pub(super) async fn take<'e>(
    context: &Context,
    engine: &'e Engine,
    stack: &str,
    claim: &Claim,
    planned: u64,
) -> Result<Lease<'e>, LockError> {
    let mut terms = Terms::default();
    for _ in 0..TRIES {
        match lease::acquire(engine, stack, claim, Some(planned), terms).await {
            Err(LockError::Unsure(seen)) => {
                context.ui.say(format!(
                    "the lock of {} seems to have run out; watching it for {} s, as clocks of managers may differ",
                    seen.record.owner,
                    SILENCE.as_secs()
                ));
                is_silent(context, engine, stack, &seen, claim).await?;
                terms.silent = Some(seen.version);
            }
            result => return result,
        }
    }
    Err(LockError::Contended)
}

/// Watches a record. One that is written meanwhile is looked at anew by whoever wants it.
///
/// # Errors
/// Its holder renews it; the engine can't be asked; the operator does not want to wait.
async fn is_silent(
    context: &Context,
    engine: &Engine,
    stack: &str,
    seen: &Seen,
    claim: &Claim,
) -> Result<(), LockError> {
    let begun = Instant::now();
    while begun.elapsed() < SILENCE {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = context.interrupt.wait() => return Err(LockError::Interrupted),
        }
        let now = lease::look(engine, stack).await?;
        match now.filter(|now| now.version != seen.version) {
            Some(now) if now.record.is_held_with(&seen.record.nonce) => {
                return Err(now.busy(&claim.owner, &claim.host));
            }
            Some(_) => return Ok(()),
            None => {}
        }
    }
    Ok(())
}
