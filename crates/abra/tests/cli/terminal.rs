//! What reaches terminals and pipes.
use crate::engine::World;
use crate::home::Home;
use insta::assert_snapshot;
use serde_json::json;
use std::process::Stdio;

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let home = Home::usual().engine(World::default());
    let runs: [&[&str]; 6] = [
        &["app", "ls"],
        &["app", "ls", "-m"],
        &["app", "ls", "-S"],
        &["--help"],
        &["config", "show"],
        &["app", "deploy", "-o", "-n", "--dry-run", "wiki.test"],
    ];
    for run in runs {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.abra(run).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{run:?}: {said}");
        assert!(!said.contains("panicked"), "{run:?}: {said}");
    }
}

#[test]
fn data_that_cannot_be_written_is_a_failure() {
    let home = Home::usual().engine(World::default());
    let runs: [&[&str]; 3] = [&["app", "ls"], &["app", "ls", "-m"], &["config", "show"]];
    for run in runs {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = home.abra(run).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{run:?}: {said}");
        assert!(said.contains("can't write the output"), "{run:?}: {said}");
    }
}

/// Turns the cursor off, clears the screen, sets a title, and turns the reading direction round.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}x";

#[test]
fn control_characters_from_elsewhere_never_reach_the_terminal() {
    let labels = json!({ "com.docker.stack.namespace": EVIL, "coop-cloud.x.recipe": EVIL });
    let services = json!([{ "ID": EVIL, "Version": { "Index": 1 }, "UpdatedAt": EVIL, "Spec": { "Name": EVIL, "Labels": labels } },
        { "ID": "s", "Version": { "Index": 1 }, "Spec": { "Name": "wiki_test_app", "Labels": {
            "com.docker.stack.namespace": "wiki_test", "coop-cloud.wiki_test.version": EVIL },
            "TaskTemplate": { "ContainerSpec": { "Image": EVIL } } } }]);
    let tasks = json!([{ "ID": "t", "ServiceID": "s", "Slot": 1, "DesiredState": "running",
        "Status": { "State": "failed", "Err": EVIL, "Timestamp": "" } }]);
    let home = Home::usual()
        .recipe(
            "compose.yml",
            &format!("services:\n  app:\n    image: wiki\n    {}: \"{}\"\n", "x", "\\e[2J"),
        )
        .engine(World { services, tasks, ..World::default() });
    home.write("abra/servers/default/evil.test.env", &format!("TYPE=wiki\nDOMAIN={EVIL}\n{EVIL}\n"));
    let runs: [&[&str]; 11] = [
        &["app", "ls", "-S"],
        &["app", "ls", "-S", "-m"],
        &["app", "ps", "wiki.test"],
        &["app", "ps", "wiki.test", "-m"],
        &["app", "services", "wiki.test"],
        &["app", "labels", "wiki.test"],
        &["app", "labels", "wiki.test", "-m"],
        &["app", "deploy", "-o", "evil.test"],
        &["app", "deploy", "-o", "-n", "wiki.test", "--dry-run"],
        &["app", "deploy", "-o", "-n", "wiki.test", "-m", "--dry-run"],
        &["app", "deploy", EVIL],
    ];
    for run in runs {
        let output = home.run(run);
        for bytes in [output.stdout, output.stderr] {
            let text = String::from_utf8(bytes).unwrap();
            let bad = text.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
            assert_eq!(bad, None, "{run:?}: {text:?}");
        }
    }
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let home = Home::usual().engine(World::default());
    for (name, value, coloured) in
        [("NO_COLOR", "1", false), ("CLICOLOR_FORCE", "1", true), ("TERM", "dumb", false)]
    {
        let mut command = home.abra(&["app", "deploy", "-o", "-n", "wiki.test", "--dry-run"]);
        let output = command.env(name, value).output().unwrap();
        let has = [output.stdout, output.stderr].iter().any(|bytes| bytes.contains(&0x1b));
        assert_eq!(has, coloured, "{name}={value}");
    }
}

#[test]
fn the_overview_lists_apps_and_services() {
    let home = Home::usual().engine(World::default());
    let pages = [
        home.page(&["app", "ls"]),
        home.page(&["app", "ls", "-S"]),
        home.page(&["app", "ps", "wiki.test"]),
        Home::usual().page(&["app", "ls", "-S"]),
        home.page(&["app", "deploy", "-o", "-n", "--dry-run", "wiki.test"]),
        home.page(&["app", "undeploy", "-n", "wiki.test"]),
    ];
    assert_snapshot!(pages.join("\n"));
}
