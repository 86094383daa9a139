//! Where a server forbids forwarding: each connection is a session of its own, in which docker hands the bytes on.
use super::LinkError;
use super::keeper::{Words, keep};
use super::session::{Through, session};
use super::sessions::{Permit, Sessions};
use abra_core::ssh::{Address, DialTrouble, dial_trouble, gist};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

/// Asked first, on every connection: the answer shows that all of the way works.
const GREETING: &[u8] = b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
/// The longest answer to that, in bytes.
const HEAD: usize = 16 << 10;
/// For the answer to that.
const PATIENCE: Duration = Duration::from_secs(20);
/// For a process to end when its connection has.
const ENDING: Duration = Duration::from_secs(2);
/// What a shell ends with that finds no such command, in whatever language it says so (POSIX).
const NOT_FOUND: i32 = 127;

/// A connection to an engine through a session. It lives as long as the session.
#[derive(Debug)]
pub(in crate::engine) struct DialStream {
    input: Option<ChildStdin>,
    output: ChildStdout,
    held: Option<(Child, Permit)>,
}

/// Opens a connection: waits for its turn, and for the engine's first answer.
pub(super) async fn open(through: Through<'_>, sessions: &Sessions) -> Result<DialStream, LinkError> {
    let mut tries = 0;
    loop {
        let permit = sessions.permit().await;
        let (child, said) = started(through)?;
        let silent = match greeted(child).await {
            Ok((input, output, child)) => {
                return Ok(DialStream { input: Some(input), output, held: Some((child, permit)) });
            }
            Err(silent) => silent,
        };
        let said = said.lock().map(|words| words.clone()).unwrap_or_default();
        let trouble = match dial_trouble(&said) {
            DialTrouble::Other if silent.code == Some(NOT_FOUND) => DialTrouble::NoDocker,
            trouble => trouble,
        };
        if trouble != DialTrouble::Crowded || !permit.waits(&mut tries).await {
            // A shell that lets nobody in says so as if it were data.
            let words = if gist(&said).is_empty() { &silent.words } else { &said };
            return Err(no_way(through.address, trouble, words));
        }
    }
}

fn no_way(address: &Address, trouble: DialTrouble, words: &str) -> LinkError {
    let said = match gist(words) {
        said if said.is_empty() => "nothing comes back".to_owned(),
        said => said,
    };
    let socket = address.socket.clone().unwrap_or_default().to_string();
    LinkError::NoWay { target: address.target.to_string(), socket, trouble, said }
}

/// Docker over there hands the bytes on.
fn started(through: Through<'_>) -> Result<(Child, Words), LinkError> {
    let mut words = vec!["docker".to_owned()];
    if let Some(socket) = &through.address.socket {
        words.extend(["-H".to_owned(), format!("unix://{socket}")]);
    }
    words.extend(["system", "dial-stdio"].map(str::to_owned));
    let mut command = session(through, &words);
    let mut child = command.spawn().map_err(|error| LinkError::Program { reason: error.to_string() })?;
    let said = Words::default();
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(keep(stderr, Arc::clone(&said)));
    }
    Ok((child, said))
}

/// A session in which no engine answers.
#[derive(Default)]
struct Silent {
    /// What came instead.
    words: String,
    /// How the command ended.
    code: Option<i32>,
}

/// Asks the engine something; without an answer, waits until the process has said why.
async fn greeted(mut child: Child) -> Result<(ChildStdin, ChildStdout, Child), Silent> {
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Silent::default());
    };
    let mut came = Vec::new();
    let answered = timeout(PATIENCE, async {
        // Who ends at once does not read it, but may say why.
        let written = input.write_all(GREETING).await;
        head(&mut output, &mut came).await?;
        written
    });
    if let Ok(Ok(())) = answered.await {
        return Ok((input, output, child));
    }
    drop((input, output));
    let status = timeout(ENDING, child.wait()).await;
    // Its last words are on their way.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let code = status.ok().and_then(Result::ok).and_then(|status| status.code());
    Err(Silent { words: String::from_utf8_lossy(&came).into_owned(), code })
}

/// Reads the head of an answer, and nothing behind it. What the login shell's own settings print comes before, even in the
/// same line, as a terminal's title does.
async fn head(output: &mut ChildStdout, came: &mut Vec<u8>) -> io::Result<()> {
    let (mut line, mut is_head) = (0, false);
    while came.len() < HEAD {
        came.push(output.read_u8().await?);
        if came.ends_with(b"\n") {
            is_head |= is_answer(&came[line..]);
            if is_head && &came[line..] == b"\r\n" {
                return Ok(());
            }
            line = came.len();
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Whether a line is the first of an engine's answer. To what a shell has read a part of, it would say 400.
fn is_answer(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let status = line.split_once("HTTP/1.").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u16>().ok());
    status.is_some_and(|status| status != 400)
}

impl DialStream {
    /// Gives the session back. It is free when the process has ended, not before.
    fn end(&mut self) {
        self.input = None;
        let Some((mut child, permit)) = self.held.take() else { return };
        // Without a runtime the run is over anyway.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if timeout(ENDING, child.wait()).await.is_err() {
                    let _ = child.kill().await;
                }
                drop(permit);
            });
        }
    }
}

impl Drop for DialStream {
    fn drop(&mut self) {
        self.end();
    }
}

impl AsyncRead for DialStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let result = Pin::new(&mut self.output).poll_read(context, into);
        // Nothing more will come: others need not wait until whoever reads has noticed.
        if matches!(result, Poll::Ready(Ok(()))) && into.filled().len() == before && into.remaining() > 0 {
            self.end();
        }
        result
    }
}

impl AsyncWrite for DialStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.input {
            Some(input) => Pin::new(input).poll_write(context, data),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.input {
            Some(input) => Pin::new(input).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input = None;
        Poll::Ready(Ok(()))
    }
}
