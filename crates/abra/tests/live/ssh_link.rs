//! Links to servers that go silent, break in the middle, or never come about: noticed within a bounded time, told with what
//! can be done, and nothing is done twice.
use crate::operator::{Forge, Operator};
use crate::rig::{PATIENCE, swarm};
use crate::ssh::{self, SERVER, forge, leaves_nothing, operator, set, sshd};
use abra::engine::ssh::Links;
use abra::engine::{Endpoint, Engine, Limits};
use abra_core::ssh::Address;
use abra_rig::{Blackhole, Fault, Proxy, Relay, Seen, Sshd, SshdOptions};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// An engine whose requests are counted, and an sshd in front of it.
fn counted(rig: &abra_rig::Engine, settings: &[&str]) -> (Proxy, Sshd) {
    let proxy = Proxy::start(&rig.folder().join("proxy.sock"), &rig.socket()).unwrap();
    let settings = settings.iter().map(|line| (*line).to_owned()).collect();
    let options = SshdOptions { engine: Some(proxy.socket().to_owned()), settings, ..SshdOptions::default() };
    let sshd = Sshd::start(&rig.folder().join("counted"), &options).unwrap();
    (proxy, sshd)
}

/// Lets the operator's ssh go to this port, and know the host there.
fn through(ada: &Operator, sshd: &Sshd, port: u16) {
    set(ada, "Port", &port.to_string());
    let known = sshd.known().unwrap();
    let key = known.split_once(' ').unwrap().1;
    std::fs::write(ada.home().join(".ssh/known_hosts"), format!("[127.0.0.1]:{port} {key}")).unwrap();
}

/// Notices a silence sooner than usual.
fn impatient(ada: &Operator) {
    for (key, value) in [("ServerAliveInterval", "1"), ("ServerAliveCountMax", "5"), ("ConnectTimeout", "10")]
    {
        set(ada, key, value);
    }
}

/// Whether an ssh of the operator's is logged in.
fn is_linked(ada: &Operator) -> bool {
    let folders = std::fs::read_dir(ada.home().join("run")).unwrap();
    folders.flatten().any(|folder| folder.path().join("ctl").exists())
}

