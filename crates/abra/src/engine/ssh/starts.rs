//! Who may start ssh. Many servers are logged in to one after the other, as fast as the machine can, and not all a bit at a
//! time: the first ones' answers are on their way while the others are started. What else is to do waits until then.
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// How long one start of ssh may keep others waiting: settings may run programs of the operator's, which take long.
const TURN: Duration = Duration::from_millis(20);

/// Whose turn it is to start ssh.
#[derive(Debug)]
pub(super) struct Starts {
    turns: Semaphore,
    /// How many logins have begun whose ssh is not started yet.
    beginning: watch::Sender<usize>,
}

/// While it lives, a login has begun and its ssh is not started yet.
pub(super) struct Beginning<'a>(&'a watch::Sender<usize>);

impl Starts {
    /// As many at a time as there are cores.
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(16));
        Self { turns: Semaphore::new(cores), beginning: watch::Sender::default() }
    }

    /// A login begins.
    pub(super) fn begin(&self) -> Beginning<'_> {
        self.beginning.send_modify(|count| *count += 1);
        Beginning(&self.beginning)
    }

    /// Waits until ssh is started for all logins that have begun.
    pub(super) async fn begun(&self) {
        // The sender is here.
        let _ = self.beginning.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Does it in turn. What takes long goes on beside the others.
    pub(super) async fn in_turn<T>(&self, start: impl Future<Output = T>) -> T {
        // It is never closed.
        let turn = self.turns.acquire().await.ok();
        let mut start = pin!(start);
        match timeout(TURN, &mut start).await {
            Ok(done) => done,
            Err(_) => {
                drop(turn);
                start.await
            }
        }
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Starts, TURN};
    use futures_util::future::join_all;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn one_that_takes_long_keeps_the_others_waiting_for_a_moment_only() {
        let (starts, begun) = (Starts::new(), Instant::now());
        let slow = Duration::from_secs(1);
        let count = 2 * starts.turns.available_permits();
        join_all((0..count).map(|_| starts.in_turn(async { sleep(slow).await }))).await;
        assert_eq!(begun.elapsed(), slow + TURN);
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_wait_waits_until_all_are_started() {
        let (starts, begun) = (Starts::new(), Instant::now());
        starts.begun().await;
        assert_eq!(begun.elapsed().as_secs(), 0, "without a login");
        let start = async |seconds: u64| {
            let _beginning = starts.begin();
            sleep(Duration::from_secs(seconds)).await;
        };
        let all = async {
            starts.begun().await;
            begun.elapsed().as_secs()
        };
        let (_, _, all) = tokio::join!(start(9), start(3), all);
        assert_eq!(all, 9);
    }
}
