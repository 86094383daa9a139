//! Secrets that an operator entrusts to abra, searched for in everything that it says, sends into the journal, writes and
//! runs.
use crate::operator::{APP, GOOD, PATIENT, Running, STACK, World};
use base64::Engine as _;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What is planted: each in a place of its own.
const IN_ENV: &str = "pl4nted-in-env-5d1c";
const IN_ADDRESS: &str = "pl4nted-in-address-77aa";
const IN_FILE: &str = "pl4nted-in-file-91f0";
const IN_REMOTE: &str = "pl4nted-in-remote-c3b2";
const IN_RECIPES: &str = "pl4nted-in-recipes-08e4";
const IN_REGISTRY: &str = "pl4nted-in-registry-6a6a";

/// All of them, and as they go over the wire.
fn planted() -> Vec<String> {
    let plain = [IN_ENV, IN_ADDRESS, IN_FILE, IN_REMOTE, IN_RECIPES, IN_REGISTRY];
    let wire = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let encoded = [wire(IN_FILE), wire(&format!("ada:{IN_REGISTRY}"))];
    plain.into_iter().map(str::to_owned).chain(encoded).collect()
}

#[track_caller]
fn has_none(what: &str, text: &str) {
    for secret in planted() {
        assert!(!text.contains(&secret), "{what} tells {secret}:\n{text}");
    }
}

fn holds_any(bytes: &[u8]) -> bool {
    planted().iter().any(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
}

/// Files below a folder that hold a secret.
fn telling(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && std::fs::read(&path).is_ok_and(|bytes| holds_any(&bytes)) => {
                    found.insert(path);
                }
                _ => {}
            }
        }
    }
    found
}

/// Looks at every process of this machine, again and again, until told to end: what its command line says, and the
/// environment of those that live in an operator's home. Gives back how many of those were looked at, and who tells a secret.
fn watch_processes(home: &Path, ended: &AtomicBool) -> (usize, Vec<String>) {
    let (mut looks, mut found) = (0, Vec::new());
    while !ended.load(Ordering::SeqCst) {
        // Children of a run live for some milliseconds; the machine has other work, too.
        std::thread::sleep(std::time::Duration::from_millis(2));
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let (line, environment) = (read("cmdline"), read("environ"));
            let is_ours =
                environment.windows(home.as_os_str().len()).any(|part| part == home.as_os_str().as_bytes());
            looks += usize::from(is_ours);
            // Git's own helper is given the address as the operator wrote it into git's settings.
            let is_gits = line.windows(11).any(|part| part == b"remote-http");
            if is_ours && ((holds_any(&line) && !is_gits) || holds_any(&environment)) {
                found.push(format!(
                    "{} | {}",
                    String::from_utf8_lossy(&line),
                    String::from_utf8_lossy(&environment)
                ));
            }
        }
    }
    (looks, found)
}

