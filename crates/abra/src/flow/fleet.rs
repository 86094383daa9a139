//! Many servers side by side: each takes its own time, and one that is slow or dead keeps nobody else waiting.
use crate::engine::ssh::Links;
use crate::failure::Failure;
use futures_util::StreamExt as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Servers that are asked at the same time. Each may be a login of its own, and a dead one holds its place until its time
/// is over.
const AT_ONCE: usize = 32;
/// How long a server may take to say how it is, all its answers together.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks whether somebody is still being asked.
const TICK: Duration = Duration::from_millis(50);

/// Does something for each server. `came` gets the results as they come; they are given back in the order of the servers.
pub async fn side_by_side<S, T, F>(servers: Vec<S>, work: impl Fn(S) -> F, mut came: impl FnMut(&T)) -> Vec<T>
where
    F: Future<Output = T>,
{
    let works = servers.into_iter().enumerate().map(|(index, server)| {
        let work = work(server);
        async move { (index, work.await) }
    });
    let mut coming = std::pin::pin!(futures_util::stream::iter(works).buffer_unordered(AT_ONCE));
    let mut all = Vec::new();
    while let Some((index, result)) = coming.next().await {
        came(&result);
        all.push((index, result));
    }
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

/// The machine's cores, for what is to be worked out of servers' answers: side by side, and the first come is the first
/// done. Nobody's answers wait to be read meanwhile.
pub struct Cores {
    count: usize,
    free: Arc<Semaphore>,
}

impl Default for Cores {
    fn default() -> Self {
        Self::some(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Cores {
    fn some(count: usize) -> Self {
        Self { count, free: Arc::new(Semaphore::new(count)) }
    }

    /// Half of them, for what may turn out not to be needed.
    pub fn half() -> Self {
        Self::some(Self::default().count.div_ceil(2))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Works something out, on the next core that is free.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // It is never closed.
        let turn = Arc::clone(&self.free).acquire_owned().await.ok();
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// What a server says, if it says it in time. While ssh asks something, for this server or for another, no time passes.
///
/// # Errors
/// As the work's own, or it took too long.
pub async fn within<T>(
    limit: Duration,
    links: &Links,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (start, asked) = (Instant::now(), links.asked());
    let mut work = std::pin::pin!(work);
    loop {
        let left = (limit + (links.asked() - asked)).saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(Failure::new(format!("no answer within {} s", limit.as_secs_f32())));
        }
        // At least a moment: the time left stands still while somebody thinks.
        if let Ok(result) = tokio::time::timeout(left.max(TICK), &mut work).await {
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, Cores, side_by_side, within};
    use crate::engine::ssh::Links;
    use crate::failure::Failure;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn each_takes_its_own_time_and_the_order_stays() {
        let start = tokio::time::Instant::now();
        let mut came = Vec::new();
        let wait = |seconds: u64| async move {
            let work = async {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok::<_, Failure>(seconds)
            };
            within(Duration::from_secs(10), &Links::new(None, None), work)
                .await
                .map_err(|failure| failure.message)
        };
        let results = side_by_side(vec![3, 99, 1], wait, |result| came.push(result.clone())).await;
        let dead = || Err("no answer within 10 s".to_owned());
        assert_eq!(results, [Ok(3), dead(), Ok(1)]);
        assert_eq!(came, [Ok(1), Ok(3), dead()]);
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test]
    async fn what_is_worked_out_keeps_nobody_from_listening() {
        let (told, hears) = std::sync::mpsc::channel();
        let cores = Cores::default();
        let works = cores.work(move || hears.recv());
        let (heard, said) = tokio::join!(works, async { told.send(5) });
        assert_eq!((heard, said), (Ok(5), Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_asked_at_once() {
        let start = tokio::time::Instant::now();
        let wait = |_| tokio::time::sleep(Duration::from_secs(1));
        side_by_side((0..AT_ONCE + 1).collect(), wait, |()| ()).await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }
}
