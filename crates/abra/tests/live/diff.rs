//! What `app diff` says before a deployment, and that it says exactly what a deployment does.
use crate::operator::{APP, Operator, STACK, World};
use serde_json::{Value, json};

/// A service with an environment, a config, a secret and a label.
const FULL: &str = "app: {image: bb:1, stop_grace_period: 1s, environment: [MOTTO, DB_PASSWORD, LEVEL=1], \
     configs: [{source: conf, target: /etc/conf}], secrets: [pass], deploy: {labels: {team: a}, update_config: {monitor: 1s}}}\n\
     \x20 db: {image: bb:1, stop_grace_period: 1s}\n\
     configs: {conf: {name: \"${STACK_NAME}_conf_${CONF_VERSION}\", file: conf.txt}}\n\
     secrets: {pass: {external: true, name: \"${STACK_NAME}_pass_${SECRET_PASS_VERSION}\"}}";

fn secret(world: &World, version: &str) {
    let body = json!({ "Name": format!("{STACK}_pass_{version}"), "Data": "aHVudGVyMg==" });
    world.rig.post("/secrets/create", &body).unwrap().accepted("/secrets/create").unwrap();
}

/// What `diff -m` prints, with this exit code.
fn differs(operator: &Operator, code: i32, words: &str) -> Value {
    let output = operator.run(&format!("app diff -m {APP} {words}")).is(code, &[]);
    serde_json::from_str(&output.text).unwrap_or_else(|error| panic!("{error}: {}", output.text))
}

/// Kind, service, field, from and to of every change.
fn changes(document: &Value) -> Vec<[String; 5]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").replace(STACK, "st");
    let change = |change: &Value| ["kind", "service", "field", "from", "to"].map(|key| text(&change[key]));
    document["changes"].as_array().unwrap().iter().map(change).collect()
}

fn rows(rows: &[[&str; 5]]) -> Vec<[String; 5]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

#[test]
fn what_a_deploy_would_change_is_shown_with_its_content() {
    let world = World::with_sync(false, &["app: {image: bb:1}"]);
    world.forge.file("abra.sh", "export CONF_VERSION=v1\n");
    world.forge.file("conf.txt", "one\ntwo\npassword = hunter2\n");
    world.forge.release("1.1.0+1.1", &[FULL]);
    let env =
        "TYPE=demo\nDOMAIN=demo.example.com\nMOTTO=share\nDB_PASSWORD=hunter3\nSECRET_PASS_VERSION=v1\n";
    world.ada.write_env(env);
    secret(&world, "v1");
    let first = differs(&world.ada, 8, "1.1.0+1.1");
    assert_eq!(changes(&first)[0], ["network", "-", "st_default", "-", "st_default"]);
    assert_eq!(world.rig.json("/services").unwrap(), json!([]), "nothing is changed");
    world.ada.deploy("1.1.0+1.1").is(0, &[]);
    world.ada.run(&format!("app diff {APP}")).is(0, &["a deploy of 1.1.0+1.1 would change nothing"]);
    assert_eq!(differs(&world.ada, 0, "")["differs"], false);

    // The settings alone.
    world.ada.write_env(&env.replace("share", "care").replace("hunter3", "hunter4"));
    let settings = differs(&world.ada, 8, "");
    assert_eq!(
        changes(&settings),
        rows(&[["env", "app", "DB_PASSWORD", "-", "-"], ["env", "app", "MOTTO", "share", "care"]])
    );
    assert_eq!(settings["changes"][0]["hidden"], true);

    // A release that changes everything; the secret that it wants is not there yet.
    world.forge.file("abra.sh", "export CONF_VERSION=v2\n");
    world.forge.file("conf.txt", "one\n2\npassword = hunter5\n");
    let next = FULL.replace("bb:1, stop_grace_period: 1s, env", "bb:2, stop_grace_period: 1s, env");
    let next =
        next.replace("LEVEL=1", "EXTRA=1").replace("{team: a}", "{team: b}").replace("\n  db:", "\n  web:");
    world.forge.release("1.2.0+1.2", &[&next.replace("update_config", "replicas: 2, update_config")]);
    world.ada.write_env(&env.replace("=v1", "=v2"));
    let missing = format!("external secret {STACK}_pass_v2 does not exist");
    let refused = world.ada.run(&format!("app diff {APP} -l")).is(1, &[&missing, "image bb:1 → bb:2"]);
    assert!(!refused.text.contains("hunter"), "{}", refused.text);
    world.ada.run(&format!("app diff -m {APP} -l")).is(1, &["\"blocked\": true", "\"error\": {", "\"bb:2\""]);
    secret(&world, "v2");
    let all = differs(&world.ada, 8, "-l");
    let version = format!("coop-cloud.{STACK}.version").replace(STACK, "st");
    assert_eq!(
        changes(&all),
        rows(&[
            ["config", "-", "st_conf_v2", "-", "st_conf_v2"],
            ["config", "app", "/etc/conf", "st_conf_v1", "st_conf_v2"],
            ["deploy", "app", "deploy.replicas", "1", "2"],
            ["env", "app", "EXTRA", "-", "1"],
            ["env", "app", "LEVEL", "1", "-"],
            ["env", "app", "SECRET_PASS_VERSION", "v1", "v2"],
            ["env", "app", "TYPE", "demo:1.1.0+1.1", "demo:1.2.0+1.2"],
            ["image", "app", "image", "bb:1", "bb:2"],
            ["label", "app", &version, "1.1.0+1.1", "1.2.0+1.2"],
            ["label", "app", "team", "a", "b"],
            ["secret", "app", "pass", "st_pass_v1", "st_pass_v2"],
            ["service", "db", "st_db", "st_db", "st_db"],
            ["service", "web", "st_web", "-", "bb:1"],
            ["image", "web", "image", "-", "bb:1"],
            ["network", "web", "st_default", "-", "web"],
            ["setting", "web", "stop_grace_period", "-", "1s"],
        ])
    );
    let lines = &all["changes"][1]["content"]["hunks"][0]["lines"];
    assert_eq!(lines, &json!([" one", "-two", "-password = (hidden)", "+2", "+password = (hidden)"]));
    world.ada.run(&format!("app diff {APP} -l")).is(8, &["-two", "+2", "? service db left alone"]);

    // The working tree as it is; then all is deployed and nothing differs.
    std::fs::write(world.ada.checkout("conf.txt"), "of my own\n").unwrap();
    let words = ["+U (the working tree as it is)", "! config", "which can't change", "-two", "+of my own"];
    world.ada.run(&format!("app diff {APP} --chaos")).is(1, &words);
    world.ada.deploy("-l").is(0, &[]);
    world.ada.run(&format!("app diff {APP}")).is(0, &["would change nothing"]);
}
