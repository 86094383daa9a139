//! Which servers are logged in to in this run: one login each, however many connections, and another one where that has
//! ended.
use super::LinkError;
use super::again::{self, Again, Next};
use super::asked::Asked;
use super::attempts::Attempts;
use super::folder::Places;
use super::heard::Hearer;
use super::login::Login;
use super::master::{Master, Way};
use super::plain;
use super::starts::Starts;
use abra_core::ssh::Address;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, timeout};

/// For a login after a link has ended. Who finds out that it has may have waited for 15 s, of the 30 s of one request.
const AGAIN: Duration = Duration::from_secs(12);
/// A login this young has not proved yet that it leads anywhere.
const YOUNG: Duration = Duration::from_secs(1);

/// Is told what happens, line by line.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// The one login to a server: who has its turn looks, or logs in.
type Slot = Arc<Turn<Server>>;

/// What there is of a server.
struct Server {
    master: Option<Arc<Master>>,
    again: Again,
    /// How many have logged in and not left.
    users: usize,
}

/// The logins of a run. All clones are the same; when the last is dropped, all are logged out.
#[derive(Clone)]
pub struct Links(Arc<Inner>);

struct Inner {
    person: Option<Tell>,
    knows: AtomicBool,
    tell: Option<Tell>,
    program: String,
    places: Places,
    starts: Starts,
    plain: OnceLock<bool>,
    logins: Mutex<BTreeMap<Address, Slot>>,
    leaving: Mutex<Vec<JoinHandle<()>>>,
    terminal: Turn<()>,
    asked: Asked,
    attempts: Attempts,
}

/// An engine behind ssh.
#[derive(Clone)]
pub struct Behind {
    address: Address,
    links: Links,
}

impl Links {
    /// None yet. `person`: there is one, who sees what is told there, and whom ssh may ask for passphrases and whether to trust
    /// a host, one server after the other. `debug` is told what happens.
    pub fn new(person: Option<Tell>, debug: Option<Tell>) -> Self {
        Self::with("ssh", person, debug)
    }

    /// None yet, by another program that takes ssh's arguments.
    pub fn with(program: &str, person: Option<Tell>, debug: Option<Tell>) -> Self {
        Self(Arc::new(Inner {
            person,
            knows: AtomicBool::new(false),
            tell: debug,
            program: program.to_owned(),
            places: Places::default(),
            starts: Starts::new(),
            plain: OnceLock::new(),
            logins: Mutex::default(),
            leaving: Mutex::default(),
            terminal: Turn::default(),
            asked: Asked::default(),
            attempts: Attempts::default(),
        }))
    }

    /// How long ssh has been asking in this run, all servers together: time that no server can be blamed for.
    pub fn asked(&self) -> Duration {
        self.0.asked.time()
    }

    /// Waits until ssh asks nothing: what is printed in between would hide the question.
    pub async fn quiet(&self) {
        drop(self.0.terminal.lock().await);
    }

    /// Waits until ssh is started for every server that waits for that now: what else there is to do would keep the servers
    /// waiting.
    pub async fn begun(&self) {
        self.0.starts.begun().await;
    }

    /// Waits while servers are being logged in to and no such login is over yet: many at a time take all of the machine.
    pub async fn reached(&self) {
        self.0.attempts.first().await;
    }

    /// The engine at an address. Nothing is done yet.
    pub fn to(&self, address: Address) -> Behind {
        Behind { address, links: self.clone() }
    }
}

impl Inner {
    /// One server's login, for whoever has its turn.
    fn slot(&self, address: &Address) -> Slot {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Arc::new(Turn::new(Server { master: None, again: Again::new(), users: 0 }));
        Arc::clone(logins.entry(address.clone()).or_insert_with(none))
    }

