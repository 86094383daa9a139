//! A stack goes from docker's hands into ours and back: what is stored is the same, and no task is replaced.
use crate::drivers::vault;
use crate::operator::{GOOD, STACK as APP_STACK, World, compose};
use crate::rig::{connect, swarm};
use abra::engine::{FileKind, Filters};
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, SourceFile, load};
use abra_core::plan::plan;
use abra_core::plan::seen::{Live, Policy, ResolveImage};
use abra_core::stack::convert::{ConvertRequest, convert};
use abra_core::stack::digest::of_service;
use abra_core::stack::normal::Names;
use abra_rig::Engine;
use abra_rig::takeover::{Case, Report, Tools, cases, check, check_with};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const STACK: &str = "s";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn folder() -> PathBuf {
    fixtures().join("every-key")
}

fn tools() -> Tools {
    Tools { docker: "docker".into(), abra: env!("CARGO_BIN_EXE_abra").into() }
}

/// The stack with every key, and more on top.
fn every_key(more: &[&str]) -> Case {
    let files = [&["compose.yml"], more].concat().into_iter().map(str::to_owned).collect();
    Case { folder: folder(), files, stack: STACK.to_owned(), variables: BTreeMap::new() }
}

/// No task was replaced, we wrote nothing, and both store the same.
#[track_caller]
fn passed(report: &Report, services: usize, tasks: usize) {
    assert!(report.problems.is_empty() && report.refused.is_none(), "{report:#?}");
    assert_eq!((report.services, report.tasks, &report.idle), (services, tasks, &BTreeMap::new()));
}

#[test]
fn a_stack_with_every_key_is_taken_over_both_ways_without_a_new_task() {
    passed(&check(&every_key(&[]), &tools()).unwrap(), 7, 4);
}

#[test]
fn jobs_and_ports_of_the_swarm_are_taken_over_both_ways() {
    let report = check(&every_key(&["jobs.yml"]), &tools()).unwrap();
    passed(&report, 10, 7);
}

#[test]
fn a_secret_that_a_driver_has_is_taken_over_both_ways() {
    passed(&check_with(&every_key(&["vault.yml"]), &tools(), &vault).unwrap(), 8, 4);
}

#[test]
fn cluster_volumes_are_taken_over_both_ways_where_the_engine_has_them_and_refused_before_where_not() {
    let report = check(&every_key(&["cluster.yml"]), &tools()).unwrap();
    match &report.refused {
        Some(why) => assert!(why.contains("service far: cluster volumes need API 1.42"), "{why}"),
        None => passed(&report, 8, 4),
    }
}

/// Every deployment that a recipe's sample suggests: so many, of which `mistaken` are refused by both.
#[track_caller]
fn recipe(name: &str, count: usize, mistaken: &str) {
    let cases = cases(&fixtures().join("recipes").join(name)).unwrap();
    assert_eq!(cases.len(), count, "{cases:#?}");
    for case in cases {
        let report = check(&case, &tools()).unwrap();
        assert!(report.problems.is_empty() && report.idle.is_empty(), "{}: {report:#?}", case.name());
        let is_mistaken = case.files.iter().any(|file| file == mistaken);
        assert_eq!(report.refused.is_some(), is_mistaken, "{}: {report:#?}", case.name());
        assert!(is_mistaken || report.tasks >= report.services, "{}: {report:#?}", case.name());
    }
}

#[test]
fn a_recipe_with_overlays_templates_and_secrets_is_taken_over_both_ways() {
    recipe("garden", 3, "compose.login.yml");
}

#[test]
fn recipes_with_ports_and_binds_are_taken_over_both_ways() {
    recipe("gateway", 2, "");
    recipe("games", 1, "");
}

