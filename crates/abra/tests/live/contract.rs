//! What abra relies on in an engine, as one list of checks: against a real engine and against the simulated one, so that
//! a simulation shows what would happen on a real server.
use crate::rig::{connect, swarm, until};
use abra::engine::{Engine, EngineError, FileKind, Filters, Limits};
use abra_core::stack::live::{Service, Task};
use abra_sim::clocks::Clocks;
use abra_sim::dice::Dice;
use abra_sim::swarm::Swarm;
use abra_sim::wire::{self, Outages, Process, Weather};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const LABEL: &str = "com.docker.stack.namespace";

/// An engine of either kind, and containers that it takes for good and for bad ones.
struct Kind {
    engine: Engine,
    good: [Value; 2],
    bad: Value,
}

#[tokio::test]
async fn a_real_engine_keeps_the_contract() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let good = ["bb:1", "bb:2"].map(|image| json!({ "Image": image, "StopGracePeriod": 1_000_000_000 }));
    let bad = json!({ "Image": "bb:1", "Command": ["sh", "-c", "exit 1"] });
    check(&Kind { engine, good, bad }).await;
}

#[tokio::test]
async fn the_simulated_engine_keeps_the_contract() {
    let process = Process::new(Dice::new(1, 1), Weather::default(), SignedDuration::ZERO);
    let endpoint = wire::endpoint(&Swarm::new(1, Clocks::default()), &process, 0, &Outages::default());
    let engine = Engine::connect(&endpoint, &Limits::default()).await.unwrap();
    let good = ["bb:1", "bb:2"].map(|image| json!({ "Image": image }));
    check(&Kind { engine, good, bad: json!({ "Image": "bad:1" }) }).await;
}

async fn check(kind: &Kind) {
    configs_and_secrets(&kind.engine).await;
    networks(kind).await;
    services(kind).await;
    a_good_update(kind).await;
    a_bad_update(kind).await;
}

fn spec(name: &str, container: &Value) -> Value {
    json!({
        "Name": name,
        "Labels": { LABEL: "st", "round": "1" },
        "TaskTemplate": { "ContainerSpec": container },
        "UpdateConfig": { "Parallelism": 1, "Monitor": 1_000_000_000, "FailureAction": "pause" },
    })
}

async fn configs_and_secrets(engine: &Engine) {
    for kind in [FileKind::Config, FileKind::Secret] {
        let body = |round: &str| json!({ "Name": "abra-head", "Labels": { "round": round }, "Data": "eA==" });
        let made = engine.create_file(kind, &body("1")).await.unwrap();
        let mut shouted = body("2");
        shouted["Name"] = json!("ABRA-HEAD");
        for again in [body("2"), shouted] {
            let taken = engine.create_file(kind, &again).await;
            assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
        }
        let seen = engine.file(kind, "abra-head").await.unwrap();
        let labels = json!({ "Name": "abra-head", "Labels": { "round": "2" } });
        engine.update_file(kind, &made.id, seen.version, &labels).await.unwrap();
        let stale = engine.update_file(kind, &made.id, seen.version, &body("3")).await;
        assert!(matches!(stale, Err(EngineError::OutOfSequence { .. })), "{stale:?}");
        let now = engine.file(kind, &made.id).await.unwrap();
        assert!(now.version > seen.version);
        assert_eq!(now.spec.data.as_deref(), (kind == FileKind::Config).then_some("eA=="), "content stays");
        let (written, date) = (now.updated_at.parse::<Timestamp>().unwrap(), engine.date().unwrap());
        let date = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
        assert!(date.duration_since(written).abs() < SignedDuration::from_secs(20), "one clock for both");
        for (filters, count) in [
            (Filters::label("round=2"), 1),
            (Filters::label("round=1"), 0),
            (Filters::none().and("name", "abra-he"), 1),
            (Filters::none().and("name", "head"), 0),
        ] {
            assert_eq!(engine.files(kind, &filters).await.unwrap().len(), count, "{filters:?}");
        }
        engine.remove_file(kind, &made.id).await.unwrap();
        let gone = [
            engine.remove_file(kind, &made.id).await,
            engine.file(kind, "abra-head").await.map(drop),
            engine.update_file(kind, &made.id, now.version, &labels).await,
        ];
        assert!(gone.iter().all(|gone| matches!(gone, Err(EngineError::NotFound { .. }))), "{gone:?}");
    }
}

