//! Runs that are held at a place between plan and record, and what is known about each place.
use crate::operator::{Forge, GOOD, Operator, Running};
use crate::rig::PATIENCE;
use abra_rig::Engine;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The version that is recorded before, and the one that the held run is to bring.
pub(crate) const OLD: &str = "1.0.0+1.0";
pub(crate) const NEW: &str = "1.1.0+1.1";

/// How much the run has changed on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    Part,
    All,
}

/// What the next operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Deploy,
    Watch,
    Converge,
    Adopt,
}

/// A place, and what a run that ends there leaves behind.
#[derive(Debug)]
pub(crate) struct Held {
    /// The place, and which time.
    pub(crate) name: &'static str,
    pub(crate) sent: Sent,
    /// What the head record says of how far it is; empty where nobody holds the lock.
    pub(crate) stage: &'static str,
    /// The word of the journal's newest entry.
    pub(crate) word: &'static str,
    /// Which version the env file records.
    pub(crate) recorded: &'static str,
    pub(crate) next: Next,
}

const fn held(
    name: &'static str,
    sent: Sent,
    stage: &'static str,
    word: &'static str,
    recorded: &'static str,
    next: Next,
) -> Held {
    Held { name, sent, stage, word, recorded, next }
}

/// Every place that [`abra::hold::Place`] knows. The held run creates a config and updates two services.
pub(crate) const PLACES: &[Held] = &[
    held("agreed", Sent::Nothing, "", "succeeded", OLD, Next::Deploy),
    held("lock-taken", Sent::Nothing, "checking", "succeeded", OLD, Next::Watch),
    held("plan-checked", Sent::Nothing, "checking", "succeeded", OLD, Next::Deploy),
    held("intent-written", Sent::Nothing, "checking", "not-begun", OLD, Next::Deploy),
    held("begun", Sent::Nothing, "applying", "abandoned", OLD, Next::Converge),
    held("applying", Sent::Nothing, "applying", "abandoned", OLD, Next::Adopt),
    held("applied", Sent::Part, "applying", "abandoned", OLD, Next::Deploy),
    held("applying#3", Sent::Part, "applying", "abandoned", OLD, Next::Converge),
    held("applied#3", Sent::All, "applying", "abandoned", OLD, Next::Watch),
    held("sent", Sent::All, "watching", "abandoned", OLD, Next::Adopt),
    held("watching", Sent::All, "watching", "abandoned", OLD, Next::Deploy),
    held("watching#3", Sent::All, "watching", "abandoned", OLD, Next::Converge),
    held("judged", Sent::All, "watching", "abandoned", OLD, Next::Watch),
    held("confirmed", Sent::All, "recording", "abandoned", OLD, Next::Adopt),
    held("outcome-written", Sent::All, "recording", "succeeded", OLD, Next::Deploy),
    held("env-written", Sent::All, "recording", "succeeded", OLD, Next::Watch),
    held("env-replaced", Sent::All, "recording", "succeeded", NEW, Next::Converge),
    held("committed", Sent::All, "recording", "succeeded", NEW, Next::Adopt),
    held("pushed", Sent::All, "recording", "succeeded", NEW, Next::Deploy),
    held("lock-freed", Sent::All, "", "succeeded", NEW, Next::Watch),
];

/// Places that only a deployment with commands after it comes by.
pub(crate) const AFTERWARDS: &[Held] = &[
    held("commanding", Sent::All, RUNNING, "succeeded", NEW, Next::Watch),
    held("commanded", Sent::All, RUNNING, "succeeded", NEW, Next::Deploy),
    held("commanding#2", Sent::All, RUNNING, "succeeded", NEW, Next::Adopt),
];
const RUNNING: &str = "recording and running commands";
/// Two commands after a deployment.
const COMMANDS: &str = "\nPOST_DEPLOY_CMDS=\"app note|db note\"";

/// A place that an undeployment comes by, and what one that ends there leaves behind.
#[derive(Debug)]
pub(crate) struct Removal {
    pub(crate) name: &'static str,
    /// As in [`Held`].
    pub(crate) stage: &'static str,
    pub(crate) word: &'static str,
    /// The word for the app when the lease has run out.
    pub(crate) status: &'static str,
}