/// What others who deploy apps of recipes send: the recipe with labels and settings added, as docker sends it.
#[test]
fn an_app_that_was_deployed_with_its_labels_and_settings_keeps_its_tasks() {
    for sync in [false, true] {
        let world = World::with_sync(sync, &[GOOD, "db: {image: bb:2, stop_grace_period: 1s}"]);
        let label = |name: &str, value: &str| format!("coop-cloud.{APP_STACK}.{name}: '{value}'");
        let labels =
            [label("version", "1.0.0+1.0"), label("chaos", "false"), label("recipe", "demo")].join(", ");
        let settings = "environment: {TYPE: 'demo:1.0.0+1.0', DOMAIN: demo.example.com, MOTTO: we share}";
        let app = GOOD.replace("deploy: {", &format!("{settings}, deploy: {{labels: {{{labels}}}, "));
        let db = format!("db: {{image: bb:2, stop_grace_period: 1s, deploy: {{labels: {{{labels}}}}}}}");
        let file = world.ada.home().join("compose.yml");
        std::fs::write(&file, compose(&[&app, &db])).unwrap();
        let words = ["stack", "deploy", "--detach", "--resolve-image", "never", "-c"];
        let mut docker = Command::new("docker");
        docker.args(words).arg(&file).arg(APP_STACK).env("DOCKER_HOST", world.rig.address());
        let output = docker.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let runs = || ["app", "db"].map(|short| world.state(short));
        world.rig.wait_for("two tasks", || runs().iter().all(|(_, tasks)| tasks.len() == 1)).unwrap();
        let before = runs();
        let said = world.ada.deploy("1.0.0+1.0").is(0, &[]).text;
        let after = runs();
        assert_eq!(after.clone().map(|(_, tasks)| tasks), before.clone().map(|(_, tasks)| tasks), "{said}");
        assert!(sync || after == before, "a service was written: {said}");
    }
}

#[test]
fn what_the_two_do_not_agree_on_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, rest: &str| {
        let text = format!("version: '3.8'\nservices: {{app: {{{rest}}}}}\n");
        std::fs::write(folder.path().join(name), text).unwrap();
        name.to_owned()
    };
    // Docker loses the options where the first file has a driver only.
    let files = vec![
        file("compose.yml", "image: some/app, logging: {driver: json-file}"),
        file("compose.more.yml", "logging: {options: {max-size: 1m}}"),
    ];
    let report =
        check(&Case { folder: folder.path().to_owned(), files, ..every_key(&[]) }, &tools()).unwrap();
    let log = "/services/s_app/TaskTemplate/LogDriver/Options: docker stores null, abra stores {\"max-size\":\"1m\"}";
    for problem in [
        "abra replaced tasks of s_app",
        "docker replaced tasks of s_app",
        "abra wrote a service that docker had deployed",
        log,
    ] {
        assert!(report.problems.iter().any(|found| found == problem), "{problem}: {report:#?}");
    }
}

/// A key, the API that it needs, the rest of a service that has it, and where it is stored.
const NEWER: [(&str, &str, &str, &str); 3] = [
    (
        "start_interval",
        "1.44",
        "healthcheck: {test: 'true', start_interval: 3s}",
        "/Healthcheck/StartInterval",
    ),
    (
        "subpath",
        "1.45",
        "volumes: [{type: volume, source: v, target: /v, volume: {subpath: a}}]",
        "/Mounts/0/VolumeOptions/Subpath",
    ),
    ("oom_score_adj", "1.46", "oom_score_adj: 5", "/OomScoreAdj"),
];

#[test]
fn what_an_engine_does_not_know_is_named_before_the_deployment_and_sent_where_it_does() {
    let rig = swarm();
    let version = rig.json("/version").unwrap()["ApiVersion"].as_str().unwrap().to_owned();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("compose.yml");
    for (key, since, rest, place) in NEWER {
        let text = format!(
            "version: '3.13'\nservices:\n  app:\n    image: bb:1\n    deploy: {{replicas: 0}}\n    {rest}\nvolumes: {{v: }}\n"
        );
        std::fs::write(&file, text).unwrap();
        let said = deploy(&rig, &[file.to_str().unwrap()]);
        let warning =
            format!("service app: {key} needs API {since}, and this engine has {version}: it is lost\n");
        let place = format!("/Spec/TaskTemplate/ContainerSpec{place}");
        let stored = rig.json("/services/s_app").unwrap().pointer(&place).is_some();
        let knows = *version >= *since;
        assert_eq!((said.contains(&warning), stored), (!knows, knows), "{key}, API {version}: {said}");
        let again = deploy(&rig, &[file.to_str().unwrap()]);
        assert!(!again.contains("updating"), "{key}, API {version}: {again}");
    }
}

