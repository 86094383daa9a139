//! Servers by docker's contexts: what is checked when one is added, and what is freed.
use crate::operator::{APP, ENV, Forge, GOOD, Operator, Output, World};
use crate::rig::{plain, swarm};
use abra_rig::{Blackhole, Proxy};
use serde_json::{Value, json};
use std::os::unix::net::UnixListener;
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
    assert_eq!((&json["problem"], &json["new"]), (&Value::Null, &false.into()), "{json}");
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
    // Whose volumes are whose is not known then.
    std::fs::write(env("torn.example.com"), "TYPE=\"demo\nSTACK_NAME=loose\n").unwrap();
    ada.run("server prune -n -v far.example").is(1, &["torn.example.com", "without --volumes"]);
    std::fs::remove_file(env("torn.example.com")).unwrap();
    on("service create --detach --name films --replicas 0 --mount type=volume,source=media,target=/m bb:1");
    on("volume create media");
    ada.run("server prune -n -v far.example").is(
        0,
        &[
            "volume demo_example_com_data stays: its stack demo_example_com is deployed",
            "volume idle_example_com_data stays: it belongs to idle.example.com",
            "volume media stays: service films mounts it",
            "containers removed: 1",
            "volumes removed: 1 (loose)",
        ],
    );
    assert_eq!(
        on("volume ls -q").split_whitespace().collect::<Vec<_>>(),
        ["demo_example_com_data", "idle_example_com_data", "media"]
    );
    assert!(on("network ls").contains("proxy") && on("network ls").contains("demo_example_com_default"));
    assert!(on("image ls").contains("named"));
    let json = ada.json("-m -n server prune --all far.example");
    assert!(json["images"].as_u64().unwrap() > 0, "{json}");
    assert!(!on("image ls").contains("named"));
    // What runs was not touched.
    ada.run(&format!("app ps {APP}")).is(0, &["running"]);
}

/// Makes a server known with one app there.
fn with_app(operator: &Operator, server: &str, address: &str, app: &str) {
    docker(operator, &format!("context create {server} --docker host={address}")).is(0, &[]);
    let folder = operator.home().join("abra/servers").join(server);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{app}.env")), format!("TYPE=demo\nDOMAIN={app}\nMOTTO=share\n"))
        .unwrap();
}

#[test]
fn many_servers_that_hang_keep_no_other_waiting() {
    let world = World::new(&[GOOD]);
    let (ada, hole) = (&world.ada, Blackhole::new().unwrap());
    let port = hole.port().unwrap();
    // More than there are cores, on most machines, and first in the list.
    for number in 0..9 {
        let address = format!("ssh://u{number}@127.0.0.1:{port}");
        with_app(ada, &format!("a{number}.example"), &address, &format!("a{number}.test"));
    }
    ada.deploy("").is(0, &["is deployed and runs"]);
    let mut run = ada.start_on_terminal("app ls -S --timeout 10s");
    run.says("a0.example (1 app");
    let said = run.end().is(0, &["in-sync", "warning: a8.example: no answer within 10 s"]).text;
    let first = |what: &str| said.find(what).unwrap_or_else(|| panic!("no {what} in {said}"));
    assert!((0..9).all(|number| first("default (1 app") < first(&format!("a{number}.example ("))), "{said}");
}

