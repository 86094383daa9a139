//! `app check` and `app config`: an app's env file, looked at and opened in an editor.
use crate::home::{Home, SAMPLE};
use std::process::Output;

fn config(home: &Home, editor: &str, words: &[&str]) -> (String, Option<i32>) {
    let words = [&["app", "config", "-o", "wiki.test"], words].concat();
    let Output { status, stdout, stderr } = home.abra(&words).env("EDITOR", editor).output().unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out + &err, status.code())
}

fn env(home: &Home) -> String {
    std::fs::read_to_string(home.path("abra/servers/default/wiki.test.env")).unwrap()
}

#[test]
fn variables_are_compared_with_the_sample() {
    let home = Home::usual();
    let whole = home.run(&["app", "check", "-o", "wiki.test"]);
    assert_eq!(whole.status.code(), Some(0), "{}", String::from_utf8_lossy(&whole.stderr));
    let home = home.env(&SAMPLE.replace("TAG=", "TGA="));
    let page = home.page(&["app", "check", "-o", "wiki.test"]);
    insta::assert_snapshot!(page);
    let json: serde_json::Value =
        serde_json::from_slice(&home.run(&["-m", "app", "check", "-o", "wiki.test"]).stdout).unwrap();
    assert_eq!(json["variables"][5], serde_json::json!({ "name": "TGA", "state": "extra", "meant": "TAG" }));
}

#[test]
fn the_file_is_opened_and_checked() {
    let home = Home::usual();
    let (said, code) = config(&home, "sed -i s/TAG=1/TAG=2/", &[]);
    assert!(code == Some(0) && env(&home).contains("TAG=2"), "{said}");
    assert!(said.contains("is changed") && said.contains("nothing is missing"), "{said}");
    assert!(said.contains("`abra app diff wiki.test`"), "{said}");
    let (said, code) = config(&home, "true", &[]);
    assert!(code == Some(0) && said.contains("is as it was"), "{said}");
    let (said, code) = config(&home, "sed -i /TAG/d", &["-m"]);
    let json: serde_json::Value =
        serde_json::from_str(said.split("\n}").next().map(|json| json.to_owned() + "}").as_deref().unwrap())
            .unwrap();
    assert_eq!(
        (code, &json["missing"], &json["changed"]),
        (Some(0), &serde_json::json!(["TAG"]), &true.into()),
        "{said}"
    );
    // VISUAL goes first.
    let output = home
        .abra(&["app", "config", "-o", "wiki.test"])
        .env("EDITOR", "false")
        .env("VISUAL", "true")
        .output();
    assert_eq!(output.unwrap().status.code(), Some(0));
}

#[test]
fn a_file_with_errors_is_told_and_can_be_mended() {
    let home = Home::usual();
    let (said, code) = config(&home, "printf 'TYPE=wiki\\nX Y\\n' >", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("wiki.test.env:2:") && said.contains("`abra app config wiki.test` opens it again"),
        "{said}"
    );
    home.write("good", SAMPLE);
    let (said, code) = config(&home, &format!("cp {}", home.path("good").display()), &[]);
    assert_eq!((code, env(&home).as_str()), (Some(0), SAMPLE), "{said}");
}

#[test]
fn without_an_editor_nothing_is_pretended() {
    let home = Home::usual();
    for (editor, words, wanted) in [
        ("no-such-editor", &[][..], "the editor `no-such-editor` can't be started"),
        ("exit 3;", &[], "ended with exit code 3"),
        ("true", &["-n"], "with --no-input no editor is opened"),
    ] {
        let before = home.files();
        let (said, code) = config(&home, editor, words);
        assert_eq!((code, before == home.files()), (Some(1), true), "{said}");
        assert!(said.contains(wanted) && said.contains("wiki.test.env"), "{said}");
    }
    let (said, code) = config(&home, "true", &["-m", "-n"]);
    assert!(code == Some(1) && said.contains("\"error\""), "{said}");
}
