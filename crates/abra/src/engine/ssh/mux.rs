//! Talking to a running ssh over its control socket: no process, a millisecond. Of a crate for that we would use these two
//! messages, and would have to go round its own way to log in, which allows no questions.
use abra_core::ssh::mux::{self, LONGEST, Reply};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// For one message and its answer: a millisecond, but on a machine that is very busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where there is another way to end it.
const ENDING: Duration = Duration::from_secs(3);

/// Lets ssh listen on a socket here, and hand what connects on to one there. What comes back is open until ssh ends.
pub(super) fn forward(control: &Path, here: &Path, there: &str) -> io::Result<UnixStream> {
    let here = here.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    let mut stream = greeted(control, PATIENCE)?;
    stream.write_all(&mux::forward(here, there))?;
    match reply(&mut stream)? {
        Reply::Done => Ok(stream),
        Reply::Refused(reason) => Err(io::Error::other(reason)),
        Reply::Hello { .. } => Err(nonsense()),
    }
}

/// Tells ssh to end, and waits until it has.
pub(super) fn terminate(control: &Path) -> io::Result<()> {
    let mut stream = greeted(control, ENDING)?;
    stream.write_all(&mux::terminate())?;
    // It says yes, and the connection goes when it is gone.
    io::copy(&mut stream.take(LONGEST as u64), &mut io::sink()).map(drop)
}

fn greeted(control: &Path, limit: Duration) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(control)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(&mux::hello())?;
    match reply(&mut stream)? {
        Reply::Hello { is_ours: true } => Ok(stream),
        _ => Err(io::Error::other("another version of its protocol")),
    }
}

fn reply(stream: &mut UnixStream) -> io::Result<Reply> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(nonsense());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    mux::read(&message).ok_or_else(nonsense)
}

fn nonsense() -> io::Error {
    io::Error::other("an answer that makes no sense")
}
