//! Adding servers over a real ssh: what is said where there is no way, and that nothing is written then; how they are where
//! there is one, for docker's own client, too.
use crate::operator::{Forge, Operator, Output};
use crate::rig::{PATIENCE, plain, swarm};
use abra_rig::{Engine, Sshd, SshdOptions, own_ssh};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// An sshd for each way that a server can be, all before two engines.
struct Servers {
    swarm: Engine,
    _plain: Engine,
    all: Vec<(&'static str, Sshd)>,
}

impl Servers {
    fn start() -> Self {
        let (swarm, plain) = (swarm(), plain());
        let full = format!(
            "ForceCommand mount -t tmpfs -o size=8m tmpfs {}/data; sh -c \"$SSH_ORIGINAL_COMMAND\"",
            swarm.folder().display()
        );
        let sshd = |name: &'static str, engine: Option<&Engine>, settings: &str, without_docker: bool| {
            let settings = settings.split_terminator('\n').map(str::to_owned).collect();
            let options = SshdOptions {
                engine: engine.map(Engine::socket),
                settings,
                without_docker,
                ..SshdOptions::default()
            };
            (name, Sshd::start(&swarm.folder().join(name), &options).unwrap())
        };
        let all = vec![
            sshd("good", Some(&swarm), "", false),
            sshd("plain", Some(&plain), "", false),
            sshd("full", Some(&swarm), &full, false),
            sshd("bare", Some(&swarm), "", true),
            sshd("single", Some(&swarm), "DisableForwarding yes\nMaxSessions 1", false),
            sshd("evil", None, &evil(&swarm), false),
            sshd("nodocker", None, "DisableForwarding yes", true),
            sshd("noengine", None, "", false),
        ];
        Self { swarm, _plain: plain, all }
    }

    fn of(&self, name: &str) -> &Sshd {
        &self.all.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// An operator who has no server yet, and reaches all of them by aliases.
    fn operator(&self) -> Operator {
        let ada = Operator::new(&Forge::new(), "unix:///nowhere.sock".to_owned(), true).directly();
        fs::remove_dir_all(ada.home().join("abra/servers")).unwrap();
        fs::create_dir_all(ada.home().join("run")).unwrap();
        let known_hosts = ada.home().join(".ssh/known_hosts");
        let mut settings: String =
            self.all.iter().map(|(name, sshd)| sshd.host(&format!("{name}.example"), &known_hosts)).collect();
        let good = |name: &str| self.of("good").host(name, &known_hosts);
        settings += &good("guest.example").replace("User root", "User guest");
        settings += &good("denied.example").replace("User root", "User nosuch");
        settings += &good("new.example").replace("known_hosts", "none");
        settings += &good("changed.example").replace("known_hosts", "other");
        settings += &format!("{}  ProxyJump noengine.example\n", good("jump.example"));
        settings += &good("::1 fe80::1%lo inner.example");
        let known: String = self.all.iter().map(|(_, sshd)| sshd.known().unwrap()).collect();
        own_ssh(ada.home(), &settings, &known).unwrap();
        let other = self.of("plain").known().unwrap();
        let port = |sshd: &Sshd| format!("]:{} ", sshd.port());
        let other = other.replace(&port(self.of("plain")), &port(self.of("good")));
        fs::write(ada.home().join(".ssh/other"), other).unwrap();
        ada
    }
}

fn docker(operator: &Operator, words: &str) -> Output {
    let mut command = operator.command("docker");
    let output = command.env_remove("DOCKER_HOST").args(words.split_whitespace()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Output { code: output.status.code().unwrap(), text }
}

/// All that a run may have written, or left in the folder of its sockets.
fn written(ada: &Operator) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["abra/servers", ".docker", "run"].map(|name| ada.home().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(ada.home()).unwrap().display().to_string());
            folders.push(path);
        }
    }
    found.sort();
    found
}

