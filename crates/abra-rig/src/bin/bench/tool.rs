//! The two programs, and how long one run of them takes.
use abra_rig::RigError;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer; docker's may wait for ever.
const LIMIT: Duration = Duration::from_secs(150);

/// Medians of the two, in the order abra, docker.
pub(crate) type Pair<T> = [T; 2];

/// abra and docker, in an empty home.
#[derive(Debug)]
pub(crate) struct Tools {
    programs: Pair<PathBuf>,
    folder: PathBuf,
}

impl Tools {
    pub(crate) fn new(abra: &Path, docker: &Path, folder: &Path) -> Result<Self, RigError> {
        let abra = abra.canonicalize().map_err(RigError::io(abra.display().to_string()))?;
        let home = folder.join("home");
        fs::create_dir_all(&home).map_err(RigError::io("a home"))?;
        Ok(Self { programs: [abra, docker.to_owned()], folder: folder.to_owned() })
    }

    /// The home of both.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// `docker --version`'s or abra's own line.
    pub(crate) fn version(&self, tool: usize) -> Result<String, RigError> {
        let program = &self.programs[tool];
        let output = Command::new(program)
            .arg("--version")
            .output()
            .map_err(RigError::io(program.display().to_string()))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs one of them and says how long it took. It must succeed.
    pub(crate) fn run(&self, tool: usize, host: &str, arguments: &[&str]) -> Result<Duration, RigError> {
        self.run_with(tool, host, arguments, &[])
    }

    /// The same with more variables.
    pub(crate) fn run_with(
        &self,
        tool: usize,
        host: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Duration, RigError> {
        let program = &self.programs[tool];
        let what = format!("{} {}", program.display(), arguments.join(" "));
        let (home, errors) = (self.home(), self.folder.join("errors"));
        let stderr = File::create(&errors).map_err(RigError::io("a file"))?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("HOME", home).env("DOCKER_HOST", host);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("DOMAIN", "example.org");
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let start = Instant::now();
        let mut child = command.spawn().map_err(RigError::io(&what))?;
        let (over, waiting) = mpsc::channel::<()>();
        let pid = Pid::from_child(&child);
        let watchdog = thread::spawn(move || {
            if waiting.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        let status = child.wait();
        let taken = start.elapsed();
        drop(over);
        let _ = watchdog.join();
        if status.map_err(RigError::io(&what))?.success() {
            return Ok(taken);
        }
        let text = fs::read_to_string(errors).unwrap_or_default();
        Err(RigError::Refused { what, status: 1, text })
    }

    /// Runs both in turn, `rounds` times, and gives the medians. Who begins changes with every round.
    pub(crate) fn alternate(
        &self,
        rounds: usize,
        mut run: impl FnMut(&Self, usize) -> Result<Duration, RigError>,
    ) -> Result<Pair<Duration>, RigError> {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for tool in [round % 2, 1 - round % 2] {
                times[tool].push(run(self, tool)?);
            }
        }
        Ok(times.map(median))
    }
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
