//! The engine's client against a real engine: every kind of call, and every refusal that decisions hang on.
use crate::rig::{connect, plain, swarm, until};
use abra::engine::{ApiVersion, EngineError, FileKind, Filters, LogQuery, Stream};
use abra_core::stack::live::Version;
use serde_json::{Value, json};
use std::time::Duration;

const LABELS: &str = "com.docker.stack.namespace";

fn spec(name: &str, image: &str) -> Value {
    json!({
        "Name": name,
        "Labels": { LABELS: "st" },
        "TaskTemplate": { "ContainerSpec": { "Image": image, "Labels": { LABELS: "st" } } },
    })
}

#[tokio::test]
async fn services_are_created_listed_updated_and_removed() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let created = engine.create_service(&spec("st_web", "bb:1"), None).await.unwrap();

    let listed = engine.services(&Filters::stack("st")).await.unwrap();
    assert_eq!(
        listed.iter().map(|s| (s.name(), s.id.as_str())).collect::<Vec<_>>(),
        [("st_web", created.id.as_str())]
    );
    assert_eq!(engine.services(&Filters::stack("other")).await.unwrap(), []);
    let service = engine.service("st_web").await.unwrap();
    assert_eq!(service, listed[0]);

    let twice = engine.create_service(&spec("st_web", "bb:1"), None).await.unwrap_err();
    assert!(matches!(&twice, EngineError::NameTaken { what, .. } if what == "service st_web"), "{twice:?}");

    engine.update_service(&service.id, service.version, &spec("st_web", "bb:2"), None).await.unwrap();
    let stale =
        engine.update_service(&service.id, service.version, &spec("st_web", "bb:1"), None).await.unwrap_err();
    assert!(matches!(stale, EngineError::OutOfSequence { .. }), "{stale:?}");
    let now = engine.service(&service.id).await.unwrap();
    assert!(now.version > service.version);
    assert_eq!(now.spec["TaskTemplate"]["ContainerSpec"]["Image"], "bb:2");
    assert!(now.previous_spec.is_some());

    engine.remove_service("st_web").await.unwrap();
    let gone = engine.service("st_web").await.unwrap_err();
    assert!(matches!(gone, EngineError::NotFound { .. }), "{gone:?}");
    let gone = engine.remove_service("st_web").await.unwrap_err();
    assert!(matches!(gone, EngineError::NotFound { .. }), "{gone:?}");
}

#[tokio::test]
async fn references_and_ports_that_cannot_be_are_told_apart() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let mut lost = spec("st_lost", "bb:1");
    lost["TaskTemplate"]["Networks"] = json!([{ "Target": "nowhere" }]);
    let error = engine.create_service(&lost, None).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::NotFound { message, .. } if message.contains("nowhere")),
        "{error:?}"
    );

    let mut first = spec("st_one", "bb:1");
    first["EndpointSpec"] = json!({ "Ports": [{ "TargetPort": 80, "PublishedPort": 8083 }] });
    let mut second = first.clone();
    second["Name"] = json!("st_two");
    engine.create_service(&first, None).await.unwrap();
    let error = engine.create_service(&second, None).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::PortTaken { message, .. } if message.contains("8083")),
        "{error:?}"
    );
}

#[tokio::test]
async fn of_several_writers_of_a_config_one_wins() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    for (kind, data) in [(FileKind::Config, json!("eA==")), (FileKind::Secret, Value::Null)] {
        let body = |owner: &str| json!({ "Name": "head", "Labels": { "owner": owner }, "Data": "eA==" });
        let made = engine.create_file(kind, &body("nobody")).await.unwrap();
        let taken = engine.create_file(kind, &body("else")).await.unwrap_err();
        assert!(matches!(taken, EngineError::NameTaken { .. }), "{taken:?}");

        let version = engine.file(kind, "head").await.unwrap().version;
        let bodies = ["a", "b", "c", "d"].map(body);
        let writes = bodies.iter().map(|body| engine.update_file(kind, &made.id, version, body));
        let results = futures_util::future::join_all(writes).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let lost = |r: &Result<(), EngineError>| matches!(r, Err(EngineError::OutOfSequence { .. }));
        assert_eq!(results.iter().filter(|r| lost(r)).count(), 3, "{results:?}");

        let winner = results.iter().position(Result::is_ok).unwrap();
        let listed = engine.files(kind, &Filters::none().and("name", "head")).await.unwrap();
        assert_eq!(listed[0].spec.labels.as_ref().unwrap()["owner"], ["a", "b", "c", "d"][winner]);
        assert_eq!(json!(listed[0].spec.data), data);

        engine.remove_file(kind, &made.id).await.unwrap();
        let gone = engine.update_file(kind, &made.id, version, &body("late")).await.unwrap_err();
        assert!(matches!(gone, EngineError::NotFound { .. }), "{gone:?}");
    }
}

