//! From an address to a running ssh that is logged in.
use super::folder::{Folder, Places};
use super::heard::Hearer;
use super::keeper::Keeper;
use super::master::Master;
use super::starts::Starts;
use super::terminal::Terminal;
use super::{LinkError, Tell};
use abra_core::ssh::{self, Address, Effective, Target, Trouble, gist, trouble};
use std::future::pending;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::time::timeout;

/// How long a server may take to answer, unless the operator's settings say otherwise, in seconds.
const CONNECT: u64 = 15;
/// After how much silence a link is given up: so many times so many seconds.
const ALIVE: (u64, u64) = (5, 3);
/// The same where a login may wait for a person, who has to answer somewhere else: ssh knows no other limit for it.
const PATIENT: (u64, u64) = (5, 12);
/// The operator's own may be longer than that, but not for ever.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// For all of a login behind the first answer.
const LOGIN: Duration = Duration::from_secs(30);
/// The same where a person types passphrases, or looks for their key.
const WITH_PERSON: Duration = Duration::from_secs(180);
/// For ssh to read its settings, which may run programs of the operator's.
const SETTINGS: Duration = Duration::from_secs(15);
/// For an operator's Ctrl-C at ssh's question to be noticed here, too.
const HEEDED: Duration = Duration::from_millis(200);
/// Between two looks whether it is logged in: nothing else tells.
const TICK: Duration = Duration::from_millis(5);

/// A login that is wanted.
pub(super) struct Login<'a> {
    /// The operator's ssh.
    pub(super) program: &'a str,
    /// Where to.
    pub(super) address: &'a Address,
    /// Whether it may ask on the terminal.
    pub(super) may_ask: bool,
    /// Who hears what ssh says.
    pub(super) hearer: Option<Hearer<'a>>,
    /// Whether ssh's settings hold nothing that matters here, for any target.
    pub(super) is_plain: bool,
    /// Where its sockets may be.
    pub(super) places: &'a Places,
    /// Whose turn it is.
    pub(super) starts: &'a Starts,
    /// Is told what happens.
    pub(super) tell: Option<&'a Tell>,
}

impl Login<'_> {
    /// Logs in.
    ///
    /// # Errors
    /// What ssh said, and what that means.
    pub(super) async fn done(self) -> Result<Master, LinkError> {
        let Self { program, address, may_ask, hearer, is_plain, places, starts, tell } = self;
        let start = Instant::now();
        let effective = match is_plain {
            true => Effective::default(),
            false => starts.in_turn(effective(program, &address.target)).await?,
        };
        let folder = Folder::new(places)?;
        // Put back after the keeper has ended ssh.
        let _terminal = may_ask.then(Terminal::now);
        let words = words(address, &folder, &effective, may_ask);
        let keeper = Keeper::start(folder.path(), program, &words, may_ask)?;
        let connect = effective.connect.unwrap_or(Duration::from_secs(CONNECT));
        let limit = connect + if may_ask { WITH_PERSON } else { LOGIN };
        let target = address.target.to_string();
        let hear = async {
            match hearer {
                Some(hearer) => hearer.hear(&target, || keeper.said()).await,
                None => pending().await,
            }
        };
        let result = tokio::select! {
            result = timeout(limit, logged_in(&folder, &keeper)) => result,
            never = hear => match never {},
        };
        match result {
            Ok(true) => {}
            Ok(false) => {
                if may_ask {
                    // Ctrl-C is for both, and ssh may be quicker.
                    tokio::time::sleep(HEEDED).await;
                }
                return Err(refused(target, &keeper.said()));
            }
            Err(_) => return Err(LinkError::TimedOut { target, after: limit }),
        }
        let master = Master::new(program, address, &effective, folder, keeper)?;
        if let Some(tell) = tell {
            tell(&format!("logged in to {} ({} ms)", address.target, start.elapsed().as_millis()));
        }
        Ok(master)
    }
}

/// Waits until ssh is logged in, or has ended.
async fn logged_in(folder: &Folder, keeper: &Keeper) -> bool {
    let control = folder.control();
    loop {
        if control.exists() && UnixStream::connect(&control).is_ok() {
            return true;
        }
        if timeout(TICK, keeper.end()).await.is_ok() {
            // What it said last may come a moment later than its end.
            tokio::time::sleep(TICK).await;
            return false;
        }
    }
}

fn refused(target: String, words: &str) -> LinkError {
    let said = gist(words);
    match trouble(words) {
        Trouble::Settings => LinkError::Settings { target, said },
        trouble if said.is_empty() => {
            LinkError::Login { target, trouble, said: "ssh ends without a word".to_owned() }
        }
        trouble => LinkError::Login { target, trouble, said },
    }
}

/// ssh's command line. Options given here come before the operator's settings; all others are theirs.
fn words(address: &Address, folder: &Folder, effective: &Effective, may_ask: bool) -> Vec<String> {
    let mut words: Vec<String> = ["-M", "-N", "-T", "-a", "-x"].map(str::to_owned).into();
    let mut option = |option: String| words.extend(["-o".to_owned(), option]);
    option("ControlMaster=yes".to_owned());
    option(format!("ControlPath={}", folder.control().display()));
    for own in [
        // Their master would outlive us.
        "ControlPersist=no",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        // Forwards of theirs are for their own sessions: the ports may be in use by one.
        "ClearAllForwardings=yes",
        "StreamLocalBindUnlink=yes",
        // With less it does not say why it ends, nor pass on what a server says to people.
        "LogLevel=INFO",
    ] {
        option(own.to_owned());
    }
    if effective.connect.is_none() {
        option(format!("ConnectTimeout={CONNECT}"));
    }
    if effective.silence.is_none_or(|silence| silence > LONGEST_SILENCE) {
        let (seconds, times) = if may_ask { PATIENT } else { ALIVE };
        option(format!("ServerAliveInterval={seconds}"));
        option(format!("ServerAliveCountMax={times}"));
    }
    if effective.has_session_settings {
        // In the background nobody would hold it.
        option("ForkAfterAuthentication=no".to_owned());
    }
    if effective.asks_afterwards {
        option("UpdateHostKeys=no".to_owned());
    }
    if !may_ask {
        option("BatchMode=yes".to_owned());
    }
    words.extend(address.target.arguments());
    words
}

/// What the operator's settings say about the target.
async fn effective(program: &str, target: &Target) -> Result<Effective, LinkError> {
    let mut command = Command::new(program);
    // Without `-N` it might want a command, as for the background.
    command.args(["-G", "-N", "-T"]).args(target.arguments()).stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(SETTINGS, command.output()).await {
        Ok(output) => output.map_err(|error| LinkError::Program { reason: error.to_string() })?,
        Err(_) => return Err(LinkError::TimedOut { target: target.to_string(), after: SETTINGS }),
    };
    if !output.status.success() {
        let said = match gist(&String::from_utf8_lossy(&output.stderr)) {
            said if said.is_empty() => output.status.to_string(),
            said => said,
        };
        return Err(LinkError::Settings { target: target.to_string(), said });
    }
    ssh::effective(&String::from_utf8_lossy(&output.stdout))
        .map_err(|error| LinkError::Settings { target: target.to_string(), said: error.to_string() })
}
