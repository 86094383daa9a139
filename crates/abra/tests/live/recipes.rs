//! Recipes as they are found in the wild: an engine takes all that is made of them, and what can't work is refused in
//! words that a maintainer can act on.
use crate::operator::{APP, Forge, Operator, STACK};
use crate::rig::swarm;
use abra_rig::Engine;
use serde_json::json;
use std::path::Path;

/// A recipe on an engine that has what recipes expect: the network `proxy`, and secrets by their names in the stack.
fn prepared(recipe: &str, uncommented: &[&str], secrets: &[&str]) -> (Engine, Forge, Operator) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipes").join(recipe);
    let rig = swarm();
    let network = json!({"Name": "proxy", "Driver": "overlay", "Attachable": true});
    rig.post("/networks/create", &network).unwrap().accepted("proxy").unwrap();
    for secret in secrets {
        let body = json!({"Name": format!("{STACK}_{secret}"), "Data": "eA=="});
        rig.post("/secrets/create", &body).unwrap().accepted(secret).unwrap();
    }
    let forge = Forge::new();
    forge.release_folder("1.0.0+1.0", &folder);
    let ada = Operator::new(&forge, rig.address(), false);
    let mut env = std::fs::read_to_string(folder.join(".env.sample")).unwrap();
    for word in uncommented {
        let lines: Vec<&str> = env.split('\n').collect();
        let open = |line: &&str| {
            if line.contains(word) { line.trim_start_matches(['#', ' ']) } else { line }.to_owned()
        };
        env = lines.iter().map(open).collect::<Vec<_>>().join("\n");
    }
    ada.write_env(&env);
    (rig, forge, ada)
}

/// Plans a recipe, deploys it and deploys it again: the second time there is nothing to do.
#[track_caller]
fn accepted(recipe: &str, uncommented: &[&str], secrets: &[&str], said: &[&str], services: &[&str]) {
    let (rig, _forge, ada) = prepared(recipe, uncommented, secrets);
    let dry = ada.run(&format!("app deploy -n -D --dry-run {APP}")).is(0, said);
    assert_eq!(rig.json("/services").unwrap(), json!([]), "a dry run changed something");
    for line in dry.text.lines().filter(|line| line.starts_with("warning: ")) {
        assert_eq!(dry.text.matches(line).count(), 1, "said more than once: {line}");
    }
    ada.deploy("-c").is(0, &["was sent and is not watched"]);
    let list = rig.json("/services").unwrap();
    let name = |service: &serde_json::Value| service["Spec"]["Name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = list.as_array().unwrap().iter().map(name).collect();
    names.sort();
    assert_eq!(names, services.iter().map(|short| format!("{STACK}_{short}")).collect::<Vec<_>>());
    let again = ada.deploy("-c").is(0, &["app  unchanged"]);
    assert!(!again.text.contains("updating"), "{}", again.text);
}

const GARDEN: [&str; 2] = ["db_password_v1", "session_key_v2"];

#[test]
fn a_recipe_with_overlays_templates_anchors_and_secrets() {
    let said = [
        "registry.invalid/garden/app:1.4-social",
        "services.db.tmpfs has no effect in a swarm\n  --> compose.db.yml:21:5",
        "the same at extra/compose.tune.yml:6:5",
        "config   demo_example_com_tune_v1",
    ];
    accepted("garden", &["compose.tune"], &GARDEN, &said, &["app", "db"]);
}

#[test]
fn a_recipe_that_publishes_ports_of_the_swarm_or_of_nodes() {
    accepted("gateway", &[], &[], &["config   demo_example_com_gateway_yml_v9"], &["app"]);
    accepted("gateway", &["compose.host"], &[], &["service  app"], &["app"]);
}

#[test]
fn a_small_recipe_says_each_thing_once() {
    let said = [
        "services.app.depends_on does not make a service wait",
        "the variable SOURCE_URL is not set",
        "the same at compose.yml:",
        "no digest of image registry.invalid/games:latest (app)",
    ];
    accepted("games", &[], &[], &said, &["app", "db"]);
}

#[test]
fn a_mistake_in_an_overlay_is_refused_with_its_place_and_a_way_out() {
    let (rig, _forge, ada) = prepared("garden", &["compose.login"], &GARDEN);
    ada.deploy("-c").is(
        1,
        &[
            "service app: secret \"login_key\" is not declared in secrets\n  --> compose.login.yml:4:15",
            "declared under secrets, but used by no service: sign_in",
            "nothing was changed",
        ],
    );
    assert_eq!(rig.json("/configs").unwrap(), json!([]), "something was created");
}

#[test]
fn missing_secrets_are_all_named_with_the_nearest_that_is_there() {
    let (rig, _forge, ada) = prepared("garden", &[], &["db_password_v2"]);
    ada.deploy("-c").is(
        1,
        &[
            "external secret demo_example_com_db_password_v1 does not exist (used by app, db)",
            "there is one called demo_example_com_db_password_v2",
            "external secret demo_example_com_session_key_v2 does not exist (used by app)",
            "2 problems, nothing was changed",
        ],
    );
    assert_eq!(rig.json("/services").unwrap(), json!([]));
}
