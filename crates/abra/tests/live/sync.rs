//! What is written down, and when; and that nothing is where operator sync is off.
use crate::operator::{APP, ENV, GOOD, Operator, PATIENT, STACK, World, git};
use serde_json::Value;
use std::collections::BTreeSet;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn without_operator_sync_nothing_is_written_anywhere() {
    let world = World::with_sync(false, &[GOOD]);
    let said = world.ada.deploy("").is(0, &["is deployed and runs"]).text;
    assert!(!said.contains("record"), "{said}");
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    // What runs is what is deployed again: there is no record to say otherwise.
    world.ada.deploy("").is(0, &["was deployed already"]);
    // A record that is there is neither read nor written.
    let env = format!("{ENV}\nOPERATOR_SYNC_VERSION=1.1.0+1.1 # managed by Abra\n");
    world.ada.write_env(&env);
    world.ada.deploy("").is(0, &["1.0.0+1.0"]);
    assert_eq!(world.ada.env(), env);
    let folder = std::fs::read_dir(world.ada.home().join("abra")).unwrap();
    let folders: BTreeSet<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, set(&["config.yml", "recipes", "servers"]));

    let labels =
        world.service("app")["Spec"]["Labels"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let own = ["chaos", "recipe", "version"].map(|what| format!("coop-cloud.{STACK}.{what}"));
    let dockers = set(&["com.docker.stack.image", "com.docker.stack.namespace"]);
    assert_eq!(labels, own.into_iter().chain(dockers).collect());
    for objects in ["/configs", "/secrets"] {
        assert_eq!(world.rig.json(objects).unwrap(), Value::Array(vec![]), "{objects}");
    }
    let networks = world.rig.json("/networks").unwrap();
    let of_swarm = networks.as_array().unwrap().iter().filter(|network| network["Scope"] == "swarm");
    let names = of_swarm.map(|network| network["Name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names, set(&["ingress", &format!("{STACK}_default")]));
}

#[test]
fn without_operator_sync_a_pin_is_honoured_and_follows_what_succeeded() {
    let world = World::with_sync(false, &[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.release(
        "1.2.0+1.2",
        &["app: {image: bb:1, command: /nope, deploy: {restart_policy: {condition: none}}}"],
    );
    let pinned = |version: &str| ENV.replace("TYPE=demo", &format!("TYPE=demo:{version}"));
    world.ada.write_env(&pinned("1.0.0+1.0"));
    world.ada.deploy("").is(0, &["target", "1.0.0+1.0"]);
    assert_eq!((world.ada.env(), world.images("app")), (pinned("1.0.0+1.0"), vec!["bb:1".to_owned()]));
    world.ada.deploy("1.1.0+1.1").is(0, &[]);
    assert_eq!((world.ada.env(), world.images("app")), (pinned("1.1.0+1.1"), vec!["bb:2".to_owned()]));
    world.ada.deploy("1.2.0+1.2").is(3, &[]);
    assert_eq!(world.ada.env(), pinned("1.1.0+1.1"), "a failure is not followed");
}

#[test]
fn a_deployment_that_nobody_watched_is_recorded_when_somebody_does() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("-c").is(0, &["not watched, so nothing is recorded", &format!("abra app watch {APP}")]);
    assert_eq!(world.ada.env(), ENV);
    let bob = Operator::new(&world.forge, world.rig.address(), true);
    for operator in [&world.ada, &bob] {
        operator.run(&format!("app watch --stable 1s {APP}")).is(0, &["1.0.0+1.0", "recorded 1.0.0+1.0"]);
        assert_eq!(operator.recorded().as_deref(), Some("1.0.0+1.0"));
    }
}

#[test]
fn a_crash_loop_that_nobody_watched_is_not_recorded_when_somebody_does() {
    let world =
        World::new(&["app: {image: bb:1, command: [sh, -c, exit 7], deploy: {restart_policy: {delay: 1s}}}"]);
    world.ada.deploy("-c").is(0, &["nothing is recorded"]);
    world.ada.run(&format!("app watch {PATIENT} {APP}")).is(3, &["non-zero exit (7)", "not recorded"]);
    assert_eq!(world.ada.env(), ENV);
}

#[test]
fn ctrl_c_ends_the_watching_and_not_the_deployment() {
    let world = World::new(&[GOOD]);
    let mut watching = world.ada.start(&format!("app deploy -n -D --stable 60s {APP}"));
    watching.says("must stay up").interrupt();
    watching
        .end()
        .is(130, &["the watching ends here, the deployment of 1.0.0+1.0 goes on; nothing is recorded"]);
    assert_eq!(world.ada.env(), ENV);
    assert_eq!(world.images("app"), ["bb:1"]);
    world.ada.run(&format!("app watch --stable 1s {APP}")).is(0, &["recorded 1.0.0+1.0"]);
}

#[test]
fn a_plan_that_moved_before_the_answer_is_not_carried_out() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D {APP} 1.1.0+1.1"));
    asked.says("proceed? [y/N]");
    world.meddle("app");
    let index = world.state("app").0;
    asked.answer("y");
    asked.end().is(7, &["the server has changed since the plan was made", "nothing was changed"]);
    assert_eq!((world.state("app").0, world.images("app")), (index, vec!["bb:1".to_owned()]));
    assert_eq!(world.ada.recorded().as_deref(), Some("1.0.0+1.0"));
}

#[test]
fn what_somebody_else_sends_during_the_watching_is_no_success() {
    let world = World::new(&[GOOD]);
    let mut watching = world.ada.start(&format!("app deploy -n -D --stable 60s {APP}"));
    watching.says("must stay up");
    world.meddle("app");
    watching.end().is(7, &["somebody else"]);
    assert_eq!(world.ada.env(), ENV);
}

#[test]
fn chaos_is_recorded_as_its_commit_and_what_nobody_else_has_is_refused() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    world.ada.deploy("--chaos").is(0, &["recorded"]);
    let commit = world.ada.recorded().unwrap();
    assert!(commit.len() == 8 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{commit}");
    let bob = Operator::new(&world.forge, world.rig.address(), true);
    bob.write_env(&world.ada.env());
    bob.deploy("").is(0, &[&commit]);

    let file = world.ada.checkout("compose.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("bb:1", "bb:2")).unwrap();
    world.ada.deploy("--chaos").is(0, &["recorded"]);
    assert_eq!(world.ada.recorded().unwrap(), format!("{commit}+U"));
    assert_eq!(world.images("app"), ["bb:2"]);
    bob.write_env(&world.ada.env());
    let before = (bob.env(), world.state("app"));
    bob.deploy("").is(
        1,
        &[
            &format!("`{commit}+U` (which is recorded) was deployed with uncommitted changes"),
            "deployed by ada@",
            "ask whoever deployed it to commit and push the recipe",
            &format!("`abra app deploy {APP} VERSION` deploys another version"),
        ],
    );
    assert_eq!((bob.env(), world.state("app")), before);
    bob.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn a_newer_deployment_that_this_checkout_does_not_know_is_not_undone_without_a_word() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    bob.deploy("-l").is(0, &["recorded 1.1.0+1.1"]);
    let index = world.state("app").0;
    world.ada.deploy("").is(7, &["recorded is 1.0.0+1.0, but 1.1.0+1.1 runs, which is newer", "would undo"]);
    assert_eq!(world.state("app").0, index);
    world.ada.deploy("1.1.0+1.1").is(0, &["unchanged", "recorded 1.1.0+1.1"]);
    assert_eq!(world.state("app").0, index);
}

#[test]
fn of_two_who_deploy_at_the_same_time_one_succeeds_and_the_other_knows() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:1, command: sleep 1000")]);
    let bob = Operator::new(&world.forge, world.rig.address(), true);
    bob.write_env(&world.ada.env());
    let runs = [(&world.ada, "1.1.0+1.1"), (&bob, "1.2.0+1.2")].map(|(operator, version)| {
        let words = format!("app deploy -n -D --stable 1s {APP} {version}");
        (operator, version, operator.start(&words))
    });
    let mut winners = Vec::new();
    for (operator, version, run) in runs {
        let output = run.end();
        match output.code {
            0 => winners.push(version),
            _ => assert!([6, 7].contains(&output.code), "exit code {}: {}", output.code, output.text),
        }
        let recorded = if output.code == 0 { version } else { "1.0.0+1.0" };
        assert_eq!(operator.recorded().as_deref(), Some(recorded));
    }
    assert_eq!(winners.len(), 1);
    let label = &world.service("app")["Spec"]["Labels"][format!("coop-cloud.{STACK}.version")];
    assert_eq!(label, winners[0]);
}

#[test]
fn ctrl_c_between_two_steps_says_that_the_server_is_changed() {
    let world = World::new(&[GOOD, "db: {image: bb:1}", "queue: {image: bb:1}"]);
    let (mut deploying, file) = world.ada.start_held(&format!("app deploy -n -D {APP}"), "applying#2");
    deploying.interrupt();
    deploying.says("told to stop");
    std::fs::remove_file(file).unwrap();
    deploying.end().is(130, &["can't create service", "the server is changed by the 2 steps before it"]);
    assert_eq!(world.ada.env(), ENV);
    let left = world.rig.json("/services").unwrap();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}

#[test]
fn a_commit_that_only_one_operator_has_stops_the_others_with_a_name() {
    let world = World::new(&[GOOD]);
    let (ada, bob) = (&world.ada, Operator::new(&world.forge, world.rig.address(), true).named("Bob"));
    ada.deploy("").is(0, &[]);
    let checkout = ada.checkout("");
    std::fs::write(checkout.join("notes"), "mine").unwrap();
    git(ada.home(), &checkout, &["add", "notes"]);
    git(ada.home(), &checkout, &["commit", "--quiet", "--message", "mine"]);
    ada.deploy("--chaos").is(0, &["recorded"]);
    let commit = ada.recorded().unwrap();
    let label =
        |what: &str| world.service("app")["Spec"]["Labels"][format!("coop-cloud.{STACK}.{what}")].clone();
    assert_eq!((label("chaos"), label("chaos-version")), ("true".into(), commit.clone().into()));

    // Bob's record is the release before: he does not know whether what runs is newer, and undoes nothing.
    bob.write_env(&ada.env().replace(&commit, "1.0.0+1.0"));
    let before = (bob.env(), world.state("app"));
    bob.deploy("")
        .is(7, &[&format!("but {commit} runs; deployed by ada@"), "a deployment that may be newer"]);
    bob.write_env(&ada.env());
    let theirs = [
        &format!("the recipe has no commit `{commit}` (which is recorded)"),
        "deployed by ada@",
        "ask whoever deployed it to push it",
    ];
    for words in ["deploy", "sync", "sync --check", "sync --converge"] {
        bob.run(&format!("app {words} -n -D {APP}")).is(1, &theirs);
    }
    bob.run(&format!("app upgrade -n -D {APP}")).is(1, &["before and after"]);
    bob.write_env(ENV);
    bob.run(&format!("app sync -n --adopt {APP}"))
        .is(0, &["is not in the recipe as it is here", &format!("recorded {commit}")]);
    assert_eq!(world.state("app"), before.1);

    std::fs::write(checkout.join("notes"), "not committed").unwrap();
    ada.deploy("--chaos").is(0, &[&format!("recorded {commit}+U")]);
    assert_eq!(label("chaos-version"), format!("{commit}+U"));
    bob.run(&format!("app sync -n --adopt {APP}"))
        .is(0, &["nobody else can deploy", &format!("recorded {commit}+U")]);
    bob.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    assert_eq!((label("chaos"), label("chaos-version")), ("false".into(), Value::Null));
}