async fn networks(kind: &Kind) {
    let engine = &kind.engine;
    let body = json!({ "Name": "st_default", "Driver": "overlay", "Labels": { LABEL: "st" } });
    let made = engine.create_network(&body).await.unwrap();
    let taken = engine.create_network(&body).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let listed = engine.networks(&Filters::stack("st")).await.unwrap();
    assert_eq!((listed.len(), listed[0].scope.as_str()), (1, "swarm"));
    let joining = |name: &str, network: &str| {
        let mut joining = spec(name, &kind.good[0]);
        joining["TaskTemplate"]["Networks"] = json!([{ "Target": network }]);
        joining
    };
    let lost = engine.create_service(&joining("st_lost", "nowhere"), None).await;
    assert!(matches!(lost, Err(EngineError::NotFound { .. })), "{lost:?}");
    let user = engine.create_service(&joining("st_user", "st_default"), None).await.unwrap();
    let target =
        engine.service(&user.id).await.unwrap().spec["TaskTemplate"]["Networks"][0]["Target"].clone();
    assert_eq!(target, json!(made.id), "names become ids");
    let used = engine.remove_network("st_default").await;
    assert!(matches!(used, Err(EngineError::InUse { .. })), "{used:?}");
    engine.remove_service(&user.id).await.unwrap();
    until("the network's end", async || engine.remove_network("st_default").await.ok()).await;
}

async fn services(kind: &Kind) {
    let engine = &kind.engine;
    let body = spec("st_web", &kind.good[0]);
    engine.create_service(&body, None).await.unwrap();
    let taken = engine.create_service(&body, None).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let task = running(engine, "st_web").await;
    assert_eq!((task.slot, task.desired_state.as_str()), (1, "running"));
    let before = engine.service("st_web").await.unwrap();
    assert!(before.update_status.is_none(), "nothing is said of a create");

    // Labels alone leave the tasks as they are, and no update is spoken of.
    let mut relabelled = body.clone();
    relabelled["Labels"]["round"] = json!("2");
    engine.update_service(&before.id, before.version, &relabelled, None).await.unwrap();
    let stale = engine.update_service(&before.id, before.version, &body, None).await;
    assert!(matches!(stale, Err(EngineError::OutOfSequence { .. })), "{stale:?}");
    let after = engine.service("st_web").await.unwrap();
    assert!(after.version > before.version && after.update_status.is_none());
    assert_eq!((after.label("round"), running(engine, "st_web").await.id), (Some("2"), task.id));
    assert!(after.previous_spec.is_some());
    let listed = engine.services(&Filters::stack("st")).await.unwrap();
    assert_eq!(listed.iter().map(Service::name).collect::<Vec<_>>(), ["st_web"]);
    assert_eq!(engine.services(&Filters::stack("other")).await.unwrap(), []);
    let gone = engine.service("st_nosuch").await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}

async fn a_good_update(kind: &Kind) {
    let engine = &kind.engine;
    let (before, old) = (engine.service("st_web").await.unwrap(), running(engine, "st_web").await);
    engine.update_service(&before.id, before.version, &spec("st_web", &kind.good[1]), None).await.unwrap();
    let ours = engine.service("st_web").await.unwrap().version;
    let updated = until("the end of the update", async || ended(engine, "completed").await).await;
    assert!(updated.version > ours, "the swarm writes down its own status as a new version");
    let new = running(engine, "st_web").await;
    assert_ne!(new.id, old.id);
    let all = engine.tasks(&Filters::stack("st").and("service", "st_web")).await.unwrap();
    let replaced = all.iter().find(|task| task.id == old.id).unwrap();
    assert_eq!(replaced.desired_state, "shutdown");
}

async fn a_bad_update(kind: &Kind) {
    let engine = &kind.engine;
    let before = engine.service("st_web").await.unwrap();
    engine.update_service(&before.id, before.version, &spec("st_web", &kind.bad), None).await.unwrap();
    until("the pause", async || ended(engine, "paused").await).await;
    let fresh = Filters::stack("st").and("_up-to-date", "true");
    let (failed, next) = until("a failure and its successor", async || {
        let tasks = engine.tasks(&fresh).await.unwrap();
        let failed = tasks.iter().find(|task| task.status.state == "failed").cloned()?;
        let next = tasks.into_iter().find(|task| task.id != failed.id && task.is_wanted())?;
        Some((failed, next))
    })
    .await;
    assert_eq!(failed.status.err, "task: non-zero exit (1)");
    assert_eq!(failed.status.container_status.unwrap().exit_code, 1);
    assert_eq!((failed.desired_state.as_str(), failed.slot, next.slot), ("shutdown", 1, 1));
    engine.remove_service("st_web").await.unwrap();
    until("the tasks' end", async || {
        let tasks = engine.tasks(&Filters::stack("st")).await.unwrap();
        tasks.iter().all(Task::has_ended).then_some(())
    })
    .await;
}

async fn ended(engine: &Engine, state: &str) -> Option<Service> {
    let service = engine.service("st_web").await.unwrap();
    service.update_status.as_ref().is_some_and(|status| status.state == state).then_some(service)
}

/// The one task that is up to date and runs. The manager notes that it does after the node has seen it.
async fn running(engine: &Engine, service: &str) -> Task {
    let filters = Filters::stack("st").and("_up-to-date", "true").and("service", service);
    let task = until("a running task", async || {
        let tasks = engine.tasks(&filters).await.unwrap();
        tasks.into_iter().find(Task::is_good)
    })
    .await;
    let [noted, since] =
        [&task.updated_at, &task.status.timestamp].map(|time| time.parse::<Timestamp>().unwrap());
    assert!(noted >= since, "noted at {noted}, runs since {since}");
    task
}
