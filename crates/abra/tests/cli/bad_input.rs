//! Bad input: a clear message with its place, a fitting exit code, and nothing changed, neither here nor on the server.
use crate::engine::World;
use crate::home::{COMPOSE, Home, SAMPLE};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn names_that_are_not_there_come_with_those_that_are_near() {
    let home = Home::usual().engine(World::default());
    assert_snapshot!(home.refused(&[
        &["app", "deploy", "wikki.test"],
        &["app", "undeploy", "zzz"],
        &["app", "ps", "wiki.tset"],
        &["app", "watch", "nothing.at.all"],
        &["app", "ls", "-s", "defualt"],
        &["app", "new", "wikki", "-o", "-D", "docs.test"],
        &["app", "new", "wiki", "1.0.1+1.0.0", "-o", "-D", "docs.test"],
        &["app", "new", "wiki", "-o", "-D", "docs.test", "-s", "defualt"],
        &["app", "new", "wiki", "-o", "-D", "wiki.test"],
        &["app", "deploy", "-o", "-n", "wiki.test", "1.0.0+1.1.0"],
        &["app", "deploy", "-o", "-n", "wiki.test", "0123456"],
        &["app", "deploy", "-o", "-n", "wiki.test", "not a version"],
    ]));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let home = Home::usual().engine(World::default());
    assert_snapshot!(home.refused(&[
        &["app", "new", "../wiki", "-D", "docs.test"],
        &["app", "new", "a/b", "-D", "docs.test"],
        &["app", "new", "host/-x/wiki", "-D", "docs.test"],
        &["app", "new", "-D", "docs.test", "--", "-wiki"],
        &["app", "new", "wiki", "-D", "../../x"],
        &["app", "new", "wiki", "-D", "a/b"],
        &["app", "new", "wiki", "--domain=-x"],
        &["app", "new", "wiki", "-D", "docs.test", "-s", "../default"],
        &["app", "new", "wiki", "-D", "docs.test", "--server=-x"],
        &["app", "ls", "-s", "a/b"],
        &["server", "add", "../x"],
        &["server", "add", "a/b"],
        &["server", "add", "--", "-x"],
        &["app", "deploy", "../default/wiki.test"],
        &["app", "ps", "a\u{1b}[31mb"],
    ]));
}

#[test]
fn two_apps_of_one_stack_are_refused() {
    let home = Home::usual().engine(World::default());
    home.write("abra/servers/default/wiki_test.env", "TYPE=wiki\n");
    home.write("abra/servers/default/named.test.env", "TYPE=wiki\nSTACK_NAME=long\n");
    home.write("abra/servers/default/long.env", "TYPE=wiki\n");
    assert_snapshot!(home.refused(&[
        &["app", "deploy", "-o", "-n", "wiki.test"],
        &["app", "deploy", "-o", "-n", "wiki_test"],
        &["app", "undeploy", "-n", "named.test"],
        &["app", "ps", "long"],
    ]));
}

#[test]
fn an_env_file_with_errors_shows_their_lines() {
    let home = Home::usual().engine(World::default());
    home.write("abra/servers/default/a.test.env", "TYPE=wiki\n1X=2\nTAG = 1\nDOMAIN=\"a.test\nB=1\n");
    home.write("abra/servers/default/b.test.env", "DOMAIN=b.test\n");
    home.write("abra/servers/default/c.test.env", "TYPE=../wiki\n");
    home.write("abra/servers/default/d.test.env", "TYPE=wiki\nSTACK_NAME=a.b\n");
    home.write("abra/servers/default/e.test.env", "TYPE=wiki:not a version\n");
    let apps = ["a.test", "b.test", "c.test", "d.test", "e.test"];
    let runs: Vec<[&str; 4]> = apps.iter().map(|app| ["app", "deploy", "-o", app]).collect();
    assert_snapshot!(home.refused(&runs.iter().map(<[&str; 4]>::as_slice).collect::<Vec<_>>()));
}

#[test]
fn links_that_lead_to_no_file_are_apps_with_a_problem() {
    let home = Home::usual().engine(World::default());
    let servers = home.path("abra/servers/default");
    std::os::unix::fs::symlink("../../shared/gone.env", servers.join("gone.test.env")).unwrap();
    std::os::unix::fs::symlink("round.test.env", servers.join("round.test.env")).unwrap();
    std::os::unix::fs::symlink("../..", servers.join("folder.test.env")).unwrap();
    assert_snapshot!(home.refused(&[
        &["app", "deploy", "-o", "-n", "gone.test"],
        &["app", "deploy", "-o", "-n", "gone.tset"],
        &["app", "ps", "round.test"],
        &["app", "deploy", "-o", "folder.test"],
        &["app", "new", "wiki", "-o", "-D", "gone.test"],
    ]));
    assert_snapshot!(format!("{}\n{}", home.page(&["app", "ls"]), home.page(&["app", "ls", "-m"])));
}

#[test]
fn settings_with_errors_show_their_lines() {
    let home = Home::usual();
    home.write("abra/config.yml", "operator:\n  snyc: true\n  remote: maybe\nrecipes:\n  url: [a]\n");
    assert_snapshot!(home.refused(&[&["app", "ls"]]));
    home.write("abra/config.yml", "operator: {sync: true\nx");
    assert_snapshot!(home.refused(&[&["config", "show"]]));
}

/// A deployment of the newest release, where nobody is asked.
const DEPLOY: &[&str] = &["app", "deploy", "-o", "-n", "wiki.test"];

