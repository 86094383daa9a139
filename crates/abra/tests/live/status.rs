//! Every word that `app ls -S` has for an app, each reached by what really leads to it.
use crate::operator::{Forge, GOOD, Operator};
use crate::rig::swarm;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Apps that are deployed at first, all by Ada.
const DEPLOYED: [&str; 8] = [
    "insync.test",
    "drifted.test",
    "behind.test",
    "changed.test",
    "meddled.test",
    "split.test",
    "back.test",
    "orphan.test",
];
/// Apps with an env file that are not.
const OTHERS: [&str; 5] = ["unrecorded.test", "busy.test", "undeployed.test", "foreign.test", "unread.test"];

/// One engine, Ada and Bob with a common git repository, and Cid who works beside them.
struct Team {
    rig: abra_rig::Engine,
    forge: Forge,
    ada: Operator,
    bob: Operator,
    bare: PathBuf,
}

fn servers(operator: &Operator) -> PathBuf {
    operator.home().join("abra/servers")
}

fn env(operator: &Operator, app: &str) -> PathBuf {
    servers(operator).join("default").join(format!("{app}.env"))
}

fn stack(app: &str) -> String {
    app.replace('.', "_")
}

fn git(operator: &Operator, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=T", "-c", "user.email=t@coop.example"]).args(arguments);
    command.current_dir(servers(operator)).env("HOME", operator.home()).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn settings(operator: &Operator, more: &str) {
    let path = operator.home().join("abra/config.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("operator:\n", &format!("operator:\n{more}"))).unwrap();
}

impl Team {
    fn new() -> Self {
        let (rig, forge) = (swarm(), Forge::new());
        let db = "db: {image: bb:1, stop_grace_period: 1s}";
        forge.release("1.0.0+1.0", &[GOOD, db]);
        forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2"), db]);
        let dies = "app: {image: bb:2, command: [sh, -c, exit 9], stop_grace_period: 1s, deploy: {restart_policy: \
            {delay: 1s}, update_config: {monitor: 30s, failure_action: rollback}}}";
        forge.release("1.2.0+1.2", &[dies, db]);
        let ada = Operator::new(&forge, rig.address(), true).named("Ada");
        let bob = Operator::new(&forge, rig.address(), true).named("Bob");
        let bare = ada.home().join("servers.git");
        std::fs::remove_dir_all(servers(&ada).join("default")).unwrap();
        std::fs::create_dir(servers(&ada).join("default")).unwrap();
        for app in DEPLOYED.iter().chain(&OTHERS) {
            std::fs::write(env(&ada, app), format!("TYPE=demo\nDOMAIN={app}\nMOTTO=share\n")).unwrap();
        }
        git(&ada, &["init", "--quiet", "--initial-branch=main"]);
        git(&ada, &["init", "--quiet", "--bare", "--initial-branch=main", bare.to_str().unwrap()]);
        git(&ada, &["remote", "add", "origin", bare.to_str().unwrap()]);
        Self { rig, forge, ada, bob, bare }
    }

    /// Ada pushes what she has; with `again` also her colleague gets it.
    fn push(&self, with_bob: bool) {
        git(&self.ada, &["add", "--all"]);
        git(&self.ada, &["commit", "--quiet", "--message=records"]);
        git(&self.ada, &["push", "--quiet", "--set-upstream", "origin", "main"]);
        if with_bob {
            std::fs::remove_dir_all(servers(&self.bob)).unwrap();
            std::fs::create_dir(servers(&self.bob)).unwrap();
            git(&self.bob, &["clone", "--quiet", self.bare.to_str().unwrap(), "."]);
        }
    }

    /// Changes a service as plain docker would.
    fn update(&self, service: &str, change: impl Fn(&mut Value)) {
        let service = self.rig.json(&format!("/services/{service}")).unwrap();
        let mut spec = service["Spec"].clone();
        change(&mut spec);
        let (id, version) = (service["ID"].as_str().unwrap(), &service["Version"]["Index"]);
        let target = format!("/services/{id}/update?version={version}");
        self.rig.post(&target, &spec).unwrap().accepted(&target).unwrap();
    }

    /// Creates a service as plain docker would.
    fn create(&self, stack: &str) {
        let body = json!({ "Name": format!("{stack}_web"), "Labels": { "com.docker.stack.namespace": stack },
            "TaskTemplate": { "ContainerSpec": { "Image": "bb:1" } } });
        self.rig.post("/services/create", &body).unwrap().accepted("/services/create").unwrap();
    }

    /// The lease of an app's lock becomes a second, as if a minute had gone by.
    fn age_lease(&self, app: &str) {
        let configs = self.rig.json("/configs").unwrap();
        let is_head = |config: &&Value| {
            let labels = &config["Spec"]["Labels"];
            labels["abra.sync.kind"] == "head" && labels["abra.sync.stack"] == stack(app).as_str()
        };
        let head = configs.as_array().unwrap().iter().find(is_head).unwrap();
        let mut labels = head["Spec"]["Labels"].clone();
        labels["abra.sync.lease"] = json!("1");
        let target =
            format!("/configs/{}/update?version={}", head["ID"].as_str().unwrap(), head["Version"]["Index"]);
        let body = json!({ "Name": head["Spec"]["Name"], "Labels": labels });
        self.rig.post(&target, &body).unwrap().accepted(&target).unwrap();
    }

    fn deploy(operator: &Operator, words: &str) -> crate::operator::Running {
        operator.start(&format!("app deploy -n -D --stable 1s {words}"))
    }
}

/// The list as JSON, by app.
fn list(operator: &Operator) -> BTreeMap<String, Value> {
    let rows = operator.json("app ls -S -m");
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| (row["app"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

fn words(rows: &BTreeMap<String, Value>) -> BTreeMap<&str, &str> {
    rows.iter().map(|(app, row)| (app.as_str(), row["status"].as_str().unwrap())).collect()
}

/// Brings about what the words stand for. Ends with Ada's run on `busy.test`, which goes on.
fn situations(team: &Team) -> crate::operator::Running {
    for apps in DEPLOYED.chunks(4) {
        let runs: Vec<_> =
            apps.iter().map(|app| Team::deploy(&team.ada, &format!("{app} 1.0.0+1.0"))).collect();
        runs.into_iter().for_each(|run| drop(run.end().is(0, &["recorded 1.0.0+1.0"])));
    }
    Team::deploy(&team.ada, "-c unrecorded.test 1.0.0+1.0").end().is(0, &["nothing is recorded"]);
    let unread = std::fs::read_to_string(env(&team.ada, "unread.test")).unwrap();
    std::fs::write(env(&team.ada, "unread.test"), format!("{unread}OPERATOR_SYNC_VERSION=\"1 2\"\n"))
        .unwrap();
    team.create("unread_test");
    team.push(true);

    settings(&team.bob, "  commit: true\n  push: true\n");
    git(&team.bob, &["config", "user.name", "Bob"]);
    git(&team.bob, &["config", "user.email", "bob@coop.example"]);
    Team::deploy(&team.bob, "behind.test 1.1.0+1.1")
        .end()
        .is(0, &["recorded 1.1.0+1.1", "pushed the record"]);
    let cid = Operator::new(&team.forge, team.rig.address(), true).named("Cid");
    std::fs::copy(env(&team.ada, "drifted.test"), env(&cid, "drifted.test")).unwrap();
    Team::deploy(&cid, "drifted.test 1.1.0+1.1").end().is(0, &["recorded 1.1.0+1.1"]);

    let changed = std::fs::read_to_string(env(&team.ada, "changed.test")).unwrap();
    std::fs::write(env(&team.ada, "changed.test"), changed.replace("share", "care")).unwrap();
    team.update("meddled_test_app", |spec| spec["TaskTemplate"]["ContainerSpec"]["Image"] = json!("bb:2"));
    let version = format!("coop-cloud.{}.version", stack("split.test"));
    team.update("split_test_db", |spec| spec["Labels"][&version] = json!("0.9.0+0.9"));
    Team::deploy(&team.ada, "back.test 1.2.0+1.2").end().is(5, &["rolled 1.2.0+1.2 back"]);
    std::fs::remove_file(env(&team.ada, "orphan.test")).unwrap();
    team.create("foreign_test");
    team.create("plain");
    std::fs::create_dir(servers(&team.ada).join("far.example.com")).unwrap();
    std::fs::write(servers(&team.ada).join("far.example.com/away.test.env"), "TYPE=demo\nDOMAIN=away.test\n")
        .unwrap();
    let mut busy = team.ada.start("app deploy -n -D --stable 300s busy.test 1.0.0+1.0");
    busy.says("must stay up");
    busy
}

#[test]
fn every_status_is_reached_by_what_leads_to_it() {
    let team = Team::new();
    let busy = situations(&team);
    let rows = list(&team.ada);
    let expected = [
        ("away.test", "unknown"),
        ("back.test", "rolled-back"),
        ("behind.test", "behind"),
        ("busy.test", "in-progress"),
        ("changed.test", "changed"),
        ("drifted.test", "drifted"),
        ("foreign.test", "unknown"),
        ("insync.test", "in-sync"),
        ("meddled.test", "changed"),
        ("orphan_test", "orphan"),
        ("plain", "orphan"),
        ("split.test", "split"),
        ("undeployed.test", "undeployed"),
        ("unread.test", "unknown"),
        ("unrecorded.test", "unrecorded"),
    ];
    assert_eq!(words(&rows), BTreeMap::from(expected), "{rows:#?}");
    let facts = |app: &str| {
        let row = &rows[app];
        ["recorded", "deployed", "latest", "remote", "operator"]
            .map(|key| row[key].as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(facts("insync.test"), ["1.0.0+1.0", "1.0.0+1.0", "1.2.0+1.2", "-", "Ada"]);
    assert_eq!(facts("drifted.test"), ["1.0.0+1.0", "1.1.0+1.1", "1.2.0+1.2", "-", "Cid"]);
    assert_eq!(facts("behind.test"), ["1.0.0+1.0", "1.1.0+1.1", "1.2.0+1.2", "1.1.0+1.1", "Bob"]);
    assert_eq!(facts("unrecorded.test"), ["-", "1.0.0+1.0", "1.2.0+1.2", "-", "Ada"]);
    assert_eq!(facts("split.test"), ["1.0.0+1.0", "-", "1.2.0+1.2", "-", "-"]);
    assert_eq!(facts("undeployed.test"), ["-", "-", "1.2.0+1.2", "-", "-"]);
    assert_eq!(facts("orphan_test"), ["-", "1.0.0+1.0", "-", "-", "Ada"]);
    assert_eq!(facts("plain"), ["-"; 5]);
    assert_eq!((&rows["orphan_test"]["recipe"], &rows["plain"]["recipe"]), (&json!("demo"), &Value::Null));
    assert_eq!(
        (&rows["insync.test"]["chaos"], &rows["undeployed.test"]["chaos"]),
        (&json!(false), &Value::Null)
    );
    for (app, since) in
        [("busy.test", true), ("insync.test", true), ("undeployed.test", false), ("away.test", false)]
    {
        assert_eq!(rows[app]["since"].as_str().is_some_and(|since| since.starts_with('2')), since, "{app}");
    }
    for (app, words) in
        [("away.test", "far.example.com"), ("foreign.test", "no label"), ("unread.test", "unread.test.env")]
    {
        assert!(rows[app]["problem"].as_str().unwrap().contains(words), "{}", rows[app]);
    }
    let said =
        team.ada.run("app ls -S").is(0, &["in-progress (Ada, since 2", "behind (remote: 1.1.0+1.1)"]).text;
    for (_, word) in expected {
        assert!(said.contains(word), "{word}: {said}");
    }

    // The run is cut off, its lease is over.
    busy.kill();
    team.age_lease("busy.test");
    let start = Instant::now();
    while words(&list(&team.ada))["busy.test"] != "abandoned" {
        assert!(start.elapsed() < Duration::from_secs(60), "never shown as abandoned");
        std::thread::sleep(Duration::from_millis(200));
    }
    team.ada.run("app ls -S").is(0, &["abandoned (Ada, since 2"]);
    the_way_out_of_each(&team);
}

/// What the handbook says to do makes them in sync.
fn the_way_out_of_each(team: &Team) {
    git(&team.ada, &["stash", "--quiet", "--include-untracked"]);
    git(&team.ada, &["pull", "--quiet", "--rebase"]);
    git(&team.ada, &["stash", "pop", "--quiet"]);
    let ada = &team.ada;
    ada.run("app sync -n --adopt drifted.test").is(0, &["recorded 1.1.0+1.1"]);
    for app in ["changed.test", "meddled.test", "split.test"] {
        ada.run(&format!("app sync -n -D --converge --stable 1s {app}")).is(0, &[]);
    }
    // The engine remembers its own going back until the next update; the history knows what succeeded after it.
    ada.run("app sync -n -D --stable 1s back.test").is(0, &["1.0.0+1.0 is deployed and runs"]);
    assert_eq!(list(ada)["back.test"]["status"], "in-sync");
    let rows = list(ada);
    assert_eq!(rows["behind.test"]["status"], "in-sync", "{rows:#?}");
    // The remote does not know yet what Ada recorded since.
    assert_eq!(rows["drifted.test"]["status"], "behind", "{rows:#?}");
    team.push(false);
    let rows = list(ada);
    for app in ["behind.test", "drifted.test", "changed.test", "meddled.test", "split.test", "back.test"] {
        assert_eq!(rows[app]["status"], "in-sync", "{app}: {}", rows[app]);
    }

    // Without the recipe digests tell it, and what they can't tell is not called in sync.
    std::fs::remove_dir_all(ada.home().join("abra/recipes")).unwrap();
    let rows = list(ada);
    assert_eq!(
        (&rows["insync.test"]["status"], &rows["insync.test"]["latest"]),
        (&json!("in-sync"), &Value::Null)
    );
    team.update("insync_test_db", |spec| spec["Labels"]["x"] = json!("y"));
    let rows = list(ada);
    assert_eq!(rows["insync.test"]["status"], "unknown");
    assert!(
        rows["insync.test"]["problem"].as_str().unwrap().contains("not on this workstation"),
        "{rows:#?}"
    );
}
