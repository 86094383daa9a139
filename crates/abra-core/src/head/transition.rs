//! Every change of a head record, as a pure step from what was read to what is written. The write is a compare-and-set
//! on the version that was read, so of several steps from one state exactly one happens.
use super::{Claim, HeadRecord, Standing, State};

/// Why a record can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody holds it: their record.
    Busy(Box<HeadRecord>),
    /// Operations were begun since the plan was made.
    Moved {
        /// The number that the plan saw.
        planned: u64,
        /// The record now.
        now: Box<HeadRecord>,
    },
}

/// Takes a record that is free or abandoned. `planned` is the number that the plan saw; `None` where no plan is bound to
/// one.
///
/// # Errors
/// Somebody holds it, or the plan is out of date.
pub fn take(
    seen: &HeadRecord,
    standing: Standing,
    claim: &Claim,
    planned: Option<u64>,
) -> Result<HeadRecord, Refusal> {
    if standing == Standing::Held {
        return Err(Refusal::Busy(Box::new(seen.clone())));
    }
    if let Some(planned) = planned
        && planned != seen.seq
    {
        return Err(Refusal::Moved { planned, now: Box::new(seen.clone()) });
    }
    Ok(HeadRecord {
        state: State::Busy,
        open: false,
        owner: claim.owner.clone(),
        host: claim.host.clone(),
        nonce: claim.nonce.clone(),
        since: claim.now,
        lease: claim.lease,
        doing: claim.doing.clone(),
        stage: "checking".to_owned(),
        plan: claim.plan.clone(),
        version: claim.version.clone(),
        verdict: String::new(),
        ..seen.clone()
    })
}

/// Begins operation `seq`, whose intent stands in the journal.
pub fn begun(held: &HeadRecord, seq: u64) -> HeadRecord {
    HeadRecord { seq, open: true, stage: "applying".to_owned(), ..held.clone() }
}

/// Renews, saying how far the work is.
pub fn renewed(held: &HeadRecord, stage: &str) -> HeadRecord {
    HeadRecord { stage: stage.to_owned(), ..held.clone() }
}

/// Gives it back with what the operation came to; `before` is the record as it was before it was taken. A holder that
/// began nothing leaves no trace.
pub fn released(held: &HeadRecord, before: &HeadRecord, verdict: &str) -> HeadRecord {
    let idle = |record: &HeadRecord| HeadRecord {
        state: State::Idle,
        open: false,
        nonce: String::new(),
        stage: String::new(),
        seq: held.seq,
        ..record.clone()
    };
    match held.open {
        true => HeadRecord { verdict: verdict.to_owned(), ..idle(held) },
        // An abandoned run stays abandoned until something was done about it.
        false if before.state == State::Busy && before.open => freed(before),
        false => idle(before),
    }
}

/// Gives it back after looking only: the last operation, begun by whoever it was, came to this; `before` is the record as
/// it was before it was taken.
pub fn settled(held: &HeadRecord, before: &HeadRecord, verdict: &str) -> HeadRecord {
    HeadRecord {
        state: State::Idle,
        open: false,
        nonce: String::new(),
        stage: String::new(),
        seq: held.seq,
        verdict: verdict.to_owned(),
        ..before.clone()
    }
}

/// Sets a record free whoever holds it. What they had begun is abandoned.
pub fn freed(seen: &HeadRecord) -> HeadRecord {
    let verdict = if seen.open { "abandoned".to_owned() } else { seen.verdict.clone() };
    HeadRecord { state: State::Idle, open: false, nonce: String::new(), verdict, ..seen.clone() }
}
