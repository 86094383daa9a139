//! Documents and what is made of them. Answers are docker 28.2.2's, but where a test says otherwise.
#![expect(clippy::needless_pass_by_value, reason = "calls are shorter")]
use super::*;
use crate::compose::files::{FileError, Files};
use crate::compose::{LoadRequest, SourceFile, load};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Files of the stack, all in `/d`.
struct Fixed;

impl Files for Fixed {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match path {
            "/d/file" => Ok(b"hi".to_vec()),
            "/d/empty" => Ok(Vec::new()),
            "/d/big" => Ok(vec![0; 600 * 1024]),
            "/d/bigger" => Ok(vec![0; 1000 * 1024]),
            _ => Err(FileError::Missing),
        }
    }
}

fn converted(text: &str, api: ApiVersion) -> Result<StackSpec, Vec<Finding>> {
    let env = BTreeMap::new();
    let request = LoadRequest {
        files: vec![SourceFile { name: "compose.yml".to_owned(), text: text.as_bytes().to_vec() }],
        directory: "/d".to_owned(),
        env: &env,
        home: None,
        skip_interpolation: false,
        optional: std::collections::BTreeSet::new(),
        reader: &Fixed,
    };
    let loaded = load(&request).map_err(|refused| refused.findings).expect("the document is good");
    convert(&loaded.document, &loaded.sources, &ConvertRequest { stack: "st", files: &Fixed, api })
}

fn document(service: &str, rest: &str) -> String {
    let indented: String = service.lines().map(|line| format!("    {line}\n")).collect();
    format!("services:\n  w:\n    image: nginx:1.25\n{indented}{rest}\n")
}

/// What is sent for the service `w`.
fn sent(service: &str, rest: &str) -> Value {
    let stack = converted(&document(service, rest), ApiVersion::v1(50)).unwrap();
    serde_json::to_value(&stack.services["st_w"].spec).unwrap()
}

/// Checks one part of what is sent for a service.
fn check(service: &str, rest: &str, pointer: &str, expected: Value) {
    let sent = sent(service, rest);
    assert_eq!(sent.pointer(pointer).unwrap_or(&Value::Null), &expected, "{service} {rest}");
}

/// Checks that a document is refused, in a message that has these words.
fn refuse(service: &str, rest: &str, words: &str) {
    let findings = converted(&document(service, rest), ApiVersion::v1(50)).expect_err(words);
    let found = findings.iter().any(|finding| finding.message.contains(words) && finding.location.is_some());
    assert!(found, "{words}: {findings:?}");
}

const CONTAINER: &str = "/TaskTemplate/ContainerSpec";

#[test]
fn the_least_service() {
    let expected = json!({
        "Name": "st_w",
        "Labels": {"com.docker.stack.image": "nginx:1.25", "com.docker.stack.namespace": "st"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "nginx:1.25",
                "Labels": {"com.docker.stack.namespace": "st"},
                "Privileges": {"CredentialSpec": null, "SELinuxContext": null, "NoNewPrivileges": false}
            },
            "Resources": {},
            "Placement": {},
            "Networks": [{"Target": "st_default", "Aliases": ["w"]}],
            "ForceUpdate": 0
        },
        "Mode": {"Replicated": {}},
        "EndpointSpec": {}
    });
    assert_eq!(sent("", ""), expected);
}

