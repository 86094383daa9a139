//! A plan that does not hold any more, and a deployment that is overtaken: what differs is told, and who did it.
use crate::operator::{APP, GOOD, Operator, World};
use serde_json::{Value, json};

/// Replaces something in a service's spec, as with plain docker.
fn by_hand(world: &World, place: &str, value: Value) {
    let service = world.service("app");
    let mut spec = service["Spec"].clone();
    *spec.pointer_mut(place).unwrap() = value;
    let (id, version) = (service["ID"].as_str().unwrap(), &service["Version"]["Index"]);
    let target = format!("/services/{id}/update?version={version}");
    world.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
}

const IMAGE: &str = "/TaskTemplate/ContainerSpec/Image";
const NOBODY: &str = "the journal does not say who: it was done without operator sync";

/// Ada has deployed 1.0.0; 1.1.0 has another image and a variable with a secret name.
fn deployed() -> (World, Operator) {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    let newer = GOOD.replace("{image: bb:1,", "{image: bb:2, environment: {API_TOKEN: s3cr3t, COLOUR: red},");
    world.forge.release("1.1.0+1.1", &[&newer]);
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    bob.write_env(&world.ada.env());
    (world, bob)
}

#[test]
fn whoever_comes_too_late_learns_what_differs_and_who_it_was() {
    let (world, bob) = deployed();
    let mut asked = bob.start_on_terminal(&format!("app deploy -D {APP} 1.1.0+1.1"));
    asked.says("proceed? [y/N]");
    let mut removing = bob.start_on_terminal(&format!("app undeploy {APP}"));
    removing.says("[y/N]");
    world.ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    for mut late in [asked, removing] {
        late.answer("y");
        let end = late.end().is(
            7,
            &[
                "was changed since the plan was made",
                "deploy 1.1.0+1.1 by ada@",
                "app was updated at 2",
                "image bb:1 → bb:2",
                "env COLOUR (none) → red",
                "env API_TOKEN (none) → (hidden)",
                "nothing was changed",
            ],
        );
        let said = end.text.lines().filter(|line| line.contains("because: "));
        assert!(!said.into_iter().any(|line| line.contains("s3cr3t")), "{}", end.text);
    }
    assert_eq!(world.images("app"), ["bb:2"]);
}

#[test]
fn a_change_with_another_tool_is_told_as_such() {
    let (world, bob) = deployed();
    let mut asked = bob.start_on_terminal(&format!("app deploy -D {APP} 1.1.0+1.1"));
    asked.says("proceed? [y/N]");
    let mut removing = bob.start_on_terminal(&format!("app undeploy {APP}"));
    removing.says("[y/N]");
    by_hand(&world, "/Mode", json!({ "Replicated": { "Replicas": 2 } }));
    for mut late in [asked, removing] {
        late.answer("y");
        late.end().is(7, &["has changed since the plan was made", "deploy.replicas 1 → 2", NOBODY]);
    }
    let history = bob.json(&format!("app history -m {APP}"));
    assert_eq!(history.as_array().unwrap().len(), 1, "nothing was begun: {history}");
    bob.run(&format!("app lock status {APP}")).is(0, &["the lock is free"]);
}

#[test]
fn a_deployment_that_is_overtaken_says_by_whom() {
    let (world, bob) = deployed();
    // Watching takes no lock: somebody else may deploy meanwhile.
    let mut watching = bob.start(&format!("app watch -n --stable 60s {APP}"));
    watching.says("must stay up");
    world.ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    watching.end().is(7, &["somebody else deployed", "deploy 1.1.0+1.1 by ada@"]);
    // A deployment does, but not everybody asks for it; also one that changes nothing.
    bob.write_env(&world.ada.env());
    let mut idle = bob.start(&format!("app deploy -n -D --stable 60s {APP}"));
    idle.says("must stay up");
    by_hand(&world, IMAGE, json!("bb:1"));
    idle.end().is(7, &["somebody else deployed", NOBODY, "not recorded"]);
}
