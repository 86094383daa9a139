//! Commands in an app's containers: functions of `abra.sh`, and what comes after a deployment.
use crate::operator::{APP, ENV, Forge, GOOD, Operator, Output, STACK, World};
use abra_rig::Swarm;

/// Functions as recipes have them.
const ABRA_SH: &str = r#"export APP_CONF_VERSION=v1

greet() {
    echo "hello $1, this is $APP_NAME, $STACK_NAME, $TARGET, $DOMAIN"
}

count() {
    echo "$# arguments: $2"
    echo "to stderr" >&2
    return 4
}

who() { id -u; }

note() { echo "$*" >> /tmp/notes; }

upper() { tr a-z A-Z; }

slow() { echo begun; sleep 1000; }

where() { ls /tmp/abra.sh; echo "read from ${0##*/}"; }
"#;

const DB: &str = "db: {image: bb:1, stop_grace_period: 1s, read_only: true}";
const TMP: &str = "tmp: {image: bb:1, stop_grace_period: 1s, volumes: [{type: tmpfs, target: /tmp}]}";

/// With `abra.sh`, deployed.
fn deployed(sync: bool, env: &str) -> World {
    let world = World::with_sync(sync, &[GOOD]);
    world.forge.file("abra.sh", ABRA_SH);
    world.forge.release("1.1.0+1.1", &[GOOD, DB, TMP]);
    world.ada.write_env(&format!("{ENV}\n{env}\n"));
    world
}

#[test]
fn functions_run_in_containers_with_their_arguments_as_they_are() {
    let world = deployed(true, "");
    let cmd = |words: &str| world.ada.run(&format!("app cmd {words}"));
    cmd(&format!("{APP} app greet")).is(1, &["is not deployed"]);
    world.ada.deploy("").is(0, &["recorded 1.1.0+1.1"]);
    cmd(&format!("list {APP}")).is(0, &["greet", "count", "who"]);
    let hello = "hello Ada, this is demo.example.com, demo_example_com, app, demo.example.com";
    cmd(&format!("{APP} app greet -- Ada")).is(0, &[hello]);
    cmd(&format!("{APP} app count -- a $HOME;x")).is(4, &["2 arguments: $HOME;x", "to stderr"]);
    cmd(&format!("{APP} app who --user 1234")).is(0, &["1234"]);
    cmd(&format!("{APP} app gret")).is(1, &["has no function gret", "nearest functions: greet"]);
    cmd(&format!("{APP} frontend greet"))
        .is(1, &["there is no service frontend", "its services: app, db, tmp"]);
    cmd(&format!("{APP} greet")).is(2, &["which service's container"]);
    // Where no file can be put, or none would be seen.
    cmd(&format!("{APP} app where")).is(0, &["/tmp/abra.sh"]);
    for service in ["db", "tmp"] {
        cmd(&format!("{APP} {service} greet -- Bea")).is(0, &["hello Bea"]);
        cmd(&format!("{APP} {service} where")).is(0, &["read from abra"]);
    }
    // What is released later does not count, what runs does; the working tree only when asked for.
    world.forge.file("abra.sh", "greet() { echo later; }\n");
    world.forge.release("1.2.0+1.2", &[GOOD]);
    cmd(&format!("{APP} app greet -- Cy")).is(0, &["hello Cy"]);
    std::fs::write(world.ada.checkout("abra.sh"), "greet() { echo mine; }\n").unwrap();
    cmd(&format!("{APP} app greet -C")).is(0, &["mine"]);
}

#[test]
fn functions_run_here_when_asked_to() {
    let world = deployed(true, "");
    world.ada.deploy("").is(0, &[]);
    let cmd = |words: &str| world.ada.run(&format!("app cmd {APP} {words}"));
    cmd("--local greet -- Ada").is(0, &["hello Ada, this is demo.example.com, demo_example_com, local"]);
    cmd("--local count -- 1 2").is(4, &["2 arguments: 2"]);
    cmd("--local app greet").is(2, &["has no service"]);
}

