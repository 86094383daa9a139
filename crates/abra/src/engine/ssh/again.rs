//! When to log in again after a link has ended. A server that lets nobody in must not be knocked at without end: it may
//! shut its door for good.
use super::LinkError;
use std::time::Duration;
use tokio::time::Instant;

/// Before the second attempt; doubled for each one more.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(16);
/// A link that lived for so long was a good one: the next attempt is the first again.
const GOOD: Duration = Duration::from_secs(60);

/// Attempts so far.
#[derive(Debug)]
pub(super) struct Again {
    pause: Duration,
    next: Option<Instant>,
    failed: Option<(Instant, LinkError)>,
}

/// Whether to try now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Yes.
    Now,
    /// Not yet, or not any more. Why the last attempt failed, if it did.
    No(Option<LinkError>),
}

impl Again {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { pause: Duration::ZERO, next: Some(Instant::now()), failed: None }
    }

    /// What to do for somebody who has waited since `begun`: what failed meanwhile failed for them, too.
    pub(super) fn next(&self, begun: Instant) -> Next {
        let is_theirs = self.failed.as_ref().is_some_and(|(at, _)| *at > begun);
        if !is_theirs && self.next.is_some_and(|next| next <= Instant::now()) {
            return Next::Now;
        }
        Next::No(self.failed.as_ref().map(|(_, error)| error.clone()))
    }

    /// An attempt follows the end of a link that lived so long.
    pub(super) fn tried(&mut self, lived: Duration) {
        let is_first = self.pause.is_zero() || lived >= GOOD;
        self.pause = if is_first { FIRST } else { (self.pause * 2).min(LONGEST) };
        self.next = Some(Instant::now() + self.pause);
        self.failed = None;
    }

    /// It failed.
    pub(super) fn failed(&mut self, error: LinkError) {
        let now = Instant::now();
        self.next = error.is_transient().then(|| now + self.pause);
        self.failed = Some((now, error));
    }
}

#[cfg(test)]
mod tests {
    use super::{Again, Next};
    use crate::engine::ssh::LinkError;
    use abra_core::ssh::Trouble;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn refused(trouble: Trouble) -> LinkError {
        LinkError::Login { target: "ssh://h".to_owned(), trouble, said: "no".to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_become_rarer() {
        let mut again = Again::new();
        let mut begun = Instant::now();
        for seconds in [1, 2, 4, 8, 16, 16] {
            assert_eq!(again.next(begun), Next::Now);
            again.tried(Duration::ZERO);
            advance(Duration::from_millis(10)).await;
            again.failed(refused(Trouble::Refused));
            let why = Next::No(Some(refused(Trouble::Refused)));
            assert_eq!(again.next(Instant::now()), why, "too early");
            advance(Duration::from_secs(seconds)).await;
            assert_eq!(again.next(begun), why, "who waited for it does not try once more");
            begun = Instant::now();
        }
        again.tried(Duration::from_secs(60));
        advance(Duration::from_secs(1)).await;
        assert_eq!(again.next(Instant::now()), Next::Now, "after a good link");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_last_counts_as_well() {
        let mut again = Again::new();
        again.tried(Duration::ZERO);
        assert_eq!(again.next(Instant::now()), Next::No(None));
    }

    #[tokio::test(start_paused = true)]
    async fn where_a_person_is_needed_none_follows() {
        let mut again = Again::new();
        again.tried(Duration::ZERO);
        again.failed(refused(Trouble::Denied));
        advance(Duration::from_secs(3600)).await;
        assert_eq!(again.next(Instant::now()), Next::No(Some(refused(Trouble::Denied))));
    }
}
