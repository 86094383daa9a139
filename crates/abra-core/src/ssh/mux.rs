//! The few messages that are exchanged with a running ssh over its control socket (OpenSSH: PROTOCOL.mux, version 4):
//! greeting, opening a forward of a unix socket, and the end. Numbers are big-endian; a message follows its length.

/// The longest message that is taken, in bytes.
pub const LONGEST: usize = 64 << 10;

const HELLO: u32 = 0x0000_0001;
const TERMINATE: u32 = 0x1000_0005;
const OPEN_FORWARD: u32 = 0x1000_0006;
const OK: u32 = 0x8000_0001;
const PERMISSION_DENIED: u32 = 0x8000_0002;
const FAILURE: u32 = 0x8000_0003;
const VERSION: u32 = 4;
/// The kind of forward: what connects here comes out there.
const LOCAL: u32 = 1;
/// Stands for a port where a path is meant.
const SOCKET: u32 = 0xffff_fffe;

/// What the other side says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Its greeting, with the version of the protocol that it speaks.
    Hello {
        /// Whether that is ours.
        is_ours: bool,
    },
    /// What was asked for is done.
    Done,
    /// It is not, for this reason.
    Refused(String),
}

/// Our greeting.
pub fn hello() -> Vec<u8> {
    message(&[HELLO, VERSION], &[])
}

/// Asks for its end.
pub fn terminate() -> Vec<u8> {
    message(&[TERMINATE, 0], &[])
}

/// Asks it to listen on a socket here, and to hand what connects on to a socket there.
pub fn forward(here: &str, there: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for path in [here, there] {
        text(path, &mut body);
        body.extend(SOCKET.to_be_bytes());
    }
    message(&[OPEN_FORWARD, 0, LOCAL], &body)
}

/// Reads a message, without its length; `None` where it makes no sense.
pub fn read(message: &[u8]) -> Option<Reply> {
    let (kind, rest) = number(message)?;
    match kind {
        HELLO => Some(Reply::Hello { is_ours: number(rest)?.0 == VERSION }),
        OK => Some(Reply::Done),
        PERMISSION_DENIED | FAILURE => {
            let (_, rest) = number(rest)?;
            let (length, words) = number(rest)?;
            let words = words.get(..usize::try_from(length).ok()?)?;
            Some(Reply::Refused(String::from_utf8_lossy(words).into_owned()))
        }
        _ => None,
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*first), rest))
}

fn text(words: &str, into: &mut Vec<u8>) {
    let length = u32::try_from(words.len()).unwrap_or(u32::MAX);
    into.extend(length.to_be_bytes());
    into.extend(words.as_bytes());
}

fn message(numbers: &[u32], rest: &[u8]) -> Vec<u8> {
    let body: Vec<u8> =
        numbers.iter().flat_map(|number| number.to_be_bytes()).chain(rest.iter().copied()).collect();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    length.to_be_bytes().into_iter().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::{Reply, forward, hello, read, terminate};

    #[test]
    fn messages_are_as_the_protocol_says() {
        assert_eq!(hello(), [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4]);
        assert_eq!(terminate(), [0, 0, 0, 8, 0x10, 0, 0, 5, 0, 0, 0, 0]);
        let wanted = [
            &[0, 0, 0, 33, 0x10, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1][..],
            &[0, 0, 0, 2, b'/', b'a', 0xff, 0xff, 0xff, 0xfe],
            &[0, 0, 0, 3, b'/', b'b', b'c', 0xff, 0xff, 0xff, 0xfe],
        ];
        assert_eq!(forward("/a", "/bc"), wanted.concat());
    }

    #[test]
    fn replies_are_read_and_nonsense_is_not() {
        let refused = [0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, b'n', b'o'];
        for (bytes, expected) in [
            (&hello()[4..], Some(Reply::Hello { is_ours: true })),
            (&[0, 0, 0, 1, 0, 0, 0, 3], Some(Reply::Hello { is_ours: false })),
            (&[0x80, 0, 0, 1, 0, 0, 0, 0], Some(Reply::Done)),
            (&refused, Some(Reply::Refused("no".to_owned()))),
            (&refused[..13], None),
            (&[0x80, 0, 0, 9, 0, 0, 0, 0], None),
            (&[0, 0], None),
            (&[], None),
        ] {
            assert_eq!(read(bytes), expected, "{bytes:?}");
        }
    }
}
