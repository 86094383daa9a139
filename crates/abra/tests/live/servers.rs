//! Servers by docker's contexts: what is checked when one is added, and what is freed.
use crate::operator::{APP, ENV, Forge, GOOD, Operator, Output, World};
use crate::rig::plain;
use std::process::Command;

fn docker(operator: &Operator, words: &str) -> Output {
    let mut command = Command::new("docker");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", operator.home());
    let output = command.args(words.split_whitespace()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Output { code: output.status.code().unwrap(), text }
}

/// Follows the hint that abra gives, as an operator would type it.
fn hinted(operator: &Operator, said: &str, what: &str, more: &str) {
    let line = said.lines().find(|line| line.contains("hint: `docker") && line.contains(what)).unwrap();
    let command = line.split('`').nth(1).unwrap();
    docker(operator, &format!("{} {more}", command.strip_prefix("docker ").unwrap())).is(0, &[]);
}

#[test]
fn a_server_is_set_up_by_the_commands_that_are_shown() {
    let (engine, forge) = (plain(), Forge::new());
    let ada = Operator::new(&forge, "unix:///nonexistent".to_owned(), true);
    docker(&ada, &format!("context create far.example --docker host={}", engine.address())).is(0, &[]);
    let add = || ada.run("server add far.example");
    let said = add()
        .is(0, &["ok engine", "ok disk", "missing swarm the engine is in no swarm", "nothing was set up"]);
    assert!(!said.text.contains("network"), "{}", said.text);
    hinted(&ada, &said.text, "swarm init", "--advertise-addr 127.0.0.1");
    let said =
        add().is(0, &["ok swarm manager; 1 manager, 1 node", "look network there is no network proxy"]);
    hinted(&ada, &said.text, "network create", "");
    let said = add().is(0, &["ok network proxy is there"]).text;
    assert!(!said.contains("hint") && !said.contains("warning"), "{said}");
    let json = ada.json("-m server add far.example");
    assert_eq!((&json["problem"], &json["new"]), (&serde_json::Value::Null, &false.into()), "{json}");
    assert_eq!(json["checks"].as_array().unwrap().len(), 4);
}

#[test]
fn what_nothing_uses_is_freed_and_what_apps_left_stays() {
    let world = World::new(&[GOOD]);
    let (ada, engine) = (&world.ada, world.rig.address());
    docker(ada, &format!("context create far.example --docker host={engine}")).is(0, &[]);
    ada.run("server add far.example").is(0, &[]);
    let env = |app: &str| ada.home().join(format!("abra/servers/far.example/{app}.env"));
    std::fs::rename(ada.home().join(format!("abra/servers/default/{APP}.env")), env(APP)).unwrap();
    std::fs::write(env("idle.example.com"), ENV.replace("demo.example.com", "idle.example.com")).unwrap();
    ada.run(&format!("app deploy -n -D --stable 1s {APP}")).is(0, &["is deployed and runs"]);
    let on = |words: &str| docker(ada, &format!("-c far.example {words}")).is(0, &[]).text;
    for volume in ["demo_example_com_data", "idle_example_com_data", "loose"] {
        on(&format!("volume create {volume}"));
    }
    on("run --name dead bb:1 true");
    on("network create --driver overlay --scope swarm proxy");
    on("tag bb:2 named:1");
    let refused =
        ada.run("server prune -v far.example").is(1, &["volume loose goes", "there is nobody to ask"]);
    assert!(!refused.text.contains("removed:"), "{}", refused.text);
    ada.run("server prune -n -v far.example").is(
        0,
        &[
            "volume demo_example_com_data stays: its stack demo_example_com is deployed",
            "volume idle_example_com_data stays: it belongs to idle.example.com",
            "containers removed: 1",
            "volumes removed: 1 (loose)",
        ],
    );
    assert_eq!(
        on("volume ls -q").split_whitespace().collect::<Vec<_>>(),
        ["demo_example_com_data", "idle_example_com_data"]
    );
    assert!(on("network ls").contains("proxy") && on("network ls").contains("demo_example_com_default"));
    assert!(on("image ls").contains("named"));
    let json = ada.json("-m -n server prune --all far.example");
    assert!(json["images"].as_u64().unwrap() > 0, "{json}");
    assert!(!on("image ls").contains("named"));
    // What runs was not touched.
    ada.run(&format!("app ps {APP}")).is(0, &["running"]);
}
