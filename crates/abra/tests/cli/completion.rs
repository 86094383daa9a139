//! Names that shells complete: asked by a real bash, with the script that the program prints.
use crate::home::Home;
use std::process::Command;

/// What bash offers for the last word, but for flags.
fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let script = r#"
        source <(abra autocomplete bash)
        COMP_WORDS=(abra "$@"); COMP_CWORD=$#; COMP_TYPE=9
        _clap_complete_abra abra "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = home.abra(&[]);
    let mut bash = Command::new("bash");
    bash.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let folder = std::path::Path::new(program.get_program()).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = bash.env("PATH", path).args(["-c", script, "bash"]).args(words).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let offered = String::from_utf8(output.stdout).unwrap();
    let offered: Vec<String> = offered.split_whitespace().map(str::to_owned).collect();
    let is_name = |word: &String| !word.starts_with("--");
    if offered.iter().any(is_name) {
        assert!(offered.iter().all(is_name), "{words:?}: flags among names: {offered:?}");
    }
    offered.into_iter().filter(is_name).collect()
}

#[test]
fn names_of_this_workstation_are_offered() {
    let home = Home::usual();
    home.write("abra/servers/far.example/blog.test.env", "TYPE=wiki:1.0.0+1.0.0\nDOMAIN=blog.test\n");
    home.write("abra/servers/far.example/-oX.env", "TYPE=wiki\n");
    for (words, expected) in [
        (&["app", "deploy", ""][..], &["blog.test", "wiki.test"][..]),
        (&["app", "secret", "ls", "wi"], &["wiki.test"]),
        (&["app", "ls", "--server", ""], &["default", "far.example"]),
        (&["app", "ls", "-s", "f"], &["far.example"]),
        (&["server", "rm", ""], &["default", "far.example"]),
        (&["server", "prune", "d"], &["default"]),
        (&["app", "new", ""], &["wiki"]),
        (&["app", "new", "wiki", ""], &["1.1.0+1.1.0", "1.0.0+1.0.0"]),
        (&["app", "deploy", "wiki.test", "1.0"], &["1.0.0+1.0.0"]),
        (&["app", "deploy", "wiki.test.env", ""], &["1.1.0+1.1.0", "1.0.0+1.0.0"]),
        (&["app", "logs", "blog.test", ""], &["app"]),
        (&["app", "run", "wiki.test", ""], &["app"]),
        (&["app", "secret", "insert", "wiki.test", ""], &["password"]),
        (&["app", "logs", "nowhere.test", ""], &[]),
        (&["app", "lock", "st"], &["status"]),
        (&["autocomplete", "f"], &["fish"]),
    ] {
        assert_eq!(offered(&home, words), expected, "{words:?}");
    }
}

#[test]
fn functions_of_the_recipe_are_offered_behind_a_service() {
    let home = Home::usual().recipe("abra.sh", "greet() { echo hello; }\nfail() { false; }\n");
    for (words, expected) in [
        (&["app", "cmd", "wiki.test", ""][..], &["app"][..]),
        (&["app", "cmd", "wiki.test", "app", ""], &["greet", "fail"]),
        (&["app", "cmd", "wiki.test", "app", "g"], &["greet"]),
        (&["app", "cmd", "--local", "wiki.test", ""], &["greet", "fail"]),
        (&["app", "cmd", "li"], &["list"]),
        (&["app", "cmd", "list", "w"], &["wiki.test"]),
    ] {
        assert_eq!(offered(&home, words), expected, "{words:?}");
    }
}

#[test]
fn what_cant_be_read_completes_nothing_and_says_nothing() {
    let home = Home::empty();
    assert_eq!(offered(&home, &["app", "deploy", ""]), [""; 0]);
    let home = Home::usual().env("TYPE=wiki\nDOMAIN=\"x\n");
    home.write("abra/config.yml", "operator: [\n");
    assert_eq!(offered(&home, &["app", "deploy", "w"]), ["wiki.test"]);
    assert_eq!(offered(&home, &["app", "deploy", "wiki.test", ""]), [""; 0]);
}

#[test]
fn every_shell_has_a_script() {
    let home = Home::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = String::from_utf8(home.run(&["autocomplete", shell]).stdout).unwrap();
        assert!(script.contains("COMPLETE") && script.contains("abra"), "{shell}: {script}");
        assert!(!script.contains("/target/"), "{shell}: the place of this program is in it: {script}");
    }
}
