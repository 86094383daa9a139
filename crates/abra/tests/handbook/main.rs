//! The handbook as text: all that it shows is played by a live test, and all that there is to be told is told.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod page;
mod told;

use page::{Act, Hidden, Page, at_last, steady};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A page of the handbook, or another one that shows what abra prints.
struct Leaf {
    name: String,
    text: String,
    page: Page,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn leaf(path: &Path) -> Leaf {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let page = Page::read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
    Leaf { name, text, page }
}

/// The pages of a folder.
fn paths(folder: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    assert!(!paths.is_empty());
    paths
}

/// The handbook's pages, by their names.
fn pages() -> BTreeMap<String, Leaf> {
    paths("docs/handbook").iter().map(|path| leaf(path)).map(|leaf| (leaf.name.clone(), leaf)).collect()
}

#[test]
fn every_page_is_played_and_listed() {
    let tests = std::fs::read_to_string(root().join("crates/abra/tests/live/handbook.rs")).unwrap();
    let pages = pages();
    for (name, leaf) in &pages {
        let is_played = tests.contains(&format!("play(\"{name}\")"));
        assert_eq!(
            is_played,
            leaf.page.shown().next().is_some(),
            "{name} is played where it shows something"
        );
        let is_listed = pages["README"].text.contains(&format!("]({name}.md"));
        assert!(is_listed || name == "README", "{name} is not in the list of pages");
    }
}

#[test]
fn what_the_readme_shows_stands_in_the_handbook() {
    let path = root().join("README.md");
    let readme = leaf(&path);
    let pages = pages();
    let played = |shown: &page::Shown| {
        let same = |other: &&page::Shown| other.who == shown.who && other.command == shown.command;
        let found = pages.values().flat_map(|leaf| leaf.page.shown()).find(same);
        found.unwrap_or_else(|| panic!("no page shows `{}`", shown.command)).output.clone()
    };
    let text = readme.page.with(&readme.page.shown().map(played).collect::<Vec<_>>());
    assert!(readme.page.shown().next().is_some(), "the README shows nothing");
    if std::env::var_os("ABRA_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == text, "README.md is stale: run this test with ABRA_UPDATE_DOCS=1");
}

#[test]
fn a_page_is_read_as_a_play() {
    let text = "# Title\n\n<!-- play\nalice$ team\nbob& sleep 9\nbob: word\nbob.\n!lease-over\n-->\n\n\
                ```console\nalice$ a b\none\n\ntwo\n\nbob$ c\n(exit code 3)\n```\n\n```sh ci:check.sh\necho\n```\nend\n";
    let page = Page::read(text).unwrap();
    let hidden: Vec<&Hidden> = page
        .acts
        .iter()
        .filter_map(|act| if let Act::Hidden(hidden) = act { Some(hidden) } else { None })
        .collect();
    let [team, sleep, word] =
        [("alice", "team"), ("bob", "sleep 9"), ("bob", "word")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let expected = [
        Hidden::Run(team.0, team.1),
        Hidden::Start(sleep.0, sleep.1),
        Hidden::Says(word.0, word.1),
        Hidden::End("bob".to_owned()),
        Hidden::Stage("lease-over".to_owned()),
    ];
    assert_eq!(hidden, expected.iter().collect::<Vec<_>>());
    let shown: Vec<_> =
        page.shown().map(|shown| (&*shown.who, &*shown.command, shown.output.join("|"))).collect();
    assert_eq!(shown, [("alice", "a b", "one||two".to_owned()), ("bob", "c", "(exit code 3)".to_owned())]);
    assert!(page.acts.iter().any(|act| matches!(act, Act::File { who, path, text } if who == "ci" && path == "check.sh" && text == "echo\n")));
    let outputs: Vec<Vec<String>> = page.shown().map(|shown| shown.output.clone()).collect();
    assert_eq!(page.with(&outputs), text);
    let other = page.with(&[vec![], vec!["new".to_owned()]]);
    assert!(other.contains("alice$ a b\nbob$ c\nnew\n```\n"), "{other}");
}

#[test]
fn what_nobody_plays_is_refused() {
    for (text, problem) in [
        ("```console\nabra app ls\n```\n", "does not begin with a command"),
        ("```\n$ abra app ls\n```\n", "nobody plays"),
        ("```sh\nabra app ls\n```\n", "nobody plays"),
        ("    $ abra app ls\n", "nobody plays"),
        ("    alice$ abra app ls\n", "nobody plays"),
        ("<!-- play\nabra app ls\n-->\n", "no step"),
        ("```console\nalice$ true\n", "no end"),
    ] {
        let said = Page::read(text).err().unwrap_or_default();
        assert!(said.contains(problem), "{text}: {said}");
    }
}

#[test]
fn only_what_must_differ_is_left_out_of_comparisons() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (a, b, same) in [
        ("at 2026-11-22 18:00:11 UTC", "at 2027-01-02 03:04:05 UTC", true),
        ("\"2026-11-22T18:00:11.123Z\"", "\"2027-01-02T03:04:05Z\"", true),
        ("commit a1b2c3d4+U", "commit 99b2c3d4+U", true),
        ("commit a1b2c3d4+U", "commit a1b2c3d4", false),
        ("stable for 5 s", "stable for 6 s", true),
        ("1.0.0+1.0", "1.1.0+1.1", false),
        ("NO   TIME", "NO  TIME", true),
        ("app: 0/1 starting\nend", "app: 1/1 good\nend", true),
        ("app: 0/1 astonished", "app: 1/1 good", false),
        ("app: the swarm goes back\napp: task failed", "app: task failed\napp: the swarm goes back", true),
        ("two words", "twowords", false),
        ("running  3 s ago", "running  now", true),
        ("app.1.s31pto | a", "app.1.x7aaaa | a", true),
        ("app.1.s31pto | a", "db.1.s31pto | a", false),
    ] {
        assert_eq!(steady(&lines(a)) == steady(&lines(b)), same, "{a} | {b}");
    }
    let told =
        at_last(&lines("begin\ndb: 0/1 starting\napp: 0/1 starting\ndb: 1/1 good\napp: 1/1 good\nend"));
    assert_eq!(told.join("|"), "begin|app: 1/1 good|db: 1/1 good|end");
}