#[test]
fn a_dead_server_costs_its_own_time_and_says_why() {
    let world = World::new(&[GOOD]);
    let (ada, second) = (&world.ada, swarm());
    let mute = ada.home().join("mute.sock");
    let _listener = UnixListener::bind(&mute).unwrap();
    with_app(ada, "far.example", &second.address(), "far.test");
    with_app(ada, "dead.example", &format!("unix://{}", ada.home().join("none.sock").display()), "dead.test");
    with_app(ada, "mute.example", &format!("unix://{}", mute.display()), "mute.test");
    ada.deploy("").is(0, &["is deployed and runs"]);
    ada.run("app deploy -n -D --stable 1s far.test").is(0, &["is deployed and runs"]);

    // The others answer in that time on a busy machine, too.
    let rows = ada.json("app ls -S -m --timeout 10s");
    let facts = |row: &Value| {
        ["app", "server", "status", "problem"].map(|key| row[key].as_str().unwrap_or("-").to_owned())
    };
    let rows: Vec<[String; 4]> = rows.as_array().unwrap().iter().map(facts).collect();
    let find = |app: &str| rows.iter().find(|row| row[0] == app).unwrap();
    assert_eq!(find(APP)[1..3], ["default", "in-sync"]);
    assert_eq!(find("far.test")[1..3], ["far.example", "in-sync"]);
    for (app, server, reason) in [
        ("dead.test", "dead.example", "can't reach the engine"),
        ("mute.test", "mute.example", "no answer within 10 s"),
    ] {
        assert_eq!(find(app)[1..3], [server, "unknown"]);
        assert!(
            find(app)[3].starts_with(&format!("{server}: ")) && find(app)[3].contains(reason),
            "{:?}",
            find(app)
        );
    }
    // On a terminal the others are there before its time is over.
    let mut run = ada.start_on_terminal("app ls -S --timeout 10s");
    run.says("mute.example (1 app");
    let said = run.end().is(0, &["far.example (1 app", "warning: mute.example: no answer within 10 s"]).text;
    assert!(said.find("far.example (").unwrap() < said.find("mute.example (").unwrap(), "{said}");

    let said = ada.run("app sync -n --check --all -D --server-timeout 10s");
    said.is(1, &["mute.test mute.example – – unknown: no answer within 10 s", "far.test", "in sync"]);
    docker(ada, "context rm mute.example").is(0, &[]);
    let all = ada.run("app sync -n --check --all -D").is(
        1,
        &[
            "dead.test dead.example – – unknown: can't reach the engine",
            "nothing says where server mute.example is",
        ],
    );
    assert!(all.text.contains("far.test") && all.text.matches("in sync").count() == 2, "{}", all.text);
    assert_eq!(all.text.matches("error: dead.example: ").count(), 1, "{}", all.text);
    // What is changed behind their backs is found and made good, whoever else is away.
    second.delete("/services/far_test_app").unwrap().accepted("removal").unwrap();
    ada.run("app deploy -n -D --stable 1s far.test").is(0, &[]);
    ada.run("app sync -n -D --all --stable 1s")
        .is(1, &["unknown: can't reach the engine", "far.test", "in sync"]);
}

#[test]
fn a_server_with_many_services_is_asked_a_handful_of_times() {
    let world = World::new(&[GOOD]);
    let (engine, ada) = (swarm(), &world.ada);
    let proxy = Proxy::start(&ada.home().join("proxy.sock"), &engine.socket()).unwrap();
    with_app(ada, "far.example", &proxy.address(), "app0.test");
    for index in 0..300 {
        let stack = format!("app{}_test", index / 6);
        let body = json!({ "Name": format!("{stack}_s{index}"), "Labels": { "com.docker.stack.namespace": stack },
            "TaskTemplate": { "ContainerSpec": { "Image": "bb:1" } }, "Mode": { "Replicated": { "Replicas": 0 } } });
        engine.post("/services/create", &body).unwrap().accepted("a service").unwrap();
    }
    let rows = ada.json("app ls -S -m -s far.example");
    assert_eq!(rows.as_array().unwrap().len(), 50, "{rows}");
    let seen = proxy.seen();
    assert!(seen.len() <= 6, "{} requests: {seen:?}", seen.len());

    // Also where each app is compared as a deployment would be: the registry is asked once for an image of them all.
    for app in ["one.test", "two.test", "three.test"] {
        std::fs::write(
            ada.home().join(format!("abra/servers/far.example/{app}.env")),
            format!("TYPE=demo\nDOMAIN={app}\nMOTTO=share\n"),
        )
        .unwrap();
        ada.run(&format!("app deploy -n -D --stable 1s {app}")).is(0, &["is deployed and runs"]);
    }
    proxy.forget();
    let all = ada.run("app sync -n --check --server far.example -D").is(8, &["app0.test", "no record"]);
    assert_eq!(all.text.matches(" in sync").count(), 3, "{}", all.text);
    let seen = proxy.seen();
    assert!(seen.len() <= 7, "{} requests: {seen:?}", seen.len());
}
