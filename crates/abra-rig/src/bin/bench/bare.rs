//! What no look at all servers can do without: the logins, by the same ssh, and the engines' lists. Nothing is made of them.
use abra_rig::RigError;
use std::io::{Error, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// What abra asks for, too.
const LISTS: [&str; 4] = ["/services", "/networks", "/secrets", "/configs"];
/// For a login, and for each answer.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks whether ssh is logged in.
const TICK: Duration = Duration::from_millis(5);

/// Asks all servers at once, and says how long that took. Sockets are made in the folder.
pub(crate) fn look(folder: &Path, names: &[&str]) -> Result<Duration, RigError> {
    let start = Instant::now();
    thread::scope(|scope| {
        let looks: Vec<_> = names.iter().map(|name| scope.spawn(|| one(folder, name))).collect();
        looks.into_iter().try_for_each(over)
    })?;
    Ok(start.elapsed())
}

fn one(folder: &Path, name: &str) -> Result<(), RigError> {
    let login = Login::to(folder, name)?;
    thread::scope(|scope| {
        let ask = |list: &'static str| scope.spawn(|| abra_rig::get(&login.socket, list, LIMIT).map(drop));
        LISTS.map(ask).into_iter().try_for_each(over)
    })
}

fn over<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// An ssh that brings an engine's socket here. It ends when dropped.
struct Login {
    ssh: Child,
    socket: PathBuf,
}

impl Login {
    fn to(folder: &Path, name: &str) -> Result<Self, RigError> {
        let socket = folder.join(format!("{name}.sock"));
        let mut ssh = Command::new("ssh");
        ssh.args(["-N", "-T", "-a", "-x", "-o", "BatchMode=yes", "-L"]);
        ssh.arg(format!("{}:/var/run/docker.sock", socket.display())).arg(name);
        // As in abra's runs, which know no agent.
        ssh.env_remove("SSH_AUTH_SOCK");
        ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let failed = || RigError::io(format!("ssh {name}"));
        let mut login = Self { ssh: ssh.spawn().map_err(failed())?, socket };
        while UnixStream::connect(&login.socket).is_err() {
            if start.elapsed() > LIMIT || login.ssh.try_wait().map_err(failed())?.is_some() {
                return Err(failed()(Error::from(ErrorKind::NotConnected)));
            }
            thread::sleep(TICK);
        }
        Ok(login)
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let _ = self.ssh.kill();
        let _ = self.ssh.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}
