//! Every verdict, by deployments that come to it. What a case does not succeed in is not recorded.
use crate::operator::{APP, ENV, GOOD, PATIENT, STACK, World};

/// A deployment and what it comes to.
struct Case<'a> {
    /// What ran before, if anything.
    before: &'a [&'a str],
    /// What is deployed.
    services: &'a [&'a str],
    /// Further words for `abra app deploy`.
    words: &'a str,
    /// How it ends.
    exit: i32,
    /// What it says.
    says: &'a [&'a str],
}

/// A deployment of a first release.
const FIRST: Case<'static> = Case { before: &[], services: &[GOOD], words: "", exit: 0, says: &[] };
/// A deployment over one that runs.
const UPDATE: Case<'static> = Case { before: &[GOOD], ..FIRST };

/// Deploys, compares, and gives back the world as it is then.
#[track_caller]
fn check(case: &Case<'_>) -> World {
    let is_first = case.before.is_empty();
    let world = World::new(if is_first { case.services } else { case.before });
    if !is_first {
        world.ada.deploy("").is(0, &["recorded 1.0.0+1.0"]);
        world.forge.release("1.1.0+1.1", case.services);
    }
    let version = if is_first { "1.0.0+1.0" } else { "1.1.0+1.1" };
    let before = world.ada.env();
    let patient = if matches!(case.exit, 3 | 5) { PATIENT } else { "" };
    world.ada.deploy(&format!("{version} {patient} {}", case.words)).is(case.exit, case.says);
    if case.exit == 0 {
        assert_eq!(world.ada.recorded().as_deref(), Some(version));
    } else {
        assert_eq!(world.ada.env(), before, "a failure must leave the env file as it is");
    }
    world
}

