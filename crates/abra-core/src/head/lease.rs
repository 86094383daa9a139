//! How old a lease is, by the server's clocks only.
use super::{HeadRecord, State};
use jiff::Timestamp;

/// The longest lease that is respected, in seconds: a slip of the pen must not lock an app for ever.
pub const LEASE_LIMIT: u64 = 3_600;

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody holds it.
    Free,
    /// Somebody works.
    Held,
    /// Somebody held it and has not renewed in time: their run was cut off.
    Abandoned,
}

/// Whether a lease has run out: `updated` is when the record was last written, `now` the present, both as the server
/// says. Where one of them is missing nothing is known, and it has not.
pub fn expired(lease: u64, updated: Option<Timestamp>, now: Option<Timestamp>) -> bool {
    let (Some(updated), Some(now)) = (updated, now) else { return false };
    let lease = i64::try_from(lease.min(LEASE_LIMIT)).unwrap_or_default();
    now.duration_since(updated) > jiff::SignedDuration::from_secs(lease)
}

impl HeadRecord {
    /// Seconds until its lease runs out if nobody renews it, by the same times as for [`HeadRecord::standing`]; `None`
    /// where that is not known.
    pub fn lease_left(&self, updated: Option<Timestamp>, now: Option<Timestamp>) -> Option<u64> {
        let age = u64::try_from(now?.duration_since(updated?).as_secs()).unwrap_or_default();
        (self.state == State::Busy).then(|| self.lease.min(LEASE_LIMIT).saturating_sub(age) + 1)
    }

    /// How it stands. States of newer clients are held for ever: what frees them is not known here.
    pub fn standing(&self, updated: Option<Timestamp>, now: Option<Timestamp>) -> Standing {
        match self.state {
            State::Idle => Standing::Free,
            State::Busy if expired(self.lease, updated, now) => Standing::Abandoned,
            State::Busy | State::Other(_) => Standing::Held,
        }
    }
}
