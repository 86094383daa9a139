//! What an operator has: a home of their own, recipes, an app, and the program as it was built.
use crate::over::Over;
use crate::rig::{PATIENCE, swarm};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The app that every operator has, on server `default`.
pub(crate) const APP: &str = "demo.example.com";
/// Its stack.
pub(crate) const STACK: &str = "demo_example_com";
/// Its env file before anything was recorded. Comment, quotes and the missing line end are there to be kept.
pub(crate) const ENV: &str = "# ours\nTYPE=demo\nDOMAIN=demo.example.com\nMOTTO=\"we share\"";
/// A service that runs, and stops at once when told.
pub(crate) const GOOD: &str =
    "app: {image: bb:1, stop_grace_period: 1s, deploy: {update_config: {monitor: 1s}}}";

/// How long a service is watched that starts and dies: a busy engine says of what has ended that it runs, by seconds. The
/// verdict comes when it has failed, not later.
pub(crate) const PATIENT: &str = "--stable 30s";

/// A place that recipes are cloned from, with the one recipe `demo`.
pub(crate) struct Forge(TempDir);

impl Forge {
    /// A recipe without a version yet.
    pub(crate) fn new() -> Self {
        let forge = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(forge.recipe()).unwrap();
        git(forge.0.path(), &forge.recipe(), &["init", "--quiet", "--initial-branch=main"]);
        forge
    }

    /// Where all of it is.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    fn recipe(&self) -> PathBuf {
        self.0.path().join("demo.git")
    }

    /// Writes the notes of a release, to be published with the next one.
    pub(crate) fn note(&self, version: &str, text: &str) {
        std::fs::create_dir_all(self.recipe().join("release")).unwrap();
        std::fs::write(self.recipe().join("release").join(version), text).unwrap();
    }

    /// Writes another file of the recipe, to be published with the next release.
    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.recipe().join(name), text).unwrap();
    }

    /// Whether anything was published.
    pub(crate) fn has_release(&self) -> bool {
        self.recipe().join("compose.yml").exists()
    }

    /// Publishes a release with these services.
    pub(crate) fn release(&self, version: &str, services: &[&str]) {
        std::fs::write(self.recipe().join("compose.yml"), compose(services)).unwrap();
        self.publish(version);
    }

    /// Publishes a release with the files of a folder.
    pub(crate) fn release_folder(&self, version: &str, folder: &Path) {
        copy(folder, &self.recipe());
        self.publish(version);
    }

    fn publish(&self, version: &str) {
        self.commit(version);
        git(self.0.path(), &self.recipe(), &["tag", "--annotate", version, "--message", version]);
    }

    /// Publishes what was written without a release; the first digits of the commit, as they are recorded.
    pub(crate) fn commit(&self, subject: &str) -> String {
        git(self.0.path(), &self.recipe(), &["add", "--all"]);
        git(self.0.path(), &self.recipe(), &["commit", "--quiet", "--allow-empty", "--message", subject]);
        git(self.0.path(), &self.recipe(), &["rev-parse", "--short=8", "HEAD"])
    }

    /// Gives the newest commit a tag that is no release.
    pub(crate) fn tag(&self, name: &str) {
        git(self.0.path(), &self.recipe(), &["tag", name]);
    }
}

/// Copies the files of a folder, and those of its folders.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A compose file: each service is a line `name: {…}`.
pub(crate) fn compose(services: &[&str]) -> String {
    let mut text = "version: \"3.8\"\nservices:\n".to_owned();
    services.iter().for_each(|service| text += &format!("  {service}\n"));
    text
}

