//! What live tests share: an engine of their own, and a client for it.
use abra::engine::{Endpoint, Engine, EngineError, Limits};
use abra_rig::EngineOptions;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a test waits for something that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A swarm of one with the images `bb:1` and `bb:2`.
pub(crate) fn swarm() -> abra_rig::Engine {
    abra_rig::Engine::start(&EngineOptions::default()).unwrap()
}

/// An engine that is no swarm and has no images.
pub(crate) fn plain() -> abra_rig::Engine {
    let options = EngineOptions { swarm: false, images: false, ..EngineOptions::default() };
    abra_rig::Engine::start(&options).unwrap()
}

/// A client for a socket.
pub(crate) async fn connect(socket: &Path) -> Result<Engine, EngineError> {
    Engine::connect(&Endpoint::Unix(socket.to_owned()), &Limits::default()).await
}

/// Asks again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
