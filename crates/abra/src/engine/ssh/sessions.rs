//! How many sessions there may be at a time on one login. Servers allow ten unless they are told otherwise (sshd:
//! `MaxSessions`), and don't say how many: so a refusal tells.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The most that we want.
const MOST: usize = 6;

/// How often one session is tried where there is no other: the server may not have noticed yet that the last one ended.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// The sessions of one login.
#[derive(Debug, Clone)]
pub(super) struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    count: Mutex<Count>,
    freed: Notify,
}

#[derive(Debug)]
struct Count {
    most: usize,
    open: usize,
}

/// The right to one session, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit(Arc<Inner>);

impl Sessions {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { count: Mutex::new(Count { most: MOST, open: 0 }), freed: Notify::new() }))
    }

    /// Waits for its turn.
    pub(super) async fn permit(&self) -> Permit {
        loop {
            // Listens before it looks, so that no end goes unnoticed.
            let freed = self.0.freed.notified();
            if self.0.take() {
                return Permit(Arc::clone(&self.0));
            }
            freed.await;
        }
    }
}

impl Inner {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> bool {
        let mut count = self.count();
        let is_free = count.open < count.most;
        count.open += usize::from(is_free);
        is_free
    }
}

impl Permit {
    /// The server refused this session: says whether to try again, when it is time to.
    pub(super) async fn waits(self, tries: &mut u32) -> bool {
        if self.refused() {
            return true;
        }
        *tries += 1;
        if *tries <= TRIES {
            tokio::time::sleep(PAUSE).await;
        }
        *tries <= TRIES
    }

    /// From now on there are no more than the others. Says whether there are others.
    fn refused(self) -> bool {
        let mut count = self.0.count();
        let others = count.open - 1;
        count.most = others.max(1);
        others > 0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.count().open -= 1;
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Sessions};
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn there_are_never_more_than_the_server_gives() {
        let sessions = Sessions::new();
        let mut open = Vec::new();
        for _ in 0..MOST {
            open.push(sessions.permit().await);
        }
        assert!(sessions.permit().now_or_never().is_none());
        // The server gave two only.
        while open.len() > 2 {
            assert!(open.pop().unwrap().refused());
            assert!(sessions.permit().now_or_never().is_none());
        }
        open.pop();
        let waiting = sessions.permit().await;
        assert!(sessions.permit().now_or_never().is_none());
        drop(open);
        assert!(!waiting.refused(), "nobody else has one");
        assert!(sessions.permit().now_or_never().is_some(), "one is always tried");
    }
}
