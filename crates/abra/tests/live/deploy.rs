//! What a deployment sends to the engine, and what it leaves alone.
use crate::operator::{APP, GOOD, STACK, World, compose};
use abra_rig::Proxy;
use serde_json::Value;

const DB: &str = "db: {image: bb:1, stop_grace_period: 1s}";

#[test]
fn a_deployment_without_a_change_touches_nothing() {
    let world = World::new(&[GOOD, DB]);
    world.ada.deploy("").is(0, &["recorded 1.0.0+1.0"]);
    let state = || (world.state("app"), world.state("db"), world.ada.env());
    let before = state();
    assert_eq!((before.0.1.len(), before.1.1.len()), (1, 1));
    let said =
        world.ada.deploy("").is(0, &["app unchanged", "db unchanged", "was deployed already and runs"]);
    assert!(!said.text.contains("replacing"), "{}", said.text);
    assert_eq!(state(), before);
}

#[test]
fn a_deployment_without_a_change_takes_eight_requests_whatever_the_size() {
    let mut world = World::new(&[GOOD]);
    let services: Vec<String> =
        (0..6).map(|number| format!("s{number}: {{image: bb:1, stop_grace_period: 1s}}")).collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    std::fs::write(world.ada.home().join("compose.yml"), compose(&services)).unwrap();
    let proxy = Proxy::start(&world.rig.folder().join("proxy.sock"), &world.rig.socket()).unwrap();
    world.ada.reach(proxy.address());
    let deploy = |stable: &str| {
        world.ada.run(&format!("stack deploy -c compose.yml --resolve-image never --stable {stable} s"))
    };
    // Longer, as servers tell the time in whole seconds.
    deploy("4s").is(0, &["s5: 1/1 good"]);
    proxy.forget();
    deploy("1s").is(0, &["s0: 1/1 good", "s5: 1/1 good"]);
    let seen: Vec<String> =
        proxy.seen().into_iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    // Four for the plan, and once more four for the verdict, which needs a second look.
    assert!(seen.len() <= 8 && seen.iter().all(|line| line.starts_with("GET ")), "{seen:#?}");
}

#[test]
fn a_change_of_one_service_leaves_the_others_alone() {
    let world = World::new(&[GOOD, DB]);
    world.ada.deploy("").is(0, &["recorded"]);
    let (app, db) = (world.state("app"), world.state("db"));
    world.ada.write_env(&world.ada.env().replace("we share", "we share all"));
    world.ada.deploy("").is(0, &["MOTTO", "updating service", "db unchanged", "is deployed and runs"]);
    assert_eq!(world.state("db"), db);
    assert!(world.state("app").0 > app.0 && world.state("app").1 != app.1);
}

#[test]
fn a_new_version_of_an_unchanged_service_keeps_its_task() {
    let world = World::new(&[GOOD, DB]);
    world.ada.deploy("").is(0, &[]);
    let db = world.state("db");
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2"), DB]);
    world.ada.deploy("--deploy-latest").is(0, &["recorded 1.1.0+1.1"]);
    assert_eq!(world.state("db").1, db.1);
    assert_eq!((world.images("app"), world.images("db")), (vec!["bb:2".to_owned()], vec!["bb:1".to_owned()]));
}

#[test]
fn an_app_that_was_undeployed_is_gone_and_can_be_deployed_again_at_once() {
    let world = World::new(&[
        GOOD,
        "db: {image: bb:1, stop_grace_period: 1s, networks: [inner]}\nnetworks: {inner: {}}",
    ]);
    for _ in 0..2 {
        world.ada.deploy("").is(0, &["is deployed and runs"]);
        world
            .ada
            .run(&format!("app undeploy -n {APP}"))
            .is(0, &["removing service", "removing network", "is gone"]);
        // Head record and journal stay: they are not the stack's.
        let of_stack = |target: &str| {
            let all = world.rig.json(target).unwrap().to_string();
            assert!(!all.contains(&format!("\"com.docker.stack.namespace\":\"{STACK}\"")), "{target}: {all}");
        };
        ["/services", "/networks", "/configs", "/secrets"].into_iter().for_each(of_stack);
        let tasks = world.rig.json("/tasks").unwrap();
        let alive = |task: &&Value| {
            !matches!(task["Status"]["State"].as_str(), Some("shutdown" | "complete" | "failed"))
        };
        assert_eq!(tasks.as_array().unwrap().iter().filter(alive).count(), 0, "{tasks}");
    }
    world.ada.run(&format!("app undeploy -n {APP}")).is(0, &["is not deployed"]);
}

#[test]
fn a_dry_run_and_a_refused_question_change_nothing() {
    let world = World::new(&[GOOD]);
    let before = world.ada.env();
    world.ada.deploy("--dry-run").is(0, &["app create", "nothing was changed"]);
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D {APP}"));
    asked.says("proceed? [y/N]").answer("n");
    asked.end().is(1, &["not confirmed; nothing was changed"]);
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D {APP}"));
    asked.says("proceed? [y/N]").answer("\u{3}");
    asked.end().is(130, &["nothing was changed"]);
    assert_eq!(world.rig.json("/services").unwrap(), Value::Array(vec![]));
    assert_eq!(world.ada.env(), before);
}
