//! Servers on this workstation: folders and docker's contexts, without any engine.
use crate::home::Home;
use abra_core::docker_context;
use std::path::PathBuf;
use std::process::Command;

fn context_file(home: &Home, name: &str) -> PathBuf {
    home.path(&format!("user/.docker/contexts/meta/{}/meta.json", docker_context::folder(name)))
}

fn context(home: &Home, name: &str, address: &str) {
    let text = format!(
        r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{address}"}}}},"Own":[1]}}"#
    );
    let path = context_file(home, name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[track_caller]
fn run(home: &Home, words: &[&str], code: i32, said: &[&str]) {
    let page = home.page(words);
    assert!(page.ends_with(&format!("exit: {code}\n")), "{page}");
    said.iter().for_each(|words| assert!(page.contains(words), "{words:?} is not in:\n{page}"));
}

fn host(home: &Home, name: &str) -> String {
    let text = std::fs::read_to_string(context_file(home, name)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["Endpoints"]["docker"]["Host"].as_str().unwrap().to_owned()
}

#[test]
fn what_could_become_an_option_or_move_the_cursor_is_refused_and_nothing_is_written() {
    let home = Home::empty();
    for (words, rule) in [
        (&["--", "-oProxyCommand=x"][..], "may not begin with `-`"),
        (&["a\u{1b}[2Jb"], "may not contain `\\u{1b}`"),
        (&["../x"], "may not begin with `.`"),
        (&["x y"], "may not contain ` `"),
        (&["x"], "docker takes no context called `x`"),
        (
            &["ok.example", "--host=-oProxyCommand=x"],
            "the host \"-oProxyCommand=x\" of an ssh address may not begin with `-`",
        ),
        (&["ok.example", "--host", "a\u{7}b"], "may not contain `\\u{7}`"),
        (&["ok.example", "--host", "a b"], "may not contain ` `"),
        (&["ok.example", "--user=-lroot"], "the user \"-lroot\" of an ssh address may not begin with `-`"),
        (&["ok.example", "--user", "a\nb"], "may not contain `\\n`"),
        (&["ok.example", "--user", "a:secret"], "may not contain `:`"),
        (&["ok.example", "--port", "0"], "the port \"0\""),
        (&["ok.example", "--port", "65536"], "65536"),
        (&["ok.example", "--port=-1"], "-1"),
        (&["ok.example", "--socket=-x"], "must be an absolute path"),
        (&["ok.example", "--socket", "/run/\u{1b}x"], "may not contain `\\u{1b}`"),
        (&["default", "--user", "ada"], "is the engine on this machine"),
    ] {
        let page = home.refused(&[&[&["server", "add"], words].concat()]);
        assert!(page.contains(rule), "{words:?}: {page}");
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page:?}");
    }
}

#[test]
fn contexts_that_lead_nowhere_safe_are_refused_by_every_command_that_follows_them() {
    let home = Home::usual();
    home.write("abra/servers/far.example/blog.test.env", "TYPE=wiki\nDOMAIN=blog.test\n");
    for (address, rule) in [
        ("ssh://-oProxyCommand=x", "may not begin with `-`"),
        ("ssh://a\\u001b[2J", "may not contain `\\u{1b}`"),
        ("ssh://h -v", "may not contain ` `"),
        ("unix:///run/\\n/x", "may not contain `\\n`"),
        ("unix://relative", "needs an absolute path"),
        ("tcp://1.2.3.4:2375", "unsupported engine address"),
        ("", "unsupported engine address"),
    ] {
        context(&home, "far.example", address);
        for words in [&["app", "ps", "blog.test"][..], &["server", "add", "far.example"]] {
            let page = home.refused(&[words]);
            assert!(page.contains(rule), "{address}: {page}");
        }
        run(&home, &["app", "ls", "-S", "-s", "far.example"], 0, &["unknown", rule]);
        run(&home, &["server", "ls"], 0, &["far.example", "unknown", rule]);
    }
}

#[test]
fn folders_that_are_no_servers_name_are_passed_over_and_told() {
    let home = Home::usual();
    for folder in ["-oProxyCommand=x", "a\u{1b}[2J", "b c", "--", "-"] {
        home.write(&format!("abra/servers/{folder}/wiki2.test.env"), "TYPE=wiki\n");
    }
    let told = [
        "the server name `-oProxyCommand=x` may not begin with `-`; its apps are passed over",
        "`a\\u{1b}[2J`",
    ];
    for words in [&["server", "ls"][..], &["server", "ls", "-m"], &["app", "ls"], &["app", "ls", "-m"]] {
        run(&home, words, 0, &told);
        assert!(!home.page(words).contains('\u{1b}'), "{words:?}");
    }
    assert_eq!(home.page(&["server", "ls"]).matches("ProxyCommand").count(), 2, "it is told and not listed");
    run(&home, &["app", "ps", "wiki2.test"], 1, &["there is no app `wiki2.test`"]);
}

#[test]
fn a_context_that_leads_elsewhere_is_changed_on_demand_only() {
    let home = Home::empty();
    context(&home, "far.example", "ssh://ada@far.example");
    let before = std::fs::read_to_string(context_file(&home, "far.example")).unwrap();
    let led = "is there already and leads to ssh://ada@far.example, not to ssh://bob@far.example";
    run(&home, &["server", "add", "far.example", "-u", "bob"], 1, &[led, "--force"]);
    assert_eq!(std::fs::read_to_string(context_file(&home, "far.example")).unwrap(), before);
    assert!(!home.path("abra/servers/far.example").exists());
    run(&home, &["server", "ls"], 0, &["no servers"]);

    run(
        &home,
        &["server", "add", "far.example", "-u", "bob", "-p", "1", "--force", "--no-checks"],
        0,
        &["docker's context `far.example` leads to ssh://bob@far.example:1 now", "it was not looked at"],
    );
    let text = std::fs::read_to_string(context_file(&home, "far.example")).unwrap();
    assert!(text.contains(r#""Own":[1]"#), "{text}");
    run(&home, &["server", "ls"], 0, &["ssh://bob@far.example:1"]);
    // Not made by us: it stays.
    run(
        &home,
        &["server", "rm", "far.example"],
        0,
        &["stays: another program", "docker context rm far.example"],
    );
    assert_eq!(host(&home, "far.example"), "ssh://bob@far.example:1");
}

#[test]
fn a_server_is_forgotten_only_without_apps_and_with_its_own_context_only() {
    let home = Home::usual();
    run(&home, &["server", "rm", "default"], 1, &["server default still has app wiki.test"]);
    run(&home, &["server", "rm", "nowhere"], 1, &["there is no server `nowhere`"]);
    let add = "server add one.example --host 127.0.0.1 --port 1 --socket /run/d.sock --no-checks";
    let add: Vec<&str> = add.split(' ').collect();
    run(&home, &add, 0, &["is added", "is new: ssh://127.0.0.1:1/run/d.sock"]);
    home.write("abra/servers/one.example/notes.txt", "mine");
    run(&home, &["server", "rm", "one.example"], 1, &["is not empty: it holds notes.txt"]);
    assert!(context_file(&home, "one.example").exists());
    std::fs::remove_file(home.path("abra/servers/one.example/notes.txt")).unwrap();
    home.write("user/.docker/config.json", r#"{"currentContext":"one.example"}"#);
    run(
        &home,
        &["server", "rm", "one.example"],
        0,
        &[
            "stays: it is docker's current one",
            "`docker context use default && docker context rm one.example`",
        ],
    );
    home.write("user/.docker/config.json", "{}");
    run(&home, &add, 0, &["is added", "leads to ssh://127.0.0.1:1/run/d.sock"]);
    run(&home, &["server", "rm", "one.example"], 0, &["removed docker's context `one.example`"]);
    assert!(!context_file(&home, "one.example").exists());
    assert!(!home.path("abra/servers/one.example").exists());
}

#[test]
fn docker_reads_our_contexts_and_we_read_dockers() {
    let home = Home::empty();
    let docker = |arguments: &[&str]| {
        let mut command = Command::new("docker");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path("user"));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(
        &home,
        &["server", "add", "--no-checks", "ours.example", "-u", "ada", "--host", "127.0.0.1", "-p", "1"],
        0,
        &[],
    );
    docker(&["context", "create", "theirs.example", "--docker", "host=ssh://bob@127.0.0.1:1"]);
    let listed = docker(&["context", "ls", "--format", "{{.Name}} {{.DockerEndpoint}}"]);
    assert!(listed.contains("ours.example ssh://ada@127.0.0.1:1"), "{listed}");
    let format = "{{.Name}} {{.Endpoints.docker.Host}} {{.Endpoints.docker.SkipTLSVerify}}";
    let inspected = docker(&["context", "inspect", "ours.example", "--format", format]);
    assert_eq!(inspected.trim(), "ours.example ssh://ada@127.0.0.1:1 false");
    run(&home, &["server", "add", "--no-checks", "theirs.example"], 0, &["leads to ssh://bob@127.0.0.1:1"]);
    run(&home, &["server", "ls"], 0, &["ssh://ada@127.0.0.1:1", "ssh://bob@127.0.0.1:1"]);
    // One with TLS: refused as it is, changed on demand, and docker goes on with the rest of it.
    let tls = "host=tcp://127.0.0.1:1,skip-tls-verify=true";
    docker(&["context", "create", "tls.example", "--description", "by hand", "--docker", tls]);
    let folder = docker_context::folder("tls.example");
    home.write(&format!("user/.docker/contexts/tls/{folder}/docker/ca.pem"), "theirs");
    run(&home, &["server", "add", "tls.example"], 1, &["unsupported engine address \"tcp://127.0.0.1:1\""]);
    run(
        &home,
        &["server", "add", "-f", "--no-checks", "tls.example"],
        0,
        &["leads to ssh://tls.example now"],
    );
    let format = "{{.Metadata.Metadata.Description}} {{.Endpoints.docker.Host}} {{.Endpoints.docker.SkipTLSVerify}} {{.TLSMaterial.docker}}";
    let inspected = docker(&["context", "inspect", "tls.example", "--format", format]);
    assert_eq!(inspected.trim(), "by hand ssh://tls.example true [ca.pem]");
    // What docker changes is seen, and docker removes what we made.
    docker(&["context", "update", "ours.example", "--docker", "host=ssh://eve@127.0.0.1:1"]);
    run(&home, &["server", "ls"], 0, &["ssh://eve@127.0.0.1:1"]);
    docker(&["context", "rm", "ours.example"]);
    run(&home, &["server", "ls"], 0, &["docker has no context of that name"]);
}
