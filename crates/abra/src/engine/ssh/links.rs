//! Which servers are logged in to in this run: one login each, however many connections.
use super::LinkError;
use super::login::Login;
use super::master::{Master, Way};
use abra_core::ssh::Address;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turn;

/// Is told what happens, for `--debug`.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// The one login to a server: who has its turn looks, or logs in.
type Slot = Arc<Turn<Option<Arc<Master>>>>;

/// The logins of a run. All clones are the same; when the last is dropped, all are logged out.
#[derive(Clone)]
pub struct Links(Arc<Inner>);

struct Inner {
    may_ask: bool,
    tell: Option<Tell>,
    program: String,
    logins: Mutex<BTreeMap<Address, Slot>>,
    terminal: Turn<()>,
}

/// An engine behind ssh.
#[derive(Clone)]
pub struct Behind {
    address: Address,
    links: Links,
}

impl Links {
    /// None yet. `may_ask`: ssh may ask for passphrases and whether to trust a host, one server after the other.
    pub fn new(may_ask: bool, tell: Option<Tell>) -> Self {
        Self::with("ssh", may_ask, tell)
    }

    /// None yet, by another program that takes ssh's arguments.
    pub fn with(program: &str, may_ask: bool, tell: Option<Tell>) -> Self {
        let (logins, terminal) = (Mutex::default(), Turn::default());
        Self(Arc::new(Inner { may_ask, tell, program: program.to_owned(), logins, terminal }))
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
        Arc::clone(logins.entry(address.clone()).or_default())
    }

    /// Logs in without a question first: servers are logged in to side by side, but only one can ask at a time.
    async fn log_in(&self, address: &Address) -> Result<Master, LinkError> {
        let tell = self.tell.as_ref();
        let login = |may_ask| Login { program: &self.program, address, may_ask, tell }.done();
        match login(false).await {
            Err(error) if self.may_ask && error.wants_a_person() => {
                let _turn = self.terminal.lock().await;
                login(true).await
            }
            result => result,
        }
    }
}

impl Drop for Inner {
    /// Logs out of all servers at once: when their logins are dropped, one after the other, there is nothing left to wait for.
    fn drop(&mut self) {
        let logins = self.logins.get_mut().unwrap_or_else(PoisonError::into_inner);
        for login in logins.values_mut() {
            if let Some(master) = Arc::get_mut(login).and_then(|turn| turn.get_mut().as_ref()) {
                master.log_out();
            }
        }
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
        let mut login = slot.lock().await;
        if login.as_ref().is_none_or(|master| master.has_ended()) {
            *login = Some(Arc::new(self.links.0.log_in(&self.address).await?));
        }
        Ok(())
    }

    /// A new connection to the engine, by the login that there is.
    pub(in crate::engine) async fn way(&self) -> io::Result<Way> {
        match self.master().await {
            Some(master) => master.way().await,
            None => Err(io::ErrorKind::NotConnected.into()),
        }
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
        self.links.0.slot(&self.address).lock().await.clone()
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("may_ask", &self.0.may_ask).finish_non_exhaustive()
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
