//! An app's secrets: from nothing to a deployment that uses them.
use crate::operator::{APP, ENV, STACK, World};
use serde_json::Value;

const SERVICES: [&str; 1] = ["app: {image: bb:1, stop_grace_period: 1s, secrets: [key, word]}\nsecrets:\n  \
     key: {external: true, name: \"${STACK_NAME}_key_${SECRET_KEY_VERSION}\"}\n  \
     word: {external: true, name: \"${STACK_NAME}_word_${SECRET_WORD_VERSION}\"}"];

/// What the container has at a path.
fn in_container(world: &World, path: &str) -> String {
    world.ada.run(&format!("app run -n {APP} app cat {path}")).is(0, &[]).text
}

#[test]
fn secrets_are_generated_inserted_listed_and_removed() {
    let world = World::new(&SERVICES);
    let env = "SECRET_KEY_VERSION=v1 # length=12 charset=hex\nSECRET_WORD_VERSION=v2 # generate=false";
    world.ada.write_env(&format!("{ENV}\n{env}\n"));
    let secret = |words: &str| world.ada.run(&format!("app secret {words}"));
    let hint = format!("`abra app secret generate {APP}`");
    world.ada.deploy("").is(1, &["key_v1 does not exist", "word_v2 does not exist", &hint]);
    secret(&format!("ls {APP}")).is(0, &["key", "12 characters", "by hand", "missing"]);
    let generated = secret(&format!("generate -m {APP}")).is(0, &["by-hand"]);
    let generated: Value = serde_json::from_str(&generated.text).unwrap();
    let of_key =
        generated["secrets"].as_array().unwrap().iter().find(|one| one["state"] == "generated").unwrap();
    let value = of_key["value"].as_str().unwrap();
    assert!(value.len() == 12 && value.chars().all(|c| c.is_ascii_hexdigit()), "{value}");
    secret(&format!("generate {APP} key")).is(0, &["was there already"]);

    secret(&format!("insert {APP} word v2 hunter2")).is(2, &["not taken from the command line"]);
    secret(&format!("insert {APP} word v1")).is(1, &["wants secret demo_example_com_word_v2, not v1"]);
    secret(&format!("insert {APP} wort")).is(1, &["nearest names: word"]);
    let mut piped = world.ada.start(&format!("app secret insert {APP} word --trim"));
    piped.answer("open sesame");
    piped.close();
    piped.end().is(0, &["demo_example_com_word_v2 is on the server"]);
    secret(&format!("insert {APP} word --file /etc/hostname")).is(1, &["is on the server already"]);

    world.ada.deploy("").is(0, &["recorded"]);
    assert_eq!(in_container(&world, "/run/secrets/word"), "open sesame");
    assert_eq!(in_container(&world, "/run/secrets/key"), value);
    secret(&format!("rm -n {APP} word")).is(1, &["in use", "app undeploy"]);
    world.ada.run(&format!("app undeploy -n {APP}")).is(0, &[]);
    secret(&format!("rm -n {APP} --all")).is(0, &["word_v2 is removed", "key_v1 is removed"]);
    let left = world.rig.json("/secrets").unwrap().to_string();
    assert!(!left.contains(STACK), "{left}");

    let mut typed = world.ada.start_on_terminal(&format!("app secret insert {APP} word"));
    typed.says("value of word:").answer("unseen");
    let said = typed.end().is(0, &["is on the server"]);
    assert!(!said.text.contains("unseen"), "{}", said.text);
}
