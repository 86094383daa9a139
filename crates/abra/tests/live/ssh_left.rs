//! What runs that were ended by force leave behind is swept up by the next one, and what living ones hold stays; and a
//! login ends as soon as nobody needs it.
use crate::operator::Operator;
use crate::rig::{PATIENCE, swarm};
use crate::ssh::{SERVER, forge, leaves_nothing, left_of, operator, sshd};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// Ends those of an operator's processes at once whose command line holds one of these words.
fn kill(ada: &Operator, words: &[&str]) -> usize {
    let home = ada.home().to_str().unwrap();
    let mut killed = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(id) = number.and_then(Pid::from_raw)
            && line.contains(home)
            && words.iter().any(|word| line.starts_with(word))
        {
            killed += usize::from(kill_process(id, Signal::KILL).is_ok());
        }
    }
    killed
}

/// A folder as a run makes it, without anybody who holds it.
fn folder(ada: &Operator, name: &str) -> PathBuf {
    let folder = ada.home().join("run").join(format!("abra-ssh-{name}"));
    fs::create_dir(&folder).unwrap();
    // A socket that nobody listens at any more.
    drop(UnixListener::bind(folder.join("ctl")).unwrap());
    folder
}

#[test]
fn the_next_run_ends_and_removes_what_nobody_holds() {
    let (rig, forge) = (swarm(), forge());
    let sshd = sshd(&rig, "sshd", &[]);
    let app = "left.example.com";
    let ada = operator(&forge, app, &sshd, "");
    ada.run(&format!("app secret generate -n -a {app}")).is(0, &[]);
    ada.run(&format!("app deploy -n -D --stable 1s {app}")).is(0, &[]);
    // All at once, as where memory runs out or the machine is reset; or all but ssh itself.
    for victims in [&["sh -c", "/usr/bin/ssh"][..], &["sh -c"]] {
        let mut run = ada.start(&format!("app logs -f {app}"));
        run.says("| bb:2");
        // The keeper first: it would clean up.
        assert!(kill(&ada, &victims[..1]) > 0, "{:#?}", left_of(&ada));
        run.signal(Signal::KILL);
        kill(&ada, &victims[1..]);
        run.end().is(-1, &[]);
        assert!(!left_of(&ada).is_empty());
        ada.run(&format!("app ps {app}")).is(0, &["running"]);
        leaves_nothing(&ada);
    }
}

#[test]
fn what_somebody_holds_or_somebody_else_owns_stays() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &[]);
    let app = "held.example.com";
    let ada = operator(&crate::operator::Forge::new(), app, &sshd, "");
    let old = SystemTime::now() - Duration::from_secs(3600);
    let is_old = |folder: &PathBuf| File::open(folder).unwrap().set_modified(old).unwrap();
    // The machine was reset: whoever has their number now, nobody holds these.
    let (dead, unlocked) = (folder(&ada, "dead"), folder(&ada, "unlocked"));
    File::create(dead.join("lock")).unwrap();
    is_old(&unlocked);
    // One that lives, one that is just being made, another user's, and none of ours.
    let (living, new, foreign, other) =
        (folder(&ada, "living"), folder(&ada, "new"), folder(&ada, "foreign"), ada.home().join("run/abra"));
    let lock = File::create(living.join("lock")).unwrap();
    lock.lock().unwrap();
    File::create(new.join("new")).unwrap();
    File::create(foreign.join("lock")).unwrap();
    std::os::unix::fs::chown(&foreign, Some(61000), None).unwrap();
    fs::create_dir(&other).unwrap();
    [&living, &foreign, &other].into_iter().for_each(is_old);
    // One that leads elsewhere is not followed.
    let elsewhere = tempfile::tempdir().unwrap();
    File::create(elsewhere.path().join("lock")).unwrap();
    let link = ada.home().join("run/abra-ssh-link");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();

    ada.run(&format!("app ps -n {app}")).is(0, &["is not deployed"]);
    for gone in [dead, unlocked] {
        assert!(!gone.exists(), "{}", gone.display());
    }
    for there in [living.join("ctl"), new.join("ctl"), foreign.join("ctl"), other, link] {
        assert!(fs::symlink_metadata(&there).is_ok(), "{}", there.display());
    }
    assert!(elsewhere.path().join("lock").exists());
}

/// Makes a server known by docker's context, with one app there.
fn with_app(ada: &Operator, server: &str, address: &str, app: &str) {
    let mut docker = ada.command("docker");
    docker.args(["context", "create", server, "--docker", &format!("host={address}")]);
    assert!(docker.output().unwrap().status.success());
    let folder = ada.home().join("abra/servers").join(server);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{app}.env")), format!("TYPE=demo\nDOMAIN={app}\n")).unwrap();
}

#[test]
fn a_list_ends_a_login_when_its_last_server_has_answered() {
    let (rig, forge) = (swarm(), forge());
    for (name, settings) in [("open", &[][..]), ("strict", &["DisableForwarding yes", "MaxSessions 1"])] {
        let sshd = sshd(&rig, name, settings);
        let ada = operator(&forge, "one.example.com", &sshd, "");
        with_app(&ada, "twin.example", &format!("ssh://{SERVER}"), "two.example.com");
        // As long as this one is silent, the run goes on.
        let mute = ada.home().join("mute.sock");
        let listener = UnixListener::bind(&mute).unwrap();
        with_app(&ada, "mute.example", &format!("unix://{}", mute.display()), "three.example.com");
        let run = ada.start("app ls -S --timeout 5m");
        let start = Instant::now();
        while sshd.logins() == 0 || !left_of(&ada).is_empty() {
            assert!(start.elapsed() < PATIENCE, "{name}: {:#?}\n{}", left_of(&ada), sshd.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        // Hangs up on it.
        drop(listener);
        let said = run.end().is(0, &["can't reach the engine"]).text;
        for (app, status) in [
            ("one.example.com", "undeployed"),
            ("two.example.com", "undeployed"),
            ("three.example.com", "unknown"),
        ] {
            let row = said.lines().find(|line| line.starts_with(app));
            assert!(row.is_some_and(|row| row.contains(status)), "{name}: {app} is not {status}:\n{said}");
        }
        assert_eq!(sshd.logins(), 1, "{name}: one login for both names");
    }
}
