//! How long somebody is asked things: that is nobody's delay.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long somebody was asked things in this run, all together.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    before: Duration,
    since: Option<Instant>,
}

/// While it lives, somebody is asked.
pub(super) struct Asks<'a>(&'a Asked);

impl Asked {
    /// So far, with the question that stands now.
    pub(super) fn time(&self) -> Duration {
        let times = self.times();
        times.before + times.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Somebody is asked from now on.
    pub(super) fn begin(&self) -> Asks<'_> {
        self.times().since = Some(Instant::now());
        Asks(self)
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asks<'_> {
    fn drop(&mut self) {
        let mut times = self.0.times();
        let lately = times.since.take().map(|since| since.elapsed());
        times.before += lately.unwrap_or_default();
    }
}
