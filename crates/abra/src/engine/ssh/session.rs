//! One session of a login: a command that is run over there.
use super::LinkError;
use super::keeper::{Words, keep};
use super::sessions::Sessions;
use abra_core::ssh::{Address, gist};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// For a short command, with its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of its output that counts, in bytes.
const LONGEST: u64 = 16 << 10;

/// A process that asks the running ssh for a session, and has its ends for us. It never logs in by itself, and has a group
/// of its own: Ctrl-C is not for it. A shell over there reads the words.
pub(super) fn session(
    program: &str,
    address: &Address,
    control: &Path,
    words: &[impl AsRef<str>],
) -> Command {
    let mut command = Command::new(program);
    command.arg("-o").arg(format!("ControlPath={}", control.display()));
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
    command.args(["-T", "-a", "-x"]).args(address.target.arguments()).args(words.iter().map(AsRef::as_ref));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Runs a short command that reads nothing, and gives back what it printed.
pub(super) async fn run(
    program: &str,
    address: &Address,
    control: &Path,
    sessions: &Sessions,
    words: &[&str],
) -> Result<String, LinkError> {
    let failed = |said: String| LinkError::Command {
        target: address.target.to_string(),
        command: words.join(" "),
        said,
    };
    let work = async {
        let _permit = sessions.permit().await;
        let mut child = session(program, address, control, words).stdin(Stdio::null()).spawn()?;
        let (said, mut out) = (Words::default(), Vec::new());
        // No more of either is read than counts, and what says more is ended by that.
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            let mut stdout = stdout.take(LONGEST);
            let (read, ()) = tokio::join!(stdout.read_to_end(&mut out), keep(stderr, Arc::clone(&said)));
            read?;
        }
        let status = child.wait().await?;
        let said = said.lock().map(|said| said.clone()).unwrap_or_default();
        Ok::<_, io::Error>((status, out, said))
    };
    let (status, out, said) = match timeout(PATIENCE, work).await {
        Ok(ended) => ended.map_err(|error| LinkError::Program { reason: error.to_string() })?,
        Err(_) => return Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    };
    match gist(&said) {
        _ if status.success() => Ok(String::from_utf8_lossy(&out).into_owned()),
        said if said.is_empty() => Err(failed(status.to_string())),
        said => Err(failed(said)),
    }
}