    /// Whether this run is about a single server.
    fn is_alone(&self) -> bool {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner).len() == 1
    }

    fn login<'a>(&'a self, address: &'a Address, may_ask: bool, hearer: Option<Hearer<'a>>) -> Login<'a> {
        let Self { program, places, starts, tell, .. } = self;
        let is_plain = *self.plain.get_or_init(|| plain::is_plain(program));
        Login { program, address, may_ask, hearer, is_plain, places, starts, tell: tell.as_ref() }
    }

    /// Logs out of one server, beside whatever else is done.
    fn leave(&self, master: Arc<Master>) {
        // Connections that are still being made to it end with it.
        let leaves = thread::Builder::new().spawn(move || master.log_out());
        // Where there is no thread to be had it was done at once.
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).extend(leaves.ok());
    }

    /// Logs in without a question first: servers are logged in to side by side, but only one can ask at a time.
    async fn log_in(&self, address: &Address) -> Result<Master, LinkError> {
        let login = |may_ask: bool| {
            let terminal = (!may_ask).then_some(&self.terminal);
            let hearer = self.person.as_ref().map(|show| Hearer { show, terminal, knows: &self.knows });
            self.login(address, may_ask, hearer).done()
        };
        let mut pauses = again::pauses(address);
        let unasked = loop {
            match login(false).await {
                // Who comes through a jump host comes with many others, and it takes a few at a time only.
                Err(error) if error.is_turned_away() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => break Err(error),
                },
                result => break result,
            }
        };
        match unasked {
            // Of many servers one that hangs would keep the terminal from all.
            Err(error)
                if self.person.is_some()
                    && (error.wants_a_person() || error.wants_time() && self.is_alone()) =>
            {
                let _turn = self.terminal.lock().await;
                let _asks = self.asked.begin();
                login(true).await
            }
            result => result,
        }
    }

    /// Logs in again after a link has ended, without a question: nobody expects one in the middle of something. Requests
    /// that went by the old link are nobody's business here: whoever sent them knows whether they may be sent again.
    async fn log_in_again(&self, address: &Address, before: &Master) -> Result<Master, LinkError> {
        let login = self.login(address, false, None);
        let late = || LinkError::TimedOut { target: address.target.to_string(), after: AGAIN };
        timeout(AGAIN, login.done()).await.unwrap_or_else(|_| Err(late())).map(|master| master.follow(before))
    }
}

impl Drop for Inner {
    /// Logs out of all servers at once, for each waits until its ssh has ended: when their logins are dropped, one after the
    /// other, there is nothing left to wait for.
    fn drop(&mut self) {
        let logins = self.logins.get_mut().unwrap_or_else(PoisonError::into_inner);
        let masters =
            logins.values_mut().filter_map(|login| Arc::get_mut(login)?.get_mut().master.as_deref());
        thread::scope(|scope| masters.for_each(|master| drop(scope.spawn(|| master.log_out()))));
        let leaving = self.leaving.get_mut().unwrap_or_else(PoisonError::into_inner);
        leaving.drain(..).for_each(|leaves| drop(leaves.join()));
    }
}

impl Behind {
    /// Its address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Logs in, unless that was done before in this run.
    pub(in crate::engine) async fn log_in(&self) -> Result<(), LinkError> {
        let slot = self.links.0.slot(&self.address);
        let mut server = slot.lock().await;
        if server.master.as_ref().is_none_or(|master| master.has_ended()) {
            let _attempt = self.links.0.attempts.begin();
            server.master = Some(Arc::new(self.links.0.log_in(&self.address).await?.begun().await));
        }
        server.users += 1;
        Ok(())
    }

    /// Somebody who has logged in needs the server no more: the last one logs out, and nobody waits for that.
    pub(in crate::engine) async fn leave(&self) {
        let slot = self.links.0.slot(&self.address);
        let mut server = slot.lock().await;
        server.users = server.users.saturating_sub(1);
        if server.users == 0
            && let Some(master) = server.master.take()
        {
            self.links.0.leave(master);
        }
    }

    /// A new connection to the engine, by the login that there is, or by another one if it has ended.
    pub(in crate::engine) async fn way(&self) -> io::Result<Way> {
        let begun = Instant::now();
        let master = self.living(begun).await?;
        match master.way().await {
            // It was just about to end.
            Err(_) if master.ends().await => self.living(begun).await?.way().await,
            way => way,
        }
    }

