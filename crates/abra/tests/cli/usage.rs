//! Wrong usage, and homes with nothing in them.
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
fn servers_are_listed_with_their_engines() {
    let home = Home::usual();
    let text = String::from_utf8(home.run(&["server", "ls"]).stdout).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let address = format!("unix://{}", home.path("engine.sock").display());
    assert_eq!(rows, [["SERVER", "ENGINE", "APPS"], ["default", &address, "1"]]);
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