#[test]
fn commands_run_in_containers_with_input_and_exit_code() {
    let world = deployed(false, "");
    world.ada.deploy("").is(0, &[]);
    let run = |words: &str| world.ada.run(&format!("app run -n {APP} {words}"));
    run("app -- sh -c exit\\ 9").is(127, &[]);
    run("app -- cat /nosuch").is(1, &["No such file"]);
    run("app nosuch").is(126, &["nosuch"]);
    run("web true").is(1, &["there is no service web"]);
    let mut typed = world.ada.start(&format!("app run {APP} app sh"));
    typed.answer("echo got words; exit 7");
    typed.end().is(7, &["got words"]);
    let mut upper = world.ada.start(&format!("app cmd {APP} app upper"));
    upper.answer("shout");
    upper.close();
    upper.end().is(0, &["SHOUT"]);
    let mut shell = world.ada.start_on_terminal(&format!("app run {APP} app sh"));
    shell.answer("stty size; test -t 1 && echo is-a-terminal; exit 5");
    shell.end().is(5, &["is-a-terminal"]);
    let mut slow = world.ada.start(&format!("app cmd -n {APP} app slow"));
    slow.says("begun").interrupt();
    slow.end().is(130, &["may go on in its container"]);
    what_runs_is_shown(&world);
}

/// Services and labels, as the engine has them.
fn what_runs_is_shown(world: &World) {
    let abra = |words: &str| world.ada.run(words);
    abra(&format!("app services {APP}")).is(0, &["app bb:1 replicated × 1 – 1.1.0+1.1", "tmp bb:1"]);
    let services = world.ada.json(&format!("app services -m {APP}"));
    let names: Vec<_> =
        services.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["app", "db", "tmp"].map(|short| format!("{STACK}_{short}")));
    let mut spec = world.service("app")["Spec"].clone();
    spec["Labels"]["proxy.basicauth.users"] = "ada:$apr1$hunter2".into();
    spec["Labels"]["evil"] = "a\u{1b}[2Jb".into();
    let (service, target) = (world.service("app"), format!("/services/{STACK}_app/update?version="));
    let target = format!("{target}{}", service["Version"]["Index"]);
    world.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
    let version = format!("coop-cloud.{STACK}.version=1.1.0+1.1");
    let said = abra(&format!("app labels {APP}"))
        .is(0, &["db", &version, "proxy.basicauth.users=(hidden)", "evil=ab"]);
    let one = abra(&format!("app labels {APP} db")).is(0, &[&version]);
    assert!(!one.text.contains("evil") && one.text.contains("db\n"), "{}", one.text);
    abra(&format!("app labels {APP} dbb")).is(1, &["there is no service dbb", "nearest names: db"]);
    let machine = abra(&format!("app labels -m {APP}")).is(0, &["\"hidden\": true"]);
    for text in [&said.text, &machine.text] {
        assert!(!text.contains("hunter2") && !text.contains('\u{1b}'), "{text}");
    }
}

/// What commands noted in the container of `app`.
fn notes(world: &World) -> String {
    world.ada.run(&format!("app run -n {APP} app cat /tmp/notes")).text
}

#[test]
fn what_comes_after_a_deployment_is_announced_and_run_once_it_succeeded() {
    for sync in [true, false] {
        let world =
            deployed(sync, "POST_DEPLOY_CMDS=\"app note 'first  one'|app note $DOMAIN|db greet all\"");
        let dry = world.ada.deploy("--dry-run").is(0, &["afterwards", "run note 'first  one' in app"]);
        assert!(!dry.text.contains("running"), "{}", dry.text);
        world
            .ada
            .deploy("")
            .is(0, &["running note in app", "| hello all, this is demo.example.com", "is deployed"]);
        assert_eq!(notes(&world), "first  one\ndemo.example.com\n");
        let again = world.ada.deploy("").is(0, &["was deployed already"]);
        assert!(!again.text.contains("running note"), "{}", again.text);
        // Not watched is not known to be good.
        world.ada.write_env(&world.ada.env().replace("we share", "we share all"));
        world
            .ada
            .deploy("-c")
            .is(0, &["not run: note", "`abra app cmd demo.example.com app note -- 'first  one'`"]);
        // Whoever finishes the verdict is reminded; whether it was that of an upgrade is known with operator sync only.
        let watched = world.ada.run(&format!("app watch --stable 1s {APP}")).is(0, &["is deployed and runs"]);
        assert_eq!(watched.text.contains("not run: greet all in db"), sync, "{}", watched.text);
        if sync {
            let left = "succeeded: 3 commands after it not run; verdict by";
            world
                .ada
                .run(&format!("app history {APP}"))
                .is(0, &["succeeded: 3 commands after it ended well", left]);
            let again = world.ada.run(&format!("app watch --stable 1s {APP}")).is(0, &[]);
            assert!(!again.text.contains("not run"), "{}", again.text);
        }
    }
}

