//! A network between engines: a bridge in a namespace of its own, one link per engine. It ends with its value, also
//! when the program that made it is killed.
use crate::{Engine, RigError, needs};
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Makes the bridge, says so, and holds the namespace until its standard input ends.
const HOLD: &str = "ip link add br0 type bridge && ip link set br0 up && echo up && exec cat >/dev/null";

/// A switch that engines can be plugged into and cut off from.
#[derive(Debug)]
pub(crate) struct Switch {
    holder: Child,
    /// Its end is the namespace's end.
    stdin: Option<ChildStdin>,
}

impl Switch {
    /// A switch with nothing plugged in.
    pub(crate) fn new() -> Result<Self, RigError> {
        let mut holder = command("unshare")
            .args(["--net", "bash", "-c", HOLD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Out of reach of Ctrl-C, as the engines are.
            .process_group(0)
            .spawn()
            .map_err(RigError::io("unshare"))?;
        let stdin = holder.stdin.take();
        let said = holder.stdout.take().map(|stdout| BufReader::new(stdout).lines().next());
        let switch = Self { holder, stdin };
        match said.flatten() {
            Some(Ok(_)) => Ok(switch),
            _ => Err(RigError::Io { what: "the bridge".to_owned(), source: io::ErrorKind::Other.into() }),
        }
    }

    /// Gives an engine the address `10.99.0.<number>` on this switch.
    pub(crate) fn plug(&self, engine: &Engine, number: usize) -> Result<(), RigError> {
        let (engine, switch) = (namespace(engine)?, self.holder.id());
        let port = port(number);
        let link = format!("link add eth0 netns {engine} type veth peer name {port} netns {switch}");
        run("ip", &link)?;
        run("nsenter", &format!("-t {switch} -n ip link set {port} master br0 up"))?;
        run("nsenter", &format!("-t {engine} -n ip addr add {}/24 dev eth0", address(number)))?;
        run("nsenter", &format!("-t {engine} -n ip link set eth0 up"))
    }

    /// Cuts an engine off from the others, or lets it back.
    pub(crate) fn set_link(&self, number: usize, up: bool) -> Result<(), RigError> {
        let state = if up { "up" } else { "down" };
        run("nsenter", &format!("-t {} -n ip link set {} {state}", self.holder.id(), port(number)))
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.holder.wait();
    }
}

/// An engine's address on the switch.
pub(crate) fn address(number: usize) -> String {
    format!("10.99.0.{number}")
}

fn port(number: usize) -> String {
    format!("v{number}")
}

/// A process in the engine's network namespace: whoever listens on its socket.
fn namespace(engine: &Engine) -> Result<i32, RigError> {
    let stream = UnixStream::connect(engine.socket()).map_err(RigError::io("the engine's socket"))?;
    let peer = rustix::net::sockopt::socket_peercred(&stream)
        .map_err(|error| RigError::io("the engine's process")(error.into()))?;
    Ok(peer.pid.as_raw_nonzero().get())
}

fn run(program: &str, arguments: &str) -> Result<(), RigError> {
    let what = format!("{program} {arguments}");
    let output = command(program)
        .args(arguments.split(' '))
        .stdin(Stdio::null())
        .output()
        .map_err(RigError::io(&what))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(RigError::Io { what, source: io::Error::other(said) })
}

fn command(program: &str) -> Command {
    let mut command = Command::new(needs::program(program).unwrap_or_else(|| program.into()));
    command.env_clear().env("PATH", needs::path()).current_dir("/");
    command
}
