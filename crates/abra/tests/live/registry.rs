//! Digests and credentials with a real registry.
use crate::rig::{connect, swarm, until};
use abra::engine::auth::Credentials;
use abra::engine::{EngineError, Filters};
use abra_rig::Registry;
use serde_json::json;

#[tokio::test]
async fn a_digest_comes_from_the_registry() {
    let mut rig = swarm();
    let registry = Registry::start(&mut rig, 5000, false).unwrap();
    let image = registry.push(&rig, "bb", "1").unwrap();
    let engine = connect(&rig.socket()).await.unwrap();
    let seen = engine.distribution(&image, None).await.unwrap();
    assert!(seen.digest.starts_with("sha256:"), "{seen:?}");
    assert_eq!(seen.platforms[0].os, "linux");
    let error = engine.distribution("127.0.0.1:5000/bb:nosuch", None).await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_registry_with_a_password_is_used_with_dockers_credentials() {
    let mut rig = swarm();
    let registry = Registry::start(&mut rig, 5001, true).unwrap();
    let image = registry.push(&rig, "bb", "2").unwrap();
    let engine = connect(&rig.socket()).await.unwrap();
    let error = engine.distribution(&image, None).await.unwrap_err();
    assert!(matches!(error, EngineError::Unauthorized { .. }), "{error:?}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), registry.docker_config()).unwrap();
    let auth = Credentials::read(folder.path()).unwrap().for_image(&image).await.unwrap();
    assert!(auth.is_some());
    engine.distribution(&image, auth.as_ref()).await.unwrap();

    // Nodes pull with what came along with the service.
    rig.delete(&format!("/images/{image}")).unwrap().accepted("untag").unwrap();
    rig.delete("/images/bb:2").unwrap().accepted("remove").unwrap();
    let body = json!({ "Name": "pulled", "TaskTemplate": { "ContainerSpec": { "Image": image } } });
    engine.create_service(&body, auth.as_ref()).await.unwrap();
    until("a running task", async || {
        engine.tasks(&Filters::none()).await.unwrap().into_iter().find(|task| task.status.state == "running")
    })
    .await;
}
