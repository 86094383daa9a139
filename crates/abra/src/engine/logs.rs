//! Log lines of services and tasks: the last few, read once.
use super::call::{Call, segment};
use super::{Engine, EngineError};
use std::time::Duration;

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogQuery {
    /// Lines from the end, per task.
    pub tail: u32,
    /// Whether the containers have a terminal (`TTY` in the spec): then there is one stream without frames.
    pub tty: bool,
    /// A node that is away makes the engine wait for it: what came until then is what there is.
    pub limit: Duration,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { tail: 20, tty: false, limit: Duration::from_secs(5) }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logs {
    /// In order of time, which between the streams of one container is only roughly that of writing.
    pub lines: Vec<LogLine>,
    /// Whether that is all: `false` when the time or size limit cut it short.
    pub complete: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written (RFC 3339 with nanoseconds, the node's clock).
    pub time: String,
    /// The task that wrote it.
    pub task_id: String,
    /// The node it ran on.
    pub node_id: String,
    /// Where it was written to.
    pub stream: Stream,
    /// The line without its end. Whatever the container wrote: may hold control characters.
    pub text: String,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Standard output (and everything, with a terminal).
    Stdout,
    /// Standard error.
    Stderr,
    /// The engine's own remarks: a node whose logs could not be had.
    Engine,
}

/// The most that is read, in bytes.
const MOST: usize = 4 << 20;

impl Engine {
    /// The last lines of all tasks of a service, by id or name.
    pub async fn service_logs(&self, id: &str, query: &LogQuery) -> Result<Logs, EngineError> {
        self.logs(format!("/services/{}/logs", segment(id)?), format!("logs of service {id}"), query).await
    }

    /// The last lines of one task.
    pub async fn task_logs(&self, id: &str, query: &LogQuery) -> Result<Logs, EngineError> {
        self.logs(format!("/tasks/{}/logs", segment(id)?), format!("logs of task {id}"), query).await
    }

    async fn logs(&self, path: String, what: String, query: &LogQuery) -> Result<Logs, EngineError> {
        let mut call = Call::get(path, what)
            .query("stdout", "1")
            .query("stderr", "1")
            .query("timestamps", "1")
            .query("details", "1")
            .query("tail", query.tail.to_string());
        call.limit = Some(query.limit);
        let partial = self.stream(&call, MOST).await?;
        let framed = partial.content_type.contains("multiplexed-stream") || !query.tty;
        let mut lines =
            if framed { demultiplexed(&partial.bytes) } else { lines(Stream::Stdout, &partial.bytes) };
        lines.sort_by(|a, b| a.time.cmp(&b.time));
        Ok(Logs { lines, complete: partial.complete })
    }
}

/// Takes frames apart: stream number, three zeros, length in 4 bytes (big endian), then the content. A frame that was
/// cut off ends it.
fn demultiplexed(bytes: &[u8]) -> Vec<LogLine> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((&[number, 0, 0, 0, a, b, c, d], behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let stream = match number {
            2 => Stream::Stderr,
            3 => Stream::Engine,
            _ => Stream::Stdout,
        };
        let Some(content) = behind.get(..length) else { break };
        found.extend(lines(stream, content));
        rest = &behind[length..];
    }
    found
}

fn lines(stream: Stream, bytes: &[u8]) -> Vec<LogLine> {
    String::from_utf8_lossy(bytes).lines().map(|text| line(stream, text)).collect()
}

/// A line as the engine writes it with timestamps and details: time, attributes (`key=value,…`), text.
fn line(stream: Stream, text: &str) -> LogLine {
    let mut line = LogLine {
        time: String::new(),
        task_id: String::new(),
        node_id: String::new(),
        stream,
        text: text.trim_end_matches('\r').to_owned(),
    };
    if stream == Stream::Engine {
        return line;
    }
    let Some((time, rest)) = text.split_once(' ') else { return line };
    let (attributes, text) = rest.split_once(' ').unwrap_or((rest, ""));
    for (key, value) in attributes.split(',').filter_map(|pair| pair.split_once('=')) {
        match key {
            "com.docker.swarm.task.id" => value.clone_into(&mut line.task_id),
            "com.docker.swarm.node.id" => value.clone_into(&mut line.node_id),
            _ => {}
        }
    }
    time.clone_into(&mut line.time);
    text.trim_end_matches('\r').clone_into(&mut line.text);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAILS: &str =
        "com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1";

    fn frame(stream: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
    }

    #[test]
    fn frames_become_lines_with_their_task() {
        let bytes = [
            frame(1, &format!("2026-01-01T00:00:00.000000001Z {DETAILS} hello world\n")),
            frame(2, &format!("2026-01-01T00:00:00.000000002Z {DETAILS} \r\n")),
        ]
        .concat();
        let lines = demultiplexed(&bytes);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].text.as_str(), lines[0].stream), ("hello world", Stream::Stdout));
        assert_eq!((lines[0].task_id.as_str(), lines[0].node_id.as_str()), ("t1", "n1"));
        assert_eq!((lines[1].text.as_str(), lines[1].stream), ("", Stream::Stderr));
    }

    #[test]
    fn a_frame_that_was_cut_off_is_left_out() {
        let whole = frame(1, "T a=b one\n");
        let mut bytes = [whole.clone(), frame(1, "T a=b two\n")].concat();
        bytes.pop();
        assert_eq!(demultiplexed(&bytes).len(), 1);
        assert_eq!(demultiplexed(&bytes[..whole.len() + 5]).len(), 1);
        assert_eq!(demultiplexed(b"not frames at all"), []);
    }

    #[test]
    fn remarks_of_the_engine_are_kept_whole() {
        let lines = demultiplexed(&frame(3, "warning: incomplete log stream"));
        assert_eq!(
            (lines[0].text.as_str(), lines[0].stream),
            ("warning: incomplete log stream", Stream::Engine)
        );
    }
}
