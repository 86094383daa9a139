//! Log lines of services and tasks: the last few, read once; or one after the other as they are written.
use super::call::{Call, segment};
use super::frames::Frames;
use super::{Engine, EngineError};
use jiff::Timestamp;
use std::time::Duration;

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogQuery {
    /// Lines from the end, per task; `None`: all that are kept.
    pub tail: Option<u32>,
    /// Only what was written since then.
    pub since: Option<Timestamp>,
    /// Whether the containers have a terminal (`TTY` in the spec): then there is one stream without frames.
    pub tty: bool,
    /// A node that is away makes the engine wait for it: what came until then is what there is.
    pub limit: Duration,
    /// The most that is read, in bytes.
    pub most: usize,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { tail: Some(20), since: None, tty: false, limit: Duration::from_secs(5), most: 4 << 20 }
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

impl Stream {
    pub(super) fn of_number(number: u8) -> Self {
        match number {
            2 => Self::Stderr,
            3 => Self::Engine,
            _ => Self::Stdout,
        }
    }
}

impl Engine {
    /// The last lines of all tasks of a service, by id or name.
    pub async fn service_logs(&self, id: &str, query: &LogQuery) -> Result<Logs, EngineError> {
        self.logs(format!("/services/{}/logs", segment(id)?), format!("logs of service {id}"), query).await
    }

    /// The last lines of one task.
    pub async fn task_logs(&self, id: &str, query: &LogQuery) -> Result<Logs, EngineError> {
        self.logs(format!("/tasks/{}/logs", segment(id)?), format!("logs of task {id}"), query).await
    }

    /// Lines of all tasks of a service as they are written, also of tasks that come later. Ends when the engine ends it,
    /// which it does not do where the service is removed.
    pub async fn follow_logs(
        &self,
        id: &str,
        query: &LogQuery,
        on: &mut dyn FnMut(LogLine),
    ) -> Result<(), EngineError> {
        let path = format!("/services/{}/logs", segment(id)?);
        let call = query.call(path, format!("logs of service {id}")).query("follow", "1");
        let mut opened = self.open(&call).await?;
        let mut frames = Frames::new(query.is_framed(&opened.content_type));
        while let Some(bytes) = opened.next().await? {
            frames.push(&bytes);
            while let Some((stream, content)) = frames.next_lines() {
                lines(stream, &content).into_iter().for_each(&mut *on);
            }
            if frames.is_broken() {
                return Err(EngineError::BadAnswer { what: call.what, reason: "no frames".to_owned() });
            }
        }
        Ok(())
    }

    async fn logs(&self, path: String, what: String, query: &LogQuery) -> Result<Logs, EngineError> {
        let partial = self.stream(&query.call(path, what), query.most).await?;
        let mut frames = Frames::new(query.is_framed(&partial.content_type));
        frames.push(&partial.bytes);
        let mut found = Vec::new();
        while let Some((stream, content)) = frames.next() {
            found.extend(lines(stream, &content));
        }
        found.sort_by(|a, b| a.time.cmp(&b.time));
        Ok(Logs { lines: found, complete: partial.complete })
    }
}

impl LogQuery {
    fn call(&self, path: String, what: String) -> Call<'static> {
        let mut call = Call::get(path, what)
            .query("stdout", "1")
            .query("stderr", "1")
            .query("timestamps", "1")
            .query("details", "1");
        if let Some(tail) = self.tail {
            call = call.query("tail", tail.to_string());
        }
        if let Some(since) = self.since {
            call = call.query("since", format!("{}.{:09}", since.as_second(), since.subsec_nanosecond()));
        }
        call.limit = Some(self.limit);
        call
    }

    fn is_framed(&self, content_type: &str) -> bool {
        content_type.contains("multiplexed-stream") || !self.tty
    }
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

    #[test]
    fn lines_tell_their_task() {
        let cases = [
            (format!("2026-01-01T00:00:00.000000001Z {DETAILS} hello world\n"), "hello world"),
            (format!("2026-01-01T00:00:00.000000002Z {DETAILS} \r\n"), ""),
        ];
        for (text, wanted) in cases {
            let lines = lines(Stream::Stderr, text.as_bytes());
            assert_eq!(lines.len(), 1);
            assert_eq!((lines[0].text.as_str(), lines[0].stream), (wanted, Stream::Stderr));
            assert_eq!((lines[0].task_id.as_str(), lines[0].node_id.as_str()), ("t1", "n1"));
        }
    }

    #[test]
    fn remarks_of_the_engine_are_kept_whole() {
        let lines = lines(Stream::Engine, b"warning: incomplete log stream");
        assert_eq!(
            (lines[0].text.as_str(), lines[0].stream),
            ("warning: incomplete log stream", Stream::Engine)
        );
    }

    #[test]
    fn the_engine_is_asked_for_what_is_wanted() {
        let since = Timestamp::new(12, 34).unwrap();
        let query = LogQuery { tail: None, since: Some(since), ..LogQuery::default() };
        let target = query.call("/p".to_owned(), String::new()).target();
        assert_eq!(target, "/p?stdout=1&stderr=1&timestamps=1&details=1&since=12.000000034");
    }
}