#[test]
fn the_container() {
    let check = |service: &str, key: &str, expected: Value| {
        check(service, "", &format!("{CONTAINER}/{key}"), expected);
    };
    check("environment: [Z, A=x=y, B=]", "Env", json!(["A=x=y", "B=", "Z"]));
    check("extra_hosts: ['a:1.2.3.4', 'b=::1']", "Hosts", json!(["1.2.3.4 a", "::1 b"]));
    check("dns: []", "DNSConfig", json!({}));
    check("dns_search: x", "DNSConfig", json!({"Search": ["x"]}));
    check("init: false", "Init", json!(false));
    check("stop_grace_period: 0s", "StopGracePeriod", json!(0));
    check("oom_score_adj: 5", "OomScoreAdj", json!(5));
    check(
        "ulimits: {b: 0, a: {soft: 2, hard: 1}}",
        "Ulimits",
        json!([{"Name": "a", "Hard": 1, "Soft": 2}, {"Name": "b", "Hard": 0, "Soft": 0}]),
    );
    check("entrypoint: a 'b c'\ncommand: [d]", "Command", json!(["a", "b c"]));
    check("entrypoint: a\ncommand: [d]", "Args", json!(["d"]));
    check(
        "labels: {com.docker.stack.namespace: x, a: ''}",
        "Labels",
        json!({"a": "", "com.docker.stack.namespace": "st"}),
    );
    check("healthcheck: {}", "Healthcheck", json!({}));
    check("healthcheck: {disable: true, interval: 5s}", "Healthcheck", json!({"Test": ["NONE"]}));
    check(
        "healthcheck: {test: x, timeout: 1s, start_interval: 3s, retries: 2}",
        "Healthcheck",
        json!({"Test": ["CMD-SHELL", "x"], "Timeout": 1_000_000_000, "StartInterval": 3_000_000_000_i64, "Retries": 2}),
    );
    refuse("healthcheck: {disable: true, test: x}", "", "can't have a test");
    refuse("hostname: x", "  v: {command: x}", "service v has no image");
}