/// What is known of the first app on a server: its status, and why it is not known better.
fn status(rows: &Value, server: &str) -> [String; 2] {
    let row = rows.as_array().unwrap().iter().find(|row| row["server"] == server).unwrap();
    ["status", "problem"].map(|key| row[key].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_link_that_breaks_for_a_moment_in_mid_deploy_is_made_anew() {
    for settings in [&[][..], &["DisableForwarding yes"]] {
        let (rig, forge) = (swarm(), forge());
        let (proxy, sshd) = counted(&rig, settings);
        let app = "moment.example.com";
        let ada = operator(&forge, app, &sshd, "");
        ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
        let before = sshd.logins();
        let hold = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let place = format!("applied:{}", hold.display());
        let words = format!("app deploy -n -D --stable 1s {app} 1.0.0+1.0");
        let mut run = ada.start_with(&words, abra::hold::VARIABLE, &place);
        run.says("held at applied");
        sshd.cut();
        sshd.mend();
        // Its end was noticed here.
        let start = Instant::now();
        while is_linked(&ada) {
            assert!(start.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(hold);
        run.end().is(0, &["recorded 1.0.0+1.0"]);
        assert_eq!(sshd.logins() - before, 2, "{}", sshd.log());
        let created = proxy.seen().iter().filter(|seen| seen.target.contains("/services/create")).count();
        assert_eq!(created, 1, "{:?}", proxy.seen());
        leaves_nothing(&ada);
    }
}

#[test]
fn a_change_whose_answer_went_down_with_the_link_is_looked_up_before_it_is_sent_again() {
    let (rig, forge) = (swarm(), forge());
    let (proxy, sshd) = counted(&rig, &[]);
    let created = |proxy: &Proxy| -> Vec<usize> {
        let seen = proxy.seen();
        let at = |index: &usize| seen[*index].target.contains("/services/create");
        (0..seen.len()).filter(at).collect()
    };
    // The engine has never heard of it, or has done it.
    for (fault, times, app) in
        [(Fault::Silence, 2, "unheard.example.com"), (Fault::AnswerLost, 1, "done.example.com")]
    {
        let ada = operator(&forge, app, &sshd, "");
        ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
        let hold = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let words = format!("app deploy -n -D --stable 1s {app} 1.0.0+1.0");
        let place = format!("applying:{}", hold.display());
        let mut run = ada.start_with(&words, abra::hold::VARIABLE, &place);
        run.says("held at applying");
        proxy.forget();
        proxy.break_next("POST", "/services/create", fault);
        drop(hold);
        let start = Instant::now();
        while created(&proxy).is_empty() {
            assert!(start.elapsed() < PATIENCE, "{:?}", proxy.seen());
            std::thread::sleep(Duration::from_millis(5));
        }
        sshd.cut();
        sshd.mend();
        run.end().is(0, &["recorded 1.0.0+1.0"]);
        let (seen, created) = (proxy.seen(), created(&proxy));
        assert_eq!(created.len(), times, "{seen:?}");
        let stack = app.replace('.', "_");
        let looked = seen[created[0]..*created.last().unwrap()]
            .iter()
            .any(|seen| seen.method == "GET" && seen.target.ends_with(&format!("/services/{stack}_app")));
        assert!(times == 1 || looked, "{seen:?}");
        leaves_nothing(&ada);
    }
}

#[test]
fn a_link_that_falls_silent_in_mid_deploy_leaves_it_undecided() {
    let (rig, forge) = (swarm(), forge());
    let sshd = sshd(&rig, "sshd", &[]);
    let relay = Relay::start(sshd.port()).unwrap();
    let app = "silent.example.com";
    let ada = operator(&forge, app, &sshd, "");
    through(&ada, &sshd, relay.port());
    impatient(&ada);
    ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
    let hold = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let words = format!("app deploy -n -D --stable 1s --timeout 8s {app} 1.0.0+1.0");
    let mut run = ada.start_with(&words, abra::hold::VARIABLE, &format!("watching:{}", hold.display()));
    run.says("held at watching");
    relay.silence();
    drop(hold);
    run.end().is(4, &["the link to ssh://coop.example.com has ended", "logging in again", "abra app watch"]);
    assert_eq!(ada.recorded(), None);
    leaves_nothing(&ada);
    relay.mend();
    // Sooner than it frees itself.
    ada.run(&format!("app lock release -f {app}")).is(0, &[]);
    ada.run(&format!("app watch --stable 1s {app}")).is(0, &["1.0.0+1.0"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
}

#[tokio::test]
async fn a_silent_link_is_given_up_after_a_quarter_of_a_minute() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &[]);
    let relay = Relay::start(sshd.port()).unwrap();
    let ada = operator(&Forge::new(), "quiet.example.com", &sshd, "");
    through(&ada, &sshd, relay.port());
    set(&ada, "ConnectTimeout", "5");
    let links = Links::with(ada.home().join("bin/ssh").to_str().unwrap(), None, None);
    let endpoint = Endpoint::Ssh(links.to(Address::parse(&format!("ssh://{SERVER}")).unwrap()));
    let engine = Engine::connect(&endpoint, &Limits::default()).await.unwrap();
    relay.silence();
    let start = Instant::now();
    let error = engine.info().await.unwrap_err();
    let elapsed = start.elapsed().as_secs();
    let words = error.to_string();
    assert!(words.contains("has ended: Timeout, server") && error.is_transient(), "{error}");
    assert!((10..PATIENCE.as_secs()).contains(&elapsed), "{elapsed} s");
}

#[test]
fn servers_that_fall_silent_or_never_speak_are_unknown_and_the_others_are_shown() {
    let (rig, forge) = (swarm(), forge());
    let (proxy, sshd) = counted(&rig, &[]);
    let relay = Relay::start(sshd.port()).unwrap();
    let mute = Relay::start(sshd.port()).unwrap();
    mute.silence();
    let blackhole = Blackhole::new().unwrap();
    // To the same engine, without the proxy.
    let direct = ssh::sshd(&rig, "direct", &[]);
    let ada = operator(&forge, "well.example.com", &direct, "");
    let known = ada.home().join(".ssh/known_hosts");
    let mut settings = std::fs::read_to_string(ada.home().join(".ssh/config")).unwrap();
    for (name, port) in [
        ("silent.example", relay.port()),
        ("mute.example", mute.port()),
        ("hole.example", blackhole.port().unwrap()),
    ] {
        settings +=
            &sshd.host(name, &known).replace(&format!("Port {}", sshd.port()), &format!("Port {port}"));
        settings += "  HostKeyAlias engine\n";
        // One of them is logged in to, on a machine that may be busy.
        let connect = if name == "silent.example" { 10 } else { 2 };
        settings +=
            &format!("  ServerAliveInterval 1\n  ServerAliveCountMax 5\n  ConnectTimeout {connect}\n");
        with_app(&ada, name, &format!("{}.test", name.split_once('.').unwrap().0));
    }
    settings += &direct.host("well.example", &known);
    with_app(&ada, "well.example", "well.test");
    std::fs::write(ada.home().join(".ssh/config"), settings).unwrap();
    let known_key = sshd.known().unwrap();
    let alias = format!("engine {}", known_key.split_once(' ').unwrap().1);
    std::fs::write(&known, format!("{known_key}{alias}{}", direct.known().unwrap())).unwrap();

    // It falls silent when it has been asked something.
    let is_question = |seen: &Seen| seen.method == "GET" && seen.target.starts_with("/v");
    (0..20).for_each(|_| proxy.break_next("GET", "/v", Fault::Silence));
    let start = Instant::now();
    let rows = std::thread::scope(|scope| {
        let rows = scope.spawn(|| ada.json("app ls -S -m"));
        while !proxy.seen().iter().any(is_question) {
            assert!(start.elapsed() < PATIENCE, "{:?}", proxy.seen());
            std::thread::sleep(Duration::from_millis(5));
        }
        relay.silence();
        rows.join().unwrap()
    });
    assert_eq!(status(&rows, "well.example")[0], "undeployed", "{rows}");
    for (server, reason) in [
        ("silent.example", "logging in again: "),
        ("mute.example", "timed out"),
        ("hole.example", "timed out"),
    ] {
        let [status, problem] = status(&rows, server);
        assert!(status == "unknown" && problem.contains(reason), "{server}: {status}: {problem}");
    }
    leaves_nothing(&ada);
}

/// Makes a server known that ssh knows by its name, with one app there.
fn with_app(ada: &Operator, server: &str, app: &str) {
    let host = format!("host=ssh://{server}");
    let mut docker = ada.command("docker");
    docker.env_remove("DOCKER_HOST").args(["context", "create", server, "--docker", &host]);
    assert!(docker.output().unwrap().status.success());
    let folder = ada.home().join("abra/servers").join(server);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{app}.env")), format!("TYPE=demo\nDOMAIN={app}\nMOTTO=share\n"))
        .unwrap();
}

#[test]
fn hosts_that_never_answer_are_given_up_in_time_and_it_is_said_why() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &[]);
    let mute = Relay::start(sshd.port()).unwrap();
    mute.silence();
    let hole = Blackhole::new().unwrap();
    let never = |port: u16, app: &str| {
        let ada = operator(&Forge::new(), app, &sshd, "");
        through(&ada, &sshd, port);
        let start = Instant::now();
        let said = ada.run(&format!("app ps -n {app}")).is(
            1,
            &[
                "can't log in to ssh://coop.example.com",
                "timed out",
                "is the server up, and can it be reached",
            ],
        );
        let elapsed = start.elapsed().as_secs();
        assert!((10..PATIENCE.as_secs()).contains(&elapsed), "{elapsed} s: {}", said.text);
        leaves_nothing(&ada);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| never(hole.port().unwrap(), "hole.example.com"));
        scope.spawn(|| never(mute.port(), "mute.example.com"));
    });
}

