//! Being told to stop while something is changed that is no deployment: what was done is said, and shown where it can't be
//! had again. Deployments are tried on real engines.
use crate::engine::{Gate, World};
use crate::home::{COMPOSE, Home, SAMPLE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

/// An app that wants two secrets, on a server that has these.
fn home(there: &[&str], gate: &Gate) -> Home {
    let object = |name: &&str| json!({ "ID": name, "Version": { "Index": 1 }, "Spec": { "Name": name } });
    let secrets = there.iter().map(object).collect();
    let more = "  token: {external: true, name: \"${STACK_NAME}_token_v1\"}\n";
    let compose = COMPOSE.replace("secrets: [password]", "secrets: [password, token]") + more;
    let world = World { secrets, takes: true, gate: gate.clone(), ..World::default() };
    let home = Home::usual().recipe("compose.yml", &compose).env(SAMPLE).engine(world);
    home.write("abra/config.yml", "operator:\n  sync: true\n");
    home
}

/// A run that is interrupted while its first change is under way: the data, what was said, and the exit code.
fn interrupted(home: &Home, gate: &Gate, words: &[&str]) -> (String, String, Option<i32>) {
    let mut command = home.abra(words);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    while home.writes().is_empty() {
        assert_eq!(child.try_wait().unwrap(), None, "{words:?} ended before it changed anything");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut text = String::new();
    while !text.contains("is finished first") {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "{words:?}: {text}");
    }
    gate.open();
    said.read_to_string(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), text, output.status.code())
}

#[test]
fn values_that_were_made_are_shown() {
    for (words, again) in [
        (&["app", "secret", "generate", "-o", "wiki.test"][..], "wiki.test"),
        (&["app", "new", "-o", "wiki", "-D", "b.test", "-S"], "b.test"),
    ] {
        for machine in [false, true] {
            let gate = Gate::shut();
            let home = home(&[], &gate);
            let words = if machine { [words, &["-m"]].concat() } else { words.to_vec() };
            let (out, said, code) = interrupted(&home, &gate, &words);
            assert_eq!((code, home.writes().len()), (Some(130), 1), "{out}{said}");
            assert!(said.contains("interrupted: secret") && said.contains("was not made"), "{said}");
            assert!(said.contains(&format!("`abra app secret generate {again}`")), "{said}");
            if machine {
                let document: serde_json::Value = serde_json::from_str(&out).unwrap();
                assert_eq!(document["secrets"][0]["value"].as_str().map(str::len), Some(12), "{out}");
                assert_eq!(document["error"]["exit"], 130, "{out}");
            } else {
                let row = out.lines().find(|line| line.contains("_password_v1 ")).unwrap();
                assert_eq!(row.split_whitespace().last().map(str::len), Some(12), "{out}");
            }
        }
    }
}

/// The values that a run has shown so far, in a table or in what there is of a JSON document.
fn shown(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || c == '"');
    words.filter(|word| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).collect()
}

#[test]
fn a_value_is_shown_before_the_server_has_it_so_that_no_kill_loses_it() {
    for words in [
        &["app", "secret", "generate", "-o", "wiki.test"][..],
        &["app", "secret", "generate", "-o", "-m", "wiki.test"],
        &["app", "new", "-o", "wiki", "-D", "b.test", "-S"],
        &["app", "new", "-o", "-m", "wiki", "-D", "b.test", "-S"],
    ] {
        let gate = Gate::shut();
        let home = home(&[], &gate);
        let mut command = home.abra(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        while home.writes().is_empty() {
            assert_eq!(child.try_wait().unwrap(), None, "{words:?} ended before it sent anything");
            std::thread::yield_now();
        }
        // The server has it and has not answered.
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        child.wait().unwrap();
        assert!(text.contains("_password_v1") && shown(&text).len() == 1, "{words:?}: {text}");
        gate.open();
    }
}

#[test]
fn a_value_that_nobody_reads_is_not_sent() {
    for machine in [&["-m"][..], &[]] {
        let gate = Gate::default();
        let home = home(&[], &gate);
        let mut command = home.abra(&[&["app", "secret", "generate", "-o", "wiki.test"], machine].concat());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), home.writes().len()), (Some(1), 0), "{said}");
        assert!(
            said.contains("nobody reads the values: secret wiki_test_password_v1 was not made"),
            "{said}"
        );
    }
    // Nor one that does not fit on the disk.
    let home = home(&[], &Gate::default());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = home.abra(&["app", "secret", "generate", "-o", "wiki.test"]).stdout(full).output().unwrap();
    assert_eq!((output.status.code(), home.writes().len()), (Some(1), 0));
}

#[test]
fn what_was_removed_is_said() {
    let gate = Gate::shut();
    let home = home(&["wiki_test_password_v1", "wiki_test_token_v1"], &gate);
    let (out, said, code) =
        interrupted(&home, &gate, &["app", "secret", "rm", "-o", "-n", "-m", "--all", "wiki.test"]);
    assert_eq!((code, home.writes().len()), (Some(130), 1), "{out}{said}");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["removed"], json!(["wiki_test_password_v1"]), "{out}");
    assert!(said.contains("secret wiki_test_token_v1 was not removed"), "{said}");
}

#[test]
fn what_is_freed_ends_there() {
    let gate = Gate::shut();
    let home = home(&[], &gate);
    let (out, said, code) = interrupted(&home, &gate, &["server", "prune", "-n", "-m", "default"]);
    assert_eq!((code, home.writes().len()), (Some(130), 1), "{out}{said}");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["interrupted"], true, "{out}");
    assert!(said.contains("not all was removed"), "{said}");
}

#[test]
fn a_value_that_is_being_inserted_gets_there() {
    let gate = Gate::shut();
    let home = home(&[], &gate);
    home.write("value", "s3cret");
    let file = home.path("value").display().to_string();
    let words = ["app", "secret", "insert", "-o", "wiki.test", "password", "--file", &file];
    let (_, said, code) = interrupted(&home, &gate, &words);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("secret wiki_test_password_v1 is on the server"), "{said}");
}
