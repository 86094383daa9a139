//! The head record: one small config object per app on the swarm itself, which says who may change the app now, and
//! what its last operation came to. It is a lock with a lease, changed by compare-and-set only and never deleted.
//!
//! | room | holds |
//! | --- | --- |
//! | [`record`](HeadRecord) | the record, as labels and as a value |
//! | [`transition`](take) | who may take it, renew it, give it back |
//!
//! Not here: requests, clocks (times come in as the server says them), and the journal.
mod lease;
mod record;
mod transition;

pub use lease::{LEASE_LIMIT, Standing, expired};
pub use record::{Claim, HeadRecord, State, name_of};
pub use transition::{Refusal, begun, freed, released, renewed, settled, take};

/// Label of every object that abra keeps for itself: what it is, [`HEAD`] or [`crate::journal::JOURNAL`].
pub const KIND_LABEL: &str = "abra.sync.kind";
/// Label that names the stack. Not docker's own: `docker stack rm` removes what carries that.
pub const STACK_LABEL: &str = "abra.sync.stack";
/// The [`KIND_LABEL`] of head records.
pub const HEAD: &str = "head";
/// The newest format of head records that is known here.
pub const FORMAT: u32 = 1;

/// Part of an object's name that stands for a stack: stack names may be longer than a config's name and differ in case
/// only, which engines ignore in names of configs.
pub fn stack_hash(stack: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(stack.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