#[test]
fn a_first_deployment_that_runs_is_recorded_below_the_recipe() {
    let world = check(&Case { says: &["is deployed and runs", "recorded 1.0.0+1.0"], ..FIRST });
    let expected =
        ENV.replace("TYPE=demo\n", "TYPE=demo\nOPERATOR_SYNC_VERSION=1.0.0+1.0 # managed by Abra\n");
    assert_eq!(world.ada.env(), expected);
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn a_crash_loop_fails_and_shows_the_last_words() {
    let service = "app: {image: bb:1, command: [sh, -c, echo no such universe >&2; exit 7], \
                   deploy: {restart_policy: {delay: 1s}}}";
    let says = &["non-zero exit (7)", "no such universe", "failed; it is not recorded"];
    check(&Case { services: &[service], exit: 3, says, ..FIRST });
}

#[test]
fn a_service_that_runs_for_a_while_between_its_crashes_fails() {
    let service =
        "app: {image: bb:1, command: [sh, -c, sleep 2; exit 7], deploy: {restart_policy: {delay: 1s}}}";
    check(&Case { services: &[service], exit: 3, says: &["non-zero exit (7)"], ..FIRST });
}

#[test]
fn an_unhealthy_service_fails_whatever_it_exits_with() {
    let check_says = |command: &str, words: &str| {
        let service = format!(
            "app: {{image: bb:1, {command}healthcheck: {{test: [CMD, 'false'], interval: 1s, retries: 1}}, \
             stop_grace_period: 1s, deploy: {{restart_policy: {{condition: none}}}}}}"
        );
        check(&Case { services: &[&service], exit: 3, says: &[words], ..FIRST });
    };
    check_says("command: sleep 1000, ", "unhealthy container");
    // Ends in peace when told: the engine then says nothing of its health.
    check_says("", "exit code 0, before its health check ever passed");
}

#[test]
fn a_missing_image_fails() {
    let service = "app: {image: nosuch/image:1, deploy: {restart_policy: {delay: 1s}}}";
    check(&Case { services: &[service], exit: 3, says: &["No such image: nosuch/image:1"], ..FIRST });
}

#[test]
fn a_constraint_that_no_node_meets_fails() {
    let service = "app: {image: bb:1, deploy: {placement: {constraints: [node.labels.disk == ssd]}}}";
    check(&Case { services: &[service], exit: 3, says: &["no node takes it", "no suitable node"], ..FIRST });
}

#[test]
fn a_service_that_exits_with_0_and_is_not_restarted_fails() {
    let service = "app: {image: bb:1, command: 'true', deploy: {restart_policy: {condition: on-failure}}}";
    check(&Case {
        services: &[service],
        exit: 3,
        says: &["exited with code 0 and will not be restarted"],
        ..FIRST
    });
}

#[test]
fn one_bad_service_does_not_hide_behind_a_good_one_nor_a_good_one_behind_it() {
    let bad = "db: {image: bb:1, command: 'false', deploy: {restart_policy: {condition: none}}}";
    let says = &["app: 1/1 good", "db: it ended and will not be restarted"];
    check(&Case { services: &[GOOD, bad], exit: 3, says, ..FIRST });
}

#[test]
fn a_slow_but_good_start_succeeds() {
    let service = "app: {image: bb:1, command: [sh, -c, sleep 4; touch /tmp/ok; exec sleep 1000], healthcheck: \
                   {test: [CMD, test, -e, /tmp/ok], interval: 1s, retries: 1, start_period: 20s}}";
    check(&Case { services: &[service], ..FIRST });
}

/// A folder that every engine sees: one from another system has the machine's `/dev`, and a `/tmp` of its own.
fn shared_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

#[test]
fn a_service_that_fails_at_first_and_then_runs_succeeds() {
    let service = "app: {image: bb:1, command: [sh, -c, 'test -e /d/x || { touch /d/x; exit 1; }; exec sleep 1000'], \
                   volumes: ['/d'], deploy: {restart_policy: {delay: 1s}}}";
    // An anonymous volume is a new one for each task: a bind mount outlives them.
    let folder = shared_folder();
    let service = service.replace("'/d'", &format!("'{}:/d'", folder.path().display()));
    check(&Case { services: &[&service], says: &["runs, after 1 failed attempt"], ..FIRST });
}

#[test]
fn a_global_service_succeeds() {
    let service =
        "app: {image: bb:1, stop_grace_period: 1s, deploy: {mode: global, update_config: {monitor: 1s}}}";
    let world = check(&Case { services: &[service], ..FIRST });
    world.forge.release("1.1.0+1.1", &[&service.replace("bb:1", "bb:2")]);
    world.ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    assert_eq!(world.images("app"), ["bb:2"]);
}

#[test]
fn a_job_that_completes_succeeds_and_is_not_run_again() {
    let service = "job: {image: bb:1, command: 'true', deploy: {mode: replicated-job, restart_policy: {condition: none}}}";
    let world = check(&Case { services: &[GOOD, service], ..FIRST });
    let before = world.service("job");
    world.ada.deploy("").is(0, &["was deployed already and runs"]);
    assert_eq!(world.service("job")["Version"], before["Version"]);
    assert_eq!(world.service("job")["JobStatus"], before["JobStatus"]);
}

#[test]
fn a_job_that_fails_fails() {
    let service = "job: {image: bb:1, command: 'false', deploy: {mode: replicated-job, restart_policy: {condition: none}}}";
    check(&Case { services: &[GOOD, service], exit: 3, says: &["0 of 1"], ..FIRST });
}

#[test]
fn what_is_not_decided_in_time_is_undecided() {
    let service = "app: {image: bb:1, healthcheck: {test: [CMD, 'true'], interval: 60s}}";
    let says = &["it is not decided", "next probe in", "abra app watch"];
    check(&Case { services: &[service], words: "--timeout 20s", exit: 4, says, ..FIRST });
}

#[test]
fn an_update_that_runs_is_recorded() {
    let service = GOOD.replace("bb:1", "bb:2");
    let world = check(&Case { services: &[&service], says: &["recorded 1.1.0+1.1"], ..UPDATE });
    assert_eq!(world.images("app"), ["bb:2"]);
}

#[test]
fn a_service_that_shall_not_run_succeeds_once_it_does_not() {
    let world = check(&Case { services: &[&GOOD.replace("deploy: {", "deploy: {replicas: 0, ")], ..UPDATE });
    assert!(world.tasks("app").is_empty());
}

#[test]
fn an_update_in_the_middle_of_another_takes_its_place() {
    let world = World::new(&[GOOD]);
    world.ada.deploy("").is(0, &[]);
    world.forge.release("1.1.0+1.1", &[&dying("pause")]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:2")]);
    world.ada.deploy("-c 1.1.0+1.1").is(0, &["nothing is recorded"]);
    world.ada.deploy("1.2.0+1.2").is(0, &["recorded 1.2.0+1.2"]);
    assert_eq!(world.images("app"), ["bb:2"]);
}

/// A process that ends at once, updated with this action on failure.
fn dying(action: &str) -> String {
    format!(
        "app: {{image: bb:2, command: [sh, -c, echo dying >&2; exit 9], stop_grace_period: 1s, \
         deploy: {{restart_policy: {{delay: 1s}}, update_config: {{monitor: 30s, failure_action: {action}}}}}}}"
    )
}

#[test]
fn an_update_that_the_swarm_pauses_fails() {
    let says = &["the swarm stopped the update half-way", "non-zero exit (9)", "dying"];
    let world = check(&Case { services: &[&dying("pause")], exit: 3, says, ..UPDATE });
    assert_eq!(world.service("app")["UpdateStatus"]["State"], "paused");
    // The way back.
    world.ada.deploy("1.0.0+1.0").is(0, &["is deployed and runs"]);
    assert_eq!(world.images("app"), ["bb:1"]);
}

#[test]
fn an_update_that_the_swarm_takes_back_is_no_success() {
    let says = &["rolled 1.1.0+1.1 back", "the old version runs", "non-zero exit (9)"];
    let world = check(&Case { services: &[&dying("rollback")], exit: 5, says, ..UPDATE });
    assert_eq!(world.images("app"), ["bb:1"]);
    // What is recorded runs again, and is told as what it is until somebody says that this is as wanted.
    let (state, status) = (world.state("app"), || world.ada.json("app ls -S -m")[0]["status"].clone());
    world.ada.run(&format!("app sync --check {APP}")).is(0, &["is in sync"]);
    assert_eq!(status(), "rolled-back");
    let sync = format!("app sync -n -D --stable 1s {APP}");
    world.ada.run(&sync).is(0, &["= service app unchanged", "1.0.0+1.0 was deployed already and runs"]);
    assert_eq!(status(), "in-sync");
    world.ada.run(&sync).is(0, &["is in sync"]);
    assert_eq!(world.state("app"), state, "nothing was sent");
    let history = world.ada.json(&format!("app history -m {APP}"));
    let told = |at: usize| (history[at]["command"].clone(), history[at]["outcome"].clone());
    assert_eq!(
        [told(0), told(1)],
        [("sync".into(), "succeeded".into()), ("deploy".into(), "rolled-back".into())]
    );
}

#[test]
fn an_update_that_goes_on_whatever_happens_fails_when_it_dies() {
    let world =
        check(&Case { services: &[&dying("continue")], exit: 3, says: &["non-zero exit (9)"], ..UPDATE });
    assert!(world.images("app").is_empty());
}

#[test]
fn an_update_that_no_node_takes_fails() {
    let service = "app: {image: bb:2, stop_grace_period: 1s, deploy: {placement: {constraints: [node.role == worker]}}}";
    check(&Case { services: &[service], exit: 3, says: &["no suitable node"], ..UPDATE });
}

#[test]
fn an_update_that_was_paused_is_posted_again_although_its_spec_is_right() {
    let folder = shared_folder();
    let service = format!(
        "app: {{image: bb:2, command: [sh, -c, 'test -e /d/x || {{ touch /d/x; exit 1; }}; exec sleep 1000'], \
         stop_grace_period: 1s, volumes: ['{}:/d'], \
         deploy: {{restart_policy: {{delay: 1s}}, update_config: {{monitor: 30s}}}}}}",
        folder.path().display()
    );
    let world = check(&Case { services: &[&service], exit: 3, says: &["half-way"], ..UPDATE });
    let index = world.state("app").0;
    world
        .ada
        .deploy("1.1.0+1.1")
        .is(0, &["paused", &format!("updating service {STACK}_app"), "recorded 1.1.0+1.1"]);
    assert!(world.state("app").0 > index);
    assert_eq!(world.images("app"), ["bb:2"]);
}
