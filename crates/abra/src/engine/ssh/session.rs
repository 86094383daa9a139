//! One session of a login: a command that is run over there.
use super::LinkError;
use super::keeper::{Words, keep};
use super::sessions::Sessions;
use abra_core::ssh::{Address, DialTrouble, dial_trouble, gist};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// For a short command, with its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of its output that counts, in bytes.
const LONGEST: u64 = 16 << 10;

/// A running ssh, as whoever wants a session of it finds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Through<'a> {
    /// The operator's ssh.
    pub(super) program: &'a str,
    /// Where it is logged in to.
    pub(super) address: &'a Address,
    /// Its control socket.
    pub(super) control: &'a Path,
    /// Whether it has settings for what the words of a session's command line say.
    pub(super) has_settings: bool,
}

/// A process that asks the running ssh for a session, and has its ends for us. It never logs in by itself, and has a group
/// of its own: Ctrl-C is not for it. A shell over there reads the words.
pub(super) fn session(through: Through<'_>, words: &[impl AsRef<str>]) -> Command {
    let mut command = Command::new(through.program);
    command.arg("-o").arg(format!("ControlPath={}", through.control.display()));
    if through.has_settings {
        command.args(["-oSessionType=default", "-oStdinNull=no", "-oForkAfterAuthentication=no"]);
    }
    for option in [
        "ControlMaster=no",
        "ProxyCommand=false",
        "BatchMode=yes",
        "LogLevel=ERROR",
        "RemoteCommand=none",
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
        "EscapeChar=none",
    ] {
        command.args(["-o", option]);
    }
    command
        .args(["-T", "-a", "-x"])
        .args(through.address.target.arguments())
        .args(words.iter().map(AsRef::as_ref));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Runs a short command that reads nothing, and gives back what it printed.
pub(super) async fn run(
    through: Through<'_>,
    sessions: &Sessions,
    words: &[&str],
) -> Result<String, LinkError> {
    let failed = |said: String| LinkError::Command {
        target: through.address.target.to_string(),
        command: words.join(" "),
        said,
    };
    let work = async {
        let mut tries = 0;
        loop {
            let permit = sessions.permit().await;
            let ended = once(through, words).await?;
            let is_crowded = !ended.status.success() && dial_trouble(&ended.said) == DialTrouble::Crowded;
            if !is_crowded || !permit.waits(&mut tries).await {
                return Ok::<_, io::Error>((ended, is_crowded));
            }
        }
    };
    let (ended, is_crowded) = match timeout(PATIENCE, work).await {
        Ok(ended) => ended.map_err(|error| LinkError::Program { reason: error.to_string() })?,
        Err(_) => return Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    };
    let said = || Some(gist(&ended.said)).filter(|said| !said.is_empty());
    match said() {
        _ if ended.status.success() => Ok(ended.out),
        _ if is_crowded => Err(failed("the server gives no further session (`MaxSessions`)".to_owned())),
        said => Err(failed(said.unwrap_or_else(|| ended.status.to_string()))),
    }
}

/// What came of a command.
struct Ended {
    status: ExitStatus,
    out: String,
    said: String,
}

async fn once(through: Through<'_>, words: &[&str]) -> io::Result<Ended> {
    let mut child = session(through, words).stdin(Stdio::null()).spawn()?;
    let (said, mut out) = (Words::default(), Vec::new());
    // No more of either is read than counts, and what says more is ended by that.
    if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
        let mut stdout = stdout.take(LONGEST);
        let (read, ()) = tokio::join!(stdout.read_to_end(&mut out), keep(stderr, Arc::clone(&said)));
        read?;
    }
    let status = child.wait().await?;
    let said = said.lock().map(|said| said.clone()).unwrap_or_default();
    Ok(Ended { status, out: String::from_utf8_lossy(&out).into_owned(), said })
}