/// Settings of a server whose programs and banner would do something to a terminal.
fn evil(engine: &Engine) -> String {
    let folder = engine.folder().join("evil-bin");
    fs::create_dir(&folder).unwrap();
    for name in ["docker", "df"] {
        let script = "#!/bin/sh\nprintf '\\033[2J\\033]0;t\\007\\r\\010docker: not found'\nprintf '\\033[2J\\r\\010docker: not found' >&2\nexit 1\n";
        fs::write(folder.join(name), script).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(folder.join("banner"), "\u{1b}[2J\u{7}Permission denied\r\n").unwrap();
    let folder = folder.display();
    format!("Banner {folder}/banner\nSetEnv PATH={folder}")
}

/// Adds a server with these words, which may not work; then nothing is written.
#[track_caller]
fn refused(ada: &Operator, words: &str, says: &[&str]) {
    let (before, start) = (written(ada), Instant::now());
    let said = ada.run(&format!("server add -n {words}")).is(1, says);
    assert!(said.text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", said.text);
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(written(ada), before, "{words}");
}

#[test]
fn what_is_in_the_way_of_a_server_is_said_and_nothing_is_written() {
    let servers = Servers::start();
    let ada = servers.operator();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    for (words, says) in [
        (
            "new.example",
            &["Host key verification failed", "`ssh ssh://new.example` shows the key's fingerprint"][..],
        ),
        (
            "changed.example",
            &["HOST IDENTIFICATION HAS CHANGED", "somebody may be in between", "ssh-keygen -R"],
        ),
        ("denied.example", &["nosuch@127.0.0.1: Permission denied", "is it the right user", "ssh-add"]),
        ("good.example -u nosuch", &["can't log in to ssh://nosuch@good.example"]),
        ("nodocker.example", &["docker: not found", "https://docs.docker.com/engine/install/"]),
        ("evil.example", &["docker: not found"]),
        ("noengine.example", &["no such file", "systemctl enable --now docker", "servers: NAME: socket:"]),
        ("guest.example", &["permission denied", "sudo usermod -aG docker"]),
        ("nosuch.invalid", &["Could not resolve hostname", "is the server's name right?"]),
        (&format!("good.example -p {closed}"), &["Connection refused", "does sshd run there"]),
        ("good.example --socket /run/none.sock", &["at /run/none.sock", "no such file"]),
        ("--local", &["server default was not added", "can't reach the engine at unix:///nowhere.sock"]),
    ] {
        refused(&ada, words, &[says, &["was not added", "--no-checks"]].concat());
    }
    assert_eq!(written(&ada), [""; 0]);
    // Somebody is asked, and does not want to, or changes their mind.
    let ask = || {
        let mut asked = ada.start_on_terminal("server add new.example");
        asked.says("continue connecting");
        asked
    };
    let mut asked = ask();
    asked.answer("no");
    asked.end().is(1, &["server new.example was not added"]);
    let mut asked = ask();
    asked.press("\u{3}");
    asked.end().is(130, &["nothing was changed"]);
    let start = Instant::now();
    while written(&ada) != [""; 0] {
        assert!(start.elapsed() < PATIENCE, "{:?}", written(&ada));
        std::thread::sleep(Duration::from_millis(20));
    }
    // Meanwhile somebody else made it known.
    let mut asked = ask();
    docker(&ada, "context create new.example --docker host=ssh://elsewhere").is(0, &[]);
    asked.answer("yes");
    asked.end().is(7, &["server new.example was changed by somebody else at this moment"]);
    docker(&ada, "context inspect new.example").is(0, &["ssh://elsewhere"]);
    docker(&ada, "context rm new.example").is(0, &[]);
    fs::remove_file(ada.home().join(".ssh/none")).unwrap();
    let mut asked = ask();
    asked.answer("yes");
    asked.end().is(0, &["server new.example is added", "ok swarm manager"]);
    ada.run("server add -n new.example").is(0, &["was there already"]);
    // One that is known and gone is known still, and one that is not there yet can be.
    servers.of("good").cut();
    refused(
        &ada,
        "new.example",
        &["server new.example is known, but can't be used", "ssh -v ssh://new.example"],
    );
    ada.run("server add -n jump.example --no-checks").is(0, &["is added", "it was not looked at"]);
}

/// Follows the hint that abra gives, as an operator would type it.
fn hinted(operator: &Operator, said: &str, what: &str, more: &str) {
    let line = said.lines().find(|line| line.contains("hint: `docker") && line.contains(what)).unwrap();
    let command = line.split('`').nth(1).unwrap();
    docker(operator, &format!("{} {more}", command.strip_prefix("docker ").unwrap())).is(0, &[]);
}

#[test]
fn servers_are_added_looked_at_pruned_and_forgotten_over_ssh() {
    let servers = Servers::start();
    let ada = servers.operator();
    let socket = servers.swarm.socket().display().to_string();
    let config = ada.home().join("abra/config.yml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}servers:\n  noengine.example:\n    socket: {socket}\n")).unwrap();
    let port = servers.of("good").port();
    let ready = &["ok engine", "ok disk", "ok swarm manager", "look network there is no network proxy"][..];
    for (words, leads, says) in [
        ("good.example", "ssh://good.example", ready),
        ("jump.example", "ssh://jump.example", ready),
        ("single.example", "ssh://single.example", ready),
        (
            &format!("far.example --host inner.example -u root -p {port}"),
            &format!("ssh://root@inner.example:{port}"),
            ready,
        ),
        (&format!("six.example --host [::1] -p {port}"), &format!("ssh://[::1]:{port}"), ready),
        ("zone.example --host fe80::1%lo", "ssh://[fe80::1%25lo]", ready),
        (
            &format!("inside.example --host noengine.example --socket {socket}"),
            &format!("ssh://noengine.example{socket}"),
            ready,
        ),
        (
            "noengine.example",
            "ssh://noengine.example",
            &[&format!("docker --host ssh://noengine.example{socket} network create")],
        ),
        (
            "full.example",
            "ssh://full.example",
            &["look disk only 8.3 MB free of 8.3 MB", "abra server prune full.example"],
        ),
        (
            "bare.example",
            "ssh://bare.example",
            &["look disk free space is not known", "df: not found", "system df"],
        ),
        (
            "plain.example",
            "ssh://plain.example",
            &["missing swarm the engine is in no swarm", "nothing was set up"],
        ),
    ] {
        let said = ada
            .run(&format!("server add -n {words}"))
            .is(0, &[&["is added", "is new", leads], says].concat());
        assert!(!said.text.contains("warning") || says[0].starts_with("missing"), "{}", said.text);
        let name = words.split(' ').next().unwrap();
        let inspected =
            docker(&ada, &format!("context inspect {name} --format {{{{.Endpoints.docker.Host}}}}"));
        assert_eq!(inspected.is(0, &[]).text.trim(), leads);
        if says == ready {
            docker(&ada, &format!("-c {name} node ls")).is(0, &["Leader"]);
        }
    }
    let listed = ada.json("-m server ls");
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 11, "{names:?}");
    let six = listed.as_array().unwrap().iter().find(|row| row["name"] == "six.example").unwrap();
    assert_eq!((&six["host"], &six["port"], &six["problem"]), (&"::1".into(), &port.into(), &Value::Null));

    is_set_up_by_the_commands_that_are_shown(&ada);
    is_pruned(&ada);
    are_forgotten(&ada, &names);
}