/// Ends the watching of processes.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The app with everything planted. Nothing of it can be reached: what can't be reached is told about.
fn plant(world: &World) -> BTreeSet<PathBuf> {
    let (home, ada) = (world.ada.home(), &world.ada);
    let env = format!(
        "TYPE=demo\nDOMAIN=demo.example.com\nDB_PASSWORD={IN_ENV}\nDATABASE_URL=postgres://app:{IN_ADDRESS}@db/app\n"
    );
    ada.write_env(&env);
    let auths = base64::engine::general_purpose::STANDARD.encode(format!("ada:{IN_REGISTRY}"));
    std::fs::create_dir(home.join(".docker")).unwrap();
    let docker = format!(r#"{{"auths":{{"127.0.0.1:1":{{"auth":"{auths}"}}}}}}"#);
    std::fs::write(home.join(".docker/config.json"), docker).unwrap();
    let config = home.join("abra/config.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("sync: true", "sync: true\n  commit: true\n  push: true")).unwrap();
    let script = format!(
        "set -e; cd abra/servers/default; git init -q --initial-branch=main; git config user.name Ada
        git config user.email ada@coop.example; git commit -q --allow-empty -m first
        git remote add origin http://ada:{IN_REMOTE}@127.0.0.1:1/servers.git
        git config branch.main.remote origin; git config branch.main.merge refs/heads/main
        git update-ref refs/remotes/origin/main HEAD"
    );
    let output = ada.command("sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [
        format!("abra/servers/default/{APP}.env"),
        ".docker/config.json".to_owned(),
        "abra/servers/default/.git/config".to_owned(),
    ]
    .iter()
    .map(|path| home.join(path))
    .collect()
}

/// A release with the secrets in use: `app` says its own out loud and fails, if it is to.
fn release(world: &World, version: &str, fails: bool) {
    let environment = "environment: [DB_PASSWORD, DATABASE_URL], secrets: [tok]";
    let app = match fails {
        false => GOOD.replace("{image: bb:1,", &format!("{{image: bb:1, {environment},")),
        true => format!(
            "app: {{image: bb:1, {environment}, command: [sh, -c, 'echo it is $$DB_PASSWORD; exit 3'], \
             deploy: {{restart_policy: {{condition: none}}}}}}"
        ),
    };
    let far = "far: {image: 127.0.0.1:1/none:1, environment: [DB_PASSWORD], deploy: {replicas: 0}}";
    let secrets = "secrets:\n  tok: {file: tok.txt, name: demo_tok_v1}";
    world.forge.file("tok.txt", IN_FILE);
    world.forge.release(version, &[&app, &format!("{far}\n{secrets}")]);
}

/// Mistakes that quote what they are about.
fn mistakes(world: &World) -> [(String, String); 4] {
    let env = world.ada.env();
    let broken = |line: &str| format!("{env}{line}\n");
    [
        ("an unclosed quote".to_owned(), broken(&format!("API_TOKEN=\"{IN_ENV}"))),
        ("no name".to_owned(), broken(&format!("API TOKEN={IN_ENV}"))),
        ("a variable of no value".to_owned(), broken(&format!("API_TOKEN=${{{IN_ENV}"))),
        ("no version".to_owned(), broken(&format!("OPERATOR_SYNC_VERSION={IN_ENV}"))),
    ]
}

#[test]
fn a_planted_secret_is_found_nowhere() {
    let world = World::new(&[GOOD]);
    release(&world, "1.1.0+1.1", false);
    release(&world, "1.2.0+1.2", true);
    let put = plant(&world);
    let home = world.ada.home().to_owned();
    std::fs::create_dir(home.join("tmp")).unwrap();
    let ended = AtomicBool::new(false);
    let (looks, processes) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch_processes(&home, &ended));
        // Also where something is found.
        let ends = End(&ended);
        commands(&world);
        drop(ends);
        watching.join().unwrap()
    });
    assert!(looks > 0, "no process was ever looked at");
    assert_eq!(processes, Vec::<String>::new());
    // The recipe's own file is in the recipe's repository, here and there.
    let recipe = home.join("abra/recipes/demo");
    let here: BTreeSet<PathBuf> =
        telling(&home).into_iter().filter(|path| !path.starts_with(&recipe)).collect();
    assert_eq!(here, put, "files that the operator did not put it into");
    on_the_server(&world);
}

