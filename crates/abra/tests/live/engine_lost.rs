//! The engine's client while the engine, or the way to it, fails.
use crate::rig::{PATIENCE, connect, plain, swarm, until};
use abra::engine::{Endpoint, Engine, EngineError, FileKind, Filters, Limits, Notice};
use abra_rig::{Fault, Proxy};
use serde_json::json;
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Less patient than usual, but not with a machine that is busy.
const SHORT: Limits =
    Limits { connect: Duration::from_secs(10), request: Duration::from_secs(5), answer: 2000 };

#[tokio::test]
async fn no_socket_and_no_listener_are_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.sock");
    let error = connect(&absent).await.unwrap_err();
    assert!(
        error.is_transient() && !error.may_have_happened() && error.to_string().contains("No such file"),
        "{error}"
    );
    let dead = folder.path().join("dead.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let error = connect(&dead).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_frozen_engine_is_given_up_in_time() {
    let mut rig = swarm();
    let engine = Engine::connect(&Endpoint::Unix(rig.socket()), &SHORT).await.unwrap();
    rig.freeze().unwrap();
    let start = Instant::now();
    let error = engine.services(&Filters::none()).await.unwrap_err();
    assert!(matches!(error, EngineError::TimedOut { .. }) && error.may_have_happened(), "{error:?}");
    assert!(start.elapsed() < PATIENCE);
    rig.thaw().unwrap();
    until("an answer after the thaw", async || engine.services(&Filters::none()).await.ok()).await;
}

#[tokio::test]
async fn the_same_client_goes_on_after_the_engine_was_killed_and_started_again() {
    let mut rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let body = json!({ "Name": "kept", "Data": "eA==" });
    engine.create_file(FileKind::Config, &body).await.unwrap();
    rig.kill().unwrap();
    let error = engine.files(FileKind::Config, &Filters::none()).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    rig.start_again().unwrap();
    let kept =
        until("the swarm's return", async || match engine.files(FileKind::Config, &Filters::none()).await {
            Ok(kept) => Some(kept),
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                None
            }
        })
        .await;
    assert_eq!(kept[0].spec.name, "kept");
}

#[tokio::test]
async fn a_lost_answer_may_have_happened_and_an_unsent_request_has_not() {
    let rig = swarm();
    let proxy = Proxy::start(&rig.folder().join("proxy.sock"), &rig.socket()).unwrap();
    let engine = connect(proxy.socket()).await.unwrap();
    for (name, fault, there) in [("lost", Fault::AnswerLost, true), ("unsent", Fault::Unsent, false)] {
        proxy.break_next("POST", "/configs/create", fault);
        let body = json!({ "Name": name, "Data": "eA==" });
        let error = engine.create_file(FileKind::Config, &body).await.unwrap_err();
        assert!(error.may_have_happened(), "{error:?}");
        let filters = Filters::none().and("name", name);
        assert_eq!(
            engine.files(FileKind::Config, &filters).await.unwrap().len(),
            usize::from(there),
            "{name}"
        );
    }
    proxy.cut();
    assert_eq!(
        engine.files(FileKind::Config, &Filters::none()).await.unwrap().len(),
        1,
        "idle connections that were cut"
    );
}

#[tokio::test]
async fn requests_are_counted_and_observed_without_their_bodies() {
    let rig = swarm();
    let proxy = Proxy::start(&rig.folder().join("proxy.sock"), &rig.socket()).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&log);
    let observer: abra::engine::Observer = Box::new(move |notice| {
        let Notice::Request(seen) = notice else { panic!("{notice:?}") };
        shared.lock().unwrap().push(format!("{} {} {:?}", seen.method, seen.target, seen.status));
    });
    let endpoint = Endpoint::Unix(proxy.socket().to_owned());
    let engine = Engine::connect_observed(&endpoint, &Limits::default(), Some(observer)).await.unwrap();
    engine.create_file(FileKind::Secret, &json!({ "Name": "s1", "Data": "aHVudGVyMg==" })).await.unwrap();
    engine.service("nosuch").await.unwrap_err();
    let version = engine.version();
    let expected = [
        "GET /_ping Some(200)".to_owned(),
        format!("POST /v{version}/secrets/create Some(201)"),
        format!("GET /v{version}/services/nosuch Some(404)"),
    ];
    assert_eq!(*log.lock().unwrap(), expected);
    let seen: Vec<_> =
        proxy.seen().into_iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    assert_eq!(seen, expected.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()));
    assert_eq!(engine.requests(), 3);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let rig = plain();
    let engine = Engine::connect(&Endpoint::Unix(rig.socket()), &SHORT).await.unwrap();
    let error = engine.info().await.unwrap_err();
    assert!(
        matches!(&error, EngineError::BadAnswer { reason, .. } if reason.contains("2000 bytes")),
        "{error:?}"
    );
}
