//! A stack goes from docker's hands into ours and back: what is stored is the same, and no task is replaced.
use crate::rig::{PATIENCE, connect, swarm};
use abra::engine::{FileKind, Filters};
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, SourceFile, load};
use abra_core::plan::plan;
use abra_core::plan::seen::{Live, Policy, ResolveImage};
use abra_core::stack::convert::{ConvertRequest, convert};
use abra_core::stack::digest::of_service;
use abra_core::stack::normal::Names;
use abra_rig::Engine;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const STACK: &str = "s";
/// Labels that only the engine and its clock decide on, and options that it adds.
const VXLAN: &str = "com.docker.network.driver.overlay.vxlanid_list";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/every-key")
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

/// Runs a program in the folder of the stack, on an engine, and gives back what it said.
fn run(rig: &Engine, program: &str, words: &[&str], files: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home.path());
    command.env("DOCKER_HOST", rig.address()).current_dir(folder()).args(["stack", "deploy"]).args(words);
    for file in files {
        command.args(["-c", file]);
    }
    let output = command.args(["--resolve-image", "never", STACK]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    said
}

fn docker(rig: &Engine, files: &[&str]) -> String {
    run(rig, "docker", &[], files)
}

fn abra(rig: &Engine, files: &[&str]) -> String {
    run(rig, env!("CARGO_BIN_EXE_abra"), &["--detach"], files)
}

/// The objects of an engine, each by its name.
fn by_name(rig: &Engine, target: &str, name: &str) -> BTreeMap<String, Value> {
    let list = rig.json(target).unwrap();
    let named = |object: &Value| (object.pointer(name).unwrap().as_str().unwrap().to_owned(), object.clone());
    list.as_array().unwrap().iter().map(named).collect()
}

fn versions(rig: &Engine) -> BTreeMap<String, Value> {
    let services = by_name(rig, "/services", "/Spec/Name");
    services.into_iter().map(|(name, service)| (name, service["Version"].clone())).collect()
}

