//! The two programs, and how long one run of them takes.
use abra_rig::RigError;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, wait};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer; docker's may wait for ever.
const LIMIT: Duration = Duration::from_secs(150);
/// For what a tool leaves behind to end.
const ENDING: Duration = Duration::from_millis(500);

/// Medians of the two, in the order abra, docker.
pub(crate) type Pair<T> = [T; 2];

/// abra and docker, in an empty home.
#[derive(Debug)]
pub(crate) struct Tools {
    programs: Pair<PathBuf>,
    folder: PathBuf,
    home: PathBuf,
    runs: AtomicUsize,
    most_rounds: usize,
}

impl Tools {
    pub(crate) fn new(
        [abra, docker]: Pair<&Path>,
        folder: &Path,
        home: &Path,
        most_rounds: usize,
    ) -> Result<Self, RigError> {
        let abra = abra.canonicalize().map_err(RigError::io(abra.display().to_string()))?;
        let (programs, runs) = ([abra, docker.to_owned()], AtomicUsize::new(0));
        Ok(Self { programs, folder: folder.to_owned(), home: home.to_owned(), runs, most_rounds })
    }

    /// The home of both.
    pub(crate) fn home(&self) -> &Path {
        &self.home
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
        let (home, errors) = (self.home(), self.folder.join(format!("errors-{}", self.number())));
        let stderr = File::create(&errors).map_err(RigError::io("a file"))?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("HOME", home).env("DOCKER_HOST", host);
        command.env("PATH", path()).env("DOMAIN", "example.org");
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
        let text = fs::read_to_string(&errors).unwrap_or_default();
        let _ = fs::remove_file(errors);
        if status.map_err(RigError::io(&what))?.success() {
            return Ok(taken);
        }
        Err(RigError::Refused { what, status: 1, text })
    }

    /// Runs one of them once for each of these command lines, all at the same time, and says when the last was done.
    pub(crate) fn all_at_once(
        &self,
        tool: usize,
        host: &str,
        runs: &[Vec<&str>],
    ) -> Result<Duration, RigError> {
        let start = Instant::now();
        thread::scope(|scope| {
            let runs: Vec<_> = runs.iter().map(|words| scope.spawn(|| self.run(tool, host, words))).collect();
            let over = |run: thread::ScopedJoinHandle<'_, _>| {
                run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            runs.into_iter().try_for_each(|run| over(run).map(drop))
        })?;
        Ok(start.elapsed())
    }

    /// Runs both in turn, `rounds` times, and gives the medians. Who begins changes with every round.
    pub(crate) fn alternate(
        &self,
        rounds: usize,
        mut run: impl FnMut(&Self, usize) -> Result<Duration, RigError>,
    ) -> Result<Pair<Duration>, RigError> {
        self.in_turn(rounds, |which| run(self, which))
    }

    /// Runs several things in turn, `rounds` times, and gives the medians. Who begins changes with every round.
    pub(crate) fn in_turn<const N: usize>(
        &self,
        rounds: usize,
        mut run: impl FnMut(usize) -> Result<Duration, RigError>,
    ) -> Result<[Duration; N], RigError> {
        let mut times = [const { Vec::new() }; N];
        for round in 0..self.rounds(rounds) {
            for step in 0..N {
                let which = (round + step) % N;
                times[which].push(run(which)?);
            }
        }
        Ok(times.map(median))
    }

    /// So many rounds, or as few as were asked for.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        usual.min(self.most_rounds)
    }

    fn number(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// What a run costs the processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Its processes, and all that these started, such as ssh.
    pub(crate) own: Duration,
    /// All else that the machine did meanwhile: on a quiet one, the work of sshds, relays and the engine.
    pub(crate) others: Duration,
}

/// What a run costs the processor, on average of so many.
pub(crate) fn cost(runs: u32, run: impl Fn() -> Result<Duration, RigError>) -> Result<Cost, RigError> {
    let failed = |error: rustix::io::Errno| RigError::io("processes of a run")(error.into());
    // What a tool leaves behind becomes a child of ours, so that it is counted.
    set_child_subreaper(Some(getpid())).map_err(failed)?;
    let (before, all_before) = (of_children()?, of_machine()?);
    for _ in 0..runs {
        run()?;
    }
    let start = Instant::now();
    while start.elapsed() < ENDING {
        if !matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {
            thread::sleep(Duration::from_millis(10));
        }
    }
    set_child_subreaper(None).map_err(failed)?;
    let own = of_children()?.saturating_sub(before);
    let others = of_machine()?.saturating_sub(all_before).saturating_sub(own);
    Ok(Cost { own: own / runs, others: others / runs })
}

/// User and system time of all children that have ended.
fn of_children() -> Result<Duration, RigError> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(RigError::io("/proc/self/stat"))?;
    // The name, in brackets, may hold anything.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    Ok(sum(fields.skip(13).take(2)))
}

/// Time that all cores were at work: for users, the system and interrupts.
fn of_machine() -> Result<Duration, RigError> {
    let stat = fs::read_to_string("/proc/stat").map_err(RigError::io("/proc/stat"))?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).enumerate();
    // Idle, waiting for disks, and what other guests of the host took.
    Ok(sum(fields.filter(|(index, _)| ![3, 4].contains(index) && *index < 7).map(|(_, field)| field)))
}

/// Times in hundredths of a second.
fn sum<'a>(fields: impl Iterator<Item = &'a str>) -> Duration {
    Duration::from_millis(10 * fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>())
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
