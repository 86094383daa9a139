//! A swarm without a leader while a run is still looking round. Managers that come and go elect a new one within seconds,
//! so looks are taken again for a while, and that is told. From the first write on, and where somebody watches, it is up to
//! whoever asked.
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How long looks are taken again in one run, from the first that found no leader. A look itself may take 20 s then.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// What one run knows of it.
#[derive(Debug, Default)]
pub(super) struct Election {
    /// When a look first found no leader.
    since: Mutex<Option<Instant>>,
    /// Whether the looking round is over.
    over: AtomicBool,
}

/// What is to be done about a look that found no leader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is told to the operator, and taken again.
    Told,
    /// It is taken again.
    Again,
    /// It stays as it is.
    GiveUp,
}

impl Election {
    /// The looking round is over.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// What to do about a look that has just found no leader.
    pub(super) fn next(&self) -> Next {
        let Ok(mut since) = self.since.lock() else { return Next::GiveUp };
        match *since {
            _ if self.over.load(Ordering::Relaxed) => Next::GiveUp,
            None => {
                *since = Some(Instant::now());
                Next::Told
            }
            Some(since) if since.elapsed() < PATIENCE => Next::Again,
            Some(_) => Next::GiveUp,
        }
    }

    /// Waits until a look may be taken again.
    pub(super) async fn pause(&self) {
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::PATIENCE;
    use crate::engine::{Endpoint, Engine, EngineError, FileKind, Filters, Inside, Limits, Notice, Observer};
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::Instant;

    const NO_LEADER: &str = "rpc error: code = Unknown desc = The swarm does not have a leader.";

    /// Answers requests without a body; `leaderless` of them find no leader.
    async fn serve(mut stream: DuplexStream, leaderless: Arc<AtomicUsize>) {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let take_one = |left: usize| left.checked_sub(1);
            let is_ping = request.contains("/_ping");
            let leads =
                is_ping || leaderless.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_err();
            let (status, body) = match leads {
                true => ("200 OK", "[]".to_owned()),
                false => ("500 Internal Server Error", json!({ "message": NO_LEADER }).to_string()),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    /// An engine whose next requests find no leader, and how often that was told.
    async fn engine(leaderless: usize) -> (Engine, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
        let left = Arc::new(AtomicUsize::new(leaderless));
        let shared = Arc::clone(&left);
        let inside = Inside::new(move || {
            let (near, far) = tokio::io::duplex(1 << 16);
            tokio::spawn(serve(far, Arc::clone(&shared)));
            Ok(near)
        });
        let told = Arc::new(Mutex::new(Vec::new()));
        let teller = Arc::clone(&told);
        let observer: Observer = Box::new(move |notice| {
            if let Notice::NoLeader(endpoint, patience) = notice {
                teller.lock().unwrap().push(format!("{endpoint} {patience:?}"));
            }
        });
        let endpoint = Endpoint::Inside(inside);
        let engine = Engine::connect_observed(&endpoint, &Limits::default(), Some(observer)).await.unwrap();
        (engine, left, told)
    }

    #[tokio::test(start_paused = true)]
    async fn looks_outlast_an_election_and_that_is_told_once() {
        let (engine, _, told) = engine(3).await;
        assert_eq!(engine.services(&Filters::none()).await, Ok(vec![]));
        assert_eq!(*told.lock().unwrap(), ["inside 15s"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_majority_that_does_not_come_back_is_waited_for_once_in_a_run() {
        let (engine, ..) = engine(usize::MAX).await;
        let start = Instant::now();
        let look = engine.services(&Filters::none()).await;
        assert!(matches!(look, Err(EngineError::NoLeader { .. })), "{look:?}");
        assert_eq!(start.elapsed().as_secs(), PATIENCE.as_secs());
        engine.services(&Filters::none()).await.unwrap_err();
        assert!(start.elapsed() < PATIENCE + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn writes_are_sent_once_and_looks_after_them_are_not_repeated() {
        let (engine, left, told) = engine(2).await;
        engine.remove_file(FileKind::Config, "c").await.unwrap_err();
        engine.services(&Filters::none()).await.unwrap_err();
        assert_eq!((left.load(Ordering::SeqCst), told.lock().unwrap().len()), (0, 0));
    }
}