/// What git says in a folder, where it must succeed.
#[track_caller]
pub(crate) fn git(home: &Path, folder: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=Ada", "-c", "user.email=ada@coop.example"];
    let mut command = clean(Command::new("git"), home);
    let output = command.args(author).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Nothing of the environment that the tests run in.
fn clean(mut command: Command, home: &Path) -> Command {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("USER", "ada").env("GIT_CONFIG_NOSYSTEM", "1").env("TERM", "dumb");
    command
}

/// How a run ended, and what it said.
#[derive(Debug)]
pub(crate) struct Output {
    /// The exit code.
    pub(crate) code: i32,
    /// All that was printed: data, and what is said to people.
    pub(crate) text: String,
}

impl Output {
    /// Itself, if it ended so and said so, in whatever columns.
    #[track_caller]
    pub(crate) fn is(self, code: i32, words: &[&str]) -> Self {
        let in_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = in_line(&self.text);
        let missing: Vec<_> = words.iter().filter(|words| !said.contains(&in_line(words))).collect();
        assert!(
            self.code == code && missing.is_empty(),
            "exit code {}, wanted {code}; not said: {missing:?}; said:\n{}",
            self.code,
            self.text
        );
        self
    }
}

/// A run that goes on.
pub(crate) struct Running {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl Running {
    /// Starts a command.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        let reader = |mut stream: Box<dyn Read + Send>| {
            let said = Arc::clone(&said);
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    said.lock().unwrap().extend_from_slice(&buffer[..length]);
                }
            })
        };
        let readers = streams.map(reader).into();
        Self { child, said, readers }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    /// Waits until it has said something.
    #[track_caller]
    pub(crate) fn says(&mut self, words: &str) -> &mut Self {
        assert!(self.may_say(words), "never said {words:?}:\n{}", self.text());
        self
    }

    /// Waits until it has said something; or until it has ended without that.
    #[track_caller]
    pub(crate) fn may_say(&mut self, words: &str) -> bool {
        let start = Instant::now();
        while !self.text().contains(words) {
            if self.child.try_wait().unwrap().is_some() {
                return self.text().contains(words);
            }
            assert!(start.elapsed() < PATIENCE, "does not say {words:?}:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Types a line.
    pub(crate) fn answer(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// Ends its input.
    pub(crate) fn close(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Sends a signal to the child of its children that has none, as where it was started on a terminal.
    pub(crate) fn signal_innermost(&self, signal: Signal) {
        let mut id = Pid::from_child(&self.child);
        loop {
            let number = id.as_raw_nonzero();
            let children = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap();
            let Some(child) = children.split_whitespace().next() else { break };
            id = Pid::from_raw(child.parse().unwrap()).unwrap();
        }
        kill_process(id, signal).unwrap();
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.end();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Output {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        Output { code, text: self.text() }
    }
}

/// An operator.
pub(crate) struct Operator {
    over: Option<Over>,
    home: TempDir,
    engine: String,
    server: String,
    app: String,
}

impl Operator {
    /// An operator with the app in its first state, and the engine at an address.
    pub(crate) fn new(forge: &Forge, engine: String, sync: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let operator = Self {
            over: Over::wanted(home.path()),
            home,
            engine,
            server: "default".to_owned(),
            app: APP.to_owned(),
        };
        std::fs::create_dir_all(operator.env_path().parent().unwrap()).unwrap();
        let config =
            format!("operator:\n  sync: {sync}\nrecipes:\n  url: file://{}\n", forge.0.path().display());
        std::fs::write(operator.home.path().join("abra/config.yml"), config).unwrap();
        operator.write_env(ENV);
        operator
    }

    /// The same operator with this name.
    pub(crate) fn named(self, name: &str) -> Self {
        let path = self.home.path().join("abra/config.yml");
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, config.replace("operator:\n", &format!("operator:\n  name: {name}\n")))
            .unwrap();
        self
    }

    /// The same operator whose app has another name.
    pub(crate) fn with_app(mut self, app: &str) -> Self {
        let before = self.env_path();
        self.app = app.to_owned();
        std::fs::rename(before, self.env_path()).unwrap();
        self
    }

    /// The same operator whose app is on another server than the local engine, which is nowhere.
    pub(crate) fn on_server(mut self, server: &str) -> Self {
        let before = self.env_path();
        self.server = server.to_owned();
        std::fs::create_dir_all(self.env_path().parent().unwrap()).unwrap();
        std::fs::create_dir_all(self.home.path().join("run")).unwrap();
        std::fs::rename(before, self.env_path()).unwrap();
        self.engine = "unix:///nowhere.sock".to_owned();
        self.over = None;
        self
    }

    /// The same operator, at the engine's own socket however the tests are run: their ways over ssh are their own.
    pub(crate) fn directly(mut self) -> Self {
        self.over = None;
        self
    }

    fn env_path(&self) -> PathBuf {
        self.home.path().join(format!("abra/servers/{}/{}.env", self.server, self.app))
    }

    /// The app's env file.
    pub(crate) fn env(&self) -> String {
        std::fs::read_to_string(self.env_path()).unwrap()
    }

    /// Replaces it.
    pub(crate) fn write_env(&self, text: &str) {
        std::fs::write(self.env_path(), text).unwrap();
    }

    /// The version that it records.
    pub(crate) fn recorded(&self) -> Option<String> {
        let env = self.env();
        let value = env.lines().find_map(|line| line.strip_prefix("OPERATOR_SYNC_VERSION="))?;
        Some(value.strip_suffix(" # managed by Abra").expect("the comment").to_owned())
    }

    /// A file of the operator's checkout of the recipe.
    pub(crate) fn checkout(&self, name: &str) -> PathBuf {
        self.home.path().join("abra/recipes/demo").join(name)
    }

    /// From now on the engine is at this address.
    pub(crate) fn reach(&mut self, address: String) {
        self.engine = address;
    }

    /// The folder that commands run in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A program in the operator's home and environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = clean(Command::new(program), self.home.path());
        let engine =
            self.over.as_ref().map_or_else(|| self.engine.clone(), |over| over.address(&self.engine));
        command.env("ABRA_DIR", self.home.path().join("abra")).env("DOCKER_HOST", engine);
        // Where programs of an operator's own may be, and where sockets go.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.home.path().join("bin").display()));
        command.env("XDG_RUNTIME_DIR", self.home.path().join("run"));
        command.current_dir(self.home.path());
        command
    }

    /// Starts `abra` with these words.
    pub(crate) fn start(&self, words: &str) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_abra"));
        command.args(words.split_whitespace());
        Running::start(command)
    }

    /// Starts `abra` with these words and one more variable.
    pub(crate) fn start_with(&self, words: &str, variable: &str, value: &str) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_abra"));
        command.args(words.split_whitespace()).env(variable, value);
        Running::start(command)
    }

    /// Starts `abra` with these words and waits until it is held at a place; it goes on when the file is gone that is
    /// given back, too.
    #[track_caller]
    pub(crate) fn start_held(&self, words: &str, place: &str) -> (Running, PathBuf) {
        let file = self.home().join("held");
        std::fs::write(&file, "").unwrap();
        let mut run = self.start_with(words, "ABRA_HOLD", &format!("{place}:{}", file.display()));
        run.says(&format!("held at {place}"));
        (run, file)
    }

    /// Starts `abra` on a terminal, where it may ask.
    pub(crate) fn start_on_terminal(&self, words: &str) -> Running {
        let mut command = self.command("script");
        command.args(["-qec", &format!("{} {words}", env!("CARGO_BIN_EXE_abra")), "/dev/null"]);
        Running::start(command)
    }

    /// Runs `abra` with these words.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.start(words).end()
    }

    /// What `abra` with these words prints as JSON; what it says to people may be anything.
    pub(crate) fn json(&self, words: &str) -> Value {
        let output =
            self.command(env!("CARGO_BIN_EXE_abra")).args(words.split_whitespace()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{words}: {error}: {}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
        })
    }

    /// Deploys the app with these further words, without questions.
    pub(crate) fn deploy(&self, words: &str) -> Output {
        let stable = if words.contains("--stable") { "" } else { "--stable 1s" };
        self.run(&format!("app deploy -n -D {stable} {APP} {words}"))
    }
}

