//! Writing down what an operation came to although the engine is away for a moment: restarting, or looking for a leader.
use crate::interrupt::Interrupt;
use std::time::Duration;
use tokio::time::Instant;

/// For all that is written after the work. An engine that was killed is back after some 15 s.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Patience that is shared by several writes.
#[derive(Debug, Clone)]
pub(super) struct Insistence {
    until: Instant,
    interrupt: Interrupt,
}

impl Insistence {
    /// From now on.
    pub(super) fn new(interrupt: &Interrupt) -> Self {
        Self { until: Instant::now() + PATIENCE, interrupt: interrupt.clone() }
    }

    /// Tries again while errors may pass by themselves, time is left, and the operator does not want to stop.
    ///
    /// # Errors
    /// That of the last attempt.
    pub(super) async fn on<T, E>(
        &self,
        passes: impl Fn(&E) -> bool,
        mut attempt: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            match attempt().await {
                Err(error) if passes(&error) && Instant::now() < self.until && !self.interrupt.asked() => {
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = self.interrupt.wait() => return Err(error),
                    }
                }
                result => return result,
            }
        }
    }
}