    /// A connection broke: the next one is a new one, and the end of its login gets a moment to be known, so that it does not
    /// fail, too. Right after a login it rather means that forwarding is forbidden.
    pub(in crate::engine) async fn settle(&self) {
        let Some(master) = self.master().await else { return };
        master.distrust();
        if master.age() > YOUNG {
            master.ends().await;
        }
    }

    /// A login that has not ended, as far as is known. `begun` is since when somebody waits for it.
    async fn living(&self, begun: Instant) -> io::Result<Arc<Master>> {
        let slot = self.links.0.slot(&self.address);
        let mut server = slot.lock().await;
        let Some(master) = server.master.clone() else { return Err(io::ErrorKind::NotConnected.into()) };
        if master.has_ended() {
            return Ok(self.again(&mut server, &master, begun).await?);
        }
        Ok(master)
    }

    async fn again(
        &self,
        server: &mut Server,
        ended: &Master,
        begun: Instant,
    ) -> Result<Arc<Master>, LinkError> {
        if let Next::No(error) = server.again.next(begun) {
            return Err(error.map_or_else(|| ended.ended(), |error| ended.away(error)));
        }
        server.again.tried(ended.age());
        match self.links.0.log_in_again(&self.address, ended).await {
            Ok(master) => {
                let master = Arc::new(master.begun().await);
                server.master = Some(Arc::clone(&master));
                Ok(master)
            }
            Err(error) => {
                server.again.failed(error.clone());
                Err(ended.away(error))
            }
        }
    }

    /// Whether connections go through sessions already.
    pub(in crate::engine) async fn dials(&self) -> bool {
        self.master().await.is_some_and(|master| master.dials())
    }

    /// The engine did not answer at the forwarded socket: says whether there is another way to try.
    pub(in crate::engine) async fn dial(&self) -> bool {
        self.master().await.is_some_and(|master| master.dial(self.links.0.tell.as_ref()))
    }

    /// What a short command prints over there, by the login that there is. A shell over there reads the words: they must be
    /// safe.
    ///
    /// # Errors
    /// There is no login, the command fails, or takes too long.
    pub async fn run(&self, words: &[&str]) -> Result<String, LinkError> {
        let ended = || LinkError::Ended { target: self.address.target.to_string(), said: String::new() };
        self.master().await.ok_or_else(ended)?.run(words).await
    }

    async fn master(&self) -> Option<Arc<Master>> {
        self.links.0.slot(&self.address).lock().await.master.clone()
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("may_ask", &self.0.person.is_some()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behind({})", self.address)
    }
}

impl PartialEq for Behind {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl Eq for Behind {}

#[cfg(test)]
mod tests {
    use super::{Links, Tell};
    use abra_core::ssh::Address;
    use futures_util::future::join_all;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    /// How many logins are tried in all, at so many servers, by an ssh that ends with these words; somebody is at the terminal.
    async fn tries(servers: usize, words: &str) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let (program, log) = (folder.path().join("ssh"), folder.path().join("log"));
        let script = format!(
            "#!/bin/sh\n[ \"$1\" != -G ] || exit 0\necho >>'{}'\necho '{words}' >&2\nexit 255\n",
            log.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let person: Tell = Arc::new(|_: &str| ());
        let links = Links::with(program.to_str().unwrap(), Some(person), None);
        let to = |number: usize| links.to(Address::parse(&format!("ssh://h{number}")).unwrap());
        let behind: Vec<_> = (0..servers).map(to).collect();
        for result in join_all(behind.iter().map(|behind| behind.log_in())).await {
            result.unwrap_err();
        }
        fs::read_to_string(log).unwrap().lines().count()
    }

    #[tokio::test]
    async fn of_many_servers_one_that_hangs_does_not_take_the_terminal() {
        let hangs = "Connection to 192.0.2.1 port 22 timed out";
        let asks = "ada@h: Permission denied (publickey,password).";
        for (servers, words, expected) in [(1, hangs, 2), (3, hangs, 3), (1, asks, 2), (3, asks, 6)] {
            assert_eq!(tries(servers, words).await, expected, "{servers} servers: {words}");
        }
    }
}
