//! Whatever a deployment comes to that is no success: the env file stays as it is, and the operator learns what runs and
//! which commands fit. One engine, one app per case, all at once.
use crate::operator::{APP, GOOD, Operator, Output, PATIENT, World};
use std::path::PathBuf;
use std::thread;

/// A release and what a deployment of it comes to.
struct Case {
    name: &'static str,
    service: &'static str,
    words: &'static str,
    exit: i32,
    says: &'static [&'static str],
}

const RESOLVED: [&str; 3] = ["abra app ps", "abra app logs", "goes back to the recorded version 1.0.0+1.0"];

const CASES: [Case; 9] = [
    Case {
        name: "image",
        service: "app: {image: nosuch/image:1, deploy: {restart_policy: {delay: 1s}}}",
        words: "",
        exit: 3,
        says: &["No such image", "now running: app 0/1"],
    },
    Case {
        name: "crash",
        service: "app: {image: bb:1, command: [sh, -c, echo last words >&2; exit 7], deploy: {restart_policy: {delay: 1s}}}",
        words: "",
        exit: 3,
        says: &["non-zero exit (7)", "last words", "now running: app"],
    },
    Case {
        name: "unhealthy",
        service: "app: {image: bb:1, command: sleep 1000, stop_grace_period: 1s, healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 1}, deploy: {restart_policy: {condition: none}}}",
        words: "",
        exit: 3,
        says: &["unhealthy container"],
    },
    Case {
        name: "paused",
        service: "app: {image: bb:2, command: 'false', deploy: {restart_policy: {delay: 1s}, update_config: {monitor: 30s, failure_action: pause}}}",
        words: "",
        exit: 3,
        says: &["half-way", "now running: app 0/1 (update: paused)"],
    },
    Case {
        name: "back",
        service: "app: {image: bb:2, command: 'false', deploy: {restart_policy: {delay: 1s}, update_config: {monitor: 30s, failure_action: rollback}}}",
        words: "",
        exit: 5,
        says: &["rolled 1.4.0+1 back", "the old version runs", "now running: app 1/1"],
    },
    Case {
        name: "nowhere",
        service: "app: {image: bb:1, deploy: {placement: {constraints: [node.labels.disk == ssd]}}}",
        words: "",
        exit: 3,
        says: &["no node takes it"],
    },
    Case {
        name: "mount",
        service: "app: {image: bb:1, volumes: ['/no/such/folder:/d'], deploy: {restart_policy: {delay: 1s}}}",
        words: "",
        exit: 3,
        says: &["bind source path does not exist: /no/such/folder", "now running: app 0/1"],
    },
    Case {
        name: "late",
        service: "app: {image: bb:1, stop_grace_period: 1s, healthcheck: {test: [CMD, 'true'], interval: 12s}, deploy: {update_config: {monitor: 1s}}}",
        words: "--timeout 4s",
        exit: 4,
        says: &["it is not decided", "abra app watch"],
    },
    Case {
        name: "blocked",
        service: "app: {image: bb:1, secrets: [key]}\nsecrets: {key: {external: true}}\nx-rest: {}",
        words: "",
        exit: 1,
        says: &["does not exist", "nothing was changed"],
    },
];

fn path(operator: &Operator, app: &str) -> PathBuf {
    operator.home().join(format!("abra/servers/default/{app}.env"))
}

fn deploy(operator: &Operator, app: &str, words: &str) -> Output {
    let stable = if words.contains("--stable") { "" } else { "--stable 1s" };
    operator.run(&format!("app deploy -n -D {stable} {app} {words}"))
}

#[test]
fn no_ending_but_success_changes_the_env_file_and_each_names_the_ways_out() {
    let world = World::new(&[GOOD]);
    let ada = &world.ada;
    ada.deploy("").is(0, &[]);
    for (i, case) in CASES.iter().enumerate() {
        world.forge.release(&format!("1.{i}.0+1"), &[case.service]);
    }
    world.forge.release("2.0.0+1", &[&GOOD.replace("bb:1", "bb:2")]);
    thread::scope(|scope| {
        for (i, case) in CASES.iter().enumerate() {
            scope.spawn(move || {
                let app = format!("{}.example.com", case.name);
                std::fs::write(path(ada, &app), "# ours\r\nTYPE=demo\r\nDOMAIN=x").unwrap();
                deploy(ada, &app, "1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
                let before = std::fs::read(path(ada, &app)).unwrap();
                let patient = if matches!(case.exit, 3 | 5) { PATIENT } else { "" };
                let words = format!("1.{i}.0+1 {patient} {}", case.words);
                let said = deploy(ada, &app, &words).is(case.exit, case.says);
                if case.exit != 1 {
                    said.is(case.exit, &RESOLVED).is(case.exit, &["tries again", "not recorded"]);
                }
                assert_eq!(std::fs::read(path(ada, &app)).unwrap(), before, "{app}");
            });
        }
    });
    finished_by_another(&world);
    unwritable(&world);
}

/// Another operator finishes what was undecided, and what nobody watched, and records it.
fn finished_by_another(world: &World) {
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    let app = "late.example.com";
    std::fs::copy(path(&world.ada, app), path(&bob, app)).unwrap();
    bob.run(&format!("app watch --stable 1s {app}")).is(0, &["recorded 1.7.0+1"]);
    let app = "crash.example.com";
    std::fs::copy(path(&world.ada, app), path(&bob, app)).unwrap();
    let before = std::fs::read(path(&bob, app)).unwrap();
    bob.run(&format!("app watch {PATIENT} {app}")).is(3, &["not recorded"]);
    assert_eq!(std::fs::read(path(&bob, app)).unwrap(), before);
    deploy(&bob, app, "-c 2.0.0+1").is(0, &["is not watched, so nothing is recorded", "abra app watch"]);
    assert_eq!(std::fs::read(path(&bob, app)).unwrap(), before);
    std::fs::copy(path(&bob, app), path(&world.ada, app)).unwrap();
    world.ada.run(&format!("app watch --stable 1s {app}")).is(0, &["recorded 2.0.0+1"]);
    bob.run(&format!("app sync -n {app} -D --converge --stable 1s"))
        .is(0, &["1.0.0+1.0 is deployed and runs"]);
}

/// A success whose record can't be written is said to be one, with the way to record it.
fn unwritable(world: &World) {
    let ada = &world.ada;
    let real = ada.home().join("real.env");
    std::fs::rename(path(ada, APP), &real).unwrap();
    std::os::unix::fs::symlink(&real, path(ada, APP)).unwrap();
    let (deploying, hold) = ada.start_held(&format!("app deploy -n -D --stable 1s {APP} 2.0.0+1"), "judged");
    std::fs::remove_file(path(ada, APP)).unwrap();
    std::fs::remove_file(hold).unwrap();
    deploying
        .end()
        .is(3, &["the deployment succeeded; only its record could not be written", "sync --adopt"]);
    std::os::unix::fs::symlink(&real, path(ada, APP)).unwrap();
    assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
    ada.run(&format!("app sync -n --adopt {APP}")).is(0, &["recorded 2.0.0+1"]);
}
