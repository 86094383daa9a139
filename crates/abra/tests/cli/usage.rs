//! Wrong usage, and homes with nothing in them.
use crate::engine::World;
use crate::home::Home;
use insta::assert_snapshot;

#[test]
fn wrong_usage_ends_with_2() {
    let home = Home::empty();
    let runs: [&[&str]; 11] = [
        &[],
        &["frobnicate"],
        &["app"],
        &["app", "deplyo", "x"],
        &["app", "deploy"],
        &["--frob", "app", "ls"],
        &["-x", "app", "ls"],
        &["app", "--frob", "ls"],
        &["app", "deploy", "-C", "-l", "x"],
        &["app", "deploy", "x", "--timeout", "soon"],
        &["app", "new", "--pass", "wiki"],
    ];
    for run in runs {
        assert_eq!(home.run(run).status.code(), Some(2), "{run:?}");
    }
    assert_snapshot!(home.refused(&runs[3..]));
}

#[test]
fn what_is_not_known_is_never_taken_for_one_letter() {
    let home = Home::empty();
    for run in [["app", "rm"], ["app", "restrt"], ["app", "lst"], ["app", "log"], ["secre", "ls"]] {
        let output = home.run(&run);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{run:?}: {said}");
        let advised: Vec<&str> = said.lines().filter(|line| line.contains("tip:")).collect();
        assert!(!said.contains("\n\n\n"), "{run:?}: {said}");
        let letters = |line: &&str| line.split('\'').skip(1).step_by(2).any(|name| name.len() < 2);
        assert!(!advised.iter().any(letters), "{run:?}: {said}");
    }
    for (run, wanted) in [
        (&["app", "log"][..], "'logs'"),
        (&["deploy", "x"], "'app deploy'"),
        (&["-n", "ls"], "'app ls'"),
        (&["app", "rm", "x"], "`abra app volume rm --all`"),
        (&["app", "restart", "x"], "service update --force"),
        (&["a", "cp", "x"], "copies a file out"),
        (&["recipe", "ls"], "fetched when they are used first"),
        (&["version"], "`abra --version`"),
    ] {
        let said = String::from_utf8(home.run(run).stderr).unwrap();
        assert!(said.contains(wanted), "{run:?}: {said}");
    }
}

#[test]
fn a_duration_that_is_taken_for_a_version_is_told() {
    let home = Home::usual();
    for command in ["deploy", "upgrade", "rollback"] {
        let output = home.run(&["app", command, "wiki.test", "--wait", "5m"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`--wait=5m`"), "{said}");
    }
}

#[test]
fn an_app_on_two_servers_is_told_with_the_way_out() {
    let home = Home::usual();
    home.write("abra/servers/far.example/wiki.test.env", "TYPE=wiki\n");
    let output = home.run(&["app", "ps", "wiki.test"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("on default, far.example") && said.contains("`STACK_NAME`"), "{said}");
}

#[test]
fn lists_without_apps_say_of_what() {
    let home = Home::usual();
    home.write("abra/servers/far.example/x", "");
    for (run, wanted) in [
        (&["app", "ls", "-r", "wikki"][..], &["no apps of recipe wikki", "nearest names: wiki"][..]),
        (&["app", "ls", "-s", "far.example"], &["no apps on server far.example in", "/abra/servers;"]),
        (
            &["app", "ls", "-S", "-r", "wikki", "-s", "default"],
            &["no apps of recipe wikki on server default"],
        ),
    ] {
        let said = String::from_utf8(home.run(run).stderr).unwrap();
        assert!(wanted.iter().all(|words| said.contains(words)), "{run:?}: {said}");
    }
}

#[test]
fn the_environment_may_hold_anything() {
    use std::os::unix::ffi::OsStrExt as _;
    let odd = std::ffi::OsStr::from_bytes(b"/tmp/\xff");
    let home = Home::usual().engine(World::default());
    for (variable, code, wanted) in [
        ("DOCKER_HOST", 1, "unsupported engine address"),
        ("HOME", 0, ""),
        ("USER", 0, ""),
        ("DOCKER_CONFIG", 0, ""),
        ("ABRA_DIR", 1, "there is no app `wiki.test`"),
        ("EDITOR", 0, ""),
        ("LANG", 0, ""),
    ] {
        let output = home.abra(&["app", "ps", "wiki.test"]).env(variable, odd).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{variable}: {said}");
        assert!(said.contains(wanted), "{variable}: {said}");
    }
}

#[test]
fn a_workstation_without_git_is_told_so() {
    let home = Home::usual().engine(World::default());
    let said =
        |command: &mut std::process::Command| String::from_utf8(command.output().unwrap().stderr).unwrap();
    let without = said(home.abra(&["app", "deploy", "-o", "-n", "wiki.test"]).env("PATH", home.path("bin")));
    assert!(without.contains("can't run git") && without.contains("is it installed"), "{without}");
    let home = home.env("TYPE=plain\n");
    home.write("abra/recipes/plain/compose.yml", "");
    let plain = said(&mut home.abra(&["app", "deploy", "-o", "-n", "wiki.test"]));
    assert!(plain.contains("is not a git repository") && plain.contains("`mv "), "{plain}");
}

#[test]
fn an_empty_home_is_no_error() {
    let home = Home::empty();
    let runs: [&[&str]; 6] = [
        &["--version"],
        &["app", "ls"],
        &["app", "ls", "-S"],
        &["server", "ls"],
        &["config", "show"],
        &["config", "generate"],
    ];
    let pages: Vec<String> = runs.iter().map(|run| home.page(run)).collect();
    assert_snapshot!(pages.join("\n"));
}

#[test]
fn a_record_that_can_not_be_read_is_told_and_not_replaced_by_the_pin() {
    let home = Home::usual().env("TYPE=wiki:1.0.0+1.0.0\nOPERATOR_SYNC_VERSION=1 2\n");
    let said = |home: &Home| {
        let (json, text) = (home.run(&["-m", "app", "ls"]), home.run(&["app", "ls"]));
        let [out, err] = [json.stdout, text.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (out.contains("1.0.0+1.0.0"), err.contains("wiki.test.env:2:1: `OPERATOR_SYNC_VERSION` records"))
    };
    assert_eq!(said(&home), (true, false), "without operator sync the record is not read");
    home.write("abra/config.yml", "operator:\n  sync: true\n");
    assert_eq!(said(&home), (false, true));
}

#[test]
fn servers_are_listed_with_their_engines() {
    let home = Home::usual();
    let text = String::from_utf8(home.run(&["server", "ls"]).stdout).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let address = format!("unix://{}", home.path("engine.sock").display());
    assert_eq!(rows, [["NAME", "HOST", "APPS"], ["default", &address, "1"]]);
}

#[test]
fn flags_are_known_before_and_behind_the_subcommand() {
    let home = Home::usual();
    let behind = home.run(&["app", "ls", "-m", "-s", "default"]).stdout;
    for run in [
        ["-m", "-s", "default", "app", "ls"],
        ["-s", "default", "-m", "a", "list"],
        ["a", "-m", "-s", "default", "ls"],
    ] {
        let output = home.run(&run);
        assert_eq!((output.status.code(), output.stdout), (Some(0), behind.clone()), "{run:?}");
    }
}