#[test]
fn what_login_shells_print_is_not_taken_for_an_answer() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &["DisableForwarding yes", "Banner /run/banner"]);
    std::fs::write(sshd.folder().join("run/banner"), "Unauthorized use is forbidden.\n").unwrap();
    // What a shell that greets does, for every command.
    let greeter = sshd.folder().join("run/greeter");
    let script = "#!/bin/sh\necho 'Welcome, you have mail.'; echo; echo >&2 noise; exec /bin/sh \"$@\"\n";
    std::fs::write(&greeter, script).unwrap();
    std::fs::set_permissions(&greeter, std::fs::Permissions::from_mode(0o755)).unwrap();
    shell_of_root(&sshd, Path::new("/run/greeter"));
    let app = "greets.example.com";
    let ada = operator(&Forge::new(), app, &sshd, "");
    let said = ada.run(&format!("app ps -n {app}")).is(0, &["is not deployed"]).text;
    assert!(!["Welcome", "Unauthorized", "noise"].iter().any(|words| said.contains(words)), "{said}");
    leaves_nothing(&ada);
}

/// Gives the one who logs in another shell.
fn shell_of_root(sshd: &Sshd, shell: &Path) {
    let path = sshd.folder().join("passwd");
    let text = std::fs::read_to_string(&path).unwrap();
    let own = format!("root:*:0:0::/run/home:{}", shell.display());
    std::fs::write(path, text.replace("root:*:0:0::/run/home:/bin/sh", &own)).unwrap();
}

#[test]
fn jump_hosts_ask_nothing_where_nobody_is_to_be_asked() {
    let rig = swarm();
    let (jump, inner) = (sshd(&rig, "jump", &[]), sshd(&rig, "inner", &[]));
    let app = "jump.example.com";
    let ada = operator(&Forge::new(), app, &inner, "");
    let known = ada.home().join(".ssh/known_hosts");
    let settings = format!(
        "{}Host {SERVER}\n  ProxyJump jump\n{}",
        jump.host("jump", &known),
        inner.host(SERVER, &known)
    );
    std::fs::write(ada.home().join(".ssh/config"), settings).unwrap();
    // Only the inner one's key is known.
    let asked = ada.start_on_terminal(&format!("app ps -n {app}"));
    let said = asked.end().is(1, &["Host key verification failed"]).text;
    assert!(!said.contains("continue connecting"), "{said}");
    // With a person there it is the jump host's ssh that asks, once.
    let mut asked = ada.start_on_terminal(&format!("app ps {app}"));
    asked.says("continue connecting").answer("yes");
    let said = asked.end().is(0, &["is not deployed"]).text;
    assert_eq!(said.matches("continue connecting").count(), 1, "{said}");
    leaves_nothing(&ada);
}
