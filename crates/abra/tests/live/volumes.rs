//! The volumes of an app on a real engine.
use crate::operator::{APP, Operator, STACK, World};

/// A service with two volumes, which are declared below.
const RECIPE: &str = "app: {image: bb:1, stop_grace_period: 1s, volumes: [\"data:/data\", \"cache:/cache\"]}
volumes: {data: , cache: }";

#[test]
fn volumes_stay_until_they_are_named() {
    let world = World::new(&[RECIPE]);
    let ada = &world.ada;
    ada.deploy("").is(0, &[]);
    let listed = ada.run(&format!("app volume ls {APP}"));
    listed.is(0, &["VOLUME", &format!("{STACK}_data"), &format!("{STACK}_cache"), "local"]);
    // They belong to what runs.
    let named = format!("app volume rm -n {APP} data");
    ada.run(&named).is(1, &["is deployed", &format!("`abra app undeploy {APP}` comes first")]);
    ada.run(&format!("app undeploy -n {APP}")).is(0, &["its volumes and secrets stay"]);
    ada.run(&format!("app volume rm -n {APP} dta")).is(1, &["has no volume dta", "nearest names: data"]);
    ada.run(&format!("app volume rm -n {APP}")).is(2, &["no volume is named", "--all"]);
    let mut asked = ada.start_on_terminal(&format!("app volume rm {APP} data"));
    asked.says("remove for good?").answer("n");
    asked.end().is(1, &[&format!("volume {STACK}_data goes, with all its data"), "nothing was changed"]);
    // What is asked is asked of how it was then.
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    let mut asked = ada.start_on_terminal(&format!("app volume rm {APP} data"));
    asked.says("remove for good?");
    let (deploys, file) = bob.start_held(&format!("app deploy -n -D --stable 1s {APP}"), "plan-checked");
    asked.answer("y");
    asked.end().is(6, &["Bob (", "is at work on this app"]);
    let asked = ada.start_on_terminal(&format!("app volume rm {APP} data"));
    asked.end().is(6, &["Bob (", "is at work on this app"]);
    std::fs::remove_file(file).unwrap();
    deploys.end().is(0, &[]);
    ada.run(&named).is(1, &["is deployed"]);
    ada.run(&format!("app undeploy -n {APP}")).is(0, &[]);
    let names = || -> Vec<String> {
        let listed = ada.json(&format!("app volume ls -m {APP}"));
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|volume| volume["volume"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(), ["cache", "data"]);
    ada.run(&named).is(0, &[&format!("volume {STACK}_data is removed")]);
    assert_eq!(names(), ["cache"]);
    let gone = ada.json(&format!("app volume rm -m -f --all {APP}"));
    assert_eq!(gone["removed"], serde_json::json!([format!("{STACK}_cache")]));
    assert_eq!(names(), Vec::<String>::new());
    ada.run(&format!("app volume ls {APP}")).is(0, &["has no volumes"]);
}
