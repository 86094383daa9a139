//! A socket in front of an engine's: counts requests, slows them down, and breaks them when told to.
mod parse;

use crate::RigError;
use parse::{Piece, Requests};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// A request that came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query.
    pub target: String,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the engine sees it.
    Unsent,
    /// The engine does it; the connection breaks before the answer is passed on.
    AnswerLost,
    /// It is never passed on, and nothing is answered.
    Silence,
}

/// A proxy; it ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    socket: PathBuf,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    inner: Mutex<Inner>,
    ended: AtomicBool,
}

/// A fault to come.
#[derive(Debug)]
struct Planned {
    method: String,
    part: String,
    /// So many requests like it are let through before.
    after: usize,
    fault: Fault,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<Seen>,
    delay: Duration,
    faults: Vec<Planned>,
    open: Vec<UnixStream>,
    log: Option<PathBuf>,
    date: Option<String>,
}

impl Proxy {
    /// Listens on `socket` (which must not exist) and passes everything on to `target`.
    pub fn start(socket: &Path, target: &Path) -> Result<Self, RigError> {
        let listener = UnixListener::bind(socket).map_err(RigError::io(socket.display().to_string()))?;
        let state = Arc::new(State::default());
        let (shared, target) = (Arc::clone(&state), target.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), shared, target) = (stream, Arc::clone(&shared), target.clone()) else {
                    continue;
                };
                thread::spawn(move || serve(&client, &target, &shared));
            }
        });
        Ok(Self { socket: socket.to_owned(), state })
    }

    /// Its address, as for `DOCKER_HOST`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Requests so far, in order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().seen.clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.state.lock().seen.clear();
    }

    /// Also writes every request to the end of a file, as a line `METHOD target`.
    pub fn log_to(&self, file: &Path) {
        self.state.lock().log = Some(file.to_owned());
    }

    /// Holds back every request for so long.
    pub fn delay(&self, delay: Duration) {
        self.state.lock().delay = delay;
    }

    /// Breaks the next request of that method whose path holds `part`.
    pub fn break_next(&self, method: &str, part: &str, fault: Fault) {
        self.break_later(method, part, 0, fault);
    }

    /// The same after so many that are let through.
    pub fn break_later(&self, method: &str, part: &str, after: usize, fault: Fault) {
        let planned = Planned { method: method.to_owned(), part: part.to_owned(), after, fault };
        self.state.lock().faults.push(planned);
    }

    /// Whether all of these have happened.
    pub fn is_done(&self) -> bool {
        self.state.lock().faults.is_empty()
    }

    /// From now on every answer has this date, in the form of HTTP: an engine with another clock.
    pub fn set_date(&self, date: &str) {
        self.state.lock().date = Some(date.to_owned());
    }

    /// Cuts all open connections.
    pub fn cut(&self) {
        self.state.lock().cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the listener, which then sees that it is over.
        let _ = UnixStream::connect(&self.socket);
        let _ = fs::remove_file(&self.socket);
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Notes a request and says what is to happen to it.
    fn admit(&self, seen: Seen) -> (Duration, Option<Fault>) {
        let mut inner = self.lock();
        let matching = inner
            .faults
            .iter()
            .position(|planned| planned.method == seen.method && seen.target.contains(&planned.part));
        let fault = matching.and_then(|index| match inner.faults[index].after.checked_sub(1) {
            Some(left) => {
                inner.faults[index].after = left;
                None
            }
            None => Some(inner.faults.remove(index).fault),
        });
        if let Some(file) = &inner.log {
            // A file that was removed or can't be written only means that nobody is counting.
            let file = File::options().create(true).append(true).open(file);
            let _ = file.and_then(|mut file| writeln!(file, "{} {}", seen.method, seen.target));
        }
        inner.seen.push(seen);
        (inner.delay, fault)
    }
}

impl Inner {
    fn cut(&mut self) {
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// One connection, until either side ends it.
fn serve(client: &UnixStream, target: &Path, state: &Arc<State>) {
    let (Ok(engine), Ok(to_client)) = (UnixStream::connect(target), client.try_clone()) else { return };
    let (Ok(from_engine), Ok(held), Ok(held_too)) =
        (engine.try_clone(), client.try_clone(), engine.try_clone())
    else {
        return;
    };
    state.lock().open.extend([held, held_too]);
    let losing = Arc::new(AtomicBool::new(false));
    let (lost, shared) = (Arc::clone(&losing), Arc::clone(state));
    let answers = thread::spawn(move || pass_answers(from_engine, to_client, &lost, &shared));
    // Either direction's end ends both; errors here are what the tests are about.
    let _ = pass_requests(client, &engine, state, &losing);
    let _ = engine.shutdown(if losing.load(Ordering::SeqCst) { Shutdown::Write } else { Shutdown::Both });
    let _ = answers.join();
}

fn pass_answers(mut engine: UnixStream, mut client: UnixStream, losing: &AtomicBool, state: &State) {
    let mut buffer = [0; 16 << 10];
    while let Ok(length @ 1..) = engine.read(&mut buffer) {
        if let Some(date) = &state.lock().date {
            redate(&mut buffer[..length], date);
        }
        if losing.load(Ordering::SeqCst) || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = engine.shutdown(Shutdown::Both);
}

/// Puts another date into an answer's head, where that came in one piece.
fn redate(bytes: &mut [u8], date: &str) {
    const KEY: &[u8] = b"\r\nDate: ";
    let Some(at) = bytes.windows(KEY.len()).position(|part| part == KEY) else { return };
    if let Some(old) = bytes.get_mut(at + KEY.len()..at + KEY.len() + date.len()) {
        old.copy_from_slice(date.as_bytes());
    }
}

fn pass_requests(
    mut client: &UnixStream,
    mut engine: &UnixStream,
    state: &State,
    losing: &AtomicBool,
) -> io::Result<()> {
    let mut requests = Requests::default();
    let mut buffer = [0; 16 << 10];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        for piece in requests.feed(&buffer[..length]) {
            match piece {
                Piece::Data(bytes) => engine.write_all(&bytes)?,
                Piece::Head(head, bytes) => {
                    let (delay, fault) = state.admit(head);
                    thread::sleep(delay);
                    match fault {
                        Some(Fault::Unsent) => return client.shutdown(Shutdown::Both),
                        Some(Fault::AnswerLost) => losing.store(true, Ordering::SeqCst),
                        // Reads on until the client gives up.
                        Some(Fault::Silence) => return io::copy(&mut client, &mut io::sink()).map(drop),
                        None => {}
                    }
                    engine.write_all(&bytes)?;
                }
            }
        }
    }
}
