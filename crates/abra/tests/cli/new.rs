//! `app new`: what is written, and what is not.
use crate::engine::World;
use crate::home::{Home, SAMPLE};
use serde_json::Value;

#[test]
fn the_sample_becomes_the_env_file() {
    let home = Home::usual();
    let sample = SAMPLE.replace("wiki.example.com", "docs.test");
    for (domain, version, wanted) in [
        ("docs.test", None, sample.clone()),
        ("docs.test", Some("1.0.0+1.0.0"), sample.replace("TYPE=wiki", "TYPE=wiki:1.0.0+1.0.0")),
    ] {
        let mut run = vec!["app", "new", "-o", "wiki"];
        run.extend(version);
        run.extend(["-D", domain]);
        let output = home.run(&run);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let file = home.path("abra/servers/default/docs.test.env");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), wanted);
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn only_secrets_that_the_recipe_uses_are_looked_at() {
    let home = Home::usual().engine(World::default());
    let output = home.run(&["-m", "app", "new", "-o", "wiki", "-D", "wiki_test", "-S"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let secrets = value["secrets"].as_array().unwrap();
    assert_eq!((secrets.len(), &secrets[0]["name"]), (1, &"wiki_test_password_v1".into()), "{value}");
    assert_eq!(secrets[0]["state"], "present");
    assert!(value.get("error").is_none());
}

#[test]
fn without_a_pass_store_nothing_is_created() {
    let home = Home::usual().engine(World::default());
    let page = home.refused(&[&["app", "new", "-o", "wiki", "-D", "docs.test", "-S", "--pass"]]);
    assert!(page.contains("pass"), "{page}");
}

/// Stands in for the pass store: keeps its arguments, and what comes in, in files.
const PASS: &str = "#!/bin/sh\necho \"$@\" >>\"$HOME/arguments\"\n[ \"$1\" = ls ] || cat >>\"$HOME/kept\"\nexit ${FAIL:-0}\n";

fn with_pass(home: &Home) -> std::process::Command {
    use std::os::unix::fs::PermissionsExt as _;
    home.write("bin/pass", PASS);
    std::fs::set_permissions(home.path("bin/pass"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = home.abra(&["-m", "app", "new", "-o", "wiki", "-D", "docs.test", "-S", "--pass"]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", home.path("bin").display()));
    command
}

#[test]
fn pass_is_handed_values_through_a_pipe_only() {
    let home = Home::usual().engine(World { takes: true, ..World::default() });
    let output = with_pass(&home).output().unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let secret = value["secrets"][0]["value"].as_str().unwrap();
    assert!(secret.len() == 12 && secret.chars().all(|c| c.is_ascii_hexdigit()), "{value}");
    let file = |name: &str| std::fs::read_to_string(home.path(&format!("user/{name}"))).unwrap();
    assert_eq!(file("kept"), format!("{secret}\n"));
    let arguments = "ls\ninsert --multiline --force default/docs.test/docs_test_password_v1\n";
    assert_eq!(file("arguments"), arguments);
}

#[test]
fn a_server_that_takes_no_secret_leaves_the_app_and_says_so() {
    let home = Home::usual().engine(World::default());
    let output = with_pass(&home).output().unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), value["secrets"].as_array().map(Vec::len), &value["secrets"][0]["state"]),
        (Some(3), Some(1), &"not-made".into()),
        "{value}"
    );
    assert!(!home.path("user/kept").exists(), "pass keeps no value that the server does not have");
    assert!(value["error"]["message"].as_str().unwrap().contains("only shows things"), "{value}");
    assert!(home.path("abra/servers/default/docs.test.env").exists());
}