/// Whatever abra says, with everything that it can say.
fn commands(world: &World) {
    let (ada, stable) = (&world.ada, "-n -D --stable 1s");
    let run = |words: String, codes: &[i32]| {
        let output = ada.start_with(&words, "TMPDIR", &ada.home().join("tmp").display().to_string()).end();
        assert!(codes.contains(&output.code), "{words}: {}: {}", output.code, output.text);
        has_none(&words, &output.text);
    };
    for flags in ["", "-d", "-m", "-d -m"] {
        run(format!("app deploy --dry-run {stable} {flags} {APP} 1.1.0+1.1"), &[0]);
    }
    run(format!("app deploy -d {stable} {APP} 1.1.0+1.1"), &[0]);
    ada.write_env(&ada.env().replace(IN_ENV, &format!("{IN_ENV}-changed")));
    run(format!("app deploy --dry-run -m {stable} {APP}"), &[0]);
    ada.write_env(&ada.env().replace("-changed", ""));
    run(format!("app deploy -d -n -D {PATIENT} {APP} 1.2.0+1.2"), &[3]);
    run(format!("app deploy -m -n -D {PATIENT} {APP} 1.2.0+1.2"), &[3]);
    for words in ["ls -S", "ls -S -m", "ls -S -d"] {
        run(format!("app {words}"), &[0]);
    }
    for words in [
        "ps",
        "ps -m",
        "history",
        "history -m",
        "lock status",
        "lock status -m",
        "watch -d",
        "sync --check -D -d",
    ] {
        run(format!("app {words} {APP}"), &[0, 3, 8]);
    }
    let good = ada.env();
    for (what, env) in mistakes(world) {
        ada.write_env(&env);
        for flags in ["", "-m", "-d"] {
            let output = ada.run(&format!("app deploy {stable} {flags} {APP}"));
            assert_ne!(output.code, 101, "{what}: {}", output.text);
            has_none(&what, &output.text);
        }
    }
    ada.write_env(&good);
    // A variable where none belongs: what is wrong with its value is told without it.
    for (version, service) in [
        ("2.0.0+1", "app: {image: bb:1, deploy: {replicas: \"${DB_PASSWORD}\"}}"),
        ("2.1.0+1", "app: {image: \"${DB_PASSWORD} x\"}"),
        ("2.2.0+1", "app: {image: bb:1, ports: [\"${DB_PASSWORD}\"]}"),
        ("2.3.0+1", "app: {image: bb:1, stop_grace_period: \"${DB_PASSWORD}\"}"),
    ] {
        world.forge.release(version, &[service]);
        for flags in ["-l", "-l -m"] {
            run(format!("app deploy {stable} {flags} {APP}"), &[1]);
        }
    }
    let config = ada.home().join("abra/config.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    let recipes = format!("  url: http://ada:{IN_RECIPES}@127.0.0.1:1\n");
    let other: String = text
        .lines()
        .map(|line| if line.contains("url:") { recipes.clone() } else { format!("{line}\n") })
        .collect();
    std::fs::write(&config, other).unwrap();
    for words in ["config show", "config show -m", "app ls", "app new -n -d other --domain other.example.com"]
    {
        run(words.to_owned(), &[1]);
    }
    std::fs::write(&config, text).unwrap();
    run(format!("app undeploy -n -d {APP}"), &[0]);
}

#[test]
fn a_panic_tells_no_secret_and_leaves_what_a_kill_leaves() {
    let world = World::new(&[GOOD]);
    release(&world, "1.1.0+1.1", false);
    plant(&world);
    let ada = &world.ada;
    for backtrace in ["0", "1", "full"] {
        let mut command = ada.command(env!("CARGO_BIN_EXE_abra"));
        command.args(["app", "deploy", "-n", "-D", "-d", APP, "1.1.0+1.1"]).env("RUST_BACKTRACE", backtrace);
        command.env(abra::hold::VARIABLE, format!("plan-checked:!the token {IN_ENV} and {IN_FILE} is wrong"));
        let end =
            Running::start(command).end().is(101, &["abra has a mistake, at", "hold.rs:", "frees itself"]);
        assert_eq!(end.text.contains("core::panicking"), backtrace != "0", "{}", end.text);
        has_none("a panic", &end.text);
        ada.run(&format!("app lock release -n --force {APP}")).is(0, &[]);
    }
    ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
}

/// What abra keeps for itself on the server, and the labels of what it deployed.
fn on_the_server(world: &World) {
    world.ada.deploy("1.1.0+1.1").is(0, &[]);
    let configs = world.rig.json("/configs").unwrap();
    let mut seen = 0;
    for config in configs.as_array().unwrap() {
        let data = base64::engine::general_purpose::STANDARD
            .decode(config["Spec"]["Data"].as_str().unwrap())
            .unwrap();
        has_none("a config object", &format!("{config}{}", String::from_utf8_lossy(&data)));
        seen += 1;
    }
    assert!(seen > 3, "head and journal are there");
    for list in ["/services", "/networks", "/secrets"] {
        for object in world.rig.json(list).unwrap().as_array().unwrap() {
            has_none(list, &format!("{}{}", object["Spec"]["Labels"], object["Labels"]));
        }
    }
    let service = world.service("app");
    let environment = service["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"].to_string();
    assert!(environment.contains(IN_ENV), "{STACK} does have it");
}
