//! Two operators at once, each with a home of their own: the lock, what is said of the other one, the journal.
use crate::operator::{APP, GOOD, Operator, Output, STACK, World};
use crate::rig::PATIENCE;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn bob(world: &World) -> Operator {
    Operator::new(&world.forge, world.rig.address(), true).named("Bob")
}

/// Configs that abra keeps for itself.
fn kept(world: &World, kind: &str) -> Vec<Value> {
    let configs = world.rig.json("/configs").unwrap();
    let is_kind = |config: &&Value| config["Spec"]["Labels"]["abra.sync.kind"] == kind;
    configs.as_array().unwrap().iter().filter(is_kind).cloned().collect()
}

/// Rewrites a label of the head record, as time itself would.
fn relabel_head(world: &World, label: &str, value: &str) {
    let head = kept(world, "head").remove(0);
    let mut labels = head["Spec"]["Labels"].clone();
    labels[label] = json!(value);
    let (id, version) = (head["ID"].as_str().unwrap(), &head["Version"]["Index"]);
    let target = format!("/configs/{id}/update?version={version}");
    let body = json!({ "Name": head["Spec"]["Name"], "Labels": labels });
    world.rig.post(&target, &body).unwrap().accepted(&target).unwrap();
}

/// The lease of a run that was cut off becomes a second instead of a minute; waits until it has run out.
#[track_caller]
fn expire(world: &World, operator: &Operator) {
    relabel_head(world, "abra.sync.lease", "1");
    let begun = Instant::now();
    while !operator.run(&format!("app lock status {APP}")).text.contains("anybody may take the lock") {
        assert!(begun.elapsed() < PATIENCE, "the lease does not run out");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What a command prints with `--machine`.
fn json_of(operator: &Operator, words: &str) -> Value {
    let said = operator.run(words).is(0, &[]).text;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn of_two_deployments_at_once_one_acts_and_the_other_learns_who() {
    let world = World::new(&[GOOD]);
    let ada = Operator::new(&world.forge, world.rig.address(), true).named("Ada");
    let bob = bob(&world);
    let (first, file) = ada.start_held(&format!("app deploy -n -D --stable 1s {APP}"), "judged");
    bob.deploy("").is(6, &["Ada (", "is at work on this app: deploy 1.0.0+1.0", "since 2", "--wait"]);
    let said = bob.deploy("--dry-run").is(0, &["an operation is in progress: Ada ("]);
    assert!(!said.text.contains("a deployment is in progress"), "said twice: {}", said.text);
    bob.run(&format!("app lock status {APP}"))
        .is(0, &["Ada", "holds the lock: deploy 1.0.0+1.0", "watching"]);
    let listed = json_of(&bob, "app ls -S -m");
    assert_eq!((&listed[0]["status"], &listed[0]["operator"]), (&json!("in-progress"), &json!("Ada")));
    assert!(listed[0]["since"].as_str().is_some_and(|since| since.starts_with('2')), "{listed}");
    bob.run(&format!("app history {APP}")).is(0, &["Ada", "in-progress"]);
    bob.deploy("--wait=1s").is(6, &["waiting for Ada"]);

    let mut waiting = bob.start(&format!("app deploy -n -D --stable 1s --wait {APP}"));
    waiting.says("waiting for Ada");
    std::fs::remove_file(file).unwrap();
    first.end().is(0, &["recorded 1.0.0+1.0"]);
    waiting.end().is(0, &["was deployed already", "recorded 1.0.0+1.0"]);
    let history = json_of(&bob, &format!("app history -m {APP}"));
    assert_eq!(history.as_array().unwrap().len(), 1, "one operation changed something: {history}");
    assert_eq!((&history[0]["operator"], &history[0]["outcome"]), (&json!("Ada"), &json!("succeeded")));
    let listed = json_of(&bob, "app ls -S -m");
    assert_eq!((&listed[0]["status"], &listed[0]["operator"]), (&json!("in-sync"), &json!("Ada")));
}

#[test]
fn started_together_one_acts_and_the_other_does_not() {
    let world = World::new(&[GOOD]);
    let (words, bob) = (format!("app deploy -n -D --stable 2s {APP}"), bob(&world));
    let operators = [world.ada.start(&words), bob.start(&words)];
    let ends: Vec<Output> = operators.into_iter().map(|run| run.end()).collect();
    let mut codes: Vec<i32> = ends.iter().map(|end| end.code).collect();
    codes.sort_unstable();
    // Whoever was faster, both may have begun before the first lock was taken, or one only after.
    assert!(codes == [0, 6] || codes == [0, 7] || codes == [0, 0], "{ends:?}");
    assert_eq!(kept(&world, "journal").len(), 1, "only one acted");
}

#[test]
fn a_killed_run_shows_as_abandoned_and_the_next_operator_goes_on() {
    let world = World::new(&[GOOD]);
    let ada = Operator::new(&world.forge, world.rig.address(), true).named("Ada");
    let bob = bob(&world);
    let mut killed = ada.start(&format!("app deploy -n -D --stable 60s {APP}"));
    killed.says("must stay up");
    killed.kill();
    bob.deploy("").is(6, &["Ada"]);
    expire(&world, &bob);
    let listed = json_of(&bob, "app ls -S -m");
    assert_eq!((&listed[0]["status"], &listed[0]["operator"]), (&json!("abandoned"), &json!("Ada")));
    bob.run("app ls -S").is(0, &["abandoned (Ada, since 2"]);
    bob.run(&format!("app lock status {APP}")).is(0, &["the run of Ada", "was cut off while watching"]);
    bob.run(&format!("app history {APP}")).is(0, &["Ada", "abandoned"]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    bob.deploy("-l").is(
        0,
        &[
            "an operation was cut off: deploy of 1.0.0+1.0 by Ada",
            "1 of 1 services were sent",
            "recorded 1.1.0+1.1",
        ],
    );
    let history = json_of(&bob, &format!("app history -m {APP}"));
    let told: Vec<(u64, &str, &str)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap();
            (entry["seq"].as_u64().unwrap(), text("operator"), text("outcome"))
        })
        .collect();
    assert_eq!(told, [(2, "Bob", "succeeded"), (1, "Ada", "abandoned")]);
    assert!(history[1]["reason"].as_str().unwrap().contains("while watching"), "{history}");
    let listed = json_of(&bob, "app ls -S -m");
    assert_eq!((&listed[0]["status"], &listed[0]["operator"]), (&json!("in-sync"), &json!("Bob")));
}

/// Number, operator, outcome and reason of each entry, newest first.
fn history_of(operator: &Operator) -> Vec<(u64, String, String, String)> {
    let history = json_of(operator, &format!("app history -m {APP}"));
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let told = |entry: &Value| {
        let seq = entry["seq"].as_u64().unwrap();
        (seq, text(entry, "operator"), text(entry, "outcome"), text(entry, "reason"))
    };
    history.as_array().unwrap().iter().map(told).collect()
}

/// A run that is killed while it watches, and whose lease has run out.
fn cut_off(world: &World) -> Operator {
    let ada = Operator::new(&world.forge, world.rig.address(), true).named("Ada");
    let mut killed = ada.start(&format!("app deploy -n -D --stable 60s {APP}"));
    killed.says("must stay up");
    killed.kill();
    ada.deploy("").is(6, &["a run of your own (Ada", "or was cut off", "its lock frees itself in"]);
    expire(world, &ada);
    ada
}

#[test]
fn whoever_watches_what_was_cut_off_finishes_it() {
    let world = World::new(&[GOOD]);
    let (_ada, bob) = (cut_off(&world), bob(&world));
    bob.run("app ls -S").is(0, &["abandoned (Ada, since 2"]);
    bob.run(&format!("app watch --stable 1s {APP}")).is(0, &["recorded 1.0.0+1.0"]);
    let said = history_of(&bob);
    let reason = &said[0].3;
    assert_eq!((said.len(), &*said[0].1, &*said[0].2), (1, "Ada", "succeeded"), "{said:?}");
    assert!(reason.contains("cut off while watching; verdict by Bob ("), "{reason}");
    bob.run("app ls -S").is(0, &["in-sync"]);
    bob.run(&format!("app lock status {APP}")).is(0, &["the lock is free", "Ada", "succeeded"]);
}

#[test]
fn a_deployment_that_finds_all_done_finishes_what_was_cut_off() {
    let world = World::new(&[GOOD]);
    let (_ada, bob) = (cut_off(&world), bob(&world));
    bob.deploy("").is(0, &["an operation was cut off", "was deployed already", "recorded 1.0.0+1.0"]);
    let said = history_of(&bob);
    assert_eq!((said.len(), &*said[0].1, &*said[0].2), (1, "Ada", "succeeded"), "{said:?}");
    bob.run("app ls -S").is(0, &["in-sync"]);
    // What nobody watched, too; and a failure is told as one.
    world.forge.release(
        "1.1.0+1.1",
        &["app: {image: bb:1, command: /nope, deploy: {restart_policy: {condition: none}}}"],
    );
    bob.deploy("-l -c").is(0, &["nothing is recorded"]);
    assert_eq!(history_of(&bob)[0].2, "unwatched");
    world.ada.run(&format!("app watch --stable 1s {APP}")).is(3, &["failed"]);
    let said = history_of(&bob);
    assert_eq!((said[0].0, &*said[0].1, &*said[0].2), (2, "Bob", "failed"), "{said:?}");
    assert!(said[0].3.starts_with("app: failed; verdict by ada@"), "{said:?}");
}

#[test]
fn a_removal_that_was_cut_off_is_finished_by_the_next_one() {
    let world = World::new(&[GOOD]);
    let (ada, bob) = (Operator::new(&world.forge, world.rig.address(), true).named("Ada"), bob(&world));
    ada.deploy("").is(0, &[]);
    let (removing, _) = ada.start_held(&format!("app undeploy -n {APP}"), "applied");
    removing.kill();
    expire(&world, &bob);
    bob.run(&format!("app undeploy -n {APP}")).is(0, &[]);
    let said = history_of(&bob);
    assert!(said.iter().all(|entry| entry.2 != "in-progress"), "{said:?}");
    bob.run("app ls -S").is(0, &["undeployed"]);
}

#[test]
fn whoever_waits_and_is_outrun_looks_again() {
    let world = World::new(&[GOOD]);
    let bob = bob(&world);
    bob.deploy("").is(0, &[]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:1, command: sleep 1000")]);
    // On a terminal the new plan is shown, and asked about, again.
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D --stable 1s --wait {APP} 1.2.0+1.2"));
    asked.says("proceed? [y/N]");
    bob.deploy("1.1.0+1.1").is(0, &[]);
    asked.answer("y");
    asked
        .says("was changed since the plan was made; looking again")
        .says("deploy 1.1.0+1.1 by Bob, succeeded");
    asked.says("deployed  1.1.0+1.1").answer("y");
    asked.end().is(0, &["recorded 1.2.0+1.2"]);
}

/// Gives the swarm's one node a label.
fn label_node(world: &World, label: &str) {
    // The swarm writes its nodes, too: what was read may be old already.
    let labelled = || {
        let nodes = world.rig.json("/nodes").unwrap();
        let mut spec = nodes[0]["Spec"].clone();
        spec["Labels"][label] = json!("yes");
        let (id, version) = (nodes[0]["ID"].as_str().unwrap(), &nodes[0]["Version"]["Index"]);
        let target = format!("/nodes/{id}/update?version={version}");
        world.rig.post(&target, &spec).unwrap().accepted(&target).is_ok()
    };
    world.rig.wait_for("the node's label", labelled).unwrap();
}

#[test]
fn what_the_swarm_itself_changes_voids_no_plan() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    // The update lasts until a node may take the new task, however slow or fast the machine is.
    let waiting = "deploy: {placement: {constraints: [node.labels.ready == yes]}, ";
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2").replace("deploy: {", waiting)]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:1, command: sleep 1000")]);
    world.ada.deploy("-c 1.1.0+1.1").is(0, &["not watched"]);
    let state = || world.service("app")["UpdateStatus"]["State"].clone();
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D --stable 1s {APP} 1.2.0+1.2"));
    asked.says("proceed? [y/N]");
    let (planned, at) = (state(), world.state("app").0);
    assert_eq!(planned, "updating", "the plan was made during an update");
    label_node(&world, "ready");
    world.rig.wait_for("the update's end", || state() == "completed").unwrap();
    assert_ne!(world.state("app").0, at, "the version that the plan saw is not the present one");
    asked.answer("y");
    asked.end().is(0, &["recorded 1.2.0+1.2"]);
}

