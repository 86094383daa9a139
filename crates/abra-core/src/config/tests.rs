use super::{RemoteCheck, Settings, read, template};
use crate::finding::Finding;
use proptest::prelude::*;

fn shown(findings: &[Finding]) -> String {
    let line = |f: &Finding| {
        let help = f.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{}: {}{help}", f.location.as_ref().unwrap(), f.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn rows(text: &str) -> Vec<String> {
    let settings = read("config.yml", Some(text)).unwrap_or_else(|findings| panic!("{}", shown(&findings)));
    let row = |row: super::Row| format!("{}={} {}", row.key, row.value.unwrap_or_default(), row.origin);
    settings.rows().into_iter().map(row).filter(|row| !row.ends_with(" default")).collect()
}

#[test]
fn no_file_an_empty_file_and_empty_keys_are_the_defaults() {
    assert_eq!(read("config.yml", None).unwrap(), Settings::default());
    for text in
        ["", "---\n", "# nothing\n", "operator:\n", "operator: {}\n", "operator:\n  sync:\nrecipes:\n"]
    {
        assert_eq!(read("config.yml", Some(text)).unwrap(), Settings::default(), "{text:?}");
    }
    let defaults = Settings::default();
    assert_eq!(
        (defaults.sync.value, defaults.name.value, defaults.remote.value),
        (false, None, RemoteCheck::Check)
    );
    assert_eq!((defaults.commit.value, defaults.push.value), (false, false));
    assert_eq!(defaults.recipes_url.value, "https://git.coopcloud.tech/coop-cloud");
}

#[test]
fn settings_are_read_with_their_lines() {
    assert_eq!(
        rows(
            "---\noperator:\n  sync: true\n  name: Ada <ada@example.com>\n  remote: off\n  commit: true\n  push: true\n\
             recipes:\n  url: https://git.example/recipes\n"
        ),
        [
            "operator.sync=true config.yml:3",
            "operator.name=Ada <ada@example.com> config.yml:4",
            "operator.remote=off config.yml:5",
            "operator.commit=true config.yml:6",
            "operator.push=true config.yml:7",
            "recipes.url=https://git.example/recipes config.yml:9",
        ]
    );
    assert_eq!(
        rows("servers:\n  b.example:\n    socket: /run/b.sock\n  a.example: {socket: /run/a.sock}\n  c:\n"),
        [
            "servers.a.example.socket=/run/a.sock config.yml:4",
            "servers.b.example.socket=/run/b.sock config.yml:3",
        ]
    );
    assert_eq!(rows("sync: true"), ["operator.sync=true config.yml:1"]);
    assert_eq!(rows("sync: true\noperator:\n  sync: true\n"), ["operator.sync=true config.yml:3"]);
    assert_eq!(rows("operator:\n  remote: \"off\"\n"), ["operator.remote=off config.yml:2"]);
}

#[test]
fn everything_wrong_is_told_at_once_with_its_line() {
    for (text, expected) in [
        (
            "operator:\n  snyc: true\n",
            "config.yml:2:3: unknown key `operator.snyc` (did you mean `operator.sync`?)",
        ),
        ("snyc: true\n", "config.yml:1:1: unknown key `snyc` (did you mean `sync`?)"),
        ("push: true\n", "config.yml:1:1: unknown key `push` (did you mean `operator.push`?)"),
        ("operators:\n  sync: true\n", "config.yml:1:1: unknown key `operators` (did you mean `operator`?)"),
        (
            "zzz: 1\n",
            "config.yml:1:1: unknown key `zzz` (known are `operator.sync`, `operator.name`, `operator.remote`, \
             `operator.commit`, `operator.push`, `recipes.url`)",
        ),
        (
            "sync: true\noperator:\n  sync: false\n",
            "config.yml:1:7: `sync` is true, but `operator.sync` at line 3 is false (they mean the same: remove one of them)",
        ),
        (
            "operator:\n  sync: 'true'\n  name: 5\n  remote: maybe\nrecipes: x\n",
            "config.yml:2:9: `operator.sync` must be true or false, but is `true`\n\
             config.yml:3:9: `operator.name` must be one line of text, but is a whole number\n\
             config.yml:4:11: `operator.remote` must be `check` or `off`, but is `maybe`\n\
             config.yml:5:10: `recipes` must be a mapping of keys to values, but is text",
        ),
        ("- a\n", "config.yml:1:1: the file must be a mapping of keys to values, but is a list"),
        (
            "recipes:\n  url: https://ada:hunter2@git.example/recipes\n",
            "config.yml:2:8: `recipes.url` holds a password, which git would show to every process of this machine \
             (leave it out, and let git ask a credential helper (`git help credentials`))",
        ),
        (
            "servers:\n  ../x:\n    socket: /a\n  b:\n    sokcet: /a\n    socket: a\n  c:\n    socket: /a b\n  d: e\n",
            "config.yml:2:3: the server name `../x` may not begin with `.`\n\
             config.yml:5:5: unknown key `sokcet` of a server (known is `socket`)\n\
             config.yml:6:13: the engine's socket \"a\" must be an absolute path\n\
             config.yml:8:13: the engine's socket \"/a b\" may not contain ` `\n\
             config.yml:9:6: `servers.d` must be a mapping of keys to values, but is text",
        ),
        ("server:\n  a: {}\n", "config.yml:1:1: unknown key `server` (did you mean `servers`?)"),
        ("recipes:\n  url: ''\n", "config.yml:2:8: `recipes.url` must be one line of text, but is ``"),
    ] {
        assert_eq!(shown(&read("config.yml", Some(text)).unwrap_err()), expected, "{text:?}");
    }
    let quoted =
        read("config.yml", Some("recipes:\n  url: https://ada:hunter2@git.example/r\n")).unwrap_err();
    assert_eq!(
        quoted[0].location.as_ref().unwrap().source.as_deref(),
        Some("  url: https://ada:…@git.example/r")
    );
    let broken = read("config.yml", Some("operator:\n  sync: [\n")).unwrap_err();
    assert!(shown(&broken).starts_with("config.yml:"), "{}", shown(&broken));
}

#[test]
fn the_generated_file_holds_the_defaults_and_a_comment_on_every_key() {
    let text = template();
    let settings = read("config.yml", Some(&text)).unwrap();
    assert_eq!(rows(&text), ["operator.sync=false config.yml:5"]);
    let live: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')).collect();
    assert_eq!(live, ["---", "operator:", "  sync: false"]);
    for row in settings.rows() {
        let name = row.key.rsplit('.').next().unwrap();
        let at = text
            .lines()
            .position(|line| line.trim().trim_start_matches('#').starts_with(&format!("{name}: ")));
        let before = text.lines().nth(at.unwrap() - 1).unwrap();
        assert!(before.starts_with("  # "), "{}", row.key);
    }
    // Without its marks, every key of it is one that is known.
    let all: String = text
        .lines()
        .filter(|line| !line.trim().starts_with("# "))
        .map(|line| line.replacen('#', "", 1) + "\n")
        .collect();
    let changed = read("config.yml", Some(&all)).unwrap();
    assert_eq!(changed.rows().iter().filter(|row| row.origin == super::Origin::Default).count(), 0);
    assert_eq!(changed.recipes_url.value, Settings::default().recipes_url.value);
    assert_eq!(changed.sockets.len(), 1);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "(operator|sync|name|remote|: |\n|  |- |true|[\\[{}'\"&*#]|\\PC){0,30}") {
        let _ = read("config.yml", Some(&text));
    }
}