/// An app with two operators, who share their servers' repository.
pub(crate) struct Site {
    /// What the env file says beside the record.
    env: String,
    pub(crate) app: String,
    pub(crate) ada: Operator,
    pub(crate) bob: Operator,
}

/// A site of its own for a place.
pub(crate) fn site(rig: &Engine, forge: &Forge, address: String, place: &str) -> Site {
    let app = format!("{}.example.com", place.replace('#', "-"));
    publish(forge);
    let ada = Operator::new(forge, address, true).named("Ada").with_app(&app);
    let bob = Operator::new(forge, rig.address(), true).named("Bob").with_app(&app);
    share(&ada);
    Site { env: crate::operator::ENV.to_owned(), app, ada, bob }
}

/// The two releases, once.
fn publish(forge: &Forge) {
    if forge.has_release() {
        return;
    }
    // An engine that starts several containers at once may find a busy mount: that ends an update that pauses.
    let good = GOOD.replace("monitor: 1s", "monitor: 1s, failure_action: continue");
    let db = good.replace("app:", "db:");
    forge.file("abra.sh", "note() { echo noted; }\nslow() { echo begun; sleep 1000; }\n");
    forge.release(OLD, &[&good, &db]);
    forge.file("conf.txt", "hello");
    let db = db.replace("{image: bb:1,", "{image: bb:1, configs: [conf],");
    forge.release(
        NEW,
        &[&good.replace("bb:1", "bb:2"), &format!("{db}\nconfigs:\n  conf: {{file: conf.txt}}")],
    );
}