#[test]
fn a_command_that_fails_after_a_deployment_is_told_and_the_deployment_stays_recorded() {
    let world = deployed(
        true,
        "POST_DEPLOY_CMDS=\"app note one|app count|app note two\"\nPOST_UPGRADE_CMDS=\"app note up\"",
    );
    let says = &[
        "recorded 1.1.0+1.1",
        "count in app ended with exit code 4",
        "| to stderr",
        "`abra app cmd demo.example.com app count` runs it again",
        "not run: note two in app",
    ];
    world.ada.deploy("").is(3, says);
    assert_eq!(world.ada.recorded().as_deref(), Some("1.1.0+1.1"));
    assert_eq!(notes(&world), "one\n");
    let told = "succeeded: after it, count in app ended with exit code 4; 1 command after it not run";
    world.ada.run(&format!("app history {APP}")).is(0, &[told]);
    world.ada.run(&format!("app lock status {APP}")).is(0, &["free"]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:2")]);
    world.ada.run(&format!("app upgrade -n -D --stable 1s {APP}")).is(0, &["running note in app"]);
    assert_eq!(notes(&world), "up\n");
    let said = world.ada.run(&format!("app rollback -n -D --stable 1s {APP}")).is(0, &["is deployed"]);
    assert!(!said.text.contains("running note"), "{}", said.text);
}

#[test]
fn the_lock_is_held_until_the_last_command_has_ended() {
    let world = deployed(true, "POST_DEPLOY_CMDS=\"app slow\"");
    let mut deploying = world.ada.start(&format!("app deploy -n -D --stable 1s {APP}"));
    deploying.says("| begun");
    assert_eq!(world.ada.recorded().as_deref(), Some("1.1.0+1.1"));
    world.ada.run(&format!("app lock status {APP}")).is(0, &["running commands"]);
    world.ada.run(&format!("app history {APP}")).is(0, &["succeeded: commands after it were begun"]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:2")]);
    world.ada.deploy("1.2.0+1.2").is(6, &["is at work on this app"]);
    deploying.interrupt();
    deploying.end().is(130, &["is not watched any more"]);
    world.ada.run(&format!("app lock status {APP}")).is(0, &["free"]);
    world
        .ada
        .run(&format!("app history {APP}"))
        .is(0, &["succeeded: after it, slow in app was not waited for"]);
    world.ada.write_env(&world.ada.env().replace("POST_DEPLOY_CMDS", "POST_UNDEPLOY_CMDS"));
    world.ada.run(&format!("app undeploy -n {APP}")).is(0, &["POST_UNDEPLOY_CMDS is not run", "is gone"]);
}

#[test]
fn commands_that_can_not_be_run_block_the_deployment() {
    let world = deployed(true, "POST_DEPLOY_CMDS=\"app gret|frontend greet|app\"");
    world.ada.deploy("").is(1, &["names no service and function", "demo.example.com.env:"]);
    world.ada.write_env(&format!("{ENV}\nPOST_DEPLOY_CMDS='app gret|frontend greet'\n"));
    let says =
        &["function gret, which abra.sh has not", "nearest functions: greet", "names service frontend"];
    world.ada.deploy("").is(1, says);
    assert_eq!(world.rig.json("/services").unwrap(), serde_json::json!([]));
}

#[test]
fn commands_reach_the_own_node_only_and_logs_come_from_all() {
    let (swarm, forge) = (Swarm::start(2).unwrap(), Forge::new());
    let saying = "app: {image: bb:1, command: [sh, -c, echo hello; exec sleep 1000], stop_grace_period: 1s}";
    forge.release("1.0.0+1.0", &[saying]);
    let operators = [0, 1].map(|node| Operator::new(&forge, swarm.nodes[node].address(), true));
    operators[0].deploy("").is(0, &["recorded"]);
    let run = |operator: &Operator| operator.run(&format!("app run -n {APP} app echo there"));
    let mut runs: Vec<Output> = operators.iter().map(run).collect();
    runs.sort_by_key(|output| output.code);
    let refused = runs.pop().unwrap().is(1, &["app runs on node", "on its own node only"]);
    assert!(!refused.text.contains("there"), "{}", refused.text);
    runs.pop().unwrap().is(0, &["there"]);
    for operator in &operators {
        operator.run(&format!("app logs {APP}")).is(0, &["| hello"]);
    }
}
