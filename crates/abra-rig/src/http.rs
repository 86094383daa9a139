//! The smallest HTTP client that will do for checks: one request per connection, blocking, bounded.
use crate::RigError;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// The most that is read of an answer, in bytes.
const MOST: u64 = 64 << 20;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim().to_owned()
    }

    /// The body as JSON; `Null` when it is empty or something else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Itself, unless it is a refusal.
    pub fn accepted(self, what: &str) -> Result<Self, RigError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(RigError::Refused { what: what.to_owned(), status: self.status, text: self.text() })
    }
}

/// What is sent along.
pub(crate) struct Body<'a> {
    pub(crate) kind: &'a str,
    pub(crate) bytes: &'a [u8],
    /// Value of `X-Registry-Auth`.
    pub(crate) auth: Option<&'a str>,
}

/// Asks whoever listens at a socket; each read and write may take `limit`.
///
/// # Errors
/// There is no answer, or a refusal.
pub fn get(socket: &Path, target: &str, limit: Duration) -> Result<Answer, RigError> {
    request(socket, "GET", target, None, limit).map_err(RigError::io(target))?.accepted(target)
}

/// Sends a request; each read and write may take `limit`.
pub(crate) fn request(
    socket: &Path,
    method: &str,
    target: &str,
    body: Option<&Body<'_>>,
    limit: Duration,
) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    // HTTP/1.0: the answer comes unchunked and ends with the connection.
    let mut head = format!("{method} {target} HTTP/1.0\r\nHost: docker\r\n");
    if let Some(body) = body {
        head += &format!("Content-Type: {}\r\nContent-Length: {}\r\n", body.kind, body.bytes.len());
        if let Some(auth) = body.auth {
            head += &format!("X-Registry-Auth: {auth}\r\n");
        }
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if let Some(body) = body {
        stream.write_all(body.bytes)?;
    }
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    parsed(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer"))
}

fn parsed(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: answer[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = parsed(b"HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n{\"message\":\"no\"}").unwrap();
        assert_eq!((answer.status, answer.json()["message"].as_str()), (404, Some("no")));
        assert_eq!(parsed(b"HTTP/1.0 404"), None);
    }
}