/// An engine, a recipe and an operator.
pub(crate) struct World {
    pub(crate) rig: abra_rig::Engine,
    pub(crate) forge: Forge,
    pub(crate) ada: Operator,
}

impl World {
    /// With operator sync, and a first release `1.0.0+1.0` of these services.
    pub(crate) fn new(services: &[&str]) -> Self {
        Self::with_sync(true, services)
    }

    /// With operator sync on or off.
    pub(crate) fn with_sync(sync: bool, services: &[&str]) -> Self {
        let (rig, forge) = (swarm(), Forge::new());
        forge.release("1.0.0+1.0", services);
        let ada = Operator::new(&forge, rig.address(), sync);
        Self { rig, forge, ada }
    }

    /// A service of the app, as the engine has it.
    pub(crate) fn service(&self, short: &str) -> Value {
        self.rig.json(&format!("/services/{STACK}_{short}")).unwrap()
    }

    /// Version index of a service, and the tasks of it that run and shall run.
    pub(crate) fn state(&self, short: &str) -> (u64, Vec<String>) {
        let service = self.service(short);
        let running = self.tasks(short).into_iter().filter(|task| task["Status"]["State"] == "running");
        let ids = running.map(|task| task["ID"].as_str().unwrap().to_owned()).collect();
        (service["Version"]["Index"].as_u64().unwrap(), ids)
    }

    /// Tasks of a service that the swarm wants to run.
    pub(crate) fn tasks(&self, short: &str) -> Vec<Value> {
        let filters = format!("{{\"service\":[\"{STACK}_{short}\"],\"desired-state\":[\"running\"]}}");
        let encoded: String = filters.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.rig.json(&format!("/tasks?filters={encoded}")).unwrap().as_array().unwrap().clone()
    }

    /// Images of the tasks of a service that run.
    pub(crate) fn images(&self, short: &str) -> Vec<String> {
        let running = self.tasks(short).into_iter().filter(|task| task["Status"]["State"] == "running");
        running.map(|task| task["Spec"]["ContainerSpec"]["Image"].as_str().unwrap().to_owned()).collect()
    }

    /// Changes a service behind everybody's back.
    pub(crate) fn meddle(&self, short: &str) {
        let service = self.service(short);
        let mut spec = service["Spec"].clone();
        spec["Labels"]["meddled"] = "yes".into();
        let (id, version) = (service["ID"].as_str().unwrap(), &service["Version"]["Index"]);
        let target = format!("/services/{id}/update?version={version}");
        self.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
    }
}
