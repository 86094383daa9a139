//! The handbook, played: every command on its pages is run by the operators of a private world, and prints what the
//! page says. [`UPDATE`] writes the pages instead of comparing them.
#[path = "../handbook/page.rs"]
mod page;

use crate::operator::Running;
use abra_rig::{Engine, EngineOptions, Registry};
use page::{Act, Hidden, Page, Shown, at_last, steady};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Set this to write the pages instead of comparing them.
const UPDATE: &str = "ABRA_UPDATE_DOCS";
/// Images in the registry, and what their containers say.
const IMAGES: [(&str, &str, &str); 4] = [
    ("hello", "1.0", "listening on port 8080"),
    ("hello", "1.1", "listening on port 8080"),
    ("hello", "1.2", "listening on port 8080"),
    ("hello-db", "1", "ready for connections"),
];
/// The workstation that every operator sits at, as far as a page shows.
const DESK: &str = "desk";

/// A page is played from its first line to its last.
#[track_caller]
fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/handbook/{name}.md"));
    let text = std::fs::read_to_string(&path).unwrap();
    let page = Page::read(&text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    let outputs = World::new().play(&page);
    let differs = |(shown, output): (&Shown, &Vec<String>)| steady(&shown.output) != steady(output);
    let stale = page.shown().zip(&outputs).find(|both| differs(*both));
    let Some((shown, output)) = stale else { return };
    if std::env::var_os(UPDATE).is_some() {
        return std::fs::write(&path, page.with(&outputs)).unwrap();
    }
    panic!(
        "docs/handbook/{name}.md is stale: run this test with {UPDATE}=1\n{}$ {}\npage:\n{}\nprinted:\n{}",
        shown.who,
        shown.command,
        steady(&shown.output),
        steady(output)
    );
}

/// An engine, a registry, a forge, and operators with homes.
struct World {
    rig: Engine,
    folder: TempDir,
    /// Commands that go on, by who started them.
    going: BTreeMap<String, (String, Running)>,
}