#[test]
fn a_recipe_with_errors_shows_all_of_them() {
    let broken = "services:\n  app:\n    image: wiki\n    imge: x\n    ports: [\"80:http\"]\n    tty: [\n";
    let home = Home::usual().recipe("compose.yml", broken).engine(World::default());
    assert_snapshot!("recipe_syntax", home.refused(&[DEPLOY]));
    let wrong = "services:\n  app:\n    image: wiki\n    imge: x\n    environment: [\"A=${B:?is missing}\"]\n    \
                 networks: [nowhere]\n  web:\n    ports: [\"80:http\"]\n";
    let home = Home::usual().recipe("compose.yml", wrong).engine(World::default());
    assert_snapshot!("recipe_keys", home.refused(&[DEPLOY]));
}

#[test]
fn an_overlay_that_is_not_there_is_told_with_the_line_that_wants_it() {
    let env = SAMPLE.to_owned() + "COMPOSE_FILE=\"compose.yml:compose.smtp.yml:../x.yml\"\n";
    assert_snapshot!(Home::usual().env(&env).engine(World::default()).refused(&[DEPLOY]));
}

#[test]
fn files_outside_the_recipe_are_not_read() {
    let home = Home::usual();
    home.write("abra/secret.txt", "not yours");
    std::os::unix::fs::symlink("../../secret.txt", home.path("abra/recipes/wiki/link.txt")).unwrap();
    std::os::unix::fs::symlink("..", home.path("abra/recipes/wiki/up")).unwrap();
    let mut compose = "services:\n  app: {image: wiki}\nconfigs:\n".to_owned();
    for (at, path) in
        ["../../secret.txt", "/etc/hostname", "link.txt", "up/../../secret.txt"].iter().enumerate()
    {
        compose += &format!("  c{at}: {{file: {path}}}\n");
    }
    let home = home.recipe("compose.yml", &compose).engine(World::default());
    assert_snapshot!(home.refused(&[DEPLOY, &["app", "deploy", "-o", "-n", "-C", "wiki.test"]]));
}

#[test]
fn names_that_are_too_long_for_docker_are_refused() {
    let long = "x".repeat(70);
    let compose = format!(
        "services:\n  app: {{image: wiki, secrets: [s], configs: [c]}}\n  {long}: {{image: wiki}}\n\
         secrets:\n  s: {{name: {long}s, file: conf.txt}}\nconfigs:\n  c: {{name: {long}c, file: conf.txt}}\n"
    );
    let home = Home::usual().recipe("compose.yml", &compose).engine(World::default());
    assert_snapshot!("long_names", home.refused(&[DEPLOY]));
    let env = format!("{SAMPLE}STACK_NAME={long}\n");
    assert_snapshot!("long_stack", Home::usual().env(&env).engine(World::default()).refused(&[DEPLOY]));
}

#[test]
fn what_the_recipe_wants_and_the_server_lacks_is_told_at_once() {
    let world = World { networks: json!([]), secrets: json!([]), ..World::default() };
    assert_snapshot!(Home::usual().engine(world).refused(&[DEPLOY]));
}

#[test]
fn a_config_with_another_content_under_the_same_name_is_told() {
    let conf = json!([{ "ID": "c", "Version": { "Index": 1 }, "CreatedAt": "", "Spec": {
        "Name": "wiki_test_conf_v1", "Labels": { "com.docker.stack.namespace": "wiki_test" }, "Data": "b3RoZXI=" } }]);
    assert_snapshot!(Home::usual().engine(World { configs: conf, ..World::default() }).refused(&[DEPLOY]));
}

#[test]
fn engines_that_can_not_be_used_say_why() {
    let gone = Home::usual();
    let runs: [&[&str]; 3] =
        [DEPLOY, &["app", "ps", "wiki.test"], &["app", "new", "-o", "wiki", "-D", "d.test", "-S"]];
    assert_snapshot!("engine_gone", gone.refused(&runs));
    let old = Home::usual().engine(World { api: "1.30", ..World::default() });
    assert_snapshot!("engine_old", old.refused(&runs));
    let worker = Home::usual().engine(World { manager: false, ..World::default() });
    assert_snapshot!("engine_worker", worker.refused(&runs));
}

#[test]
fn questions_need_somebody_to_ask() {
    let home = Home::usual().engine(World::default());
    assert_snapshot!(home.refused(&[
        &["app", "new"],
        &["app", "new", "wiki"],
        &["app", "new", "wiki", "-n"],
        &["app", "deploy", "-o", "wiki.test"],
    ]));
    let home = Home::usual();
    home.write("abra/servers/far.test/x", "");
    assert_snapshot!(home.refused(&[&["app", "new", "-n", "wiki", "-D", "d.test"]]));
}

#[test]
fn without_a_place_to_write_to_nothing_is_pretended() {
    let home = Home::empty();
    assert_snapshot!(home.refused(&[&["app", "new", "wiki", "-D", "x.test"]]));
    home.write("abra/config.yml", "");
    assert_snapshot!(home.refused(&[&["config", "generate"]]));
}

#[test]
fn a_recipe_without_a_sample_can_not_make_an_app() {
    let home = Home::usual();
    std::fs::remove_file(home.path("abra/recipes/wiki/.env.sample")).unwrap();
    let home = home.recipe("compose.yml", COMPOSE);
    assert_snapshot!(home.refused(&[&["app", "new", "-o", "wiki", "-D", "x.test"]]));
}
