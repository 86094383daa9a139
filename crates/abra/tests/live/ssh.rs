//! Servers behind a real sshd: every command as on the local engine, by one login each, whatever sshd allows; and what is
//! said where there is no way.
use crate::operator::{ENV, Forge, GOOD, Operator, Output};
use crate::rig::{PATIENCE, plain, swarm};
use abra::engine::ssh::Links;
use abra::engine::{Endpoint, Engine, EngineError, Limits};
use abra_core::ssh::Address;
use abra_rig::{Sshd, SshdOptions, keygen, own_ssh};
use futures_util::future::join_all;
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name of the server in every operator's ssh settings.
pub(crate) const SERVER: &str = "coop.example.com";

const ABRA_SH: &str = "greet() { echo \"hello $1\"; }\n";
const SAMPLE: &str = "TYPE=demo\nDOMAIN=demo.example.com\nSECRET_PW_VERSION=v1\n";
const VOLUME: &str = "volumes: {data: }";
const SECRET: &str = "secrets:\n  pw: {external: true, name: \"${STACK_NAME}_pw_${SECRET_PW_VERSION}\"}";

/// An sshd in front of an engine, with these lines in its settings.
pub(crate) fn sshd(rig: &abra_rig::Engine, name: &str, settings: &[&str]) -> Sshd {
    let settings = settings.iter().map(|line| (*line).to_owned()).collect();
    let options = SshdOptions { engine: Some(rig.socket()), settings, ..SshdOptions::default() };
    Sshd::start(&rig.folder().join(name), &options).unwrap()
}

/// Two releases, with a secret, a volume and a function.
pub(crate) fn forge() -> Forge {
    let forge = Forge::new();
    forge.file("abra.sh", ABRA_SH);
    forge.file(".env.sample", SAMPLE);
    let release = |version: &str, image: &str| {
        let app = GOOD.replace("bb:1,", &format!("{image}, secrets: [pw], volumes: [\"data:/data\"],"));
        forge.release(version, &[&format!("{app}\n{SECRET}\n{VOLUME}")]);
    };
    release("1.0.0+1.0", "bb:1");
    release("1.1.0+1.1", "bb:2");
    forge
}

/// An operator whose app is on a server that only ssh leads to.
pub(crate) fn operator(forge: &Forge, app: &str, sshd: &Sshd, more: &str) -> Operator {
    let ada = Operator::new(forge, String::new(), true).named("Ada").with_app(app).on_server(SERVER);
    ada.write_env(&format!("{ENV}\nSECRET_PW_VERSION=v1\n"));
    let known_hosts = ada.home().join(".ssh/known_hosts");
    let settings = format!("{more}{}", sshd.host(SERVER, &known_hosts));
    own_ssh(ada.home(), &settings, &sshd.known().unwrap()).unwrap();
    // As docker writes it.
    let host = format!("host=ssh://{SERVER}");
    let mut docker = ada.command("docker");
    docker.env_remove("DOCKER_HOST").args(["context", "create", SERVER, "--docker", &host]);
    assert!(docker.output().unwrap().status.success());
    ada
}

