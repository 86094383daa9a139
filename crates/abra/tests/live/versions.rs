//! `upgrade`, `rollback` and `sync`: which version they mean, and what they leave alone.
use crate::operator::{APP, ENV, GOOD, Operator, World};

/// Never starts: one that dies would be said to run for a while by a busy engine.
const BAD: &str = "app: {image: bb:1, command: /nope, deploy: {restart_policy: {condition: none}}}";

/// A recipe with a second and a third release; the third one does not run.
fn world() -> World {
    let world = World::new(&[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.release("1.2.0+1.2", &[BAD]);
    world
}

fn run(operator: &Operator, words: &str) -> crate::operator::Output {
    let (command, rest) = words.split_once(' ').unwrap_or((words, ""));
    operator.run(&format!("app {command} -n --stable 1s {APP} {rest}"))
}

#[test]
fn upgrade_and_rollback_go_from_the_record_and_record_what_succeeded() {
    let world = world();
    let ada = &world.ada;
    run(ada, "upgrade").is(1, &["no recorded and no deployed version"]);
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    run(ada, "upgrade 1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    assert_eq!(world.images("app"), ["bb:2"]);
    run(ada, "upgrade 1.0.0+1.0").is(1, &["`1.0.0+1.0` is not newer than `1.1.0+1.1`"]);
    run(ada, "upgrade 1.1.0+1.1").is(0, &["1.1.0+1.1 runs already"]);
    run(ada, "upgrade 1.2.0").is(1, &["has no version `1.2.0`", "the release that begins so is 1.2.0+1.2"]);
    run(ada, "upgrade").is(3, &["1.2.0+1.2 failed; it is not recorded"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.1.0+1.1"));
    run(ada, "upgrade 1.1.0+1.1").is(
        1,
        &[
            "recorded is 1.1.0+1.1, but 1.2.0+1.2 runs, which is newer; deployed by",
            "is recorded already",
            "abra app sync",
        ],
    );
    run(ada, "rollback").is(0, &["is older than 1.2.0+1.2, which runs", "recorded 1.0.0+1.0"]);
    assert_eq!(
        (world.images("app"), ada.recorded().as_deref()),
        (vec!["bb:1".to_owned()], Some("1.0.0+1.0"))
    );
    run(ada, "rollback").is(1, &["no older release of demo than 1.0.0+1.0"]);
    run(ada, "rollback 1.1.0+1.1").is(1, &["`1.1.0+1.1` is not older than `1.0.0+1.0`"]);
}

#[test]
fn nothing_newer_is_no_failure() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    let before = world.state("app");
    run(&world.ada, "upgrade").is(0, &["no newer release of demo than 1.0.0+1.0"]);
    assert_eq!(world.state("app"), before);
}

#[test]
fn sync_brings_the_server_back_to_the_record_and_touches_nothing_that_is_right() {
    let world = world();
    let (ada, bob) = (&world.ada, Operator::new(&world.forge, world.rig.address(), true));
    run(ada, "sync").is(1, &["no record to sync with", "abra app deploy"]);
    run(ada, "sync --check").is(8, &["no record to sync with"]);
    ada.deploy("1.0.0+1.0").is(0, &[]);
    let before = world.state("app");
    run(ada, "sync").is(0, &["is in sync: 1.0.0+1.0 is recorded and runs"]);
    ada.run(&format!("app sync --check {APP}")).is(0, &["in sync"]);
    assert_eq!(world.state("app"), before);

    bob.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    let before = world.state("app");
    let said = ["recorded is 1.0.0+1.0, but 1.1.0+1.1 runs, which is newer"];
    ada.run(&format!("app sync --check {APP}")).is(8, &said);
    ada.run(&format!("app sync --dry-run -n {APP}")).is(0, &said);
    assert_eq!((world.state("app"), ada.recorded().as_deref()), (before, Some("1.0.0+1.0")));
    run(ada, "sync --converge").is(0, &["1.0.0+1.0 is deployed and runs"]);
    assert_eq!(world.images("app"), ["bb:1"]);
    ada.run(&format!("app sync --check {APP}")).is(0, &[]);
}

#[test]
fn adopting_records_what_runs_and_does_not_touch_the_server() {
    let world = world();
    let (ada, bob) = (&world.ada, Operator::new(&world.forge, world.rig.address(), true));
    run(&bob, "sync --adopt").is(1, &["is not deployed"]);
    ada.deploy("1.1.0+1.1").is(0, &[]);
    let before = world.state("app");
    run(&bob, "sync").is(1, &["abra app sync --adopt"]);
    run(&bob, "sync --adopt --dry-run").is(0, &["the record stays as it is"]);
    assert_eq!(bob.env(), ENV);
    run(&bob, "sync --adopt").is(0, &["recorded 1.1.0+1.1"]);
    assert_eq!((world.state("app"), bob.recorded().as_deref()), (before, Some("1.1.0+1.1")));
    run(&bob, "sync").is(0, &["in sync"]);
}

#[test]
fn many_apps_are_synced_side_by_side_and_none_hides_another() {
    let world = world();
    let ada = &world.ada;
    ada.deploy("1.0.0+1.0").is(0, &[]);
    let servers = ada.home().join("abra/servers/default");
    let app = |name: &str, version: &str| {
        let record = format!("TYPE=demo\nOPERATOR_SYNC_VERSION={version}\nDOMAIN={name}\n");
        std::fs::write(servers.join(format!("{name}.env")), record).unwrap();
        ada.run(&format!("app deploy -n --stable 1s {name} 1.0.0+1.0"));
        std::fs::write(
            servers.join(format!("{name}.env")),
            format!("TYPE=demo\nOPERATOR_SYNC_VERSION={version}\nDOMAIN={name}\n"),
        )
        .unwrap();
    };
    app("moved.example.com", "1.1.0+1.1");
    app("broken.example.com", "1.2.0+1.2");
    std::fs::write(servers.join("idle.example.com.env"), "TYPE=demo\nOPERATOR_SYNC_VERSION=1.0.0+1.0\n")
        .unwrap();
    std::fs::write(servers.join("fresh.example.com.env"), "TYPE=demo\n").unwrap();

    let check = ada.run("app sync --check --all").is(8, &["in sync", "differs", "no record", "not deployed"]);
    assert_eq!(check.text.matches("differs").count(), 2, "{}", check.text);
    let said = ada
        .run("app sync --all -n --stable 1s")
        .is(3, &["synced", "failed", "in sync", "no record", "not deployed, stays so"]);
    let line = |app: &str| said.text.lines().rfind(|line| line.contains(app)).unwrap_or_default().to_owned();
    assert!(line("moved.example.com").contains("synced"), "{}", said.text);
    assert!(line("broken.example.com").contains("failed"), "{}", said.text);
    assert!(world.rig.json("/services").unwrap().to_string().contains("moved_example_com_app"));
    assert!(!world.rig.json("/services").unwrap().to_string().contains("idle_example_com_app"));

    // What was undeployed keeps its record, and is as it was left.
    ada.run("app undeploy -n moved.example.com").is(0, &[]);
    let check = ada.run("app sync --check --all").is(8, &["not deployed, stays so"]);
    assert_eq!(check.text.matches("not deployed, stays so").count(), 1, "{}", check.text);
}

#[test]
fn sync_says_how_to_switch_operator_sync_on() {
    let world = World::with_sync(false, &[GOOD]);
    for words in ["sync", "sync --adopt", "sync --check"] {
        run(&world.ada, words).is(1, &["operator sync is off", "`sync: true` below `operator:`"]);
    }
    world.ada.run("app sync --all").is(1, &["operator sync is off"]);
}

#[test]
fn the_notes_of_every_release_passed_over_are_shown() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    world.forge.note("1.1.0+1.1", "Rebuild the index.");
    world.forge.release("1.1.0+1.1", &[GOOD]);
    world.forge.note("1.2.0+1.2", "Set MOTTO.");
    world.forge.release("1.2.0+1.2", &[GOOD]);
    let notes =
        ["release notes of 1.1.0+1.1", "Rebuild the index.", "release notes of 1.2.0+1.2", "Set MOTTO."];
    let before = world.state("app");
    world.ada.run(&format!("app upgrade -r {APP}")).is(0, &notes);
    world.ada.run(&format!("app upgrade --dry-run {APP}")).is(0, &notes);
    assert_eq!(world.state("app"), before);
    // What a failed attempt left running does not make the notes read.
    world.forge.note("1.3.0+1.3", "Broken.");
    world.forge.release("1.3.0+1.3", &[BAD]);
    run(&world.ada, "upgrade").is(3, &notes);
    world.ada.run(&format!("app upgrade --dry-run {APP}")).is(0, &notes).is(0, &["Broken."]);
}

#[test]
fn commits_and_odd_tags_have_their_place_among_the_releases() {
    let world = World::new(&[GOOD]);
    let ada = &world.ada;
    ada.deploy("").is(0, &["recorded 1.0.0+1.0"]);
    world.forge.note("1.1.0+1.1", "Rebuild the index.");
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.note("next", "Set MOTTO.");
    let commit = world.forge.commit("between");
    world.forge.tag("nightly");
    ada.deploy("nightly").is(
        0,
        &["Rebuild the index.", "what is not released yet", "Set MOTTO.", &format!("recorded {commit}")],
    );
    run(ada, "upgrade").is(0, &[&format!("no newer release of demo than {commit}")]);
    run(ada, "rollback --dry-run").is(0, &["1.1.0+1.1 (the release just below", "is older than"]);
    // Another operator's checkout records the release below: what runs is newer, and not undone.
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    bob.write_env(&ada.env().replace(&commit, "1.1.0+1.1"));
    let newer = format!("recorded is 1.1.0+1.1, but {commit} runs, which is newer; deployed by");
    bob.deploy("").is(7, &[&newer, "this would undo a newer deployment"]);
    world.forge.release("1.2.0+1.2", &[GOOD]);
    run(ada, "upgrade").is(0, &["recorded 1.2.0+1.2"]);
    run(ada, &format!("rollback {commit}"))
        .is(0, &["is older than 1.2.0+1.2", &format!("recorded {commit}")]);
}
