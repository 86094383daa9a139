//! When to log in again, after a link has ended or where a server takes no more logins at the moment. One that lets nobody
//! in must not be knocked at without end: it may shut its door for good.
use super::LinkError;
use abra_core::ssh::Address;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;
use tokio::time::Instant;

/// Before the second attempt; doubled for each one more.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(16);
/// Until a server has let in those who came first, in milliseconds.
const CROWDED: [u64; 5] = [200, 400, 800, 1600, 3200];
/// A link that lived for so long was a good one: the next attempt is the first again.
const GOOD: Duration = Duration::from_secs(60);

/// Before each further attempt to log in to a server that has turned one away. Runs and servers that came at the same time
/// should not come again at the same time, so each is up to half longer, depending on the address.
pub(super) fn pauses(address: &Address) -> impl Iterator<Item = Duration> + use<> {
    let mut hasher = DefaultHasher::new();
    (address, std::process::id()).hash(&mut hasher);
    let share = (hasher.finish() % 100) as u32;
    CROWDED.into_iter().map(move |millis| Duration::from_millis(millis) * (200 + share) / 200)
}

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
    use abra_core::ssh::{Address, Trouble};
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

    #[test]
    fn servers_that_were_turned_away_together_do_not_come_again_together() {
        let pauses = |number: usize| -> Vec<Duration> {
            super::pauses(&Address::parse(&format!("ssh://s{number}")).unwrap()).collect()
        };
        let all: Vec<Vec<Duration>> = (0..20).map(pauses).collect();
        let firsts: std::collections::BTreeSet<Duration> = all.iter().map(|pauses| pauses[0]).collect();
        assert!(firsts.len() > 10, "{firsts:?}");
        for pauses in &all {
            assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(10), "{pauses:?}");
        }
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
