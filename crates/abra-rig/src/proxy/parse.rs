//! Where requests begin in a stream of bytes.
use super::Seen;

/// A part of the stream, to be passed on as it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The head of a request, whole.
    Head(Seen, Vec<u8>),
    /// Anything else.
    Data(Vec<u8>),
}

/// What the next bytes belong to.
#[derive(Debug, Default)]
enum Expect {
    #[default]
    Head,
    /// A body with so many bytes to come.
    Body(usize),
    /// A chunked body: up to the line that ends with an empty chunk.
    Chunks,
    /// A connection that is HTTP no longer.
    Raw,
}

/// Splits one connection's bytes.
#[derive(Debug, Default)]
pub(super) struct Requests {
    expect: Expect,
    /// What could not be told yet: an unfinished head or line.
    rest: Vec<u8>,
}

impl Requests {
    /// Takes the next bytes and gives back what can be passed on.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.rest.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while let Some(piece) = self.next() {
            pieces.push(piece);
        }
        pieces
    }

    fn next(&mut self) -> Option<Piece> {
        if self.rest.is_empty() {
            return None;
        }
        match self.expect {
            Expect::Raw => Some(self.data(self.rest.len())),
            Expect::Body(left) => {
                let length = left.min(self.rest.len());
                self.expect = if length == left { Expect::Head } else { Expect::Body(left - length) };
                Some(self.data(length))
            }
            Expect::Chunks => self.chunk(),
            Expect::Head => self.head(),
        }
    }

    fn head(&mut self) -> Option<Piece> {
        let end = find(&self.rest, b"\r\n\r\n")? + 4;
        let bytes: Vec<u8> = self.rest.drain(..end).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let seen = Seen { method: word(), target: word() };
        self.expect = body_of(&text);
        Some(Piece::Head(seen, bytes))
    }

    /// A whole chunk with its size line, or the end of all.
    fn chunk(&mut self) -> Option<Piece> {
        let line = find(&self.rest, b"\r\n")?;
        let size = str::from_utf8(&self.rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        let length = line + 2 + size + 2;
        if self.rest.len() < length {
            return None;
        }
        if size == 0 {
            self.expect = Expect::Head;
        }
        Some(self.data(length))
    }

    fn data(&mut self, length: usize) -> Piece {
        Piece::Data(self.rest.drain(..length).collect())
    }
}

fn body_of(head: &str) -> Expect {
    for (key, value) in head.lines().filter_map(|line| line.split_once(':')) {
        match (key.to_ascii_lowercase().as_str(), value.trim()) {
            ("upgrade", _) => return Expect::Raw,
            ("transfer-encoding", "chunked") => return Expect::Chunks,
            ("content-length", length) => return length.parse().map_or(Expect::Raw, nonempty),
            _ => {}
        }
    }
    Expect::Head
}

fn nonempty(length: usize) -> Expect {
    if length == 0 { Expect::Head } else { Expect::Body(length) }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"GET /a HTTP/1.1\r\nHost: d\r\n\r\n\
        POST /b?x=1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /\
        PUT /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
        DELETE /d HTTP/1.1\r\n\r\n";

    #[test]
    fn requests_are_found_however_the_bytes_arrive() {
        for size in [1, 2, 7, 64, STREAM.len()] {
            let mut requests = Requests::default();
            let (mut seen, mut passed) = (Vec::new(), Vec::new());
            for piece in STREAM.chunks(size).flat_map(|bytes| requests.feed(bytes)) {
                match piece {
                    Piece::Head(head, bytes) => {
                        seen.push(format!("{} {}", head.method, head.target));
                        passed.extend(bytes);
                    }
                    Piece::Data(bytes) => passed.extend(bytes),
                }
            }
            assert_eq!(seen, ["GET /a", "POST /b?x=1", "PUT /c", "DELETE /d"], "in pieces of {size}");
            assert_eq!(passed, STREAM);
        }
    }

    #[test]
    fn after_an_upgrade_everything_passes() {
        let mut requests = Requests::default();
        let pieces = requests.feed(b"POST /attach HTTP/1.1\r\nUpgrade: tcp\r\n\r\nGET /no HTTP/1.1\r\n\r\n");
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], Piece::Data(b"GET /no HTTP/1.1\r\n\r\n".to_vec()));
    }
}