#[test]
fn a_released_lock_stops_its_holder() {
    let world = World::new(&[GOOD]);
    let ada = Operator::new(&world.forge, world.rig.address(), true).named("Ada");
    let bob = bob(&world);
    let mut watching = ada.start(&format!("app deploy -n -D --stable 5m {APP}"));
    watching.says("must stay up");
    bob.run(&format!("app lock release -n {APP}")).is(1, &["Ada", "needs --force"]);
    let mut asked = bob.start_on_terminal(&format!("app lock release {APP}"));
    asked.says("take the lock from Ada?").answer("n");
    asked.end().is(1, &["not confirmed"]);
    bob.run(&format!("app lock release -n --force {APP}")).is(0, &["the lock is free"]);
    bob.run(&format!("app history {APP}")).is(0, &["abandoned", "when Bob released its lock"]);
    watching.end().is(7, &["the lock was lost", "nothing is recorded"]);
    assert_eq!(ada.recorded(), None);
    bob.run(&format!("app lock release -n {APP}")).is(0, &["the lock is free"]);
}

#[test]
fn a_plan_is_void_when_somebody_else_acted_before_the_yes() {
    let world = World::new(&[GOOD]);
    let bob = bob(&world);
    bob.deploy("").is(0, &[]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D -l {APP}"));
    asked.says("proceed? [y/N]");
    // There and back: what runs is as it was, and yet it was acted.
    bob.deploy("-l").is(0, &[]);
    bob.deploy("1.0.0+1.0").is(0, &[]);
    asked.answer("y");
    asked.end().is(
        7,
        &["was changed since the plan was made", "deploy 1.1.0+1.1 by Bob, succeeded", "nothing was changed"],
    );
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn what_was_done_is_told_without_any_value() {
    let world = World::new(&[GOOD]);
    let env = format!("{}\nTOKEN=hunter2-in-env\n", crate::operator::ENV);
    world.ada.write_env(&env);
    world.ada.deploy("").is(0, &[]);
    world.forge.release(
        "1.1.0+1.1",
        &["app: {image: bb:1, command: /nope, deploy: {restart_policy: {condition: none}}}"],
    );
    world.ada.deploy("-l").is(3, &[]);
    let history = json_of(&world.ada, &format!("app history -m {APP}"));
    assert_eq!((&history[0]["outcome"], &history[0]["reason"]), (&json!("failed"), &json!("app: failed")));
    assert_eq!((&history[0]["from"], &history[0]["to"]), (&json!("1.0.0+1.0"), &json!("1.1.0+1.1")));
    assert_eq!(history[0]["env"], history[1]["env"], "the settings are the same");
    assert_ne!(history[0]["commit"], history[1]["commit"]);
    let labels = world.service("app")["Spec"]["Labels"].clone();
    assert_eq!(labels[format!("coop-cloud.{STACK}.plan")], history[0]["plan"]);
    assert_eq!(labels[format!("coop-cloud.{STACK}.digest")].as_str().unwrap().len(), 64);
    for config in [kept(&world, "head"), kept(&world, "journal")].concat() {
        let data = config["Spec"]["Data"].as_str().unwrap();
        let script = format!("echo {data} | base64 -d");
        let content = std::process::Command::new("sh").args(["-c", &script]).output().unwrap().stdout;
        let text = format!("{config}{}", String::from_utf8_lossy(&content));
        assert!(!text.contains("hunter2"), "{text}");
        assert!(config["Spec"]["Labels"].get("com.docker.stack.namespace").is_none());
    }
    world.ada.write_env(&env.replace("hunter2", "hunter3"));
    world.ada.deploy("1.0.0+1.0").is(0, &[]);
    let newer = json_of(&world.ada, &format!("app history -m {APP}"));
    assert_ne!(newer[0]["env"], history[0]["env"], "the settings have changed");
}

#[test]
fn an_own_newer_deployment_may_be_undone_without_a_question() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    let before = world.ada.env();
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.ada.deploy("-l").is(0, &[]);
    world.ada.write_env(&before);
    world
        .ada
        .deploy("")
        .is(0, &["1.1.0+1.1 runs, which is newer; deployed by ada@", "1.0.0+1.0 is deployed"]);
}

#[test]
fn nobody_removes_an_app_while_another_one_deploys_it_and_the_removal_is_in_the_history() {
    let world = World::new(&[GOOD]);
    let bob = bob(&world);
    let (first, file) = world.ada.start_held(&format!("app deploy -n -D --stable 1s {APP}"), "judged");
    bob.run(&format!("app undeploy -n {APP}")).is(6, &["is at work on this app: deploy 1.0.0+1.0"]);
    std::fs::remove_file(file).unwrap();
    first.end().is(0, &["recorded 1.0.0+1.0"]);
    bob.run(&format!("app undeploy -n --wait {APP}")).is(0, &["is gone"]);
    let history = json_of(&bob, &format!("app history -m {APP}"));
    assert_eq!(
        (&history[0]["command"], &history[0]["operator"], &history[0]["outcome"]),
        (&json!("undeploy"), &json!("Bob"), &json!("succeeded")),
        "{history}"
    );
    bob.run(&format!("app lock status {APP}")).is(0, &[]);
    world.ada.deploy("").is(0, &["is deployed and runs"]);
}
