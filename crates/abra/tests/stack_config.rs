//! `abra stack config`, run as a program.
#![expect(clippy::unwrap_used, reason = "a test that can not go on should stop")]
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn config(directory: &Path, args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_abra"))
        .args(["stack", "config"])
        .args(args)
        .current_dir(directory)
        .env_clear()
        .envs([("HOME", "/nowhere"), ("FOO", "foo"), ("MODE_OF_FILE", "0440")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn files_repeat_split_on_commas_and_come_from_stdin() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yml"), "services: {w: {image: $FOO, volumes: ['~/x:/y']}}\n").unwrap();
    std::fs::write(home.path().join("b.yml"), "services: {w: {user: b}}\n").unwrap();
    let output = config(home.path(), &["-c", "a.yml,b.yml", "-c", "-"], "services: {w: {hostname: c}}\n");
    let want = "version: \"3.13\"\nservices:\n  w:\n    hostname: c\n    image: foo\n    user: b\n    volumes:\n      - type: bind\n        source: /nowhere/x\n        target: /y\n";
    assert_eq!((text(&output.stdout), text(&output.stderr), output.status.code()), (want, "", Some(0)));
}

#[test]
fn variables_can_be_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let output =
        config(home.path(), &["-c", "-", "--skip-interpolation"], "services: {w: {image: '${X:?}'}}\n");
    assert_eq!(text(&output.stdout), "version: \"3.13\"\nservices:\n  w:\n    image: ${X:?}\n");
}

#[test]
fn relative_paths_start_at_the_directory_of_the_first_file() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("r/sub")).unwrap();
    std::fs::write(home.path().join("r/a.yml"), "services: {}\n").unwrap();
    let overlay = "services: {w: {env_file: e}}\nconfigs: {c: {file: f}}\n";
    std::fs::write(home.path().join("r/sub/b.yml"), overlay).unwrap();
    std::fs::write(home.path().join("r/e"), "A=1\n").unwrap();
    let output = config(home.path(), &["-c", "r/a.yml", "-c", "r/sub/b.yml"], "");
    let stdout = text(&output.stdout);
    assert!(stdout.contains("A: \"1\"") && stdout.contains("/r/f\n") && !stdout.contains("sub"), "{stdout}");
}

#[test]
fn a_refusal_shows_every_problem_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yml"), "services:\n  w:\n    imgae: x\n    tty: yes\n").unwrap();
    let output = config(home.path(), &["-c", "a.yml"], "");
    let stderr = text(&output.stderr);
    assert_eq!((text(&output.stdout), output.status.success()), ("", false));
    for want in [
        "a.yml:3:5",
        "    imgae: x",
        "did you mean \"image\"?",
        "a.yml:4:10",
        "    tty: yes",
        "write true, without quotes",
    ] {
        assert!(stderr.contains(want), "{want}: {stderr}");
    }
}

#[test]
fn control_characters_of_a_file_are_not_shown() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yml"), "services:\n  w:\n    \u{1b}]0;x\u{7}: \u{9b}2J\n").unwrap();
    let output = config(home.path(), &["-c", "a.yml"], "");
    let stderr = text(&output.stderr);
    assert!(!output.status.success() && stderr.contains("a.yml:3:5"), "{stderr}");
    assert!(stderr.chars().all(|c| c == '\n' || !c.is_control()), "{stderr:?}");
}

#[test]
fn what_can_not_be_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    let output = config(home.path(), &["-c", "a.yml", "-c", "b.yml"], "");
    let stderr = text(&output.stderr);
    assert!(!output.status.success() && stderr.contains("a.yml") && stderr.contains("b.yml"), "{stderr}");
    assert!(!config(home.path(), &[], "").status.success());
}

/// What a maintainer sees who checks the files of `fixtures/<name>`, and the exit code.
fn session(name: &str, files: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let args: Vec<&str> = files.iter().flat_map(|file| ["-c", file]).collect();
    let output = config(&folder, &args, "");
    let shown = text(&output.stderr);
    // What a terminal of 80 columns would break is a long sentence at most, never a source line with its mark.
    for line in shown.lines().filter(|line| line.contains(" | ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    format!("{shown}{:?}\n", output.status.code())
}

/// Some forty mistakes in a base and two overlays, behind anchors, merges and variables and in an env file: all are told
/// at once, each where it was made.
#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    insta::assert_snapshot!(session("mistakes", &["compose.yml", "compose.a.yml", "compose.b.yml"]));
}

#[test]
fn what_docker_does_silently_is_told() {
    insta::assert_snapshot!(session("warnings", &["compose.yml", "overlay.yml"]));
}
