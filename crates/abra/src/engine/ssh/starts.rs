//! Who may start ssh. Many servers are logged in to one after the other, as fast as the machine can, and not all a bit at a
//! time: the first ones' answers are on their way while the others are started.
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long one start of ssh may keep others waiting: settings may run programs of the operator's, which take long.
const TURN: Duration = Duration::from_millis(20);

/// Whose turn it is to start ssh.
#[derive(Debug)]
pub(super) struct Starts {
    turns: Semaphore,
    at_once: u32,
}

impl Starts {
    /// As many at a time as there are cores.
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(16) as u32);
        Self { turns: Semaphore::new(cores as usize), at_once: cores }
    }

    /// Waits until all have had their turn who wait for it now.
    pub(super) async fn begun(&self) {
        let _ = self.turns.acquire_many(self.at_once).await;
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
        let count = 2 * starts.at_once;
        let all = join_all((0..count).map(|_| starts.in_turn(async { sleep(slow).await })));
        let turns = async {
            starts.begun().await;
            begun.elapsed()
        };
        let (_, turns) = tokio::join!(all, turns);
        assert_eq!((turns, begun.elapsed()), (2 * TURN, slow + TURN));
    }
}
