use super::*;
use crate::finding::{FileId, Severity};
use crate::yaml::read;

/// The problems of a service, as `line:column message`, for the given minor version.
fn problems(text: &str, version: u8) -> Vec<String> {
    let root = read(text, FileId(0)).unwrap_or_else(|p| panic!("{text}: {p:?}")).root;
    let show = |p: &Problem| format!("{}:{} {}", p.place.line, p.place.column, p.message);
    check(&root, version).iter().filter(|p| p.severity == Severity::Blocker).map(show).collect()
}

fn service(body: &str, version: u8) -> Vec<String> {
    problems(&format!("services: {{w: {{image: x, {body}}}}}\n"), version)
}

#[test]
fn what_is_accepted() {
    let table = [
        "tty: true",
        "pid: ",
        "deploy: ",
        "deploy: {replicas: 3.0}",
        "networks: {a: }",
        "networks: [a]",
        "environment: {A: 5, B: , C: x, D: 2001-01-01}",
        "environment: [A, B=1]",
        "healthcheck: {retries: 1.5, test: x, interval: 5s}",
        "ports: [80, '81:81', {target: 5, published: 6}]",
        "volumes: [a, a, {type: bind, source: b, bind: {create_host_path: true}}]",
        "configs: [a, {source: b, mode: 0440}]",
        "ulimits: {nofile: 5, nproc: {soft: 1, hard: 2}, Foo: 3}",
        "x-foo: {1a: [b]}",
        "expose: [80, '81']",
        "build: {context: ., whatever: 1}",
    ];
    for body in table {
        assert_eq!(service(body, 13), [""; 0], "{body}");
    }
}

#[test]
fn what_is_refused_and_how() {
    let table = [
        ("tty: yes", "services.w.tty must be true or false, but is text"),
        (
            "environment: {A: true}",
            "services.w.environment.A must be text, a number or empty, but is a boolean",
        ),
        ("environment: ", "services.w.environment must be a mapping or a list, but is empty"),
        ("depends_on: {a: {}}", "services.w.depends_on must be a list, but is a mapping"),
        ("command: [sleep, 5]", "services.w.command.1 must be text, but is a whole number"),
        ("deploy: {replicas: 3.5}", "services.w.deploy.replicas must be a whole number, but is a number"),
        ("stop_grace_period: 1d", "services.w.stop_grace_period: \"1d\" is not a duration"),
        (
            "deploy: {update_config: {order: x}}",
            "services.w.deploy.update_config.order must be start-first or stop-first, but is \"x\"",
        ),
        ("ports: ['80:80', '80:80']", "services.w.ports has the same item twice, first in line 1"),
        ("ports: [a]", "services.w.ports.0: \"a\" is not a port or range of ports between 0 and 65535"),
        ("ulimits: {a: {soft: 1}}", "services.w.ulimits.a needs the key \"hard\""),
        ("enviroment: {}", "services.w: the key \"enviroment\" is not known"),
        (
            "volumes: [{type: tmpfs, tmpfs: {size: -1}}]",
            "services.w.volumes.0.tmpfs.size must not be negative",
        ),
        ("hostname: 2001-01-01", "services.w.hostname must be text, but is a date"),
    ];
    for (body, want) in table {
        let found = service(body, 13);
        assert!(found.len() == 1 && found[0].ends_with(want), "{body}: {found:?}");
    }
}

#[test]
fn every_problem_is_reported_at_its_place() {
    let text = "foo: 1\nservices:\n  a b: {}\n  w:\n    tty: 5\n    prots: []\n    healthcheck: {timeout: 5}\nsecrets: {s: }\n";
    let want = [
        "1:1 the document: the key \"foo\" is not known",
        "3:3 \"a b\" can't be a name in services",
        "5:10 services.w.tty must be true or false, but is a whole number",
        "6:5 services.w: the key \"prots\" is not known",
        "7:28 services.w.healthcheck.timeout must be a duration like \"1m30s\", but is a whole number",
        "8:12 secrets.s must be a mapping, but is empty",
    ];
    assert_eq!(problems(text, 13), want);
}

#[test]
fn keys_have_a_first_version() {
    let table = [
        ("init: true", 7),
        ("oom_score_adj: 1", 13),
        ("secrets: [a]", 1),
        ("configs: [a]", 3),
        ("ports: [{target: 1}]", 2),
        ("volumes: [{type: bind}]", 2),
        ("volumes: [a, a]", 2),
        ("x-a: 1", 7),
        ("healthcheck: {start_period: 1s}", 4),
        ("healthcheck: {start_interval: 1s}", 12),
        ("credential_spec: {config: a}", 8),
        ("credential_spec: {file: a}", 3),
        ("build: {foo: 1}", 11),
        ("build: {target: a}", 4),
        ("isolation: a", 5),
        ("cgroupns_mode: a", 9),
        ("deploy: {rollback_config: {}}", 7),
        ("deploy: {endpoint_mode: vip}", 2),
        ("deploy: {resources: {limits: {pids: 1}}}", 9),
        ("deploy: {placement: {max_replicas_per_node: 1}}", 8),
        ("deploy: {placement: {preferences: []}}", 3),
        ("networks: {a: {driver_opts: {a: b}}}", 13),
    ];
    for (body, since) in table {
        assert_eq!(service(body, since), [""; 0], "{body}");
        assert_eq!(service(body, since - 1).len(), 1, "{body}");
    }
    assert_eq!(problems("x-a: 1", 4), [""; 0]);
    assert_eq!(problems("x-a: 1", 3).len(), 1);
    assert_eq!(problems("volumes: {v: {x-cluster-spec: {group: 5}}}", 10).len(), 1);
    assert_eq!(problems("volumes: {v: {x-cluster-spec: {group: 5}}}", 9).len(), 1);
    assert_eq!(problems("volumes: {v: {x-cluster-spec: null}}", 10).len(), 1);
    assert_eq!(problems("volumes: {v: {x-cluster-spec: null}}", 9), [""; 0]);
}

#[test]
fn keys_without_effect_are_warned_about() {
    let root = read("services: {w: {volumes: [{type: tmpfs, tmpfs: {mode: 5}}]}}", FileId(0)).unwrap().root;
    let found = check(&root, 13);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
    assert!(found[0].message.contains("\"mode\" has no effect"));
}
