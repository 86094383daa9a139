//! Fetches of one run: each repository once, however many apps ask for it side by side.
use super::{Fetched, GitError};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

type Answer = Arc<OnceCell<Result<Fetched, Arc<GitError>>>>;

/// What was fetched in this run.
#[derive(Debug, Default)]
pub struct Fetches {
    answers: Mutex<BTreeMap<PathBuf, Answer>>,
    changes: Mutex<()>,
}

impl Fetches {
    /// The answer of a fetch of a repository: the first one's. Whoever asks meanwhile waits for it.
    ///
    /// # Errors
    /// The fetch failed.
    pub async fn once(
        &self,
        dir: &Path,
        fetch: impl Future<Output = Result<Fetched, GitError>>,
    ) -> Result<Fetched, Arc<GitError>> {
        let answer = Arc::clone(self.answers.lock().await.entry(dir.to_owned()).or_default());
        answer.get_or_init(|| async { fetch.await.map_err(Arc::new) }).await.clone()
    }

    /// From now on everything is fetched anew: time has passed.
    pub async fn forget(&self) {
        self.answers.lock().await.clear();
    }

    /// Held while the team's repository is changed: git lets only one do that.
    pub async fn changing(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::{Fetched, Fetches};
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_repository_is_fetched_once_until_it_is_forgotten() {
        let (fetches, count) = (Fetches::default(), AtomicU32::new(0));
        let fetch = || async {
            tokio::task::yield_now().await;
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Fetched::Done)
        };
        let (one, other) = (Path::new("/one"), Path::new("/other"));
        let all = tokio::join!(
            fetches.once(one, fetch()),
            fetches.once(one, fetch()),
            fetches.once(other, fetch())
        );
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 2);
        fetches.forget().await;
        assert!(fetches.once(one, fetch()).await.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
}
