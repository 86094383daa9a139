//! Images by digest, and registries with and without a password, through `abra stack deploy`.
use crate::rig::swarm;
use abra::engine::Limits;
use abra_rig::{Engine, Fault, Proxy, Registry};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A swarm, a registry in it that has `bb:1`, and a folder for compose files and docker's settings.
struct Ground {
    rig: Engine,
    registry: Registry,
    image: String,
    folder: TempDir,
}

/// How a run of abra ended, and everything that it wrote.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Ground {
    fn new(password: bool) -> Self {
        let mut rig = swarm();
        let registry = Registry::start(&mut rig, 5000, password).unwrap();
        let image = registry.push(&rig, "bb", "1").unwrap();
        Self { rig, registry, image, folder: tempfile::tempdir().unwrap() }
    }

    /// What docker's `config.json` says.
    fn settings(&self, text: &str) {
        fs::write(self.folder.path().join("config.json"), text).unwrap();
    }

    /// A credential helper named `rig` in front of `PATH`.
    fn helper(&self, script: &str) {
        let file = self.folder.path().join("docker-credential-rig");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Deploys a stack of one service, with `word` in its environment.
    fn deploy(&self, word: &str, flags: &[&str]) -> Said {
        let file = self.folder.path().join("compose.yml");
        let text = format!(
            "version: \"3.8\"\nservices:\n  web:\n    image: {}\n    environment:\n      WORD: {word}\n",
            self.image
        );
        fs::write(&file, text).unwrap();
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_abra"))
            .args(["--debug", "stack", "deploy", "--detach", "-c"])
            .arg(&file)
            .args(flags)
            .arg("st")
            .env_clear()
            .env("PATH", path)
            .env("DOCKER_HOST", self.rig.address())
            .env("DOCKER_CONFIG", self.folder.path())
            .output()
            .unwrap();
        let text =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Said { code: output.status.code(), text }
    }

    fn spec(&self) -> Value {
        self.rig.json("/services/st_web").unwrap()["Spec"].clone()
    }

    fn live_image(&self) -> String {
        self.spec()["TaskTemplate"]["ContainerSpec"]["Image"].as_str().unwrap().to_owned()
    }

    fn platforms(&self) -> Value {
        self.spec()["TaskTemplate"]["Placement"]["Platforms"].clone()
    }

    /// Whether anybody has updated the service since it was created. (Its version also moves with the swarm's own doing.)
    fn is_updated(&self) -> bool {
        self.rig.json("/services/st_web").unwrap().get("PreviousSpec").is_some()
    }

    fn is_pinned(&self) -> bool {
        self.live_image().starts_with(&format!("{}@sha256:", self.image))
    }

    /// Somebody pushes another image under the same tag.
    fn move_tag(&self) {
        self.rig.image("bb", "1", &["LABEL moved=yes"]).unwrap();
        self.registry.push(&self.rig, "bb", "1").unwrap();
    }

    fn wait_until_it_runs(&self) {
        let runs = || {
            let tasks = self.rig.json("/tasks").unwrap();
            tasks.as_array().unwrap().iter().any(|task| task["Status"]["State"] == "running")
        };
        self.rig.wait_for("a running task", runs).unwrap();
    }
}

#[track_caller]
fn went_well(said: &Said) {
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(!said.text.contains("no digest"), "{}", said.text);
}

/// Neither the password nor what is sent for it, in any of its spellings.
#[track_caller]
fn tells_no_secret(said: &Said) {
    // "throwaway" and "rig:throwaway" in base64, at each of the three offsets.
    for secret in ["throwaway", "dGhyb3dhd2F5", "Rocm93YXdhe", "0aHJvd2F3YX", "bad-word"] {
        assert!(!said.text.contains(secret), "{secret}: {}", said.text);
    }
}

#[test]
fn a_tag_that_moved_is_followed_with_always_and_not_with_changed_or_never() {
    let ground = Ground::new(false);
    went_well(&ground.deploy("one", &[]));
    assert!(ground.is_pinned(), "{}", ground.live_image());
    let (pinned, platforms) = (ground.live_image(), ground.platforms());
    assert_eq!(platforms[0]["OS"], "linux");

    ground.move_tag();
    for resolve in ["changed", "never"] {
        went_well(&ground.deploy("one", &["--resolve-image", resolve]));
        assert_eq!((ground.live_image(), ground.is_updated()), (pinned.clone(), false), "{resolve}");
    }
    for resolve in ["changed", "never"] {
        // Something else changed: the pin stays, and so do the platforms, which docker would drop.
        went_well(&ground.deploy(resolve, &["--resolve-image", resolve]));
        assert!(ground.is_updated(), "{resolve}");
        assert_eq!(
            (ground.live_image(), ground.platforms()),
            (pinned.clone(), platforms.clone()),
            "{resolve}"
        );
    }
    went_well(&ground.deploy("never", &[]));
    assert!(ground.is_pinned());
    assert_ne!(ground.live_image(), pinned);
}

#[test]
fn never_asks_no_registry() {
    let ground = Ground::new(false);
    went_well(&ground.deploy("one", &["--resolve-image", "never"]));
    assert_eq!((ground.live_image(), ground.platforms()), (ground.image.clone(), Value::Null));
}

#[test]
fn a_new_service_is_pinned_with_changed_too() {
    let ground = Ground::new(false);
    went_well(&ground.deploy("one", &["--resolve-image", "changed"]));
    assert!(ground.is_pinned(), "{}", ground.live_image());
}