#[test]
fn mounts() {
    let rest = "volumes: {v: {}, named: {name: nm, labels: {a: b}}, ext: {external: true, name: real}, drv: {driver: d}}";
    let check = |mount: &str, expected: Value| {
        check(&format!("volumes: [{mount}]"), rest, &format!("{CONTAINER}/Mounts/0"), expected);
    };
    let ours = json!({"com.docker.stack.namespace": "st"});
    check(
        "{type: volume, source: v, target: /a, volume: {nocopy: true, subpath: s}}",
        json!({"Type": "volume", "Source": "st_v", "Target": "/a", "VolumeOptions": {"NoCopy": true, "Labels": ours, "Subpath": "s"}}),
    );
    check(
        "{type: volume, source: named, target: /a}",
        json!({"Type": "volume", "Source": "nm", "Target": "/a", "VolumeOptions": {"Labels": {"a": "b", "com.docker.stack.namespace": "st"}}}),
    );
    check(
        "{type: volume, source: ext, target: /a}",
        json!({"Type": "volume", "Source": "real", "Target": "/a", "VolumeOptions": {}}),
    );
    check(
        "{type: volume, source: drv, target: /a}",
        json!({"Type": "volume", "Source": "st_drv", "Target": "/a", "VolumeOptions": {"Labels": ours, "DriverConfig": {"Name": "d"}}}),
    );
    check("{type: volume, target: /a}", json!({"Type": "volume", "Target": "/a"}));
    check(
        "'/s:/b:ro,rslave'",
        json!({"Type": "bind", "Source": "/s", "Target": "/b", "ReadOnly": true, "BindOptions": {"Propagation": "rslave"}}),
    );
    check(
        "{type: tmpfs, target: /t, tmpfs: {size: 5}}",
        json!({"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 5}}),
    );
    check("{type: npipe, source: x, target: /n}", json!({"Type": "npipe", "Source": "x", "Target": "/n"}));
    check(
        "{type: cluster, source: v, target: /c}",
        json!({"Type": "cluster", "Source": "st_v", "Target": "/c", "ClusterOptions": {}}),
    );
    check(
        "{type: cluster, source: 'group:g', target: /c}",
        json!({"Type": "cluster", "Source": "group:g", "Target": "/c", "ClusterOptions": {}}),
    );
    check(
        "{type: image, source: alpine, target: /i}",
        json!({"Type": "image", "Source": "alpine", "Target": "/i"}),
    );
    for (mount, words) in [
        ("{type: volume, source: nope, target: /a}", "\"nope\" is not declared"),
        ("{type: cluster, source: nope, target: /a}", "\"nope\" is not declared"),
        ("{type: cluster, target: /a}", "needs a source"),
        ("{type: image, target: /a}", "needs a source"),
        ("{type: tmpfs, source: x, target: /a}", "can't have a source"),
        ("{type: weird, target: /a}", "\"weird\" is not"),
        ("{type: volume, source: v, target: /a, bind: {}}", "volume mount can't have bind options"),
        ("{type: volume, source: v, target: /a, tmpfs: {}}", "can't have tmpfs options"),
        ("{type: bind, source: /x, target: /a, volume: {}}", "can't have volume options"),
        ("{type: npipe, source: x, target: /a, volume: {}}", "can't have volume options"),
        ("{type: image, source: x, target: /a, bind: {}}", "can't have bind options"),
    ] {
        refuse(&format!("volumes: [{mount}]"), rest, words);
    }
}

#[test]
fn secrets_and_configs() {
    let rest = "secrets: {a: {external: true}, b: {external: true, name: a-real}, f: {file: ./file}}\n\
                configs: {c: {external: true, name: real}, g: {file: ./file, template_driver: golang, labels: {x: y}}}";
    let file = |name: &str| json!({"Name": name, "UID": "0", "GID": "0", "Mode": 292});
    check(
        "secrets: [{source: b, target: /x, mode: 0400, uid: '5'}, a]",
        rest,
        &format!("{CONTAINER}/Secrets"),
        json!([
            {"File": file("a"), "SecretID": "", "SecretName": "a"},
            {"File": {"Name": "/x", "UID": "5", "GID": "0", "Mode": 256}, "SecretID": "", "SecretName": "a-real"},
        ]),
    );
    check(
        "configs: [c]\ncredential_spec: {config: c}",
        rest,
        &format!("{CONTAINER}/Configs"),
        json!([
            {"File": file("c"), "ConfigID": "", "ConfigName": "real"},
            {"Runtime": {}, "ConfigID": "", "ConfigName": "real"},
        ]),
    );
    check(
        "credential_spec: {config: g}",
        rest,
        &format!("{CONTAINER}/Privileges/CredentialSpec"),
        json!({"Config": "st_g", "File": "", "Registry": ""}),
    );
    let stack = converted(&document("secrets: [a, f]", rest), ApiVersion::v1(50)).unwrap();
    assert_eq!(
        serde_json::to_value(&stack.configs["st_g"].spec).unwrap(),
        json!({"Name": "st_g", "Labels": {"com.docker.stack.namespace": "st", "x": "y"}, "Data": "aGk=", "Templating": {"Name": "golang"}})
    );
    assert_eq!(stack.external.secrets.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(stack.external.secrets["a"].services, ["w"]);
    assert!(!format!("{:?}", stack.secrets).contains("104"), "the content of a secret prints");
    for (service, words) in [
        ("secrets: [nope]", "secret \"nope\" is not declared"),
        ("configs: [nope]", "config \"nope\" is not declared"),
        ("secrets: [a, {source: b, target: a}]", "two secrets have the target \"a\""),
        ("credential_spec: {config: nope}", "config \"nope\" is not declared"),
        ("credential_spec: {file: a, registry: b}", "takes one of config, file and registry"),
    ] {
        refuse(service, rest, words);
    }
    for (config, words) in [
        ("{file: ./gone}", "no such file"),
        ("{file: ./empty}", "it is empty"),
        ("{file: ./bigger}", "has 1024000 bytes"),
        ("{file: ./file, name: a_}", "can't be the name of a config"),
    ] {
        refuse("tty: true", &format!("configs: {{c: {config}}}"), words);
    }
    refuse("tty: true", "secrets: {c: {file: ./big}}", "has 614400 bytes");
    refuse(
        "tty: true",
        "configs: {a: {file: ./file, name: x}, b: {file: ./file, name: x, labels: {q: r}}}",
        "both called \"x\"",
    );
}

#[test]
fn ids_are_filled_in_by_name() {
    use crate::stack::spec::{Ids, fill_ids};
    let rest = "secrets: {a: {external: true}}\nconfigs: {c: {external: true}}";
    let text = document("secrets: [a]\nconfigs: [c]\ncredential_spec: {config: c}", rest);
    let spec = converted(&text, ApiVersion::v1(50)).unwrap().services["st_w"].spec.clone();
    let map = |name: &str, id: &str| BTreeMap::from([(name.to_owned(), id.to_owned())]);
    let ids = Ids { secrets: map("a", "s1"), configs: map("c", "c1") };
    let container = fill_ids(&spec, &ids).unwrap().task_template.container_spec;
    assert_eq!(container.secrets[0].secret_id, "s1");
    assert_eq!(
        (container.configs[0].config_id.as_str(), container.configs[1].config_id.as_str()),
        ("c1", "c1")
    );
    assert_eq!(container.privileges.credential_spec.unwrap().config, "c1");
    let missing = fill_ids(&spec, &Ids::default()).unwrap_err();
    assert_eq!(missing.to_string(), "not on the server: config c, secret a");
}

#[test]
fn networks() {
    let joined =
        |service: &str, rest: &str, expected: Value| check(service, rest, "/TaskTemplate/Networks", expected);
    joined(
        "networks: {a: {aliases: [x], driver_opts: {k: v}}, b: null}",
        "networks: {a: {}, b: {name: bee}}",
        json!([{"Target": "bee", "Aliases": ["w"]}, {"Target": "st_a", "Aliases": ["x", "w"], "DriverOpts": {"k": "v"}}]),
    );
    joined("networks: [x]", "networks: {x: {external: true, name: host}}", json!([{"Target": "host"}]));
    joined(
        "networks: {default: {aliases: [x]}}",
        "",
        json!([{"Target": "st_default", "Aliases": ["x", "w"]}]),
    );
    refuse("networks: [zzz]", "", "network \"zzz\" is not declared");
    refuse("networks: [a]", "networks: {a: {name: a.b}}", "can't be the name of a network");
    let created = |service: &str, rest: &str, api: ApiVersion| {
        let stack = converted(&document(service, rest), api).unwrap();
        let specs: Vec<Value> =
            stack.networks.values().map(|wanted| serde_json::to_value(&wanted.spec).unwrap()).collect();
        (json!(specs), stack.external.networks.into_keys().collect::<Vec<_>>())
    };
    let ours = json!({"com.docker.stack.namespace": "st"});
    let plain = json!([{"Name": "st_default", "Driver": "overlay", "Labels": ours}]);
    assert_eq!(created("", "networks: {unused: {}}", ApiVersion::v1(50)), (plain, Vec::new()));
    let old = json!([{"Name": "st_default", "CheckDuplicate": true, "Driver": "overlay", "Labels": ours}]);
    assert_eq!(created("", "", ApiVersion::v1(43)).0, old);
    let full = "networks: {a: {internal: true, attachable: true, driver: d, driver_opts: {k: ''}, ipam: {config: [{subnet: 1.2.3.0/24}]}},\
                p: {external: true, name: proxy}, h: {external: true, name: host}}";
    let expected = json!([{"Name": "st_a", "Driver": "d", "IPAM": {"Config": [{"Subnet": "1.2.3.0/24"}]}, "Internal": true,
        "Attachable": true, "Options": {"k": ""}, "Labels": ours}]);
    assert_eq!(
        created("networks: [a, p, h]", full, ApiVersion::v1(50)),
        (expected, vec!["proxy".to_owned()])
    );
}

#[test]
fn modes_and_policies() {
    let mode = |deploy: &str, expected: Value| check(&format!("deploy: {{{deploy}}}"), "", "/Mode", expected);
    mode("replicas: 0", json!({"Replicated": {"Replicas": 0}}));
    mode("mode: global", json!({"Global": {}}));
    mode(
        "mode: replicated-job, replicas: 4",
        json!({"ReplicatedJob": {"MaxConcurrent": 4, "TotalCompletions": 4}}),
    );
    mode("mode: global-job", json!({"GlobalJob": {}}));
    refuse("deploy: {mode: foo}", "", "mode \"foo\" is not");
    refuse("deploy: {mode: global, replicas: 0}", "", "global service can't have replicas");
    let update = |deploy: &str, expected: Value| {
        check(&format!("deploy: {{{deploy}}}"), "", "/UpdateConfig", expected);
    };
    update("update_config: {}", json!({"Parallelism": 1, "MaxFailureRatio": 0, "Order": ""}));
    update(
        "update_config: {parallelism: 0, delay: 10s, max_failure_ratio: 0.3, order: start-first}",
        json!({"Parallelism": 0, "Delay": 10_000_000_000_i64, "MaxFailureRatio": 0.3, "Order": "start-first"}),
    );
    update("rollback_config: {}", Value::Null);
    let restart =
        |service: &str, expected: Value| check(service, "", "/TaskTemplate/RestartPolicy", expected);
    restart("restart: 'no'", Value::Null);
    restart("restart: always:3", json!({"Condition": "any"}));
    restart("restart: unless-stopped", json!({"Condition": "any"}));
    restart("restart: on-failure", json!({"Condition": "on-failure", "MaxAttempts": 0}));
    restart("restart: 'on-failure:-1'", json!({"Condition": "on-failure", "MaxAttempts": u64::MAX}));
    restart("restart: always\ndeploy: {restart_policy: {}}", json!({}));
    restart(
        "deploy: {restart_policy: {delay: 0s, max_attempts: 0, window: 1s}}",
        json!({"Delay": 0, "MaxAttempts": 0, "Window": 1_000_000_000}),
    );
    for bad in ["foo", "Always", ":3", "on-failure:x", "no:x"] {
        refuse(&format!("restart: '{bad}'"), "", &format!("restart {bad:?}"));
    }
}

#[test]
fn resources_placement_ports_and_logging() {
    check(
        "deploy: {resources: {limits: {cpus: '.5', memory: 1k, pids: 3}, reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}",
        "",
        "/TaskTemplate/Resources",
        json!({"Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 1024, "Pids": 3},
            "Reservations": {"GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}}]}}),
    );
    check("deploy: {resources: {limits: {cpus: ''}}}", "", "/TaskTemplate/Resources", json!({"Limits": {}}));
    refuse("deploy: {resources: {limits: {cpus: 1/3}}}", "", "nine digits");
    check(
        "deploy: {placement: {constraints: [a==b], preferences: [{spread: x}], max_replicas_per_node: 2}}",
        "",
        "/TaskTemplate/Placement",
        json!({"Constraints": ["a==b"], "Preferences": [{"Spread": {"SpreadDescriptor": "x"}}], "MaxReplicas": 2}),
    );
    check(
        "ports: ['81:81', {target: 80}]\ndeploy: {endpoint_mode: DNSRR}",
        "",
        "/EndpointSpec",
        json!({"Mode": "dnsrr", "Ports": [
        {"TargetPort": 80}, {"Protocol": "tcp", "TargetPort": 81, "PublishedPort": 81, "PublishMode": "ingress"}]}),
    );
    check("ports: [{target: 70000}]", "", "/EndpointSpec/Ports", json!([{"TargetPort": 70000}]));
    check("logging: {options: {a: b}}", "", "/TaskTemplate/LogDriver", json!({"Options": {"a": "b"}}));
    check(
        "deploy: {labels: {a: '', com.docker.stack.image: x}}",
        "",
        "/Labels",
        json!({"a": "", "com.docker.stack.image": "nginx:1.25", "com.docker.stack.namespace": "st"}),
    );
}

#[test]
fn what_an_old_engine_drops_is_told_and_left_out() {
    let service = "oom_score_adj: 5\nhealthcheck: {test: x, start_interval: 3s}\nulimits: {core: 1}";
    let lost = |api: ApiVersion| {
        let stack = converted(&document(service, ""), api).unwrap();
        let spec = &stack.services["st_w"].spec.task_template.container_spec;
        let health = spec.healthcheck.as_ref().unwrap();
        let kept = (spec.oom_score_adj, health.start_interval, spec.ulimits.len());
        let words = |key: &str| stack.findings.iter().any(|finding| finding.message.contains(key));
        (["oom_score_adj", "start_interval", "ulimits"].map(words), kept)
    };
    assert_eq!(lost(ApiVersion::v1(46)), ([false, false, false], (5, 3_000_000_000, 1)));
    assert_eq!(lost(ApiVersion::v1(45)), ([true, false, false], (0, 3_000_000_000, 1)));
    assert_eq!(lost(ApiVersion::v1(41)), ([true, true, false], (0, 0, 1)));
    assert_eq!(lost(ApiVersion::v1(40)), ([true, true, true], (0, 0, 0)));
    let cluster = document("volumes: [{type: cluster, source: v, target: /c}]", "volumes: {v: }");
    let refused = converted(&cluster, ApiVersion::v1(41)).unwrap_err();
    assert!(refused[0].message.contains("cluster volumes need API 1.42"), "{refused:?}");
    assert!(converted(&cluster, ApiVersion::v1(42)).unwrap().findings.is_empty());
    let image = converted(&document("volumes: [{type: image, source: a, target: /i}]", ""), ApiVersion::OURS)
        .unwrap();
    assert!(image.findings[0].message.contains("mount of type image"), "{:?}", image.findings);
    let job = document("deploy: {mode: global-job}", "");
    assert!(converted(&job, ApiVersion::v1(40)).is_err() && converted(&job, ApiVersion::v1(41)).is_ok());
}

#[test]
fn all_problems_are_told_at_once_with_their_lines() {
    let text = "services:\n  a:\n    image: A B\n    networks: [x]\n  b:\n    image: b\n    secrets: [y]\n    restart: foo\n";
    let findings = converted(text, ApiVersion::v1(50)).unwrap_err();
    let lines: Vec<u32> =
        findings.iter().filter_map(|finding| Some(finding.location.as_ref()?.line)).collect();
    assert_eq!(lines, [3, 4, 7, 8], "{findings:?}");
}

#[test]
fn services_start_after_what_they_depend_on() {
    let text = document("depends_on: [v, gone]", "  v: {image: x}");
    let stack = converted(&text, ApiVersion::v1(50)).unwrap();
    assert_eq!(stack.services["st_w"].depends_on, ["st_v"]);
    assert!(stack.findings.iter().any(|finding| finding.message.contains("\"gone\", which is no service")));
}

#[test]
fn what_is_declared_nowhere_is_named_with_what_may_have_been_meant() {
    for (service, rest, words) in [
        ("networks: [bakend]", "networks: {backend: }", "did you mean backend?"),
        ("networks: [x]", "", "declare it under networks"),
        ("volumes: ['dta:/d']", "volumes: {data: }", "did you mean data?"),
        (
            "secrets: [github_client_secret]",
            "secrets: {oauth: {external: true}}",
            "used by no service: oauth",
        ),
        (
            "secrets: [key_a, key_b]",
            "secrets: {key_a: {external: true}, key_c: {external: true}}",
            "did you mean key_c?",
        ),
        ("configs: [x]", "", "declare it under configs"),
    ] {
        let found = converted(&document(service, rest), ApiVersion::v1(51)).unwrap_err();
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert!(finding.help.as_ref().is_some_and(|help| help.contains(words)), "{finding:?}");
        let at = finding.location.as_ref().unwrap();
        assert!(at.line > 0 && at.column > 0 && at.source.is_some(), "{at:?}");
    }
}

#[test]
fn findings_and_suggestions_are_bounded() {
    let mounts = |count: usize| {
        let list: String = (0..count).map(|at| format!("  - data{at}:/d{at}\n")).collect();
        format!("volumes:\n{list}")
    };
    let findings =
        converted(&document(&mounts(30_000), "volumes:\n  data: {}"), ApiVersion::v1(50)).unwrap_err();
    assert_eq!(findings.len(), 501);
    assert_eq!(findings[500].message, "and 29500 more");
    let help = |at: usize| findings[at].help.clone().unwrap_or_default();
    assert!(help(0).starts_with("did you mean data?"), "{}", help(0));
    assert_eq!(help(499), "declare it under volumes at the top level");
}

#[test]
fn contents_are_bounded() {
    let configs: String = (0..150).map(|at| format!("  c{at}: {{file: /d/big}}\n")).collect();
    let findings = converted(&document("", &format!("configs:\n{configs}")), ApiVersion::v1(50)).unwrap_err();
    let want = "with it, secrets and configs have more than 64 MiB together";
    assert!(findings.iter().all(|finding| finding.message.contains(want)), "{findings:?}");
    assert_eq!(findings.len(), 150 - (64 << 20) / (600 * 1024));
}
