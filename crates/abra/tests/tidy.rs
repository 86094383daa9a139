//! What CONTRIBUTING.md and ARCHITECTURE.md ask of the tree, as far as a test can see it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a file.
const LINES: usize = 500;
/// Source files that may be longer: they are one list each. Tests and what is beside the sources may, too.
const LONG: [(&str, &str); 1] =
    [("crates/abra-core/src/compose/model.rs", "the table of what a compose file can hold: plain structs")];
/// Crates whose rooms ARCHITECTURE.md lists.
const ROOMS: [&str; 2] = ["abra-core", "abra"];
/// What only one room may do: words of the source, and the room. Tests are free.
const OWNED: [(&str, &[&str], &[&str]); 5] = [
    (
        "crates/abra/src",
        &["println!", "print!", "eprintln!", "eprint!", "stdout()", "stderr()"],
        &["crates/abra/src/ui"],
    ),
    ("crates/abra/src", &["hyper::", "UnixStream", "TcpStream"], &["crates/abra/src/engine"]),
    ("crates/abra/src", &["Command::new(\"git\")"], &["crates/abra/src/git"]),
    // Git clones recipes into the home, docker's contexts are shared with docker, ssh's sockets need a folder; all other
    // files are the home's alone.
    (
        "crates/abra/src",
        &[
            "fs::write",
            "fs::rename",
            "fs::create_dir",
            "fs::remove",
            "File::create",
            "File::options",
            "tempfile::",
        ],
        &[
            "crates/abra/src/home",
            "crates/abra/src/git/clone.rs",
            "crates/abra/src/contexts.rs",
            "crates/abra/src/engine/ssh/folder.rs",
        ],
    ),
    (
        "crates/abra-core/src",
        &["std::fs", "std::env", "std::process", "Instant", "SystemTime", "Timestamp::now", "Zoned::now"],
        &[],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below a folder whose names end so, by their paths from the root.
fn files(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(end) {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no files in {folder}");
    found
}

/// Sources of all crates, without tests and what belongs to them.
fn sources() -> Vec<String> {
    let is_test = |path: &String| path.contains("/tests/") || path.ends_with("tests.rs");
    files("crates", ".rs").into_iter().filter(|path| !is_test(path)).collect()
}

/// A source without comments and the tests at its end.
fn code(path: &str) -> String {
    let text = read(path);
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The part of a page from one heading of the second level to the next.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// Names in the first column of the tables of a text whose heads begin with `head`.
fn first_column(text: &str, head: &str) -> BTreeSet<String> {
    let table = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let cells = table.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split(',')).map(|name| name.trim().trim_matches('`').to_owned()).collect()
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for path in sources() {
        let text = read(&path);
        let lines = text.lines().count();
        let is_excused = LONG.iter().any(|(long, _)| *long == path);
        if (lines > LINES) != is_excused {
            wrong.push(format!("{path}: {lines} lines, {}", if is_excused { "excused" } else { "too long" }));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{path}: no words about what it holds"));
        }
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        if ["util", "utils", "common", "helper", "helpers", "misc", "manager"].contains(&name) {
            wrong.push(format!("{path}: a name for anything"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rooms_are_those_that_the_architecture_lists() {
    let page = read("ARCHITECTURE.md");
    for name in ROOMS {
        let listed = first_column(part(&page, "Rooms"), &format!("| `{name}` "));
        let rooms = fs::read_dir(root().join("crates").join(name).join("src")).unwrap();
        let rooms =
            rooms.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
        let rooms: BTreeSet<String> = rooms.filter(|room| room != "lib" && room != "main").collect();
        assert_eq!(listed, rooms, "{name}");
    }
    let named = files("crates/abra/src/flow", ".rs");
    for step in first_column(part(&page, "Rooms"), "| `flow` | holds |") {
        assert!(named.contains(&format!("crates/abra/src/flow/{step}.rs")), "flow has no {step}");
    }
}

#[test]
fn what_belongs_to_one_room_is_done_there_only() {
    let mut wrong = Vec::new();
    for (folder, words, owners) in OWNED {
        let mut used = BTreeSet::new();
        for path in sources().into_iter().filter(|path| path.starts_with(folder)) {
            let code = code(&path);
            let does = words.iter().filter(|word| holds(&code, word)).copied().collect::<Vec<_>>();
            match owners.iter().find(|owner| path.starts_with(**owner)) {
                Some(_) if does.is_empty() => {}
                Some(owner) => drop(used.insert(*owner)),
                None => wrong.extend(does.iter().map(|word| format!("{path}: {word}"))),
            }
        }
        let idle = owners.iter().filter(|owner| !used.contains(*owner));
        wrong.extend(idle.map(|owner| format!("{owner}: may use {words:?}, and does not")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a word stands in a text by itself: `print!` is not in `println!`, nor in `eprint!`.
fn holds(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(is_part))
}

#[test]
fn links_in_the_docs_lead_somewhere() {
    let mut pages: Vec<String> = files("docs", ".md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    let mut dead = Vec::new();
    let mut seen = 0;
    for page in pages {
        let text = read(&page);
        let folder = root().join(&page).parent().unwrap().to_owned();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            seen += 1;
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&page) } else { folder.join(file) };
            let there = fs::read_to_string(&target).unwrap_or_default();
            if !target.exists() || (!place.is_empty() && !anchors(&there).contains(place)) {
                dead.push(format!("{page}: {link}"));
            }
        }
        let mentions = text.split('`').skip(1).step_by(2).filter(|word| is_path(word));
        dead.extend(
            mentions.filter(|path| !root().join(path).exists()).map(|path| format!("{page}: `{path}`")),
        );
    }
    assert!(seen > 5, "links are not found any more");
    assert!(dead.is_empty(), "{dead:#?}");
}

fn is_path(word: &str) -> bool {
    ["docs/", "scripts/", "crates/"].iter().any(|folder| word.starts_with(folder)) && !word.contains(' ')
}

fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix('#')).map(|h| h.trim_start_matches('#'));
    let anchor = |text: &str| -> String {
        let text = text.trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn the_changelog_has_a_place_for_what_comes_next() {
    let changelog = read("CHANGELOG.md");
    assert!(changelog.lines().any(|line| line == "## Unreleased"));
}

#[test]
fn every_deliberate_difference_is_told() {
    let page = read("docs/compose.md");
    let listed = read("docs/conformance/deviations.tsv");
    let reasons = listed.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').nth(2));
    let reasons: Vec<&str> = reasons.map(Option::unwrap).collect();
    assert!(!reasons.is_empty());
    let untold: Vec<&&str> = reasons.iter().filter(|reason| !page.contains(**reason)).collect();
    assert!(untold.is_empty(), "{untold:#?}");
}

#[test]
fn every_exit_code_is_told() {
    let source = read("crates/abra/src/exit.rs");
    let codes =
        source.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = ")).map(|(_, n)| n);
    let codes: BTreeSet<String> = codes.map(str::to_owned).collect();
    assert!(codes.contains("130"));
    assert_eq!(first_column(&read("docs/exit-codes.md"), "| code "), codes);
}

#[test]
fn every_dependency_has_a_reason_and_is_used() {
    let workspace = read("Cargo.toml");
    let listed = part_of_manifest(&workspace, "workspace.dependencies");
    for line in listed.iter().filter(|line| !line.contains("path = ")) {
        assert!(line.contains(" # ") || line.contains("  #"), "no reason: {line}");
    }
    let mut used = BTreeSet::new();
    for name in ["abra-core", "abra", "abra-model", "abra-rig", "abra-sim"] {
        let manifest = read(&format!("crates/{name}/Cargo.toml"));
        for (section, folders) in
            [("dependencies", &["src"][..]), ("dev-dependencies", &["src", "tests"][..])]
        {
            let folders = folders.iter().map(|folder| format!("crates/{name}/{folder}"));
            let folders = folders.filter(|folder| root().join(folder).exists());
            let all: String =
                folders.flat_map(|folder| files(&folder, ".rs")).map(|path| read(&path)).collect();
            for line in part_of_manifest(&manifest, section) {
                let dependency = line.split(['.', ' ']).next().unwrap();
                used.insert(dependency.to_owned());
                assert!(holds(&all, &dependency.replace('-', "_")), "{name} does not use {dependency}");
            }
        }
    }
    for line in listed {
        let dependency = line.split([' ', '.']).next().unwrap();
        assert!(used.contains(dependency), "nothing depends on {dependency}");
    }
}

fn part_of_manifest<'a>(manifest: &'a str, section: &str) -> Vec<&'a str> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| line.contains('=')).collect()
}

/// What the place where tests hold a run becomes in a release: compiled by itself, as a release is.
#[test]
fn releases_have_nothing_of_hold() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("hold.o");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj", "-Cdebug-assertions=off", "-o"])
        .arg(&object)
        .arg(root().join("crates/abra/src/hold.rs"))
        .output()
        .unwrap();
    // It needs nothing of the program then: neither the environment's reader nor what speaks to a person.
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let has = |bytes: &[u8], words: &str| bytes.windows(words.len()).any(|part| part == words.as_bytes());
    let (release, debug) = (fs::read(object).unwrap(), fs::read(env!("CARGO_BIN_EXE_abra")).unwrap());
    for words in [abra::hold::VARIABLE, "held at"] {
        assert!(!has(&release, words), "a release knows {words}");
        assert!(has(&debug, words), "the programs of tests do");
    }
    for manifest in ["Cargo.toml", ".cargo/config.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap_or_default();
        assert!(!text.contains("debug-assertions"), "{manifest} decides for itself");
    }
}
