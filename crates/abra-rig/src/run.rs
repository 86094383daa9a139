//! A command with throwaway engines around it: what the program `rig` does.
use crate::{Engine, EngineOptions, Proxy, Registry, RigError};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::time::timeout;

/// How long a command may take to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to run, on what.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// How many engines.
    pub engines: u16,
    /// What they should be like.
    pub options: EngineOptions,
    /// Puts a registry into each engine that has its images, see [`Registry::named`].
    pub registry: bool,
    /// Puts a proxy in front of the first engine that writes each request to `$RIG_DIR/requests` and holds it back for
    /// so long.
    pub proxy: Option<Duration>,
}

/// Starts the engines, runs the command with `DOCKER_HOST`, `RIG_SOCKET_1`… and `RIG_DIR`, and removes everything,
/// also when interrupted. Gives back the command's exit code (128 + N where a signal ended it).
pub fn run(run: &Run) -> Result<u8, RigError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RigError::io("the runtime"))?;
    runtime.block_on(run_on(run))
}

async fn run_on(run: &Run) -> Result<u8, RigError> {
    // From here on no signal ends this process by itself, so every engine that was started is also removed.
    let mut told = Told::new().map_err(RigError::io("signal handlers"))?;
    let mut engines = (0..run.engines).map(|_| Engine::start(&run.options)).collect::<Result<Vec<_>, _>>()?;
    if run.registry {
        engines.iter_mut().try_for_each(stock)?;
    }
    let result = match told.at_once().await {
        Some(signal) => Ok(128 + number(signal)),
        None => command(run, &engines, &mut told).await,
    };
    // Takes along whatever the command left running in the background.
    drop(engines);
    result
}

async fn command(run: &Run, engines: &[Engine], told: &mut Told) -> Result<u8, RigError> {
    let Some((program, arguments)) = run.command.split_first() else { return Ok(2) };
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for (index, engine) in engines.iter().enumerate() {
        command.env(format!("RIG_SOCKET_{}", index + 1), engine.socket());
    }
    let proxy = run.proxy.map(|delay| proxy(&engines[0], delay)).transpose()?;
    let address = proxy.as_ref().map_or_else(|| engines[0].address(), Proxy::address);
    command.env("DOCKER_HOST", address).env("RIG_DIR", engines[0].folder());
    // A context would win over DOCKER_HOST in docker's own client.
    command.env_remove("DOCKER_CONTEXT");
    let mut child = command.spawn().map_err(RigError::io(program.to_string_lossy()))?;
    let status = tokio::select! {
        status = child.wait() => status,
        signal = told.next() => end(&mut child, signal, told).await,
    };
    Ok(code(status.map_err(RigError::io("the command"))?))
}

/// Puts a registry into an engine, with the images of every engine.
fn stock(engine: &mut Engine) -> Result<(), RigError> {
    let registry = Registry::named(engine)?;
    ["1", "2"].iter().try_for_each(|tag| registry.push(engine, "bb", tag).map(drop))
}

fn proxy(engine: &Engine, delay: Duration) -> Result<Proxy, RigError> {
    let proxy = Proxy::start(&engine.folder().join("proxy.sock"), &engine.socket())?;
    proxy.delay(delay);
    proxy.log_to(&engine.folder().join("requests"));
    Ok(proxy)
}

/// Passes a signal on and waits for the command's end, at last with force.
async fn end(child: &mut Child, signal: Signal, told: &mut Told) -> io::Result<ExitStatus> {
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    // Ctrl-C at a terminal has reached the command already; twice may mean something else to it.
    let has_it = signal == Signal::INT && io::stdin().is_terminal();
    if let (Some(pid), false) = (pid, has_it) {
        let _ = kill_process(pid, signal);
    }
    let ended = tokio::select! {
        ended = timeout(PATIENCE, child.wait()) => ended.ok(),
        // Told again: no more patience.
        _ = told.next() => None,
    };
    if let Some(status) = ended {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn number(signal: Signal) -> u8 {
    u8::try_from(signal.as_raw()).unwrap_or_default()
}

/// The signals that mean "end".
struct Told {
    interrupt: Signals,
    terminate: Signals,
    hang_up: Signals,
}

impl Told {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }

    /// One that came already.
    async fn at_once(&mut self) -> Option<Signal> {
        timeout(Duration::from_millis(1), self.next()).await.ok()
    }
}
