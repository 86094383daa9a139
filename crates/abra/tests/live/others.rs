//! Beside other tools: the Go abra, which pins versions in the env file and labels services as we do, and plain docker.
use crate::operator::{APP, ENV, GOOD, Operator, STACK, World};
use serde_json::{Value, json};

fn pinned(version: &str) -> String {
    ENV.replace("TYPE=demo", &format!("TYPE=demo:{version}"))
}

#[test]
fn a_colleague_with_the_go_abra_edits_the_pin_beside_our_record() {
    let world = World::new(&[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    let ada = &world.ada;
    // A pin alone stands for the record, and gets one beside it.
    ada.write_env(&pinned("1.0.0+1.0"));
    ada.deploy("").is(0, &["1.0.0+1.0 (the pinned version)", "recorded 1.0.0+1.0"]);
    let both = |record: &str, pin: &str| {
        pinned(pin)
            .replace("\nDOMAIN", &format!("\nOPERATOR_SYNC_VERSION={record} # managed by Abra\nDOMAIN"))
    };
    assert_eq!(ada.env(), both("1.0.0+1.0", "1.0.0+1.0"));
    // The colleague upgrades: pin and server move, the record does not, and no history tells of it.
    let bob = Operator::new(&world.forge, world.rig.address(), false);
    bob.write_env(&pinned("1.1.0+1.1"));
    bob.deploy("")
        .is(0, &["pinned is 1.1.0+1.1, but 1.0.0+1.0 runs, which is older", "is deployed and runs"]);
    ada.write_env(&both("1.0.0+1.0", "1.1.0+1.1"));
    let said = [
        "the record says 1.0.0+1.0 and the pin behind the recipe's name 1.1.0+1.1; the record rules",
        "recorded is 1.0.0+1.0, but 1.1.0+1.1 runs, which is newer; the history does not say who deployed it",
    ];
    let before = world.state("app");
    ada.deploy("").is(7, &said).is(7, &["deployed by somebody without operator sync", "sync --adopt"]);
    assert_eq!((world.state("app"), ada.env()), (before, both("1.0.0+1.0", "1.1.0+1.1")));
    ada.run(&format!("app sync -n --adopt {APP}")).is(0, &["recorded 1.1.0+1.1"]);
    assert_eq!(ada.env(), both("1.1.0+1.1", "1.1.0+1.1"));
    ada.run(&format!("app rollback -n -D --stable 1s {APP}")).is(0, &["recorded 1.0.0+1.0"]);
    assert_eq!(ada.env(), both("1.0.0+1.0", "1.0.0+1.0"), "both follow a success");
    // Without a record a pin that lies behind what runs undoes nothing without a word either.
    ada.deploy("1.1.0+1.1").is(0, &[]);
    let carl = Operator::new(&world.forge, world.rig.address(), true).named("Carl");
    carl.write_env(&pinned("1.0.0+1.0"));
    carl.deploy("").is(7, &["pinned is 1.0.0+1.0, but 1.1.0+1.1 runs, which is newer; deployed by ada@"]);
    assert_eq!(carl.env(), pinned("1.0.0+1.0"));
}

/// Takes our marks from a service, as if other tools had deployed it; all labels of the ecosystem with `all`.
fn unmark(world: &World, all: bool) {
    let service = world.service("app");
    let mut spec = service["Spec"].clone();
    let is_ours = |key: &str| {
        let own = ["plan", "digest"].map(|what| format!("coop-cloud.{STACK}.{what}"));
        own.iter().any(|own| own == key) || (all && key.starts_with("coop-cloud."))
    };
    let labels = spec["Labels"].as_object_mut().unwrap();
    labels.retain(|key, _| !is_ours(key));
    if !all {
        labels.insert(format!("coop-cloud.{STACK}.auto-update"), "false".into());
    }
    let (id, version) = (service["ID"].as_str().unwrap(), &service["Version"]["Index"]);
    let target = format!("/services/{id}/update?version={version}");
    world.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
}

/// The list of apps, without what is said to people.
fn listed(operator: &Operator) -> Value {
    let said = operator.run("app ls -S -m").is(0, &[]).text;
    let document = &said[said.find('[').unwrap()..];
    serde_json::Deserializer::from_str(document).into_iter().next().unwrap().unwrap()
}

#[test]
fn a_stack_that_another_tool_deployed_is_read_adopted_and_left_running() {
    let world = World::with_sync(false, &[GOOD]);
    world.ada.deploy("").is(0, &[]);
    unmark(&world, false);
    let (_, tasks) = world.state("app");
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    let before = listed(&bob);
    assert_eq!((&before[0]["deployed"], &before[0]["status"]), (&json!("1.0.0+1.0"), &json!("unrecorded")));
    bob.run(&format!("app deploy -n -D --dry-run {APP}"))
        .is(0, &["nothing is recorded, and 1.0.0+1.0 runs; the history does not say who", "app unchanged"]);
    bob.run(&format!("app sync -n --adopt {APP}")).is(0, &["recorded 1.0.0+1.0"]);
    bob.run(&format!("app sync --check {APP}")).is(0, &["is in sync"]);
    bob.deploy("").is(0, &["was deployed already and runs"]);
    assert_eq!(world.state("app").1, tasks, "no task was replaced");

    // Plain docker: no label tells a version. Adding the labels replaces nothing.
    unmark(&world, true);
    bob.run(&format!("app deploy -n -D --dry-run {APP}")).is(0, &["no label says which version"]);
    bob.run(&format!("app sync -n --adopt {APP}")).is(1, &["none that is known"]);
    assert_eq!(listed(&bob)[0]["status"], "unknown");
    bob.deploy("").is(0, &["is deployed and runs"]);
    assert_eq!(world.state("app").1, tasks, "no task was replaced");
    bob.run(&format!("app sync --check {APP}")).is(0, &["is in sync"]);
}