#[test]
fn a_mount_that_the_swarm_does_not_take_is_named_before_it_is_refused() {
    let rig = swarm();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("compose.yml");
    let mount = |kind: &str| {
        format!(
            "version: '3.13'\nservices: {{app: {{image: bb:1, volumes: [{{type: {kind}, source: 'group:x', target: /x}}]}}}}\n"
        )
    };
    std::fs::write(&file, mount("image")).unwrap();
    let (said, fine) = tried(&rig, &[file.to_str().unwrap()]);
    let warned = said.find("no engine up to Docker 28 takes a mount of type image in a swarm");
    assert!(!fine && warned < said.find("invalid MountType") && warned.is_some(), "{said}");
    std::fs::write(&file, mount("cluster")).unwrap();
    let (said, fine) = tried(&rig, &[file.to_str().unwrap()]);
    let refused = said.contains("service app: cluster volumes need API 1.42");
    let old = *rig.json("/version").unwrap()["ApiVersion"].as_str().unwrap() < *"1.42";
    assert_eq!((refused, fine), (old, !old), "{said}");
}

/// A swarm with what the stack expects of others.
fn prepared() -> Engine {
    let rig = swarm();
    for (target, body) in [
        ("/networks/create", json!({"Name": "outside", "Driver": "overlay"})),
        ("/secrets/create", json!({"Name": "shared_key_v1", "Data": "eA=="})),
        ("/configs/create", json!({"Name": "shared_conf", "Data": "eA=="})),
    ] {
        rig.post(target, &body).unwrap().accepted(target).unwrap();
    }
    rig
}

/// Deploys files of the stack with every key, and gives back what was said.
#[track_caller]
fn deploy(rig: &Engine, files: &[&str]) -> String {
    let (said, fine) = tried(rig, files);
    assert!(fine, "{said}");
    said
}

/// What was said, and whether it went well.
fn tried(rig: &Engine, files: &[&str]) -> (String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_abra"));
    command.env_clear().env("DOCKER_HOST", rig.address()).current_dir(folder());
    command.args(["stack", "deploy", "--detach", "--resolve-image", "never"]);
    for file in files {
        command.args(["-c", file]);
    }
    let output = command.arg(STACK).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (said, output.status.success())
}

/// Files as they are on disk.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(path).map_err(|error| FileError::Unreadable(error.to_string()))
    }
}

#[tokio::test]
async fn a_spec_has_the_same_digest_before_it_is_sent_and_after_it_is_read_back() {
    let rig = prepared();
    let engine = connect(&rig.socket()).await.unwrap();
    let source =
        |name: &str| SourceFile { name: name.to_owned(), text: std::fs::read(folder().join(name)).unwrap() };
    let request = LoadRequest {
        files: vec![source("compose.yml"), source("jobs.yml")],
        directory: folder().display().to_string(),
        env: &BTreeMap::new(),
        home: None,
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Disk,
    };
    let loaded = load(&request).map_err(|refused| refused.findings).unwrap();
    let request = ConvertRequest { stack: STACK, files: &Disk, api: engine.version() };
    let wanted = convert(&loaded.document, &loaded.sources, &request).unwrap();
    let policy = Policy { resolve: ResolveImage::Never, ..Policy::default() };
    let plan = plan(&wanted, &Live::default(), &policy);
    deploy(&rig, &["compose.yml", "jobs.yml"]);
    let mut networks = engine.networks(&Filters::none()).await.unwrap();
    networks.push(engine.swarm_network("host").await.unwrap());
    let names = Names::of(
        &networks,
        &engine.files(FileKind::Secret, &Filters::none()).await.unwrap(),
        &engine.files(FileKind::Config, &Filters::none()).await.unwrap(),
    );
    let services = engine.services(&Filters::stack(STACK)).await.unwrap();
    assert_eq!((services.len(), plan.services.len()), (10, 10));
    for change in &plan.services {
        let live = services.iter().find(|service| service.name() == change.name).unwrap();
        let digest = of_service(&live.spec, &names, &BTreeSet::new());
        assert_eq!(change.digest.as_ref(), Some(&digest), "{}: {:#}", change.name, live.spec);
    }
}