fn is_set_up_by_the_commands_that_are_shown(ada: &Operator) {
    let said = ada.run("server add plain.example").is(0, &["was there already"]).text;
    hinted(ada, &said, "swarm init", "--advertise-addr 127.0.0.1");
    let said = ada.run("server add plain.example").is(0, &["ok swarm manager; 1 manager, 1 node"]).text;
    hinted(ada, &said, "network create", "");
    let said = ada.run("server add plain.example").is(0, &["ok network proxy is there"]).text;
    assert!(!said.contains("hint") && !said.contains("warning"), "{said}");
}

fn is_pruned(ada: &Operator) {
    for volume in ["loose", "other"] {
        docker(ada, &format!("-c single.example volume create {volume}")).is(0, &[]);
    }
    let mut asked = ada.start_on_terminal("server prune -v single.example");
    asked.says("prune server single.example?");
    asked.signal_innermost(Signal::INT);
    asked.end().is(130, &["volume loose goes, with all its data", "nothing was changed"]);
    ada.run("server prune -n -v single.example").is(0, &["volumes removed: 2 (loose, other)"]);
}

fn are_forgotten(ada: &Operator, names: &[&str]) {
    for name in names {
        ada.run(&format!("server rm {name}"))
            .is(0, &["removed docker's context", "nothing was changed on the server"]);
    }
    let left = written(ada);
    assert!(!left.iter().any(|path| path.contains("meta.json") || path.contains("servers/")), "{left:?}");
}
