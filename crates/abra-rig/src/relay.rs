//! A bad network: a port in front of another that falls silent when told to, and one that never answers at all.
use crate::RigError;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Passes connections on, until it falls silent: then nothing comes through any more, and nothing is closed either. It ends
/// when dropped, with all that goes through it.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    is_silent: bool,
    has_ended: bool,
    open: Vec<TcpStream>,
}

impl Relay {
    /// Listens on loopback, and passes on to a port there.
    pub fn start(to: u16) -> Result<Self, RigError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(RigError::io("a relay"))?;
        let port = listener.local_addr().map_err(RigError::io("a relay"))?.port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.lock().has_ended {
                    return;
                }
                // One that can't be served is closed.
                let _ = serve(stream, to, &shared);
            }
        });
        Ok(Self { port, state })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing comes through. New connections are taken, and hear nothing.
    pub fn silence(&self) {
        self.state.lock().is_silent = true;
    }

    /// All that waited comes through, and whatever follows.
    pub fn mend(&self) {
        self.state.lock().is_silent = false;
        self.state.changed.notify_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let mut inner = self.state.lock();
        inner.has_ended = true;
        inner.open.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        drop(inner);
        self.state.changed.notify_all();
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while it is silent; says whether there is anything to pass on to.
    fn goes_on(&self) -> bool {
        let inner = self.changed.wait_while(self.lock(), |inner| inner.is_silent && !inner.has_ended);
        !inner.unwrap_or_else(PoisonError::into_inner).has_ended
    }
}

/// One connection, on threads of its own.
fn serve(client: TcpStream, to: u16, state: &Arc<State>) -> io::Result<()> {
    let host = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    for stream in [&client, &host] {
        stream.set_nodelay(true)?;
        state.lock().open.push(stream.try_clone()?);
    }
    for (from, into) in [(client.try_clone()?, host.try_clone()?), (host, client)] {
        let state = Arc::clone(state);
        thread::spawn(move || {
            let _ = pass(from, into, &state);
        });
    }
    Ok(())
}

fn pass(mut from: TcpStream, mut into: TcpStream, state: &State) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        let length = from.read(&mut buffer)?;
        if !state.goes_on() {
            return Ok(());
        }
        if length == 0 {
            return into.shutdown(Shutdown::Write);
        }
        into.write_all(&buffer[..length])?;
    }
}

/// A port on loopback where not even a connection comes about.
#[derive(Debug)]
pub struct Blackhole {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Blackhole {
    /// Nobody takes connections from a queue that is full.
    pub fn new() -> Result<Self, RigError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(RigError::io("a blackhole"))?;
        rustix::net::listen(&listener, 0).map_err(|error| RigError::io("a blackhole")(error.into()))?;
        let address = listener.local_addr().map_err(RigError::io("a blackhole"))?;
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            waiting.push(stream);
        }
        Ok(Self { listener, _waiting: waiting })
    }

    /// Where it is, on 127.0.0.1.
    ///
    /// # Errors
    /// The system does not say.
    pub fn port(&self) -> Result<u16, RigError> {
        self.listener.local_addr().map(|address| address.port()).map_err(RigError::io("a blackhole"))
    }
}