/// What an operator's runs left behind: folders of sockets, and processes that name the operator's home.
pub(crate) fn left_of(ada: &Operator) -> Vec<String> {
    let home = ada.home().to_str().unwrap();
    let mut left: Vec<String> = std::fs::read_dir(ada.home().join("run"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        if words.contains(home) {
            left.push(words);
        }
    }
    left
}

#[track_caller]
pub(crate) fn leaves_nothing(ada: &Operator) {
    let start = Instant::now();
    while !left_of(ada).is_empty() {
        assert!(start.elapsed() < PATIENCE, "left behind: {:#?}", left_of(ada));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every command that reaches a server, each by one login.
fn tour(ada: &Operator, app: &str, sshd: &Sshd) {
    let run = |words: &str, code: i32, says: &[&str]| -> Output {
        let before = sshd.logins();
        let output = ada.run(words).is(code, says);
        assert_eq!(sshd.logins() - before, 1, "logins of `{words}`:\n{}", sshd.log());
        output
    };
    run(&format!("app secret generate -n -a {app}"), 0, &["pw"]);
    run(&format!("app deploy -n -D --stable 1s {app} 1.0.0+1.0"), 0, &["recorded 1.0.0+1.0"]);
    run(&format!("app ls -S -s {SERVER}"), 0, &[app, "1.0.0+1.0"]);
    run(&format!("app ps {app}"), 0, &["bb:1", "running"]);
    run(&format!("app services {app}"), 0, &["app bb:1 replicated × 1"]);
    run(&format!("app labels {app} app"), 0, &["1.0.0+1.0"]);
    run(&format!("app diff {app} 1.1.0+1.1"), 8, &["bb:1", "bb:2"]);
    run(&format!("app logs {app}"), 0, &["| bb:1"]);
    run(&format!("app run -n {app} app -- sh -c exit\\ 9"), 127, &[]);
    run(&format!("app run -n {app} app -- cat /nosuch"), 1, &["No such file"]);
    let mut typed = ada.start(&format!("app run {app} app sh"));
    typed.answer("echo got words; exit 7");
    typed.end().is(7, &["got words"]);
    let mut shell = ada.start_on_terminal(&format!("app run {app} app sh"));
    shell.answer("test -t 1 && echo is-a-terminal; exit 5");
    shell.end().is(5, &["is-a-terminal"]);
    run(&format!("app cmd -n {app} app greet -- Bea"), 0, &["hello Bea"]);
    run(&format!("app upgrade -n -D --stable 1s {app}"), 0, &["recorded 1.1.0+1.1"]);
    run(&format!("app rollback -n -D --stable 1s {app} 1.0.0+1.0"), 0, &["recorded 1.0.0+1.0"]);
    run(&format!("app sync -n --check {app}"), 0, &[]);
    // As if somebody else's record came with the team's files.
    ada.write_env(&ada.env().replace("1.0.0+1.0", "1.1.0+1.1"));
    run(&format!("app sync -n -D --stable 1s {app}"), 0, &["1.1.0+1.1 is deployed and runs"]);
    run(&format!("app watch --stable 1s {app}"), 0, &[]);
    run(&format!("app history {app}"), 0, &["rollback", "upgrade", "Ada"]);
    run(&format!("app lock status {app}"), 0, &["free"]);
    run(&format!("app lock release -n {app}"), 0, &["the lock is free"]);
    run(&format!("app secret ls {app}"), 0, &["pw"]);
    run(&format!("app undeploy -n {app}"), 0, &[]);
    run(&format!("app secret rm -n -a {app}"), 0, &["pw"]);
    let value = ada.home().join("value");
    std::fs::write(&value, "sesame").unwrap();
    run(&format!("app secret insert -n {app} pw v1 -f {}", value.display()), 0, &["pw"]);
    run(&format!("app volume ls {app}"), 0, &["data"]);
    run(&format!("app volume rm -n {app} data"), 0, &["data"]);
    run(&format!("app new -n demo -s {SERVER} -D new.{app} -S"), 0, &["pw"]);
    leaves_nothing(ada);
}

#[test]
fn every_command_works_whatever_sshd_allows() {
    let (rig, forge) = (swarm(), forge());
    let jump = sshd(&rig, "jump", &[]);
    let direct = sshd(&rig, "direct", &[]);
    let closed = sshd(&rig, "closed", &["AllowStreamLocalForwarding no"]);
    let narrow = sshd(&rig, "narrow", &["DisableForwarding yes", "MaxSessions 1"]);
    let through_jump = operator(&forge, "jump.example.com", &direct, "");
    let known_hosts = through_jump.home().join(".ssh/known_hosts");
    let settings = format!(
        "{}Host {SERVER}\n  ProxyJump jump\n{}",
        jump.host("jump", &known_hosts),
        direct.host(SERVER, &known_hosts)
    );
    let known = [jump.known().unwrap(), direct.known().unwrap()].concat();
    own_ssh(through_jump.home(), &settings, &known).unwrap();
    // The operator's own forwards, masters and commands are for the operator's own sessions.
    let theirs = [
        "LocalForward 1 127.0.0.1:1",
        "ExitOnForwardFailure yes",
        "RemoteCommand false",
        "RequestTTY force",
        "ControlMaster auto",
        "ControlPath /nowhere/%C",
        "ControlPersist yes",
        "StreamLocalBindUnlink no",
        "UpdateHostKeys ask",
        "LogLevel QUIET",
    ];
    let theirs = format!("Host {SERVER}\n  {}\n", theirs.join("\n  "));
    let without = operator(&forge, "closed.example.com", &closed, &theirs);
    let alone = operator(&forge, "narrow.example.com", &narrow, "");
    std::thread::scope(|scope| {
        scope.spawn(|| tour(&through_jump, "jump.example.com", &direct));
        scope.spawn(|| tour(&without, "closed.example.com", &closed));
        scope.spawn(|| tour(&alone, "narrow.example.com", &narrow));
    });
    assert_eq!(jump.logins(), direct.logins(), "{}", jump.log());
    for refusing in [&closed, &narrow] {
        assert!(refusing.log().contains("refused streamlocal port forward"), "{}", refusing.log());
    }
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let rig = swarm();
    for (name, settings) in [
        ("direct", &[][..]),
        ("closed", &["DisableForwarding yes"]),
        ("two", &["DisableForwarding yes", "MaxSessions 2"]),
        ("one", &["DisableForwarding yes", "MaxSessions 1"]),
    ] {
        let sshd = sshd(&rig, name, settings);
        let ada = operator(&Forge::new(), "a.example.com", &sshd, "");
        let links = Links::with(ada.home().join("bin/ssh").to_str().unwrap(), None, None);
        let endpoint = Endpoint::Ssh(links.to(Address::parse(&format!("ssh://{SERVER}")).unwrap()));
        let engine = Engine::connect(&endpoint, &Limits::default()).await.unwrap();
        let answers = join_all((0..25).map(|_| engine.info())).await;
        let refused: Vec<&EngineError> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert!(refused.is_empty(), "{name}: {refused:?}\n{}", sshd.log());
        // A second look at the same server is no second login.
        Engine::connect(&endpoint, &Limits::default()).await.unwrap();
        assert_eq!(sshd.logins(), 1, "{name}: {}", sshd.log());
    }
}

/// Channels that ssh was let open to the engine's socket, and those that it was not.
fn channels(sshd: &Sshd) -> [usize; 2] {
    let log = sshd.log();
    let asked = log.matches("server_request_direct_streamlocal: originator").count();
    let refused = log.matches("refused streamlocal port forward").count();
    [asked - refused, refused]
}

#[test]
fn the_connections_that_a_look_needs_are_opened_together() {
    let (rig, forge) = (swarm(), forge());
    for (name, settings, open, refused) in [
        ("direct", &["LogLevel DEBUG1"][..], 4, 0..=0),
        // One more for the second look, which trusts none of them, and for the first where it hears in time that they are refused.
        ("closed", &["LogLevel DEBUG1", "AllowStreamLocalForwarding no"], 0, 5..=6),
    ] {
        let sshd = sshd(&rig, name, settings);
        let ada = operator(&forge, &format!("{name}.example.com"), &sshd, "");
        ada.run("app ls -S").is(0, &["undeployed"]);
        let channels = channels(&sshd);
        assert!(channels[0] == open && refused.contains(&channels[1]), "{name}: {channels:?} {}", sshd.log());
    }
}

#[test]
fn a_link_that_dies_in_mid_deploy_leaves_it_undecided_and_watch_finishes_it() {
    let (rig, forge) = (swarm(), forge());
    let sshd = sshd(&rig, "sshd", &[]);
    let app = "cut.example.com";
    let ada = operator(&forge, app, &sshd, "");
    ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
    ada.run(&format!("app deploy -n -D --stable 1s {app} 1.0.0+1.0")).is(0, &["recorded 1.0.0+1.0"]);
    let hold = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let words = format!("app upgrade -n -D --stable 1s --timeout 10s {app}");
    let mut run = ada.start_with(&words, abra::hold::VARIABLE, &format!("watching:{}", hold.display()));
    run.says("held at watching");
    sshd.cut();
    drop(hold);
    let said = run.end().is(4, &["abra app watch"]);
    assert!(said.text.contains(&format!("the link to ssh://{SERVER} has ended")), "{}", said.text);
    assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
    ada.run(&format!("app ps {app}")).is(1, &["can't log in", "ssh -v ssh://coop.example.com"]);
    sshd.mend();
    // Until the lock of the run that lost its link frees itself.
    let start = Instant::now();
    let watched = loop {
        let watched = ada.run(&format!("app watch --stable 1s {app}"));
        if watched.code != 6 || start.elapsed() > 2 * PATIENCE {
            break watched;
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    watched.is(0, &["1.1.0+1.1"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.1.0+1.1"));
    leaves_nothing(&ada);
}

#[test]
fn nothing_is_left_however_a_run_ends() {
    let (rig, forge) = (swarm(), forge());
    for settings in [&[][..], &["DisableForwarding yes"]] {
        let sshd = sshd(&rig, &format!("sshd{}", settings.len()), settings);
        let app = format!("ends{}.example.com", settings.len());
        let ada = operator(&forge, &app, &sshd, "");
        ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
        ada.run(&format!("app deploy -n -D --stable 1s {app}")).is(0, &[]);
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 130), (Signal::KILL, -1)] {
            let mut run = ada.start(&format!("app logs -f {app}"));
            run.says("| bb:2");
            assert!(!left_of(&ada).is_empty(), "it has an ssh of its own");
            run.signal(signal);
            run.end().is(code, &[]);
            leaves_nothing(&ada);
        }
    }
}

/// Changes a line of an operator's ssh settings.
pub(crate) fn set(ada: &Operator, key: &str, value: &str) {
    let path = ada.home().join(".ssh/config");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.trim().starts_with(key));
    let kept: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, format!("{kept}  {key} {value}\n")).unwrap();
}

#[test]
fn what_is_wrong_is_said_with_what_can_be_done() {
    let (rig, forge) = (plain(), Forge::new());
    let sshd_of = |name: &str, settings: &[&str], engine: Option<PathBuf>, without_docker: bool| {
        let settings = settings.iter().map(|line| (*line).to_owned()).collect();
        Sshd::start(
            &rig.folder().join(name),
            &SshdOptions { engine, settings, without_docker, ..SshdOptions::default() },
        )
        .unwrap()
    };
    let good = sshd_of("good", &[], Some(rig.socket()), false);
    let no_docker = sshd_of("nodocker", &["DisableForwarding yes"], None, true);
    let no_engine = sshd_of("noengine", &[], None, false);
    let app = "wrong.example.com";
    let says = |ada: &Operator, words: &[&str]| {
        let start = Instant::now();
        let output = ada.run(&format!("app ps -n {app}")).is(1, words);
        assert!(start.elapsed() < PATIENCE);
        assert!(!output.text.contains('\u{1b}'), "{:?}", output.text);
        leaves_nothing(ada);
    };
    let ada = || operator(&forge, app, &good, "");
    says(&ada(), &["the engine is not a swarm manager", "docker swarm init"]);
    let with = |key: &str, value: &str| {
        let ada = ada();
        set(&ada, key, value);
        set(&ada, "StrictHostKeyChecking", "no");
        ada
    };
    says(
        &with("User", "nosuch"),
        &["can't log in to ssh://coop.example.com", "Permission denied", "right user"],
    );
    says(&with("HostName", "nosuch.invalid"), &["Could not resolve hostname", "HostName"]);
    says(&with("HostName", "-v"), &["ssh's settings"]);
    says(&with("Nonsense", "yes"), &["Bad configuration option", "ssh -G"]);
    says(&with("User", "guest"), &["no way from the login", "permission denied", "group `docker`"]);
    let closed = TcpPort::closed();
    says(&with("Port", &closed.to_string()), &["Connection refused", "does sshd run there"]);
    says(&operator(&forge, app, &no_docker, ""), &["no way from the login", "docker", "install Docker"]);
    says(
        &operator(&forge, app, &no_engine, ""),
        &["no way from the login", "no such file", "servers: NAME: socket:"],
    );
    // Another key than the known one, and none that is known.
    let other = ada();
    let wrong =
        format!("[127.0.0.1]:{} {}", good.port(), no_docker.known().unwrap().split_once(' ').unwrap().1);
    std::fs::write(other.home().join(".ssh/known_hosts"), wrong).unwrap();
    says(&other, &["HOST IDENTIFICATION HAS CHANGED", "Offending", "ssh-keygen -R"]);
    std::fs::write(other.home().join(".ssh/known_hosts"), "").unwrap();
    says(&other, &["Host key verification failed", "fingerprint"]);
    // A socket elsewhere.
    let moved = sshd_of("moved", &[], None, false);
    let there = operator(&forge, app, &moved, "");
    let config = there.home().join("abra/config.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    let socket = rig.socket();
    let settings = format!("{text}servers:\n  {SERVER}:\n    socket: {}\n", socket.display());
    std::fs::write(&config, settings).unwrap();
    says(&there, &["the engine is not a swarm manager"]);
}

/// A port that nobody listens at.
struct TcpPort;

impl TcpPort {
    fn closed() -> u16 {
        std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
    }
}

#[test]
fn a_person_at_the_terminal_is_asked_by_ssh_itself() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &[]);
    let app = "asked.example.com";
    let ada = operator(&Forge::new(), app, &sshd, "");
    let key = ada.home().join("encrypted");
    keygen(&key, "open sesame").unwrap();
    sshd.admit(&public(&key)).unwrap();
    set(&ada, "IdentityFile", key.to_str().unwrap());
    std::fs::write(ada.home().join(".ssh/known_hosts"), "").unwrap();
    ada.run(&format!("app ps -n {app}")).is(1, &["Host key verification failed"]);
    let mut asked = ada.start_on_terminal(&format!("app ps {app}"));
    asked.says("authenticity of host").says("continue connecting").answer("yes");
    asked.says("Enter passphrase for key").answer("open sesame");
    asked.end().is(0, &["is not deployed"]);
    assert_eq!(sshd.logins(), 1, "{}", sshd.log());
    ada.run(&format!("app ps -n {app}")).is(1, &["Permission denied", "ssh-add"]);
    // Interrupted at the question.
    let mut asked = ada.start_on_terminal(&format!("app ps {app}"));
    asked.says("Enter passphrase for key").press("\u{3}");
    asked.end().is(130, &[]);
    leaves_nothing(&ada);
}

fn public(key: &Path) -> String {
    std::fs::read_to_string(key.with_extension("pub")).unwrap().trim().to_owned()
}
