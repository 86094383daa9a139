//! What apps write, also those that died.
use crate::operator::{APP, World};
use serde_json::Value;

/// A service that writes and runs on.
fn saying(words: &str) -> String {
    format!(
        "app: {{image: bb:1, command: [sh, -c, \"echo {words}; printf 'a \\\\033[2Jb\\\\n' >&2; exec sleep 1000\"], \
         stop_grace_period: 1s, deploy: {{update_config: {{monitor: 1s}}}}}}"
    )
}

/// A service that writes and dies, each time.
const DYING: &str =
    "db: {image: bb:1, command: [sh, -c, echo no disk >&2; exit 7], deploy: {restart_policy: {delay: 1s}}}";

#[test]
fn lines_of_all_services_are_shown_also_of_tasks_that_died() {
    let world = World::new(&[&saying("hello"), DYING]);
    let hint = format!("`abra app logs {APP} db` shows what it wrote");
    world.ada.deploy("--stable 30s").is(3, &["no disk", &hint, "`abra app ps"]);
    let logs = |words: &str| world.ada.run(&format!("app logs {APP} {words}"));
    let all = logs("--tail all").is(0, &["| hello", "| a b", "| no disk"]);
    assert!(!all.text.contains('\u{1b}'), "{:?}", all.text);
    assert!(all.text.matches("no disk").count() >= 3, "each death is there: {}", all.text);
    let one = logs("db --tail 1 --timestamps").is(0, &["db.1.", "no disk"]);
    assert_eq!(one.text.lines().count(), 1, "{}", one.text);
    let errors = logs("app --stderr").is(0, &["a b"]);
    assert!(!errors.text.contains("hello"));
    logs("app --since 2999-01-01").is(0, &[]);
    logs("dbs").is(1, &["there is no service dbs", "nearest names: db"]);
    let document: Value = serde_json::from_str(&logs("-m").is(0, &[]).text).unwrap();
    let times: Vec<&str> = document.as_array().unwrap().iter().map(|l| l["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times.len() >= 4, "{times:?}");
    world.ada.run(&format!("app undeploy -n {APP}")).is(0, &[]);
    logs("").is(1, &["is not deployed", "app deploy"]);
}

#[test]
fn following_goes_on_with_the_tasks_of_the_next_version() {
    let world = World::new(&[&saying("first")]);
    world.ada.deploy("").is(0, &[]);
    let mut following = world.ada.start(&format!("app logs {APP} -f"));
    following.says("first");
    world.forge.release("1.1.0+1.1", &[&saying("second")]);
    world.ada.deploy("--deploy-latest").is(0, &["recorded 1.1.0+1.1"]);
    following.says("second").interrupt();
    let said = following.end().is(130, &[]);
    assert_eq!(said.text.matches("first").count(), 1, "nothing comes twice: {}", said.text);
    assert_eq!(said.text.matches("second").count(), 1, "{}", said.text);
    let mut following = world.ada.start(&format!("app logs {APP} app -f"));
    following.says("second");
    world.ada.run(&format!("app undeploy -n {APP}")).is(0, &[]);
    following.end().is(0, &["is not deployed any more"]);
}

#[test]
fn the_last_words_of_a_failure_are_not_those_of_the_version_before() {
    let world = World::new(&[&saying("all is well")]);
    world.ada.deploy("").is(0, &[]);
    let dying = "app: {image: bb:1, command: [sh, -c, echo no universe; exit 7], stop_grace_period: 1s, \
                 deploy: {restart_policy: {delay: 1s}, update_config: {monitor: 30s}}}";
    world.forge.release("1.1.0+1.1", &[dying]);
    let said = world.ada.deploy("--deploy-latest").is(3, &["| no universe"]);
    assert!(!said.text.contains("| all is well"), "{}", said.text);
    let back =
        dying.replace("no universe", "no galaxy").replace("{monitor", "{failure_action: rollback, monitor");
    world.forge.release("1.2.0+1.2", &[&back]);
    world.ada.deploy("1.0.0+1.0").is(0, &[]);
    let said = world.ada.deploy("1.2.0+1.2").is(5, &["| no galaxy"]);
    assert!(!said.text.contains("| all is well"), "{}", said.text);
}
