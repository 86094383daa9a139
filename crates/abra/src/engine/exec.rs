//! Commands in containers of the engine that answers, and files put into them.
use super::call::{Call, segment};
use super::frames::Frames;
use super::logs::Stream;
use super::stream::Opened;
use super::{Engine, EngineError};
use hyper::Method;
use hyper::body::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, ReadHalf, WriteHalf};

/// How long an engine may take to know how a command ended, after its output has.
const ENDING: Duration = Duration::from_secs(10);
/// Between two questions for that.
const AGAIN: Duration = Duration::from_millis(50);

/// A command to be run in a container.
#[derive(Debug, Clone, Default)]
pub struct Exec {
    /// Program and arguments.
    pub arguments: Vec<String>,
    /// Variables, as `NAME=value`.
    pub env: Vec<String>,
    /// Another user than the container's own.
    pub user: Option<String>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether it gets input.
    pub input: bool,
}

/// A command that runs.
#[derive(Debug)]
pub struct Running {
    id: String,
    source: Source,
    frames: Frames,
    input: Option<Input>,
}

/// Where the input of a command goes. Dropping it does not end the input; shutting it down does.
pub type Input = WriteHalf<TokioIo<Upgraded>>;

#[derive(Debug)]
enum Source {
    Body(Opened),
    Upgraded(ReadHalf<TokioIo<Upgraded>>),
}

#[derive(Deserialize)]
struct Id {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default)]
    running: bool,
    exit_code: Option<i64>,
}

impl Engine {
    /// Starts a command in a container, by the container's id.
    pub async fn exec(&self, container: &str, exec: &Exec) -> Result<Running, EngineError> {
        let what = format!("a command in container {container}");
        let body = json!({
            "AttachStdin": exec.input, "AttachStdout": true, "AttachStderr": true, "Tty": exec.tty,
            "Cmd": exec.arguments, "Env": exec.env, "User": exec.user.as_deref().unwrap_or_default(),
        });
        let path = format!("/containers/{}/exec", segment(container)?);
        let Id { id } = self.json(Call::post(path, what.clone(), &body)).await?;
        let path = format!("/exec/{}/start", segment(&id)?);
        let call = Call::post(path, what, &json!({ "Detach": false, "Tty": exec.tty }));
        let frames = Frames::new(!exec.tty);
        if !exec.input {
            let source = Source::Body(self.open(&call).await?);
            return Ok(Running { id, source, frames, input: None });
        }
        let call = call.upgrading();
        let (reader, writer) = tokio::io::split(TokioIo::new(self.upgraded(&call).await?));
        Ok(Running { id, source: Source::Upgraded(reader), frames, input: Some(writer) })
    }

    /// How a command ended, once its output has: its exit code.
    pub async fn exec_code(&self, running: &Running) -> Result<i64, EngineError> {
        let start = Instant::now();
        let what = "how the command ended";
        loop {
            let path = format!("/exec/{}/json", segment(&running.id)?);
            let state: State = self.json(Call::get(path, what)).await?;
            match state.exit_code {
                Some(code) if !state.running => return Ok(code),
                _ if start.elapsed() > ENDING => {
                    return Err(EngineError::TimedOut { what: what.to_owned(), after: ENDING });
                }
                _ => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// Tells a command's terminal its size.
    pub async fn exec_resize(&self, id: &str, rows: u16, columns: u16) -> Result<(), EngineError> {
        let path = format!("/exec/{}/resize", segment(id)?);
        let call = Call::new(Method::POST, path, "the terminal's size");
        self.nothing(call.query("h", rows.to_string()).query("w", columns.to_string())).await
    }

    /// Puts a file into a folder of a container that is there already.
    pub async fn put_file(
        &self,
        container: &str,
        folder: &str,
        name: &str,
        content: &[u8],
    ) -> Result<(), EngineError> {
        let path = format!("/containers/{}/archive", segment(container)?);
        let mut call = Call::new(Method::PUT, path, format!("file {name} in container {container}"));
        call.body = Some(Bytes::from(archive(name, content)));
        call.content_type = "application/x-tar";
        self.nothing(call.query("path", folder)).await
    }
}

impl Running {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where its input goes, once.
    pub fn input(&mut self) -> Option<Input> {
        self.input.take()
    }

    /// What it wrote next; `None` when it has ended.
    pub async fn next(&mut self) -> Result<Option<(Stream, Vec<u8>)>, EngineError> {
        loop {
            if let Some(frame) = self.frames.next() {
                return Ok(Some(frame));
            }
            let bytes = match &mut self.source {
                Source::Body(opened) => opened.next().await?,
                Source::Upgraded(reader) => read(reader).await?,
            };
            let Some(bytes) = bytes else { return Ok(None) };
            self.frames.push(&bytes);
            if self.frames.is_broken() {
                let what = "output of a command".to_owned();
                return Err(EngineError::BadAnswer { what, reason: "no frames".to_owned() });
            }
        }
    }
}

async fn read(reader: &mut ReadHalf<TokioIo<Upgraded>>) -> Result<Option<Bytes>, EngineError> {
    let mut buffer = vec![0; 32 << 10];
    match reader.read(&mut buffer).await {
        Ok(0) => Ok(None),
        Ok(length) => {
            buffer.truncate(length);
            Ok(Some(Bytes::from(buffer)))
        }
        Err(error) => {
            Err(EngineError::BadAnswer { what: "output of a command".to_owned(), reason: error.to_string() })
        }
    }
}

/// A tar archive (POSIX ustar) of one file that all may read.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut head = [0_u8; 512];
    let mut put = |at: usize, text: &str| head[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &name[..name.len().min(99)]);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\0");
    put(263, "00");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut all = head.to_vec();
    all.extend_from_slice(content);
    // Up to a whole block, and two empty ones.
    all.resize(512 + content.len().next_multiple_of(512) + 1024, 0);
    all
}

#[cfg(test)]
mod tests {
    use super::archive;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[test]
    fn an_archive_is_what_tar_reads() {
        for content in ["", "echo hi\n", &"x".repeat(512), &"y".repeat(5000)] {
            let mut tar = Command::new("tar")
                .args(["-xOf", "-", "abra.sh"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            tar.stdin.take().unwrap().write_all(&archive("abra.sh", content.as_bytes())).unwrap();
            let output = tar.wait_with_output().unwrap();
            assert!(output.status.success());
            assert_eq!(String::from_utf8(output.stdout).unwrap(), content);
        }
    }
}
