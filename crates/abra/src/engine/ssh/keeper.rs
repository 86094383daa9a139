//! The process that holds ssh. A shell reads from a pipe of ours: when that closes, because the run ended, crashed or was
//! killed, it ends ssh and removes the folder. That works on every unix, and needs nothing of ours to run.
use super::LinkError;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

const SCRIPT: &str = include_str!("keeper.sh");
/// The most of ssh's words that is kept, in bytes.
const WORDS: usize = 16 << 10;
/// How long ssh may take to end.
const ENDING: Duration = Duration::from_secs(4);

/// Words that come from another process, up to a limit.
pub(super) type Words = Arc<Mutex<String>>;

/// A running ssh and the process that holds it. Dropping it ends both.
#[derive(Debug)]
pub(super) struct Keeper {
    child: Child,
    pipe: Mutex<Option<ChildStdin>>,
    said: Words,
    ended: watch::Receiver<bool>,
}

impl Keeper {
    /// Starts ssh with these words; its sockets are in the folder. Unless it may ask, nothing that it starts may either:
    /// an ssh to a jump host knows nothing of those words.
    pub(super) fn start(
        folder: &Path,
        program: &str,
        words: &[String],
        may_ask: bool,
    ) -> Result<Self, LinkError> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "abra-ssh"]).arg(folder).arg(program).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        if !may_ask {
            command.envs([("SSH_ASKPASS_REQUIRE", "force"), ("SSH_ASKPASS", "false")]);
        }
        let mut child = command.spawn().map_err(|error| LinkError::Program { reason: error.to_string() })?;
        let pipe = Mutex::new(child.stdin.take());
        let said = Words::default();
        let (sender, ended) = watch::channel(false);
        let (stderr, words) = (child.stderr.take(), Arc::clone(&said));
        tokio::spawn(async move {
            if let Some(stderr) = stderr {
                keep(stderr, words).await;
            }
            let _ = sender.send(true);
        });
        Ok(Self { child, pipe, said, ended })
    }

    /// Waits until ssh says no more, which is when it has ended, with its helpers.
    pub(super) async fn end(&self) {
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Whether it was let go.
    pub(super) fn is_free(&self) -> bool {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Lets it end ssh, and does not wait for that.
    pub(super) fn let_go(&self) {
        drop(self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// What ssh said so far.
    pub(super) fn said(&self) -> String {
        self.said.lock().map(|said| said.clone()).unwrap_or_default()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.let_go();
        let start = Instant::now();
        // It is quick, and whoever looks afterwards finds nothing. Should it not be, the shell goes on without us.
        while let Ok(None::<ExitStatus>) = self.child.try_wait()
            && start.elapsed() < ENDING
        {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Keeps the words that come, up to the limit: the last ones.
pub(super) async fn keep(mut from: impl AsyncRead + Unpin, into: Words) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if let Ok(mut words) = into.lock() {
            words.push_str(&String::from_utf8_lossy(&buffer[..length]));
            let most = words.ceil_char_boundary(words.len().saturating_sub(WORDS));
            words.drain(..most);
        }
    }
}
