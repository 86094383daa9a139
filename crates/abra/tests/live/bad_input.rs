//! Bad input that only a real engine shows: refused before anything is changed there.
use crate::operator::{APP, STACK, World};
use crate::rig::plain;
use serde_json::{Value, json};

/// Everything that a deployment could have changed.
fn server(world: &World) -> Value {
    let names = |path: &str, key: &str| -> Vec<Value> {
        let found = world.rig.json(path).unwrap();
        let mut names: Vec<Value> =
            found.as_array().unwrap().iter().map(|one| one.pointer(key).unwrap().clone()).collect();
        names.sort_by_key(Value::to_string);
        // The engine's own, which comes a moment after the swarm.
        names.retain(|name| name != "docker_gwbridge");
        names
    };
    json!([
        names("/services", "/Version/Index"),
        names("/configs", "/Spec/Name"),
        names("/secrets", "/Spec/Name"),
        names("/networks", "/Name"),
    ])
}

#[test]
fn what_is_missing_on_the_server_is_told_at_once_and_nothing_is_changed() {
    let world = World::new(&["app: {image: bb:1, networks: [web, own], secrets: [key], configs: [conf]}\n\
         networks:\n  web: {external: true, name: nowhere}\n  own:\n\
         secrets:\n  key: {external: true, name: not_there}\n\
         configs:\n  conf: {external: true, name: nor_this}"]);
    let (before, env) = (server(&world), world.ada.env());
    world.ada.deploy("").is(
        1,
        &[
            "external network nowhere does not exist",
            "external secret not_there does not exist",
            "external config nor_this does not exist",
            "compose.yml:",
            "3 problems, nothing was changed",
        ],
    );
    assert_eq!((server(&world), world.ada.env()), (before, env));
}

#[test]
fn a_config_whose_content_changed_under_the_same_name_stops_everything() {
    let services = |tag: &str| {
        format!(
            "app: {{image: 'bb:{tag}', configs: [conf]}}\nconfigs:\n  conf: {{name: conf_v1, file: conf.txt}}"
        )
    };
    let world = World::new(&["app: {image: bb:1}"]);
    world.forge.file("conf.txt", "one\n");
    world.forge.release("1.1.0+1.1", &[&services("1")]);
    world.ada.deploy("-l").is(0, &[]);
    world.forge.file("conf.txt", "two\n");
    world.forge.release("1.2.0+1.2", &[&services("2")]);
    let (before, env) = (server(&world), world.ada.env());
    let said = ["config conf_v1 exists with other content", "compose.yml:", "nothing was changed"];
    world.ada.deploy("-l").is(1, &said);
    assert_eq!((server(&world), world.ada.env()), (before, env));
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn an_engine_that_is_no_swarm_manager_can_not_be_deployed_to() {
    let (mut world, alone) = (World::new(&["app: {image: bb:1}"]), plain());
    world.ada.reach(alone.address());
    for words in [format!("app deploy -n {APP}"), format!("app undeploy -n {APP}"), format!("app ps {APP}")] {
        world.ada.run(&words).is(1, &["the engine is not a swarm manager", "docker swarm init"]);
    }
    world.ada.run("app ls -S").is(0, &["unknown", "the engine is not a swarm manager"]);
    world
        .ada
        .run("server add --local")
        .is(0, &["missing swarm", "docker --context default swarm init", "apps can't be deployed there yet"]);
}

#[test]
fn secrets_are_generated_as_the_sample_wants_them() {
    let world = World::new(&["app: {image: bb:1}"]);
    world.forge.file(
        ".env.sample",
        "TYPE=demo\nDOMAIN=demo.example.com\nSECRET_HEX_VERSION=v1 # length=12 charset=hex\n\
         SECRET_HAND_VERSION=v2 # generate=false\nSECRET_UNUSED_VERSION=v1\n",
    );
    let secret = |name: &str, variable: &str| {
        format!(
            "  {name}: {{external: true, name: '${{STACK_NAME}}_{name}_${{SECRET_{variable}_VERSION}}'}}\n"
        )
    };
    let all = secret("hex", "HEX") + &secret("hand", "HAND") + &secret("unused", "UNUSED");
    world
        .forge
        .release("1.1.0+1.1", &[&format!("app: {{image: bb:1, secrets: [hex, hand]}}\nsecrets:\n{all}")]);

    let said = world
        .ada
        .run("-d app new demo -D other.test -S")
        .is(0, &["other_test_hand_v2", "to be inserted by hand"]);
    let line = said.text.lines().find(|line| line.starts_with("other_test_hex_v1")).unwrap();
    let value = line.split_whitespace().nth(1).unwrap();
    assert!(value.len() == 12 && value.chars().all(|c| c.is_ascii_hexdigit()), "{value:?}");
    assert_eq!(said.text.matches(value).count(), 1, "shown once:\n{}", said.text);

    let there = world.rig.json("/secrets").unwrap();
    let names: Vec<&str> =
        there.as_array().unwrap().iter().map(|one| one["Spec"]["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["other_test_hex_v1"], "not those of {STACK}, not unused ones");
    world.ada.run("app new demo -D other.test -S").is(1, &["is there already"]);
}
