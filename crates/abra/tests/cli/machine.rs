//! `--machine`: exactly one JSON document on stdout, whatever happens.
use crate::engine::World;
use crate::home::Home;
use serde_json::Value;

fn document(home: &Home, run: &[&str]) -> (Value, i32) {
    let output = home.run(run);
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{run:?}: {error}: {text:?}"));
    (value, output.status.code().unwrap())
}

#[test]
fn every_command_prints_one_document() {
    let home = Home::usual().engine(World::default());
    home.write("stack.yml", "services: {app: {image: wiki}}\n");
    let file = home.path("stack.yml").display().to_string();
    let runs: [&[&str]; 38] = [
        &["-m", "config", "show"],
        &["-m", "config", "generate"],
        &["-m", "server", "add", "--local"],
        &["-m", "server", "ls"],
        &["-m", "app", "ls"],
        &["-m", "app", "ls", "-S"],
        &["-m", "app", "ps", "wiki.test"],
        &["-m", "app", "services", "wiki.test"],
        &["-m", "app", "labels", "wiki.test"],
        &["-m", "app", "logs", "wiki.test"],
        &["-m", "app", "cmd", "list", "-o", "wiki.test"],
        &["-m", "app", "secret", "ls", "-o", "wiki.test"],
        &["-m", "app", "secret", "generate", "-o", "wiki.test"],
        &["-m", "app", "secret", "rm", "-o", "-n", "--all", "wiki.test"],
        &["-m", "app", "new", "-o", "wiki", "-D", "docs.test"],
        &["-m", "app", "new", "-o", "wiki", "-D", "more.test", "-S", "-s", "default"],
        &["-m", "app", "deploy", "-o", "-n", "--dry-run", "wiki.test"],
        &["-m", "app", "deploy", "-o", "-n", "wiki.test"],
        &["-m", "app", "diff", "-o", "wiki.test"],
        &["-m", "app", "diff", "-o", "wiki.test", "0.9.0+1"],
        &["-m", "app", "undeploy", "-n", "wiki.test"],
        &["-m", "app", "watch", "wiki.test"],
        &["-m", "app", "history", "wiki.test"],
        &["-m", "app", "check", "-o", "wiki.test"],
        &["-m", "app", "volume", "ls", "wiki.test"],
        &["-m", "app", "lock", "status", "wiki.test"],
        &["-m", "app", "lock", "release", "-n", "wiki.test"],
        &["-m", "app", "upgrade", "-o", "-n", "--dry-run", "wiki.test"],
        &["-m", "app", "upgrade", "-o", "-n", "wiki.test"],
        &["-m", "app", "upgrade", "-o", "-n", "--releasenotes", "wiki.test"],
        &["-m", "app", "rollback", "-o", "-n", "--dry-run", "wiki.test"],
        &["-m", "app", "rollback", "-o", "-n", "wiki.test", "1.0.0+1.0.0"],
        &["-m", "app", "sync", "-o", "-n", "wiki.test"],
        &["-m", "app", "sync", "-o", "-n", "--check", "wiki.test"],
        &["-m", "app", "sync", "-o", "-n", "--check", "--all"],
        &["-m", "app", "sync", "-o", "-n", "--dry-run", "--all"],
        &["-m", "stack", "config", "-c", &file],
        &["-m", "stack", "deploy", "-c", &file, "st"],
    ];
    for run in runs {
        let (value, exit) = document(&home, run);
        let error = value.get("error").is_some_and(|error| error["message"].is_string());
        // Something differs: that is an answer.
        let is_answer = exit == 0 || (run.contains(&"diff") && exit == 8);
        assert_eq!(error, !is_answer, "{run:?}: {exit}: {value}");
    }
}

#[test]
fn failures_are_documents_too() {
    let home = Home::usual();
    let runs: [(&[&str], i32); 7] = [
        (&["app", "deploy", "-m", "nowhere"], 1),
        (&["app", "deploy", "-om", "wiki.test"], 1),
        (&["app", "new", "--machine"], 1),
        (&["-m", "app", "deploy"], 2),
        (&["-m", "frob"], 2),
        (&["app", "ls", "-nm", "--frob"], 2),
        (&["-m", "server", "add"], 1),
    ];
    for (run, wanted) in runs {
        let (value, exit) = document(&home, run);
        assert_eq!(
            (exit, value["error"]["exit"].as_i64()),
            (wanted, Some(wanted.into())),
            "{run:?}: {value}"
        );
        assert!(value["error"]["message"].is_string(), "{value}");
    }
}

#[test]
fn findings_of_a_failure_have_their_places() {
    let home = Home::usual().env("TYPE=wiki\nDOMAIN=\"x\n");
    let (value, _) = document(&home, &["-m", "app", "deploy", "wiki.test"]);
    let location = &value["error"]["findings"][0]["location"];
    assert_eq!(location["line"], 2, "{value}");
}