/// Makes the folder of an operator's server a repository with a remote, and lets records be committed and pushed.
fn share(operator: &Operator) {
    let config = operator.home().join("abra/config.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("sync: true", "sync: true\n  commit: true\n  push: true")).unwrap();
    let script = "set -e; git init -q --bare --initial-branch=main remote.git; cd abra/servers/default
        git init -q --initial-branch=main; git config user.name Ada; git config user.email ada@coop.example
        git add --all; git commit -qm first; git remote add origin ../../../remote.git; git push -qu origin main";
    let output = operator.command("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Site {
    /// The same, with commands after a deployment.
    pub(crate) fn with_commands(mut self) -> Self {
        self.env.push_str(COMMANDS);
        self.ada.write_env(&self.env);
        self
    }

    /// From now on the second of them does not end.
    pub(crate) fn slow_down(&mut self) {
        let slow = |text: &str| text.replace("db note", "db slow");
        self.env = slow(&self.env);
        self.ada.write_env(&slow(&self.ada.env()));
        self.bob.write_env(&self.ada.env());
    }

    fn stack(&self) -> String {
        self.app.replace('.', "_")
    }

    /// The first version, by Ada; Bob has her record.
    pub(crate) fn deploy_old(&self) {
        let words = format!("app deploy -n -D --stable 1s {} {OLD}", self.app);
        self.ada.run(&words).is(0, &["recorded", "pushed"]);
        self.bob.write_env(&self.ada.env());
    }

    /// Ada's run to the new version, at that place; it goes on when the file is gone.
    #[track_caller]
    pub(crate) fn upgrade_held_at(&self, place: &str) -> (Running, tempfile::TempPath) {
        self.held_at(&format!("app deploy -n -D --stable 1s {} {NEW}", self.app), place)
    }

    /// Ada's removal of the app, at that place.
    #[track_caller]
    pub(crate) fn removal_held_at(&self, place: &str) -> (Running, tempfile::TempPath) {
        self.held_at(&format!("app undeploy -n {}", self.app), place)
    }

    #[track_caller]
    fn held_at(&self, words: &str, place: &str) -> (Running, tempfile::TempPath) {
        let hold = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let mut run =
            self.ada.start_with(words, abra::hold::VARIABLE, &format!("{place}:{}", hold.display()));
        run.says(&format!("held at {place}"));
        (run, hold)
    }

    /// What Bob is told of a removal that was cut off: while its lease lasts, and afterwards.
    pub(crate) fn told_of_removal(&self, rig: &Engine, place: &Removal) {
        if !place.stage.is_empty() {
            let words = ["Ada (", "is at work on this app: undeploy", "frees itself in"];
            self.bob.run(&format!("app deploy -n -D {} {NEW}", self.app)).is(6, &words);
        }
        self.expire(rig);
        let cut_off = format!("was cut off while {}: undeploy, since 2", place.stage);
        let said = if place.stage.is_empty() { "the lock is free" } else { cut_off.as_str() };
        self.bob.run(&format!("app lock status {}", self.app)).is(0, &[said]);
        let history = self.json_of_bob(&format!("app history -m {}", self.app));
        assert_eq!(history[0]["outcome"], place.word, "{}: {history}", place.name);
        let listed = self.json_of_bob("app ls -S -m");
        assert_eq!(listed[0]["status"], place.status, "{}: {listed}", place.name);
    }

    /// Nothing of the app is on the server, and nobody is at work.
    pub(crate) fn is_gone(&self) {
        let listed = self.json_of_bob("app ls -S -m");
        assert_eq!(listed[0]["status"], "undeployed", "{}: {listed}", self.app);
        self.bob.run(&format!("app lock status {}", self.app)).is(0, &["the lock is free"]);
    }

    /// Ada's run to the new version.
    pub(crate) fn upgrade(&self) -> Running {
        self.ada.start(&format!("app deploy -n -D --stable 1s {} {NEW}", self.app))
    }

    /// What Ada's env file records.
    pub(crate) fn recorded(&self) -> String {
        self.ada.recorded().unwrap()
    }

    /// Ada's env file is the old or the new one, whole; nothing of it lies about.
    pub(crate) fn is_whole(&self) {
        let record =
            |version: &str| format!("TYPE=demo\nOPERATOR_SYNC_VERSION={version} # managed by Abra\n");
        let of = |version: &str| self.env.replace("TYPE=demo\n", &record(version));
        assert_eq!(self.ada.env(), of(&self.recorded()), "{}", self.app);
    }

    /// Files in the folder of Ada's server that are no env file.
    fn leftovers(&self) -> Vec<PathBuf> {
        let folder = self.ada.home().join("abra/servers/default");
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_none_or(|end| end != "env") && !path.ends_with(".git"))
            .collect()
    }

    /// What is left on Ada's disk.
    pub(crate) fn has(&self, place: &Held) {
        assert_eq!(self.recorded(), place.recorded, "{}", place.name);
        self.is_whole();
        let files = usize::from(place.name == "env-written");
        assert_eq!(self.leftovers().len(), files, "{}: {:?}", place.name, self.leftovers());
        let git = |words: &str| {
            let script = format!("git -C abra/servers/default {words}");
            let output = self.ada.command("sh").args(["-c", &script]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let (here, there) = (git("log --format=%s main"), git("log --format=%s origin/main"));
        let at = |name| PLACES.iter().chain(AFTERWARDS).position(|held| held.name == name).unwrap();
        let is_past = |name| at(place.name) >= at(name);
        for (log, name) in [(here, "committed"), (there, "pushed")] {
            assert_eq!(
                log.contains(&format!("deploy {OLD} → {NEW}")),
                is_past(name),
                "{}: {log}",
                place.name
            );
        }
    }

    /// While the lease lasts, Bob is told who holds the lock.
    pub(crate) fn busy_for_bob(&self, place: &Held) {
        if place.stage.is_empty() {
            return;
        }
        let words = ["Ada (", &format!("is at work on this app: deploy {NEW}"), "frees itself in"];
        self.bob.run(&format!("app deploy -n -D {} {NEW}", self.app)).is(6, &words);
    }

    /// A second instead of a minute; waits until it has run out.
    pub(crate) fn expire(&self, rig: &Engine) {
        let stack = self.stack();
        let configs = rig.json("/configs").unwrap();
        let is_head = |config: &&Value| {
            let labels = &config["Spec"]["Labels"];
            labels["abra.sync.kind"] == "head" && labels["abra.sync.stack"] == stack.as_str()
        };
        let head = configs.as_array().unwrap().iter().find(is_head).unwrap().clone();
        if head["Spec"]["Labels"]["abra.sync.state"] == "idle" {
            return;
        }
        let mut labels = head["Spec"]["Labels"].clone();
        labels["abra.sync.lease"] = json!("1");
        let (id, version) = (head["ID"].as_str().unwrap(), &head["Version"]["Index"]);
        let target = format!("/configs/{id}/update?version={version}");
        let body = json!({ "Name": head["Spec"]["Name"], "Labels": labels });
        rig.post(&target, &body).unwrap().accepted(&target).unwrap();
        let begun = Instant::now();
        while !self
            .bob
            .run(&format!("app lock status {}", self.app))
            .text
            .contains("anybody may take the lock")
        {
            assert!(begun.elapsed() < PATIENCE, "{}: the lease does not run out", self.app);
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// What Bob is told of it: who, when, how far.
    pub(crate) fn told_to_bob(&self, place: &Held) {
        let host = format!("Ada ({})", std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim());
        let how_far = match place.stage {
            "" => "the lock is free".to_owned(),
            stage => format!("the run of Ada was cut off while {stage}: deploy {NEW}, since 2"),
        };
        let said =
            self.bob.run(&format!("app lock status {}", self.app)).is(0, &[]).text.replace(&host, "Ada");
        assert!(said.contains(&how_far), "{}: {said}", place.name);
        let history = self.json_of_bob(&format!("app history -m {}", self.app));
        assert_eq!(history[0]["outcome"], place.word, "{}: {history}", place.name);
        let listed = self.json_of_bob("app ls -S -m");
        let is_open = !place.stage.is_empty() && place.stage != "checking";
        assert_eq!(listed[0]["status"] == "abandoned", is_open, "{}: {listed}", place.name);
        if place.word == "abandoned" {
            assert_eq!(listed[0]["operator"], "Ada");
            let plan = self.bob.run(&format!("app deploy -n -D --dry-run {} {NEW}", self.app));
            let sent = match place.sent {
                Sent::Nothing => "0 of 2 services were sent",
                Sent::Part if place.name == "applied" => "0 of 2 services were sent",
                Sent::Part => "1 of 2 services were sent",
                Sent::All => "2 of 2 services were sent",
            };
            plan.is(
                0,
                &[&format!("an operation was cut off: deploy of {NEW} by Ada"), "last sign of life 2", sent],
            );
        }
    }

    /// What a command of Bob's prints with `--machine`.
    pub(crate) fn json_of_bob(&self, words: &str) -> Value {
        let said = self.bob.run(words).is(0, &[]).text;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Bob adopts, converges, or goes on.
    pub(crate) fn bob_goes_on(&self, place: &Held) {
        let app = &self.app;
        let (words, version) = match place.next {
            Next::Deploy => (format!("app deploy -n -D --stable 1s {app} {NEW}"), NEW),
            Next::Watch => {
                (format!("app watch -n --stable 1s {app}"), if place.sent == Sent::All { NEW } else { OLD })
            }
            Next::Converge => (format!("app sync --converge -n -D --stable 1s {app}"), OLD),
            Next::Adopt => {
                (format!("app sync --adopt -n {app}"), if place.sent == Sent::All { NEW } else { OLD })
            }
        };
        self.bob.run(&words).is(0, &[]);
        assert_eq!(self.bob.recorded().as_deref(), Some(version), "{}", place.name);
        self.is_at_rest(version);
    }

    /// Nobody is at work, nothing is abandoned, and what Bob records runs.
    pub(crate) fn is_at_rest(&self, version: &str) {
        self.bob.run(&format!("app lock status {}", self.app)).is(0, &["the lock is free"]);
        let begun = Instant::now();
        loop {
            let listed = self.json_of_bob("app ls -S -m");
            // The swarm may still be at it, where nobody waited for a verdict.
            if listed[0]["status"] == "in-progress" && begun.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(300));
                continue;
            }
            let told = (&listed[0]["status"], &listed[0]["deployed"]);
            assert_eq!(told, (&json!("in-sync"), &json!(version)), "{}: {listed}", self.app);
            return;
        }
    }

    /// Ada's next run works too, and tidies up.
    pub(crate) fn ada_goes_on(&self) {
        self.ada.run(&format!("app sync --adopt -n {}", self.app)).is(0, &[]);
        self.is_whole();
        assert_eq!(self.ada.recorded(), self.bob.recorded(), "{}", self.app);
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new(), "{}", self.app);
    }
}
