//! A real sshd on loopback, with keys, settings and users of its own, in front of an engine or of none.
//!
//! A thread of ours takes the connections and gives each to an sshd of its own, as inetd would, in namespaces of its own:
//! there `/run` holds the engine's socket under its usual name, and a user `guest` exists who may do nothing. When that
//! process or its pipe ends, everything in it does.
use crate::{RigError, needs};
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Runs an sshd, given as its program and words. One that listens ends when standard input does.
const SERVE: &str = r#"set -e
mount --bind "$FOLDER/run" /run
mount --bind "$FOLDER/passwd" /etc/passwd
set -- "$@" -f "$FOLDER/sshd_config" -E "$FOLDER/log"
[ "$2" = -D ] || exec "$@"
"$@" </dev/null &
read -r _
"#;
/// For an sshd that listens by itself to say that it does.
const LISTENS: Duration = Duration::from_secs(10);

/// What an sshd should be like.
#[derive(Debug, Clone, Default)]
pub struct SshdOptions {
    /// The engine that listens at `/var/run/docker.sock` there.
    pub engine: Option<PathBuf>,
    /// Further lines of its settings; they count before the usual ones.
    pub settings: Vec<String>,
    /// Whether there is no `docker` on the `PATH`.
    pub without_docker: bool,
    /// Another sshd than the machine's.
    pub program: Option<PathBuf>,
}

/// A running sshd; it ends when dropped, with everybody who is logged in.
#[derive(Debug)]
pub struct Sshd {
    folder: PathBuf,
    port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    refuses: AtomicBool,
    ended: AtomicBool,
    open: Mutex<Vec<Child>>,
}

