//! Connections to a forwarded socket that are on their way before anybody asks for them. ssh asks the server about each one, a
//! round trip: the first few go with the first question, and not each with a question of its own.
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::sleep;

/// As many as a look at a server needs beside each other: lists of services, networks, secrets and configs.
const COUNT: usize = 4;
/// How long one is good without a word: whatever answers over there may hang up on who says nothing.
const GOOD: Duration = Duration::from_secs(5);

/// Connections that nobody uses yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Ready(Arc<Mutex<Vec<UnixStream>>>);

impl Ready {
    /// Opens them, and closes in a while those that nobody has used. What can't be opened is not missed: whoever needs one
    /// finds out why.
    pub(super) async fn open(socket: &Path) -> Self {
        let mut streams = Vec::new();
        while streams.len() < COUNT
            && let Ok(stream) = UnixStream::connect(socket).await
        {
            streams.push(stream);
        }
        // The first is the first to be used.
        streams.reverse();
        let ready = Self(Arc::new(Mutex::new(streams)));
        let old = ready.clone();
        tokio::spawn(async move {
            sleep(GOOD).await;
            old.close();
        });
        ready
    }

    /// One of them, while there are any that nobody has hung up on.
    pub(super) fn take(&self) -> Option<UnixStream> {
        let mut streams = self.streams();
        std::iter::from_fn(|| streams.pop()).find(is_open)
    }

    /// Closes them: nobody will use them.
    pub(super) fn close(&self) {
        self.streams().clear();
    }

    fn streams(&self) -> MutexGuard<'_, Vec<UnixStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody speaks before they are asked: what can be read is the end.
fn is_open(stream: &UnixStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::{COUNT, Ready};
    use std::io::ErrorKind;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    #[tokio::test(start_paused = true)]
    async fn they_are_there_before_they_are_asked_for_and_go_when_nobody_asks() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("engine");
        let listener = UnixListener::bind(&socket)?;
        let ready = Ready::open(&socket).await;
        let mut taken = Vec::new();
        for _ in 0..COUNT {
            taken.push(listener.accept().await?.0);
        }
        let mut first = ready.take().ok_or(ErrorKind::NotFound)?;
        first.write_all(b"x").await?;
        let mut word = [0; 1];
        taken[0].read_exact(&mut word).await?;
        assert_eq!(&word, b"x", "the first that was opened is the first to be used");
        assert_eq!(taken[1].read(&mut word).await?, 0, "it was closed in the end");
        assert!(ready.take().is_none());
        Ok(())
    }

    #[tokio::test]
    async fn one_that_was_hung_up_on_is_nobodys() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("engine");
        let listener = UnixListener::bind(&socket)?;
        let ready = Ready::open(&socket).await;
        drop(listener.accept().await?);
        let mut second = listener.accept().await?.0;
        // Until that is known here, too.
        let first = ready.streams().pop().ok_or(ErrorKind::NotFound)?;
        first.readable().await?;
        ready.streams().push(first);
        ready.take().ok_or(ErrorKind::NotFound)?.write_all(b"x").await?;
        second.read_exact(&mut [0]).await?;
        Ok(())
    }

    #[tokio::test]
    async fn where_nobody_listens_there_is_none() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(Ready::open(&folder.path().join("engine")).await.take().is_none());
        Ok(())
    }
}
