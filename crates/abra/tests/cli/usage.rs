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
