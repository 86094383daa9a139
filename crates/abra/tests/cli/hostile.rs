//! What comes from files, settings and servers and would be an option, or would move a terminal's cursor: one table for each
//! source. Programs that are run write down their words, so that what reached them is seen.
use crate::engine::World;
use crate::home::Home;
use abra_core::docker_context;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Clears the screen, sets a title, turns colours on and the reading direction round.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\r\u{8}x";

/// A program of this name that writes each of its words down, one a line, and goes on with a script.
fn program(home: &Home, name: &str, script: &str) {
    let path = home.path(&format!("bin/{name}"));
    let noted = home.path("words");
    home.write(
        &format!("bin/{name}"),
        &format!("#!/bin/sh\nprintf '%s\\n' {name} \"$@\" >>'{}'\n{script}\n", noted.display()),
    );
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// Runs with those programs; gives back what was said, the exit code, and the words that programs were given.
#[track_caller]
fn run(home: &Home, words: &[&str]) -> (String, i32, Vec<String>) {
    let noted = home.path("words");
    let _ = fs::remove_file(&noted);
    let path = format!("{}:{}", home.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = home.abra(words);
    let output = command.env("PATH", path).env("XDG_RUNTIME_DIR", home.path("run")).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let is_bad = |c: &char| *c != '\n' && (c.is_control() || *c == '\u{202e}');
    assert_eq!(text.chars().find(is_bad), None, "{words:?}: {text:?}");
    let given = fs::read_to_string(&noted).unwrap_or_default();
    (text, output.status.code().unwrap(), given.lines().map(str::to_owned).collect())
}

fn real(name: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let found = path.split(':').map(|dir| Path::new(dir).join(name)).find(|path| path.is_file());
    found.unwrap().display().to_string()
}

#[test]
fn values_of_env_files_are_no_options() {
    let home = Home::usual().engine(World::default());
    program(&home, "git", &format!("exec {} \"$@\"", real("git")));
    program(&home, "ssh", "exit 255");
    let usual = "TYPE=wiki\nDOMAIN=wiki.test\nTAG=1\nSECRET_PASSWORD_VERSION=v1\n";
    for key in [
        "TYPE",
        "DOMAIN",
        "EXTRA_DOMAINS",
        "STACK_NAME",
        "COMPOSE_FILE",
        "TAG",
        "OPERATOR_SYNC_VERSION",
        "SECRET_PASSWORD_VERSION",
        "TIMEOUT",
    ] {
        for value in [
            "--upload-pack=evil",
            "-oProxyCommand=evil",
            "wiki:--output=evil",
            "-o/evil/wiki",
            "ssh://-oProxyCommand=evil/x/y",
            EVIL,
        ] {
            home.write("abra/servers/default/wiki.test.env", &format!("{usual}{key}=\"{value}\"\n"));
            for words in [
                &["app", "ls", "-S"][..],
                &["app", "ps", "wiki.test"],
                &["app", "deploy", "-o", "-n", "--dry-run", "wiki.test"],
                &["app", "secret", "ls", "-o", "wiki.test"],
            ] {
                let (said, code, given) = run(&home, words);
                assert!(code == 0 || code == 1, "{key}={value}: {words:?}: {code}: {said}");
                let reached = given.iter().find(|word| word.starts_with('-') && word.contains("evil"));
                assert_eq!(reached, None, "{key}={value}: {words:?}");
            }
        }
    }
}

#[test]
fn what_sshs_settings_come_to_is_checked_before_anybody_logs_in() {
    let home = Home::empty();
    program(
        &home,
        "ssh",
        &format!(
            "case \" $* \" in *' -G '*) cat '{0}/settings' ;; *) cat '{0}/said' >&2; exit 255 ;; esac",
            home.path("").display()
        ),
    );
    home.write("said", &format!("{EVIL}\nbanner: {EVIL}\r\nada@host: Permission denied ({EVIL}).\r\n"));
    for (settings, refused) in [
        ("hostname -oProxyCommand=x\nuser ada\nport 22\n", "the hostname \"-oProxyCommand=x\""),
        ("hostname h\nuser -lroot\nport 22\n", "the user \"-lroot\""),
        ("hostname h\nuser ada\nport -1\n", "the port \"-1\""),
        ("hostname a b\nuser ada\nport 22\n", "the hostname \"a b\""),
        (&format!("hostname h{EVIL}\nuser ada\n"), "the hostname \"h\\u{1b}[2J"),
        (&format!("hostname h\nuser ada{EVIL}\n"), "the user \"ada\\u{1b}[2J"),
        (&format!("hostname h\nuser ada\nport 22{EVIL}\n"), "the port \"22\\u{1b}[2J"),
    ] {
        home.write("settings", settings);
        let (said, code, given) = run(&home, &["server", "add", "-n", "far.example"]);
        assert!(code == 1 && said.contains(refused), "{settings:?}: {said}");
        assert!(given.contains(&"-G".to_owned()) && !given.contains(&"-M".to_owned()), "{given:?}");
    }
    // What ssh itself sees to, and what it says in the end.
    home.write(
        "settings",
        &format!("hostname h\nuser ada\nport 22\nproxyjump -x{EVIL}\nidentityfile /k{EVIL}\n"),
    );
    for more in [&["-n"][..], &["-n", "-d"], &["-n", "-m"]] {
        let (said, code, given) = run(&home, &[&["server", "add", "far.example"], more].concat());
        assert!(code == 1 && said.contains("Permission denied"), "{said}");
        assert!(given.contains(&"-M".to_owned()), "{given:?}");
    }
    assert!(!home.path("abra/servers").exists() && !home.path("user/.docker").exists());
}

#[test]
fn addresses_of_contexts_never_reach_ssh_unless_they_are_harmless() {
    let home = Home::empty();
    program(&home, "ssh", "exit 255");
    for host in [
        "ssh://-oProxyCommand=x",
        "ssh://-oProxyCommand=x@h",
        "ssh://%2doProxyCommand=x",
        "ssh://h%0a-oProxyCommand=x",
        "ssh://u%0a@h",
        "ssh://[-oProxyCommand=x]",
        "ssh://[::1%25-oX]",
        "ssh://h:-1",
        "ssh://h/run/d sock",
        "ssh://h/run/%2e%2e/x",
        "ssh://h/$(id)",
        "ssh://h#-oX",
        "ssh:-oX",
        "SSH://-oX",
        "unix://-oX",
        "npipe:////./pipe/docker",
        "tcp://ada:hunter2@h:2376",
        "fd://",
        "h",
        &format!("ssh://{EVIL}"),
    ] {
        let document = json!({ "Name": "far.example", "Metadata": { "Description": EVIL, "StackOrchestrator": "swarm" },
            "Endpoints": { "docker": { "Host": host, "SkipTLSVerify": true } } });
        let path = format!("user/.docker/contexts/meta/{}/meta.json", docker_context::folder("far.example"));
        home.write(&path, &document.to_string());
        home.write("abra/servers/far.example/a.test.env", "TYPE=wiki\nDOMAIN=a.test\n");
        for words in [&["server", "add", "far.example"][..], &["app", "ps", "a.test"], &["server", "ls"]] {
            let (said, code, given) = run(&home, words);
            assert_eq!((code, given), (i32::from(words[1] != "ls"), vec![]), "{host}: {words:?}: {said}");
            assert!(said.contains("far.example") && !said.contains("hunter2"), "{host}: {said}");
        }
    }
}

#[test]
fn what_an_engine_says_of_itself_is_shown_but_never_advised() {
    let info = |state: &str, host: &str| {
        json!({ "ServerVersion": EVIL, "Name": host, "DockerRootDir": format!("/{EVIL}"), "Swarm": {
            "LocalNodeState": state, "ControlAvailable": false, "Error": EVIL, "Nodes": 1, "Managers": 1 } })
    };
    for (state, host, advised) in [
        ("active", "node-1.example", "`docker node promote node-1.example`"),
        ("active", "x; rm -rf ~", "`docker node promote NODE`"),
        ("active", "-f", "`docker node promote NODE`"),
        ("active", EVIL, "`docker node promote NODE`"),
        (EVIL, "h", "`docker --context default info`"),
    ] {
        let networks = json!([{ "Name": "proxy", "Id": "x", "Scope": EVIL, "Driver": EVIL }]);
        let world = World { info: info(state, host), networks, ..World::default() };
        let home = Home::usual().engine(world);
        for machine in [&[][..], &["-m"]] {
            let (said, code, _) = run(&home, &[&["server", "add", "--local"], machine].concat());
            assert!(code == 0 && said.contains(advised), "{host:?}: {said}");
        }
    }
}
