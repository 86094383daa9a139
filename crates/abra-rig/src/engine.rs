//! One private engine.
use crate::http::{self, Answer, Body};
use crate::sweep::{self, sweep};
use crate::{RigError, image, needs};
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SCRIPT: &str = include_str!("engine.sh");
/// For everything that an engine does; generous, as several may start at once on a slow machine.
const LIMIT: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(10);

/// What an engine should be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// A swarm of one manager.
    pub swarm: bool,
    /// Images `bb:1` and `bb:2`: busybox; their containers print `bb:1` or `bb:2`, run on, and stop at once when told.
    pub images: bool,
    /// The engine's debug log (names every request).
    pub debug: bool,
    /// Its host name.
    pub host: String,
    /// The root of a system whose engine is used instead of the machine's, such as a bootstrapped Debian with its
    /// `docker.io`. Nothing in it is changed. By default what [`ROOT_VARIABLE`] says.
    pub root: Option<PathBuf>,
}

/// The environment variable for [`EngineOptions::root`], so that tests run on another engine as they are.
pub const ROOT_VARIABLE: &str = "RIG_ROOT";

impl Default for EngineOptions {
    fn default() -> Self {
        let root = env::var_os(ROOT_VARIABLE).filter(|root| !root.is_empty()).map(PathBuf::from);
        Self { swarm: true, images: true, debug: false, host: "rig".to_owned(), root }
    }
}

/// A running engine. Dropping it removes it and all that belongs to it.
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    janitor: Child,
    orders: Option<ChildStdin>,
    given: u32,
}

impl Engine {
    /// Starts an engine and waits until it can be used.
    pub fn start(options: &EngineOptions) -> Result<Self, RigError> {
        let missing = needs::missing(options.root.as_deref());
        if !missing.is_empty() {
            return Err(RigError::Missing(missing));
        }
        sweep()?;
        let folder = new_folder()?;
        let mut engine = match spawned(&folder, options) {
            Ok(engine) => engine,
            Err(error) => {
                // No janitor yet: the folder is ours to remove.
                let _ = fs::remove_dir_all(&folder);
                return Err(error);
            }
        };
        engine.wait_until_up()?;
        if options.swarm {
            engine.make_swarm()?;
        }
        if options.images {
            let root = image::root_tar()?;
            for tag in ["1", "2"] {
                engine.import_tar("bb", tag, &[&image::steady(&format!("bb:{tag}"))], &root)?;
            }
        }
        Ok(engine)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// Its address, as for `DOCKER_HOST`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join("log")).unwrap_or_default()).into_owned()
    }

    /// Asks it something.
    pub fn get(&self, target: &str) -> Result<Answer, RigError> {
        self.request("GET", target, None)
    }

    /// Asks it something and takes the answer as JSON; refusals are errors.
    pub fn json(&self, target: &str) -> Result<Value, RigError> {
        Ok(self.get(target)?.accepted(target)?.json())
    }

    /// Sends it JSON.
    pub fn post(&self, target: &str, body: &Value) -> Result<Answer, RigError> {
        let text = body.to_string();
        self.request(
            "POST",
            target,
            Some(&Body { kind: "application/json", bytes: text.as_bytes(), auth: None }),
        )
    }

    /// Removes something.
    pub fn delete(&self, target: &str) -> Result<Answer, RigError> {
        self.request("DELETE", target, None)
    }

    /// Makes an image `name:tag` of busybox with the given changes (docker: instructions of a Dockerfile).
    pub fn image(&self, name: &str, tag: &str, changes: &[&str]) -> Result<(), RigError> {
        self.import_tar(name, tag, changes, &image::root_tar()?)
    }

    /// Stops it as a service manager would (up to 10 s for containers that don't obey).
    pub fn stop(&mut self) -> Result<(), RigError> {
        self.order("stop")
    }

    /// Kills the engine, not its containers.
    pub fn kill(&mut self) -> Result<(), RigError> {
        self.order("kill")
    }

    /// Starts it again after [`Engine::stop`] or [`Engine::kill`].
    pub fn start_again(&mut self) -> Result<(), RigError> {
        self.order("start")?;
        self.wait_until_up()
    }

    /// Makes it hang: connections are taken, nothing is answered.
    pub fn freeze(&mut self) -> Result<(), RigError> {
        self.order("freeze")
    }

    /// Lets it go on.
    pub fn thaw(&mut self) -> Result<(), RigError> {
        self.order("thaw")
    }

    /// Runs a script of bash in the engine's namespaces, in the background, until the engine ends.
    pub fn run_inside(&mut self, name: &str, script: &str) -> Result<(), RigError> {
        let path = self.folder.join(name);
        fs::write(&path, script).map_err(RigError::io(name))?;
        self.order(&format!("run {}", path.display()))
    }

    /// Makes an empty file below `/run` as containers' bind mounts see it; the machine's own `/run` stays as it is.
    pub(crate) fn own_file(&mut self, path: &str) -> Result<(), RigError> {
        let made = self.folder.join("own-file");
        let script = format!(
            "set -e; given='{path}'; path=/run/${{given#*/run/}}; [ ! -d /run/root ] || path=/run/root$path\n\
             mkdir -p \"${{path%/*}}\"; [ -e \"$path\" ] || : >\"$path\"; : >'{}'\n",
            made.display()
        );
        self.run_inside("own-file.sh", &script)?;
        self.wait_for(path, || made.exists())?;
        fs::remove_file(&made).map_err(RigError::io("own-file"))
    }