#[tokio::test]
async fn networks_and_volumes_are_managed() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let body = json!({ "Name": "st_default", "Driver": "overlay", "Labels": { LABELS: "st" } });
    let made = engine.create_network(&body).await.unwrap();
    let taken = engine.create_network(&body).await.unwrap_err();
    assert!(matches!(taken, EngineError::NameTaken { .. }), "{taken:?}");
    let listed = engine.networks(&Filters::stack("st")).await.unwrap();
    assert_eq!(
        (listed.len(), listed[0].id.as_str(), listed[0].scope.as_str()),
        (1, made.id.as_str(), "swarm")
    );
    assert_eq!(engine.network("st_default").await.unwrap().name, "st_default");

    let mut user = spec("st_web", "bb:1");
    user["TaskTemplate"]["Networks"] = json!([{ "Target": "st_default" }]);
    user["TaskTemplate"]["ContainerSpec"]["Mounts"] = json!([{ "Type": "volume", "Source": "st_data", "Target": "/data",
                 "VolumeOptions": { "Labels": { LABELS: "st" } } }]);
    engine.create_service(&user, None).await.unwrap();
    let used = engine.remove_network("st_default").await.unwrap_err();
    assert!(matches!(used, EngineError::InUse { .. }), "{used:?}");
    until("the volume", async || engine.volumes(&Filters::stack("st")).await.unwrap().pop()).await;
    let held =
        until("the container", async || engine.containers(&Filters::none()).await.unwrap().pop()).await;
    assert_eq!(held.labels[LABELS], "st");
    assert_eq!(engine.container(&held.id).await.unwrap()["Id"], json!(held.id));

    engine.remove_service("st_web").await.unwrap();
    until("the network's end", async || engine.remove_network("st_default").await.ok()).await;
    until("the volume's end", async || engine.remove_volume("st_data").await.ok()).await;
    assert_eq!(engine.networks(&Filters::stack("st")).await.unwrap(), []);
    assert_eq!(engine.volumes(&Filters::stack("st")).await.unwrap(), []);
}

#[tokio::test]
async fn tasks_and_their_last_log_lines_are_read() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let script = "for n in 1 2 3 4 5; do echo line $n; done; echo oops >&2; exec sleep 1000";
    for (name, tty) in [("st_plain", false), ("st_tty", true)] {
        let mut body = spec(name, "bb:1");
        body["TaskTemplate"]["ContainerSpec"]["Command"] = json!(["sh", "-c", script]);
        body["TaskTemplate"]["ContainerSpec"]["TTY"] = json!(tty);
        engine.create_service(&body, None).await.unwrap();
        let filters = Filters::stack("st").and("_up-to-date", "true").and("service", name);
        let task = until("a running task", async || {
            engine.tasks(&filters).await.unwrap().into_iter().find(|task| task.status.state == "running")
        })
        .await;
        let query = LogQuery { tail: Some(20), tty, ..LogQuery::default() };
        let logs = until("all six lines", async || {
            let logs = engine.service_logs(name, &query).await.unwrap();
            (logs.lines.len() == 6).then_some(logs)
        })
        .await;
        assert!(logs.complete);
        assert!(
            logs.lines.iter().all(|line| line.task_id == task.id && line.node_id == task.node_id),
            "{logs:?}"
        );
        // The engine reads the two streams side by side: their order is not certain, that within each is.
        let (oops, counted): (Vec<_>, Vec<_>) = logs.lines.iter().partition(|line| line.text == "oops");
        assert_eq!(oops[0].stream, if tty { Stream::Stdout } else { Stream::Stderr });
        let texts: Vec<_> = counted.iter().map(|line| (line.text.as_str(), line.stream)).collect();
        let expected = ["line 1", "line 2", "line 3", "line 4", "line 5"].map(|text| (text, Stream::Stdout));
        assert_eq!(texts, expected, "tty {tty}");
        assert_eq!(engine.task_logs(&task.id, &query).await.unwrap(), logs);
        let last = LogQuery { tail: Some(2), ..query };
        assert_eq!(engine.service_logs(name, &last).await.unwrap().lines.len(), 2);
    }
    let gone = engine.service_logs("nosuch", &LogQuery::default()).await.unwrap_err();
    assert!(matches!(gone, EngineError::NotFound { .. }), "{gone:?}");
}

#[tokio::test]
async fn an_engine_says_who_it_is() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    assert!((ApiVersion::LEAST..=ApiVersion::OURS).contains(&engine.version()));
    let info = engine.info().await.unwrap();
    assert!(info.swarm.control_available && info.swarm.error.is_empty(), "{info:?}");
    assert!(engine.manager_hint().is_none_or(|hint| hint));
    let nodes = engine.nodes().await.unwrap();
    assert_eq!((nodes.len(), nodes[0].id.as_str()), (1, info.swarm.node_id.as_str()));
    assert_eq!((nodes[0].spec.availability.as_str(), nodes[0].status.state.as_str()), ("active", "ready"));
    assert!(!engine.cluster().await.unwrap().id.is_empty());
    assert_eq!(engine.requests(), 4);
    assert!(engine.date().unwrap().ends_with("GMT"));
}

#[tokio::test]
async fn an_engine_without_a_swarm_is_no_manager() {
    let rig = plain();
    let engine = connect(&rig.socket()).await.unwrap();
    assert!(!engine.info().await.unwrap().swarm.control_available);
    assert!(engine.manager_hint().is_none_or(|hint| !hint));
    assert_eq!(engine.services(&Filters::none()).await.unwrap_err(), EngineError::NotManager);
    assert_eq!(engine.cluster().await.unwrap_err(), EngineError::NotManager);
}

#[tokio::test]
async fn refusals_without_a_name_of_their_own_keep_the_engines_words() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let error =
        engine.create_file(FileKind::Config, &json!({ "Name": "-bad", "Data": "eA==" })).await.unwrap_err();
    assert!(error.to_string().starts_with("the engine refused config -bad: invalid name"), "{error}");
    let created = engine.create_service(&spec("st_web", "bb:1"), None).await.unwrap();
    let mut global = spec("st_web", "bb:1");
    global["Mode"] = json!({ "Global": {} });
    let version = until("a quiet service", async || {
        let version: Version = engine.service(&created.id).await.unwrap().version;
        tokio::time::sleep(Duration::from_millis(100)).await;
        (engine.service(&created.id).await.unwrap().version == version).then_some(version)
    })
    .await;
    let error = engine.update_service(&created.id, version, &global, None).await.unwrap_err();
    assert!(matches!(&error, EngineError::Refused { status: 501, .. }), "{error:?}");
}