impl World {
    fn new() -> Self {
        let options = EngineOptions { images: false, ..EngineOptions::default() };
        let mut rig = Engine::start(&options).unwrap();
        let registry = Registry::named(&mut rig).unwrap();
        for (name, tag, says) in IMAGES {
            let command = format!("echo {says}; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done");
            rig.image(name, tag, &[&format!("CMD {}", serde_json::json!(["sh", "-c", command]))]).unwrap();
            registry.push(&rig, name, tag).unwrap();
        }
        let world = Self { rig, folder: tempfile::tempdir().unwrap(), going: BTreeMap::new() };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handbook/world.sh");
        let output = Command::new("bash").arg(script).current_dir(world.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        world
    }

    /// Plays the acts, and gives back what the shown commands printed.
    fn play(&mut self, page: &Page) -> Vec<Vec<String>> {
        let mut outputs = Vec::new();
        for act in &page.acts {
            match act {
                Act::Shown(shown) => outputs.push(self.shown(shown)),
                Act::Hidden(hidden) => self.hidden(hidden),
                Act::File { who, path, text } => std::fs::write(self.home(who).join(path), text).unwrap(),
            }
        }
        assert!(self.going.is_empty(), "still going on: {:?}", self.going.keys());
        outputs
    }

    fn shown(&mut self, shown: &Shown) -> Vec<String> {
        let goes_on = self.going.get(&shown.who).is_some_and(|(command, _)| *command == shown.command);
        let mut run = match self.going.remove(&shown.who).filter(|_| goes_on) {
            Some((_, run)) => run,
            None => self.start(&shown.who, &shown.command),
        };
        for (words, keys) in keys(&shown.output) {
            // What is not asked any more is not answered, and shows in the comparison.
            if run.may_say(&words) {
                run.press(&keys);
            }
        }
        let (code, mut lines) = self.ended(&shown.who, run);
        if code != 0 {
            lines.push(format!("(exit code {code})"));
        }
        lines
    }

    fn hidden(&mut self, hidden: &Hidden) {
        match hidden {
            Hidden::Run(who, command) => {
                let run = self.start(who, command);
                let (code, lines) = self.ended(who, run);
                assert!(code == 0, "{who}$ {command}: exit code {code}:\n{}", lines.join("\n"));
            }
            Hidden::Start(who, command) => {
                let run = self.start(who, command);
                self.going.insert(who.clone(), (command.clone(), run));
            }
            Hidden::Says(who, words) => drop(self.going.get_mut(who).unwrap().1.says(words)),
            Hidden::End(who) => {
                let (_, run) = self.going.remove(who).unwrap();
                run.end();
            }
            Hidden::Stage(what) => self.stage(what),
        }
    }

    /// What nobody could type.
    fn stage(&mut self, what: &str) {
        match what {
            "lease-over" => self.end_lease(),
            "engine-stops" => self.rig.stop().unwrap(),
            "engine-starts" => self.rig.start_again().unwrap(),
            _ => panic!("no such stage hand: {what}"),
        }
    }

    /// Lets every lease be over, as a minute without a sign of life would.
    fn end_lease(&self) {
        let configs = self.rig.json("/configs").unwrap();
        let is_head = |config: &&serde_json::Value| config["Spec"]["Labels"]["abra.sync.kind"] == "head";
        for head in configs.as_array().unwrap().iter().filter(is_head) {
            let (id, version) = (head["ID"].as_str().unwrap(), &head["Version"]["Index"]);
            let mut spec = head["Spec"].clone();
            spec["Labels"]["abra.sync.lease"] = "1".into();
            let target = format!("/configs/{id}/update?version={version}");
            self.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
        }
        // Whether it is over is judged by the engine's clock alone.
        std::thread::sleep(std::time::Duration::from_secs(2));
    }

    fn home(&self, who: &str) -> PathBuf {
        self.folder.path().join(who)
    }

    /// Starts a command on a terminal: it may ask, and its output comes in the order in which it was written.
    fn start(&self, who: &str, command: &str) -> Running {
        let script = self.folder.path().join(format!("{who}.sh"));
        let text = format!("set -o pipefail\ncd\n{{ {command}\n}} 2>&1 | (trap '' INT; exec cat)\n");
        std::fs::write(&script, text).unwrap();
        let path = format!("{}:{}", self.home("bin").display(), std::env::var("PATH").unwrap());
        let mut typed = Command::new("script");
        typed.args(["-qec", &format!("bash {}", script.display()), "/dev/null"]).env_clear();
        typed.env("PATH", path).env("HOME", self.home(who)).env("USER", who).env("TERM", "dumb");
        typed.env("LANG", "C.UTF-8").env("GIT_CONFIG_NOSYSTEM", "1").env("DOCKER_HOST", self.rig.address());
        typed.env("ABRA", env!("CARGO_BIN_EXE_abra"));
        Running::start(typed)
    }

    /// How it ended, and what it printed, with the names of the world that the page is about.
    fn ended(&self, who: &str, run: Running) -> (i32, Vec<String>) {
        let output = run.end();
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "localhost" } else { host.trim() };
        let forge = self.home("forge").display().to_string();
        let text = output.text.replace('\r', "").replace("^C", "^C\n").replace("^C\n\n", "^C\n");
        let text = text.replace(&self.home(who).display().to_string(), "~");
        let text = text.replace(&format!("file://{forge}"), "https://git.coop.example");
        let text = text.replace(&forge, "https://git.coop.example");
        let text = text.replace(&self.rig.address(), "unix:///var/run/docker.sock");
        let text = text.replace(&format!("({host})"), &format!("({DESK})"));
        let text = text.replace(&format!("\"host\": \"{host}\""), &format!("\"host\": \"{DESK}\""));
        let lines: Vec<String> = text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect();
        (output.code, at_last(&lines))
    }
}

/// What is typed while a command runs, as the page shows it: what is waited for, and the keys.
fn keys(output: &[String]) -> Vec<(String, String)> {
    let keys = output.iter().filter_map(|line| match line.split_once("[y/N] ") {
        Some((question, answer)) => Some((format!("{question}[y/N]"), format!("{answer}\n"))),
        None => (line == "^C").then(|| ("app: 1/1 running, must stay up".to_owned(), "\u{3}".to_owned())),
    });
    keys.collect()
}

#[test]
fn a_day_with_two_operators() {
    play("a-day");
}

#[test]
fn switching_it_on_in_a_team() {
    play("switching-on");
}

#[test]
fn statuses_and_warnings() {
    play("statuses");
}

#[test]
fn when_a_deployment_fails() {
    play("recovery");
}

#[test]
fn when_operators_meet() {
    play("meeting");
}

#[test]
fn when_operators_meet_in_rarer_ways() {
    play("rare");
}

#[test]
fn looking_inside_an_app() {
    play("inside");
}

#[test]
fn secrets_of_an_app() {
    play("secrets");
}

#[test]
fn when_sharing_the_record_does_not_work() {
    play("sharing");
}

#[test]
fn beside_other_tools() {
    play("beside");
}

#[test]
fn abra_in_ci() {
    play("ci");
}
