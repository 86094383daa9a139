//! A running ssh that is logged in.
use super::dial::{self, DialStream};
use super::folder::Folder;
use super::keeper::Keeper;
use super::mux;
use super::ready::Ready;
use super::session::{self, Through};
use super::sessions::Sessions;
use super::{LinkError, Tell};
use abra_core::ssh::{Address, Effective, gist};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// For an end to be known that has come.
const MOMENT: Duration = Duration::from_millis(100);

/// One login. Dropping it logs out.
#[derive(Debug)]
pub(super) struct Master {
    program: String,
    address: Address,
    has_session_settings: bool,
    sessions: Sessions,
    dials: AtomicBool,
    since: Instant,
    ended: watch::Receiver<bool>,
    keeper: Keeper,
    folder: Folder,
    ready: Ready,
}

/// A connection to the engine.
#[derive(Debug)]
pub(in crate::engine) enum Way {
    /// Through the forwarded socket.
    Forwarded(UnixStream),
    /// Through a session.
    Dialled(Box<DialStream>),
}

impl Master {
    /// An ssh that is logged in: lets it bring the engine's socket here.
    pub(super) fn new(
        program: &str,
        address: &Address,
        effective: &Effective,
        folder: Folder,
        keeper: Keeper,
    ) -> Result<Self, LinkError> {
        let there = address.socket.clone().unwrap_or_default();
        let ended = mux::forward(&folder.control(), &folder.engine(), there.as_str()).and_then(end_of);
        let ended = ended.map_err(|error| LinkError::Control {
            target: address.target.to_string(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            program: program.to_owned(),
            address: address.clone(),
            has_session_settings: effective.has_session_settings,
            sessions: Sessions::new(),
            dials: AtomicBool::new(false),
            since: Instant::now(),
            ended,
            keeper,
            folder,
            ready: Ready::default(),
        })
    }

    /// Opens connections for those who will ask for one at once.
    pub(super) async fn begun(mut self) -> Self {
        if !self.dials() {
            self.ready = Ready::open(&self.folder.engine()).await;
        }
        self
    }

    /// How long ago the login was.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Goes the way that was found to lead there before.
    pub(super) fn follow(self, before: &Self) -> Self {
        self.dials.store(before.dials(), Ordering::Relaxed);
        self
    }

    /// Whether it can be used no more.
    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// A new connection to the engine.
    pub(super) async fn way(&self) -> io::Result<Way> {
        if self.has_ended() {
            return Err(self.ended().into());
        }
        if self.dials() {
            let control = self.folder.control();
            let dialled = dial::open(self.through(&control), &self.sessions);
            return tokio::select! {
                dialled = dialled => Ok(Way::Dialled(Box::new(dialled?))),
                () = self.end() => Err(self.ended().into()),
            };
        }
        if let Some(ready) = self.ready.take() {
            return Ok(Way::Forwarded(ready));
        }
        // ssh takes every connection, and closes it when it learns that the server won't.
        UnixStream::connect(self.folder.engine()).await.map(Way::Forwarded)
    }

    /// What a short command over there prints.
    pub(super) async fn run(&self, words: &[&str]) -> Result<String, LinkError> {
        let control = self.folder.control();
        let run = session::run(self.through(&control), &self.sessions, words);
        tokio::select! {
            said = run => said,
            () = self.end() => Err(self.ended()),
        }
    }

    fn through<'a>(&'a self, control: &'a Path) -> Through<'a> {
        let Self { program, address, has_session_settings, .. } = self;
        Through { program, address, control, has_settings: *has_session_settings }
    }

    /// Whether sessions are used.
    pub(super) fn dials(&self) -> bool {
        self.dials.load(Ordering::Relaxed)
    }

    /// What was opened before leads where the connection led that has just broken.
    pub(super) fn distrust(&self) {
        self.ready.close();
    }

    /// The forwarded socket leads nowhere: from now on sessions are used. Says whether they can be.
    pub(super) fn dial(&self, tell: Option<&Tell>) -> bool {
        if self.has_ended() {
            return false;
        }
        self.distrust();
        let is_new = !self.dials.swap(true, Ordering::Relaxed);
        if let (true, Some(tell)) = (is_new, tell) {
            let target = &self.address.target;
            tell(&format!("{target}: no forwarded socket; going on with `docker system dial-stdio`"));
        }
        true
    }

    /// Ends ssh as if by its own wish, so that the server is told, and removes its folder. The keeper sees to both where that
    /// fails, and is not waited for.
    pub(super) fn log_out(&self) {
        // The folder's name may be another's by now.
        if self.keeper.is_free() {
            return;
        }
        if !self.has_ended() && mux::terminate(&self.folder.control()).is_ok() {
            self.folder.remove();
        }
        self.ready.close();
        self.keeper.let_go();
    }

    /// Whether it ends just now: its sockets are closed a moment before that is known here.
    pub(super) async fn ends(&self) -> bool {
        timeout(MOMENT, self.end()).await.is_ok()
    }

    /// Waits until it has ended.
    async fn end(&self) {
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Why it can be used no more.
    pub(super) fn ended(&self) -> LinkError {
        LinkError::Ended { target: self.address.target.to_string(), said: gist(&self.keeper.said()) }
    }

    /// The same where there is no new login.
    pub(super) fn away(&self, again: LinkError) -> LinkError {
        let (target, said) = (self.address.target.to_string(), gist(&self.keeper.said()));
        LinkError::Away { target, said, again: Box::new(again) }
    }
}

/// Tells when a connection to ssh's control socket ends: then ssh has.
fn end_of(stream: std::os::unix::net::UnixStream) -> io::Result<watch::Receiver<bool>> {
    stream.set_nonblocking(true)?;
    let mut stream = UnixStream::from_std(stream)?;
    let (sender, ended) = watch::channel(false);
    tokio::spawn(async move {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        let _ = sender.send(true);
    });
    Ok(ended)
}

impl Drop for Master {
    fn drop(&mut self) {
        self.log_out();
    }
}
