//! Logins that are being made. Many at a time take all of this machine, so whatever can wait does until one is over.
use tokio::sync::watch;

/// The logins of a run that are being made.
#[derive(Debug, Default)]
pub(super) struct Attempts(watch::Sender<Count>);

#[derive(Debug, Default)]
struct Count {
    now: usize,
    /// In this run, well or not.
    over: usize,
}

/// While it lives, a login is being made.
pub(super) struct Attempt<'a>(&'a Attempts);

impl Attempts {
    /// A login is being made from now on.
    pub(super) fn begin(&self) -> Attempt<'_> {
        self.0.send_modify(|count| count.now += 1);
        Attempt(self)
    }

    /// Waits while logins are being made and none in this run is over.
    pub(super) async fn first(&self) {
        // It is never closed.
        let _ = self.0.subscribe().wait_for(|count| count.over > 0 || count.now == 0).await;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| {
            count.now -= 1;
            count.over += 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Attempts;
    use futures_util::FutureExt as _;
    use std::pin::pin;

    #[test]
    fn who_waits_goes_on_when_the_first_is_over_or_where_there_is_none() {
        let attempts = Attempts::default();
        assert!(attempts.first().now_or_never().is_some(), "none is made");
        let (one, other) = (attempts.begin(), attempts.begin());
        let mut first = pin!(attempts.first());
        assert!(first.as_mut().now_or_never().is_none(), "both are made");
        drop(one);
        assert!(first.as_mut().now_or_never().is_some(), "one is over, or was given up");
        let third = attempts.begin();
        assert!(attempts.first().now_or_never().is_some(), "one was over before");
        drop((other, third));
    }
}
