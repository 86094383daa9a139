//! Deployments while the engine, or the way to it, fails: never a success that is none.
use crate::operator::{APP, GOOD, PATIENT, World};
use abra_rig::{Fault, Proxy};
use std::time::Duration;

const TWO: &str = "app: {image: bb:1, stop_grace_period: 1s, deploy: {replicas: 2, restart_policy: {delay: 1s}, \
                   update_config: {monitor: 1s}}}";

/// Kills the engine in the middle of an update, which is watched so, and starts it again; gives back how the update ended.
#[track_caller]
fn restarted(services: &str, stable: &str, exits: &[i32]) -> (World, i32) {
    let mut world = World::new(&[TWO]);
    world.ada.deploy("").is(0, &["recorded 1.0.0+1.0"]);
    world.forge.release("1.1.0+1.1", &[services]);
    let mut update = world.ada.start(&format!("app deploy -n -D {stable} {APP} 1.1.0+1.1"));
    // One slot is being replaced, the other is still as it was.
    update.says("replacing old tasks");
    world.rig.kill().unwrap();
    update.says("the engine does not answer");
    world.rig.start_again().unwrap();
    let ended = update.says("the engine answers again");
    let _ = ended;
    let output = update.end();
    assert!(exits.contains(&output.code), "exit code {}:\n{}", output.code, output.text);
    (world, output.code)
}

#[test]
fn an_update_whose_engine_was_killed_ends_as_it_really_ended() {
    let (world, code) = restarted(&TWO.replace("bb:1", "bb:2"), "--stable 3s", &[0, 3]);
    if code == 3 {
        // The swarm took tasks that its own restart had cost for failures.
        assert_eq!(world.service("app")["UpdateStatus"]["State"], "paused");
        assert_eq!(world.ada.recorded().as_deref(), Some("1.0.0+1.0"));
        world.ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    }
    assert_eq!(world.images("app"), ["bb:2", "bb:2"]);
    assert_eq!(world.ada.recorded().as_deref(), Some("1.1.0+1.1"));
}

#[test]
fn a_bad_update_whose_engine_was_killed_is_no_success() {
    let bad = TWO.replace("bb:1,", "bb:2, command: [sh, -c, sleep 1; exit 9],");
    let (world, code) = restarted(&bad, PATIENT, &[3]);
    assert_eq!(code, 3);
    assert_eq!(world.ada.recorded().as_deref(), Some("1.0.0+1.0"));
}

#[test]
fn an_engine_that_does_not_come_back_leaves_it_undecided() {
    let mut world = World::new(&[GOOD]);
    let before = world.ada.env();
    let mut deploying = world.ada.start(&format!("app deploy -n -D --stable 60s --timeout 20s {APP}"));
    deploying.says("must stay up");
    world.rig.kill().unwrap();
    deploying.end().is(4, &["the engine does not answer", "it is not decided", "not recorded"]);
    assert_eq!(world.ada.env(), before);
}

#[test]
fn an_engine_that_stood_still_has_seen_nothing_run() {
    let mut world =
        World::new(&["app: {image: bb:1, command: sleep 2, deploy: {restart_policy: {delay: 1s}}}"]);
    let mut deploying = world.ada.start(&format!("app deploy -n -D {PATIENT} {APP}"));
    deploying.says("must stay up");
    world.rig.freeze().unwrap();
    // Longer than the window: the time that passes is what this is about.
    std::thread::sleep(Duration::from_secs(32));
    world.rig.thaw().unwrap();
    deploying.end().is(3, &["it keeps failing"]);
    assert_eq!(world.ada.recorded(), None);
}

#[test]
fn a_request_whose_answer_is_lost_is_not_taken_for_refused() {
    let mut world = World::new(&[GOOD]);
    let proxy = Proxy::start(&world.rig.folder().join("proxy.sock"), &world.rig.socket()).unwrap();
    world.ada.reach(proxy.address());
    let before = world.ada.env();
    proxy.break_next("POST", "/services/create", Fault::AnswerLost);
    // Nor can the engine be asked what became of it, until the operator has enough.
    (0..200).for_each(|_| proxy.break_next("GET", "/services/", Fault::Unsent));
    let deploying = world.ada.start(&format!("app deploy -n -D --stable 0s {APP}"));
    let asked = || proxy.seen().iter().any(|seen| seen.method == "GET" && seen.target.contains("/services/"));
    for _ in 0..600 {
        if asked() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    deploying.interrupt();
    deploying.end().is(4, &["may have been carried out"]);
    assert_eq!(world.ada.env(), before);
    // It was, and nothing more is needed.
    world.ada.reach(world.rig.address());
    world.ada.deploy("").is(0, &["app unchanged", "recorded 1.0.0+1.0"]);
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn looks_that_fail_are_no_verdict() {
    let mut world = World::new(&[GOOD]);
    let proxy = Proxy::start(&world.rig.folder().join("proxy.sock"), &world.rig.socket()).unwrap();
    world.ada.reach(proxy.address());
    let (deploying, hold) =
        world.ada.start_held(&format!("app deploy -n -D --stable 2s {APP}"), "watching#3");
    for request in ["/services", "/tasks", "/services", "/services", "/services"] {
        proxy.break_next("GET", request, Fault::Unsent);
    }
    std::fs::remove_file(hold).unwrap();
    deploying.end().is(0, &["the engine does not answer", "the engine answers again", "recorded 1.0.0+1.0"]);
}

#[test]
fn nobody_is_told_of_a_success_by_an_engine_that_is_not_there() {
    let mut world = World::new(&[GOOD]);
    world.rig.kill().unwrap();
    let said = world.ada.deploy("").is(1, &[]).text;
    assert!(said.contains("can't reach the engine") || said.contains("no way from the login"), "{said}");
    world.rig.start_again().unwrap();
}