/// Every task of the services by these names, whatever became of it, once all that shall run do.
fn tasks(rig: &Engine) -> BTreeSet<String> {
    let start = Instant::now();
    loop {
        let tasks = rig.json("/tasks").unwrap();
        let tasks = tasks.as_array().unwrap();
        let settled = |task: &&Value| task["Status"]["State"] == task["DesiredState"];
        if tasks.len() == 4 && tasks.iter().all(|task| settled(&task)) {
            return tasks.iter().map(|task| task["ID"].as_str().unwrap().to_owned()).collect();
        }
        let states: Vec<_> = tasks.iter().map(|task| &task["Status"]).collect();
        assert!(start.elapsed() < PATIENCE, "tasks do not run: {states:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the swarm has dealt with all that was sent before: it takes things in their order, so a service that is
/// made now gets its task after all others got theirs.
fn settle(rig: &Engine) {
    let body = json!({"Name": "last", "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}}});
    let made = rig.post("/services/create", &body).unwrap().accepted("last").unwrap().json();
    let id = made["ID"].as_str().unwrap();
    let mine = |task: &Value| task["ServiceID"] == id && task["Status"]["State"] == "running";
    let start = Instant::now();
    while !rig.json("/tasks").unwrap().as_array().unwrap().iter().any(mine) {
        assert!(start.elapsed() < PATIENCE, "the last service does not run");
        std::thread::sleep(Duration::from_millis(50));
    }
    rig.delete(&format!("/services/{id}")).unwrap().accepted("last").unwrap();
    let gone = || rig.json("/tasks").unwrap().as_array().unwrap().iter().all(|task| task["ServiceID"] != id);
    while !gone() {
        assert!(start.elapsed() < PATIENCE, "the last service does not go");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All that is stored of the stack, with names in place of ids.
fn stored(rig: &Engine) -> Value {
    let networks = by_name(rig, "/networks", "/Name");
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (target, id, name) in
        [("/networks", "/Id", "/Name"), ("/secrets", "/ID", "/Spec/Name"), ("/configs", "/ID", "/Spec/Name")]
    {
        for (key, object) in by_name(rig, target, name) {
            names.insert(object.pointer(id).unwrap().as_str().unwrap().to_owned(), key);
        }
    }
    let host = rig.json("/networks/host?scope=swarm").unwrap();
    names.insert(host["Id"].as_str().unwrap().to_owned(), "host".to_owned());
    let ours = |name: &String| name.starts_with("s_");
    let spec = |(name, object): (String, Value)| (name, named(&object["Spec"], &names));
    let specs = |target: &str| {
        by_name(rig, target, "/Spec/Name").into_iter().map(spec).collect::<BTreeMap<String, Value>>()
    };
    let network = |(name, mut network): (String, Value)| {
        for engines in ["Id", "Created", "Peers", "Containers", "Services", "ConfigFrom"] {
            network.as_object_mut().unwrap().remove(engines);
        }
        if let Some(options) = network["Options"].as_object_mut() {
            options.remove(VXLAN);
        }
        if name != "s_back" {
            network["IPAM"]["Config"] = Value::Null;
        }
        (name, network)
    };
    let networks: BTreeMap<_, _> = networks.into_iter().filter(|(name, _)| ours(name)).map(network).collect();
    json!({
        "services": specs("/services"), "secrets": specs("/secrets"), "configs": specs("/configs"),
        "networks": networks,
    })
}

/// The same with names in place of ids.
fn named(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(names.get(text).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| named(item, names)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), named(field, names))).collect())
        }
        other => other.clone(),
    }
}

/// Where two values differ, one line each.
fn differences(path: &str, a: &Value, b: &Value, lines: &mut Vec<String>) {
    if let (Some(left), Some(right)) = (a.as_object(), b.as_object()) {
        let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for key in keys {
            differences(&format!("{path}/{key}"), &a[key.as_str()], &b[key.as_str()], lines);
        }
    } else if a != b {
        lines.push(format!("{path}: docker {a}, abra {b}"));
    }
}

#[test]
fn what_docker_deployed_is_taken_over_and_given_back_without_a_new_task() {
    let rig = prepared();
    docker(&rig, &["compose.yml"]);
    let (before, versions_before) = (tasks(&rig), versions(&rig));
    let said = abra(&rig, &["compose.yml"]);
    assert!(!said.contains("updating") && !said.contains("creating"), "{said}");
    settle(&rig);
    assert_eq!(versions(&rig), versions_before, "a service was written");
    docker(&rig, &["compose.yml"]);
    settle(&rig);
    assert_eq!(tasks(&rig), before, "docker replaced a task");
}

#[test]
fn what_abra_deployed_is_taken_over_by_docker_without_a_new_task() {
    let rig = prepared();
    abra(&rig, &["compose.yml"]);
    let before = tasks(&rig);
    docker(&rig, &["compose.yml"]);
    settle(&rig);
    assert_eq!(tasks(&rig), before, "docker replaced a task");
    let versions_before = versions(&rig);
    let said = abra(&rig, &["compose.yml"]);
    assert!(!said.contains("updating"), "{said}");
    assert_eq!(versions(&rig), versions_before, "a service was written");
    assert_eq!(tasks(&rig), before, "abra replaced a task");
}

#[test]
fn docker_and_abra_store_the_same_field_by_field() {
    let files = ["compose.yml", "jobs.yml"];
    let (one, two) = (prepared(), prepared());
    docker(&one, &files);
    abra(&two, &files);
    let mut lines = Vec::new();
    differences("", &stored(&one), &stored(&two), &mut lines);
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    let versions_before = versions(&one);
    abra(&one, &files);
    assert_eq!(versions(&one), versions_before, "jobs and ports of the swarm are taken over, too");
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
        reader: &Disk,
    };
    let loaded = load(&request).map_err(|refused| refused.findings).unwrap();
    let request = ConvertRequest { stack: STACK, files: &Disk, api: engine.version() };
    let wanted = convert(&loaded.document, &loaded.sources, &request).unwrap();
    let policy = Policy { resolve: ResolveImage::Never, ..Policy::default() };
    let plan = plan(&wanted, &Live::default(), &policy);
    abra(&rig, &["compose.yml", "jobs.yml"]);
    let mut networks = engine.networks(&Filters::none()).await.unwrap();
    networks.push(engine.swarm_network("host").await.unwrap());
    let names = Names::of(
        &networks,
        &engine.files(FileKind::Secret, &Filters::none()).await.unwrap(),
        &engine.files(FileKind::Config, &Filters::none()).await.unwrap(),
    );
    let services = engine.services(&Filters::stack(STACK)).await.unwrap();
    assert_eq!((services.len(), plan.services.len()), (7, 7));
    for change in &plan.services {
        let live = services.iter().find(|service| service.name() == change.name).unwrap();
        let digest = of_service(&live.spec, &names, &BTreeSet::new());
        assert_eq!(change.digest.as_ref(), Some(&digest), "{}: {:#}", change.name, live.spec);
    }
}