#[test]
fn a_registry_with_a_password_is_asked_and_pulled_from_with_dockers_credentials() {
    let ground = Ground::new(true);
    ground.settings(&ground.registry.docker_config());
    // Nodes pull with what came along with the service: the image is in the registry only.
    for image in [ground.image.as_str(), "bb:1"] {
        ground.rig.delete(&format!("/images/{image}")).unwrap().accepted("removal").unwrap();
    }
    let said = ground.deploy("one", &["--with-registry-auth"]);
    went_well(&said);
    tells_no_secret(&said);
    assert!(ground.is_pinned(), "{}", ground.live_image());
    ground.wait_until_it_runs();
}

#[test]
fn an_image_that_a_registry_does_not_tell_of_keeps_its_live_pin_with_a_warning() {
    let ground = Ground::new(true);
    ground.settings(&ground.registry.docker_config());
    went_well(&ground.deploy("one", &["--with-registry-auth"]));
    let (pinned, platforms) = (ground.live_image(), ground.platforms());
    ground.move_tag();
    // Without credentials, although they are there.
    let said = ground.deploy("two", &[]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("goes on with the digest that it runs"), "{}", said.text);
    assert_eq!((ground.live_image(), ground.platforms()), (pinned, platforms));
}

#[test]
fn a_wrong_password_is_a_warning_and_stays_unsaid() {
    let ground = Ground::new(true);
    // rig:bad-word
    ground
        .settings(&format!(r#"{{"auths":{{"{}":{{"auth":"cmlnOmJhZC13b3Jk"}}}}}}"#, ground.registry.address));
    let said = ground.deploy("one", &["--with-registry-auth"]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("no digest of image"), "{}", said.text);
    assert!(said.text.contains("the registry wants other credentials"), "{}", said.text);
    tells_no_secret(&said);
    assert_eq!(ground.live_image(), ground.image);
}

#[test]
fn a_credential_helper_is_asked_and_what_it_says_stays_unsaid() {
    let ground = Ground::new(true);
    ground.helper(&format!(
        "read -r registry; [ \"$1 $registry\" = 'get {}' ] || exit 1\n\
         echo '{{\"ServerURL\":\"\",\"Username\":\"rig\",\"Secret\":\"throwaway\"}}'",
        ground.registry.address
    ));
    let of_this =
        format!(r#"{{"credsStore":"absent","credHelpers":{{"{}":"rig"}}}}"#, ground.registry.address);
    for (word, settings) in [("one", of_this.as_str()), ("two", r#"{"credsStore":"rig","auths":{}}"#)] {
        ground.settings(settings);
        let said = ground.deploy(word, &["--with-registry-auth"]);
        went_well(&said);
        tells_no_secret(&said);
        assert!(ground.is_pinned(), "{settings}: {}", ground.live_image());
        ground.move_tag();
    }
}

#[test]
fn registries_are_asked_side_by_side() {
    let rig = swarm();
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(&folder.path().join("proxy.sock"), &rig.socket()).unwrap();
    // None of these is ever answered: asked one after the other, the second would come when the first is given up.
    let images = ["a", "b", "c", "d"];
    images.iter().for_each(|_| proxy.break_next("GET", "/distribution/", Fault::Silence));
    let service = |name: &&str| format!("  {name}:\n    image: registry.invalid/{name}:1\n");
    let text = format!("version: \"3.8\"\nservices:\n{}", images.iter().map(service).collect::<String>());
    let file = folder.path().join("compose.yml");
    fs::write(&file, text).unwrap();
    let mut abra = Command::new(env!("CARGO_BIN_EXE_abra"))
        .args(["stack", "deploy", "--detach", "-c"])
        .arg(&file)
        .arg("st")
        .env_clear()
        .env("DOCKER_HOST", proxy.address())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = || proxy.seen().iter().filter(|seen| seen.target.contains("/distribution/")).count();
    let start = Instant::now();
    while asked() < images.len() && start.elapsed() < Limits::default().request {
        std::thread::sleep(Duration::from_millis(20));
    }
    let in_time = start.elapsed() < Limits::default().request;
    abra.kill().unwrap();
    abra.wait().unwrap();
    assert!(in_time, "{} asked", asked());
    assert_eq!(rig.json("/services").unwrap(), Value::Array(vec![]));
}

#[test]
fn a_credential_helper_that_fails_is_a_warning_that_names_it() {
    let ground = Ground::new(true);
    ground.settings(r#"{"credsStore":"rig"}"#);
    for script in ["echo throwaway; exit 1", "echo 'throwaway {'", "echo throwaway >&2; exit 3"] {
        ground.helper(script);
        let said = ground.deploy("one", &["--with-registry-auth"]);
        assert_eq!(said.code, Some(0), "{}", said.text);
        assert!(said.text.contains("docker-credential-rig"), "{}", said.text);
        tells_no_secret(&said);
    }
}

#[test]
fn settings_that_are_no_json_are_refused_before_anything_is_done() {
    let ground = Ground::new(false);
    ground.settings("{\"auths\": {\"x\": {\"auth\": throwaway}}}");
    let said = ground.deploy("one", &["--with-registry-auth"]);
    assert!(said.code.is_some_and(|code| code != 0), "{}", said.text);
    assert!(said.text.contains("config.json") && said.text.contains("line 1"), "{}", said.text);
    tells_no_secret(&said);
    assert_eq!(ground.rig.json("/services").unwrap(), Value::Array(vec![]));
}