    /// Waits until `met` says so.
    pub fn wait_for(&self, what: &str, mut met: impl FnMut() -> bool) -> Result<(), RigError> {
        let start = Instant::now();
        while !met() {
            if start.elapsed() > LIMIT {
                return Err(RigError::TimedOut { what: what.to_owned(), after: LIMIT, log: self.log_end() });
            }
            sleep(TICK);
        }
        Ok(())
    }

    pub(crate) fn request(
        &self,
        method: &str,
        target: &str,
        body: Option<&Body<'_>>,
    ) -> Result<Answer, RigError> {
        http::request(&self.socket(), method, target, body, LIMIT).map_err(RigError::io(target))
    }

    fn wait_until_up(&mut self) -> Result<(), RigError> {
        let start = Instant::now();
        let mut log = String::new();
        loop {
            if http::request(&self.socket(), "GET", "/_ping", None, LIMIT)
                .is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            if start.elapsed() > LIMIT {
                let what = "the engine's start".to_owned();
                return Err(RigError::TimedOut { what, after: LIMIT, log: self.log_end() });
            }
            // Its log goes with it.
            let now = self.log_end();
            log = if now.is_empty() { log } else { now };
            if self.janitor.try_wait().is_ok_and(|status| status.is_some()) {
                return Err(RigError::Ended { log });
            }
            sleep(TICK);
        }
    }

    fn make_swarm(&self) -> Result<(), RigError> {
        let body = json!({ "ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1" });
        self.post("/swarm/init", &body)?.accepted("/swarm/init").map(drop)
    }

    pub(crate) fn import_tar(
        &self,
        name: &str,
        tag: &str,
        changes: &[&str],
        tar: &[u8],
    ) -> Result<(), RigError> {
        let mut target = format!("/images/create?fromSrc=-&repo={name}&tag={tag}");
        for change in changes {
            target += "&changes=";
            change.bytes().for_each(|byte| target += &format!("%{byte:02X}"));
        }
        let body = Body { kind: "application/x-tar", bytes: tar, auth: None };
        let answer = self.request("POST", &target, Some(&body))?.accepted(&target)?;
        // Streams say what went wrong after they have said 200.
        if answer.text().contains("errorDetail") {
            return Err(RigError::Refused {
                what: format!("image {name}:{tag}"),
                status: 200,
                text: answer.text(),
            });
        }
        Ok(())
    }

    /// Gives an order to the shell in the namespaces and waits until it was carried out.
    fn order(&mut self, order: &str) -> Result<(), RigError> {
        let Some(orders) = &mut self.orders else {
            return Err(RigError::Io { what: order.to_owned(), source: io::ErrorKind::BrokenPipe.into() });
        };
        // In one piece: the shell reads with a time limit.
        orders.write_all(format!("{order}\n").as_bytes()).map_err(RigError::io(order))?;
        self.given += 1;
        let (done, given) = (self.folder.join("done"), self.given.to_string());
        self.wait_for(order, || fs::read_to_string(&done).is_ok_and(|text| text.trim() == given))
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The end of the pipe ends the engine; the janitor's own loops are bounded, so this wait is.
        self.orders = None;
        let _ = self.janitor.wait();
    }
}

fn new_folder() -> Result<PathBuf, RigError> {
    let mut number = 0_u32;
    loop {
        let path = Path::new(sweep::BASE).join(format!("{}{}-{number}", sweep::PREFIX, std::process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && number < 10_000 => number += 1,
            Err(e) => return Err(RigError::Io { what: path.display().to_string(), source: e }),
        }
    }
}

fn spawned(folder: &Path, options: &EngineOptions) -> Result<Engine, RigError> {
    let script = folder.join("engine.sh");
    fs::write(&script, SCRIPT).map_err(RigError::io("engine.sh"))?;
    fs::write(folder.join("daemon.json"), "{}").map_err(RigError::io("daemon.json"))?;
    let log = fs::File::create(folder.join("log")).map_err(RigError::io("log"))?;
    let log_too = log.try_clone().map_err(RigError::io("log"))?;
    let mut janitor = Command::new(needs::program("bash").unwrap_or_else(|| "bash".into()))
        .arg(&script)
        .arg("janitor")
        .arg(folder)
        .arg(&options.host)
        .arg(options.root.as_deref().unwrap_or(Path::new("/")))
        .args(arguments(folder, options.debug))
        .env_clear()
        .env("PATH", needs::path())
        .env("HOME", folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(log_too)
        // Out of reach of Ctrl-C, and of runners that kill a test's process group.
        .process_group(0)
        .spawn()
        .map_err(RigError::io("bash"))?;
    let orders = janitor.stdin.take();
    Ok(Engine { folder: folder.to_owned(), janitor, orders, given: 0 })
}

fn arguments(folder: &Path, debug: bool) -> Vec<String> {
    let at = |name: &str| folder.join(name).display().to_string();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut arguments = vec![
        format!("--config-file={}", at("daemon.json")),
        format!("--data-root={}", at("data")),
        format!("--exec-root={}", at("run")),
        format!("--pidfile={}", at("pid")),
        format!("--host=unix://{}", at("docker.sock")),
        format!("--cgroup-parent=/{name}"),
        "--exec-opt=native.cgroupdriver=cgroupfs".to_owned(),
        "--storage-driver=overlay2".to_owned(),
        "--bridge=none".to_owned(),
        "--iptables=false".to_owned(),
        "--ip-forward=false".to_owned(),
        "--group=root".to_owned(),
    ];
    if debug {
        arguments.push("--debug".to_owned());
    }
    arguments
}