impl Sshd {
    /// Listens, with its files in a new folder. Whoever has the private key `key` there may log in as root or guest.
    pub fn start(folder: &Path, options: &SshdOptions) -> Result<Self, RigError> {
        let sshd = prepared(folder, options)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(RigError::io("sshd"))?;
        let port = listener.local_addr().map_err(RigError::io("sshd"))?.port();
        let state = Arc::new(State::default());
        let (shared, folder_too) = (Arc::clone(&state), folder.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream
                    && !shared.refuses.load(Ordering::SeqCst)
                    && let Ok(child) = serve(stream, &folder_too, &sshd)
                {
                    shared.lock().push(child);
                }
            }
        });
        Ok(Self { folder: folder.to_owned(), port, state })
    }

    /// The same, but one sshd listens for all, as on a server: a login costs what it costs there. For `cut` it is too simple.
    pub fn listening(folder: &Path, options: &SshdOptions) -> Result<Self, RigError> {
        let program = prepared(folder, options)?;
        let io = || RigError::io("sshd");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io())?;
        let port = free.local_addr().map_err(io())?.port();
        drop(free);
        let words = ["-D".to_owned(), format!("-oListenAddress=127.0.0.1:{port}")];
        let state = Arc::new(State::default());
        state.lock().push(spawn(folder, &program, &words, Stdio::piped(), Stdio::null()).map_err(io())?);
        let sshd = Self { folder: folder.to_owned(), port, state };
        let start = Instant::now();
        while !sshd.log().contains("Server listening") {
            if start.elapsed() > LISTENS {
                let source = std::io::Error::new(std::io::ErrorKind::TimedOut, sshd.log());
                return Err(RigError::io("sshd")(source));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(sshd)
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder; the private key of those who may log in is `key` in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// How many logins there were.
    pub fn logins(&self) -> usize {
        self.log().matches("Accepted publickey").count()
    }

    /// The lines for ssh's settings that lead here under a name.
    pub fn host(&self, name: &str, known_hosts: &Path) -> String {
        self.host_by(name, self.port, known_hosts)
    }

    /// The same by another port on 127.0.0.1, from where a relay leads here.
    pub fn host_by(&self, name: &str, port: u16, known_hosts: &Path) -> String {
        let mut lines = format!(
            "Host {name}\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
             UserKnownHostsFile {}\n  StrictHostKeyChecking ask\n",
            self.folder.join("key").display(),
            known_hosts.display()
        );
        if port != self.port {
            // The line for the file of known hosts names the port.
            lines += &format!("  HostKeyAlias [127.0.0.1]:{}\n", self.port);
        }
        lines
    }

    /// The line for a file of known hosts.
    pub fn known(&self) -> Result<String, RigError> {
        let key = fs::read_to_string(self.folder.join("host.pub")).map_err(RigError::io("host.pub"))?;
        Ok(format!("[127.0.0.1]:{} {key}", self.port))
    }

    /// Makes a user who may do what root may, with this login shell and crypt(3)'s form of a password, `*` for none. Gives
    /// back the home, in which the shell's settings can be written.
    pub fn user(&self, name: &str, shell: &Path, password: &str) -> Result<PathBuf, RigError> {
        let add = || {
            let passwd = fs::read_to_string(self.folder.join("passwd"))?;
            let line = format!("{name}:{password}:0:0::/run/home/{name}:{}\n", shell.display());
            // The same file: it stands in the way of the machine's own.
            fs::write(self.folder.join("passwd"), format!("{passwd}{line}"))?;
            let home = self.folder.join("run/home").join(name);
            fs::create_dir_all(&home)?;
            Ok(home)
        };
        add().map_err(RigError::io("a user"))
    }

    /// Lets one more key in.
    pub fn admit(&self, public: &str) -> Result<(), RigError> {
        let path = self.folder.join("run/authorized_keys");
        let keys = fs::read_to_string(&path).map_err(RigError::io("authorized_keys"))?;
        fs::write(&path, format!("{keys}{public}\n")).map_err(RigError::io("authorized_keys"))
    }

    /// Ends all logins, and hangs up on everybody from now on.
    pub fn cut(&self) {
        self.state.refuses.store(true, Ordering::SeqCst);
        self.state.end_all();
    }

    /// Takes logins again.
    pub fn mend(&self) {
        self.state.refuses.store(false, Ordering::SeqCst);
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        self.state.end_all();
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Vec<Child>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_all(&self) {
        for mut child in self.lock().drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes a key without a comment; its public half ends in `.pub`.
pub fn keygen(path: &Path, passphrase: &str) -> Result<(), RigError> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .status()
        .map_err(RigError::io("ssh-keygen"))?;
    if made.success() {
        return Ok(());
    }
    Err(RigError::Io { what: format!("a key {}", path.display()), source: std::io::ErrorKind::Other.into() })
}

/// Gives an operator's home an ssh of its own: a program in `bin` that reads `.ssh/config` there. (ssh itself looks for it
/// in the home of the user that runs it, whatever `HOME` says.)
pub fn own_ssh(home: &Path, settings: &str, known_hosts: &str) -> Result<(), RigError> {
    let write = || {
        fs::create_dir_all(home.join("bin"))?;
        fs::create_dir_all(home.join(".ssh"))?;
        fs::write(home.join(".ssh/config"), settings)?;
        fs::write(home.join(".ssh/known_hosts"), known_hosts)?;
        let real = needs::program("ssh").unwrap_or_else(|| "/usr/bin/ssh".into());
        let config = home.join(".ssh/config");
        let script = format!("#!/bin/sh\nexec '{}' -F '{}' \"$@\"\n", real.display(), config.display());
        fs::write(home.join("bin/ssh"), script)?;
        fs::set_permissions(home.join("bin/ssh"), Permissions::from_mode(0o755))
    };
    write().map_err(RigError::io("an operator's ssh"))
}

/// Its program; its files are in the folder then.
fn prepared(folder: &Path, options: &SshdOptions) -> Result<PathBuf, RigError> {
    let sshd = options
        .program
        .clone()
        .or_else(|| needs::program("sshd"))
        .ok_or_else(|| RigError::Missing(vec!["sshd (package openssh-server)".to_owned()]))?;
    prepare(folder, options).map_err(RigError::io("sshd"))?;
    for name in ["host", "key"] {
        keygen(&folder.join(name), "")?;
    }
    fs::copy(folder.join("key.pub"), folder.join("run/authorized_keys")).map_err(RigError::io("keys"))?;
    Ok(sshd)
}

fn prepare(folder: &Path, options: &SshdOptions) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("run/sshd"))?;
    fs::set_permissions(folder.join("run"), Permissions::from_mode(0o755))?;
    fs::set_permissions(folder.join("run/sshd"), Permissions::from_mode(0o755))?;
    if let Some(engine) = &options.engine {
        symlink(engine, folder.join("run/docker.sock"))?;
    }
    // The machine's own shell settings are none of these users'.
    fs::create_dir_all(folder.join("run/home"))?;
    let passwd = fs::read_to_string("/etc/passwd")?;
    let others: String =
        passwd.lines().filter(|line| !line.starts_with("root:")).map(|line| format!("{line}\n")).collect();
    let own = "root:*:0:0::/run/home:/bin/sh\nguest:*:61000:61000::/tmp:/bin/sh\n";
    fs::write(folder.join("passwd"), format!("{own}{others}"))?;
    let mut settings = options.settings.join("\n");
    if options.without_docker {
        settings += "\nSetEnv PATH=/nowhere";
    }
    settings += &format!(
        "\nHostKey {}\nAuthorizedKeysFile /run/authorized_keys\nUsePAM no\nStrictModes no\nPidFile none\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n",
        folder.join("host").display()
    );
    fs::write(folder.join("sshd_config"), settings)
}

/// One connection, with an sshd of its own.
fn serve(stream: TcpStream, folder: &Path, sshd: &Path) -> std::io::Result<Child> {
    stream.set_nodelay(true)?;
    let input = OwnedFd::from(stream.try_clone()?);
    spawn(folder, sshd, &["-i".to_owned()], input.into(), OwnedFd::from(stream).into())
}

/// An sshd in namespaces of its own.
fn spawn(
    folder: &Path,
    sshd: &Path,
    words: &[String],
    input: Stdio,
    output: Stdio,
) -> std::io::Result<Child> {
    Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"])
        .args(["sh", "-c", SERVE, "sshd"])
        .arg(sshd)
        .args(words)
        .env_clear()
        .env("PATH", needs::path())
        .env("FOLDER", folder)
        .current_dir("/")
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
