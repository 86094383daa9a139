//! Nothing is left behind: not after a drop, a panic, a signal, not even after SIGKILL.
use abra_rig::{Engine, EngineOptions, Swarm, left_of, sweep};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

const LIMIT: Duration = Duration::from_secs(30);

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// `rig run` with a command of bash that says where the rig is and then goes on with `script`.
fn rig(script: &str) -> (Child, PathBuf) {
    rig_after("", script)
}

/// The same, with something to do before it says so.
fn rig_after(first: &str, script: &str) -> (Child, PathBuf) {
    let mut rig = Command::new(env!("CARGO_BIN_EXE_rig"))
        .args([
            "run",
            "--no-swarm",
            "--no-images",
            "--",
            "bash",
            "-c",
            &format!("{first}\necho $RIG_DIR; {script}"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(rig.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let folder = PathBuf::from(line.trim());
    assert!(folder.is_dir(), "{line:?}");
    (rig, folder)
}

fn wait_until_gone(folder: &Path) {
    let start = Instant::now();
    while !left_of(folder).is_empty() {
        assert!(start.elapsed() < LIMIT, "left behind: {:#?}", left_of(folder));
        sleep(Duration::from_millis(20));
    }
}

/// A container with a network and a volume: all that an engine can leave lying about.
fn busy_engine() -> Engine {
    let engine = Engine::start(&EngineOptions::default()).unwrap();
    let network = json!({ "Name": "net", "Driver": "overlay", "Attachable": true });
    engine.post("/networks/create", &network).unwrap().accepted("network").unwrap();
    let task = json!({
        "ContainerSpec": { "Image": "bb:1", "Mounts": [{ "Type": "volume", "Source": "vol", "Target": "/v" }] },
        "Networks": [{ "Target": "net" }],
    });
    let service = json!({ "Name": "s", "TaskTemplate": task });
    engine.post("/services/create", &service).unwrap().accepted("service").unwrap();
    let runs =
        || engine.json("/containers/json").is_ok_and(|list| list.as_array().is_some_and(|l| !l.is_empty()));
    engine.wait_for("the container", runs).unwrap();
    engine
}

#[test]
fn nothing_is_left_after_a_drop() {
    let engine = busy_engine();
    let folder = engine.folder().to_owned();
    assert!(left_of(&folder).len() > 3, "the check sees an engine that runs: {:?}", left_of(&folder));
    drop(engine);
    assert_eq!(left_of(&folder), Vec::<String>::new());
}

#[test]
fn nothing_is_left_after_a_panic() {
    let (send, receive) = std::sync::mpsc::channel();
    let panicked = std::thread::spawn(move || {
        let options = EngineOptions { swarm: false, images: false, ..EngineOptions::default() };
        let engine = Engine::start(&options).unwrap();
        send.send(engine.folder().to_owned()).unwrap();
        panic!("on purpose");
    })
    .join();
    assert!(panicked.is_err());
    assert_eq!(left_of(&receive.recv().unwrap()), Vec::<String>::new());
}

#[test]
fn engines_side_by_side_do_not_meet() {
    let (one, two) = (busy_engine(), busy_engine());
    let (first, second) = (one.folder().to_owned(), two.folder().to_owned());
    drop(one);
    assert_eq!(left_of(&first), Vec::<String>::new());
    assert_eq!(two.json("/services").unwrap().as_array().map(Vec::len), Some(1));
    drop(two);
    assert_eq!(left_of(&second), Vec::<String>::new());
}

#[test]
fn a_commands_exit_code_is_passed_on() {
    let (mut rig, folder) = rig("exit 7");
    assert_eq!(rig.wait().unwrap().code(), Some(7));
    assert_eq!(left_of(&folder), Vec::<String>::new());
}

#[test]
fn signals_end_the_command_and_the_rig() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (mut rig, folder) = rig("exec sleep 1000");
        kill_process(pid(&rig), signal).unwrap();
        assert_eq!(rig.wait().unwrap().code(), Some(code));
        assert_eq!(left_of(&folder), Vec::<String>::new(), "{signal:?}");
    }
}

#[test]
fn a_command_that_does_not_listen_is_killed_at_the_second_signal() {
    let (mut rig, folder) = rig_after("trap '' TERM", "while :; do sleep 1000; done");
    let start = Instant::now();
    while rig.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < LIMIT);
        let _ = kill_process(pid(&rig), Signal::TERM);
        sleep(Duration::from_millis(200));
    }
    assert_eq!(rig.wait().unwrap().code(), Some(137));
    // Its `sleep` too, which knew of no signal.
    assert_eq!(left_of(&folder), Vec::<String>::new());
}

#[test]
fn nothing_is_left_when_the_rig_itself_is_killed() {
    let (mut rig, folder) = rig("sleep 1000 & exec sleep 2000");
    rig.kill().unwrap();
    assert_eq!(rig.wait().unwrap().signal(), Some(9));
    wait_until_gone(&folder);
}

#[test]
fn a_killed_janitors_leftovers_are_swept_but_nothing_that_lives() {
    let (mut rig, folder) = rig("exec sleep 1000");
    let lock = File::options().write(true).open(folder.join("alive")).unwrap();
    lock.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    drop(lock);
    assert_eq!(sweep().unwrap().iter().find(|path| **path == folder), None);
    // The janitor is the rig's only child that has the folder as an argument.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", rig.id())).unwrap();
    let named =
        |pid: &&str| fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|l| l.contains("janitor"));
    let janitor = children.split(' ').find(named).unwrap().parse().unwrap();
    kill_process(Pid::from_raw(janitor).unwrap(), Signal::KILL).unwrap();
    assert_eq!(sweep().unwrap().iter().find(|path| **path == folder), None, "its engine still runs");
    kill_process(pid(&rig), Signal::TERM).unwrap();
    rig.wait().unwrap();
    let start = Instant::now();
    while folder.exists() {
        assert!(start.elapsed() < LIMIT, "left behind: {:#?}", left_of(&folder));
        sweep().unwrap();
    }
    assert_eq!(left_of(&folder), Vec::<String>::new());
}

#[test]
fn of_three_managers_nothing_is_left_and_each_can_be_cut_off() {
    let swarm = Swarm::start(3).unwrap();
    assert_eq!(swarm.leader(2), Some(0));
    let folders: Vec<PathBuf> = swarm.nodes.iter().map(|node| node.folder().to_owned()).collect();
    let is_reachable = |state: &str| {
        let nodes = swarm.nodes[0].json("/nodes").unwrap();
        let of_third = |node: &&serde_json::Value| node["Description"]["Hostname"] == "node3";
        let third = nodes.as_array().unwrap().iter().find(of_third).unwrap();
        third["ManagerStatus"]["Reachability"] == state
    };
    swarm.cut(2).unwrap();
    swarm.nodes[0].wait_for("the loss", || is_reachable("unreachable")).unwrap();
    swarm.mend(2).unwrap();
    swarm.nodes[0].wait_for("the return", || is_reachable("reachable")).unwrap();
    drop(swarm);
    folders.iter().for_each(|folder| wait_until_gone(folder));
}
