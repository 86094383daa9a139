//! Specs as they are sent, and as an engine 20.10 gives them back.
use super::*;

fn names() -> Names {
    let map = |id: &str, name: &str| BTreeMap::from([(id.to_owned(), name.to_owned())]);
    Names {
        networks: BTreeMap::from([
            ("net1".to_owned(), "st_default".to_owned()),
            ("net2".to_owned(), "proxy".to_owned()),
        ]),
        secrets: map("sec1", "st_pass_v1"),
        configs: map("con1", "st_app_conf_v2"),
    }
}

fn check(sent: &Value, stored: &Value, same: bool) {
    let form = |spec: &Value| canonical(spec, &names(), &BTreeSet::new());
    let (sent, stored) = (form(sent), form(stored));
    assert_eq!(sent == stored, same, "sent {sent:#}\nstored {stored:#}");
}

#[test]
fn the_least_spec_equals_what_an_engine_stores_of_it() {
    let sent = json!({
        "Name": "st_w",
        "Labels": {"com.docker.stack.image": "nginx:1.25", "com.docker.stack.namespace": "st"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "nginx:1.25@sha256:25",
                "Labels": {"com.docker.stack.namespace": "st"},
                "Privileges": {"CredentialSpec": null, "SELinuxContext": null, "NoNewPrivileges": false}
            },
            "Resources": {},
            "Placement": {"Platforms": [{"Architecture": "amd64", "OS": "linux"}, {"OS": "linux"}]},
            "Networks": [{"Target": "st_default", "Aliases": ["w"]}],
            "ForceUpdate": 0
        },
        "Mode": {"Replicated": {}},
        "EndpointSpec": {}
    });
    let stored = json!({
        "Name": "st_w",
        "Labels": {"com.docker.stack.image": "nginx:1.25", "com.docker.stack.namespace": "st"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "nginx:1.25@sha256:25",
                "Labels": {"com.docker.stack.namespace": "st"},
                "Privileges": {"CredentialSpec": null, "SELinuxContext": null},
                "Isolation": "default"
            },
            "Resources": {},
            "Placement": {"Platforms": [{"Architecture": "amd64", "OS": "linux"}, {"OS": "linux"}]},
            "Networks": [{"Target": "net1", "Aliases": ["w"]}],
            "ForceUpdate": 0,
            "Runtime": "container"
        },
        "Mode": {"Replicated": {"Replicas": 1}},
        "EndpointSpec": {"Mode": "vip"}
    });
    check(&sent, &stored, true);
}

#[test]
fn a_full_spec_equals_what_an_engine_stores_of_it() {
    let sent = json!({
        "Name": "st_app",
        "Labels": {"empty": ""},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "app:1", "Env": ["B=1", "A"], "StopGracePeriod": 10_000_000_000_i64, "Init": false,
                "Healthcheck": {"Test": ["CMD", "true"], "Retries": 3},
                "DNSConfig": {},
                "Mounts": [
                    {"Type": "volume", "Source": "st_v", "Target": "/v", "VolumeOptions": {"Labels": {"com.docker.stack.namespace": "st"}}},
                    {"Type": "bind", "Source": "/s", "Target": "/b", "Consistency": "cached", "BindOptions": {}}
                ],
                "Secrets": [{"File": {"Name": "pass", "UID": "0", "GID": "0", "Mode": 292}, "SecretID": "", "SecretName": "st_pass_v1"}],
                "Configs": [
                    {"File": {"Name": "/c", "UID": "0", "GID": "0", "Mode": 0}, "ConfigID": "", "ConfigName": "st_app_conf_v2"},
                    {"Runtime": {}, "ConfigID": "", "ConfigName": "st_app_conf_v2"}
                ],
                "Privileges": {"CredentialSpec": {"Config": "st_app_conf_v2", "File": "", "Registry": ""}}
            },
            "Resources": {"Limits": {"NanoCPUs": 500_000_000}, "Reservations": {"GenericResources": [{}]}},
            "RestartPolicy": {"Condition": "on-failure", "MaxAttempts": 3},
            "Placement": {"Constraints": ["b==1", "a==1"]},
            "Networks": [{"Target": "proxy", "Aliases": ["app"]}, {"Target": "st_default", "Aliases": ["x", "app"]}],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "10m"}},
            "ForceUpdate": 0
        },
        "Mode": {"Replicated": {"Replicas": 0}},
        "UpdateConfig": {"Parallelism": 1, "FailureAction": "rollback", "MaxFailureRatio": 0.3, "Order": "start-first"},
        "RollbackConfig": {"Parallelism": 0, "MaxFailureRatio": 0, "Order": ""},
        "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080}, {"TargetPort": 53, "PublishedPort": 53, "Protocol": "udp"}]}
    });
    let stored = json!({
        "Name": "st_app",
        "Labels": {"empty": ""},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "app:1", "Env": ["A", "B=1"], "StopGracePeriod": 10_000_000_000_i64, "Init": false,
                "Healthcheck": {"Test": ["CMD", "true"], "Retries": 3},
                "DNSConfig": {}, "Isolation": "default",
                "Mounts": [
                    {"Type": "volume", "Source": "st_v", "Target": "/v", "VolumeOptions": {"Labels": {"com.docker.stack.namespace": "st"}}},
                    {"Type": "bind", "Source": "/s", "Target": "/b", "BindOptions": {"Propagation": "rprivate"}}
                ],
                "Secrets": [{"File": {"Name": "pass", "UID": "0", "GID": "0", "Mode": 292}, "SecretID": "sec1", "SecretName": "st_pass_v1"}],
                "Configs": [
                    {"File": {"Name": "/c", "UID": "0", "GID": "0", "Mode": 0}, "ConfigID": "con1", "ConfigName": "st_app_conf_v2"},
                    {"Runtime": {}, "ConfigID": "con1", "ConfigName": "st_app_conf_v2"}
                ],
                "Privileges": {"CredentialSpec": {"Config": "con1", "File": "", "Registry": ""}, "SELinuxContext": null}
            },
            "Resources": {"Limits": {"NanoCPUs": 500_000_000}, "Reservations": {}},
            "RestartPolicy": {"Condition": "on-failure", "Delay": 5_000_000_000_i64, "MaxAttempts": 3},
            "Placement": {"Constraints": ["a==1", "b==1"]},
            "Networks": [{"Target": "net1", "Aliases": ["app", "x"]}, {"Target": "net2", "Aliases": ["app"]}],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "10m"}},
            "ForceUpdate": 0, "Runtime": "container"
        },
        "Mode": {"Replicated": {"Replicas": 0}},
        "UpdateConfig": {"Parallelism": 1, "FailureAction": "rollback", "Monitor": 5_000_000_000_i64, "MaxFailureRatio": 0.3, "Order": "start-first"},
        "RollbackConfig": {"Parallelism": 0, "FailureAction": "pause", "MaxFailureRatio": 0, "Order": "stop-first"},
        "EndpointSpec": {"Mode": "vip", "Ports": [
            {"Protocol": "udp", "TargetPort": 53, "PublishedPort": 53, "PublishMode": "ingress"},
            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"}
        ]}
    });
    check(&sent, &stored, true);
}

#[test]
fn what_means_something_else_differs() {
    let spec = |task: Value, rest: Value| {
        let mut spec = json!({"Name": "a", "TaskTemplate": task});
        spec.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        spec
    };
    let plain = spec(json!({}), json!({}));
    let container = |fields: Value| spec(json!({"ContainerSpec": fields}), json!({}));
    for other in [
        container(json!({"Init": false})),
        container(json!({"StopGracePeriod": 0})),
        container(json!({"NewInFuture": "x"})),
        container(json!({"Ulimits": [{"Name": "core", "Hard": 0, "Soft": 0}]})),
        container(json!({"Labels": {"a": ""}})),
        container(json!({"Secrets": [{"SecretID": "unknown", "SecretName": "x"}]})),
        spec(json!({"RestartPolicy": {"Delay": 0}}), json!({})),
        spec(json!({"RestartPolicy": {"Condition": "none"}}), json!({})),
        spec(json!({"ForceUpdate": 1}), json!({})),
        spec(json!({}), json!({"Mode": {"Replicated": {"Replicas": 0}}})),
        spec(json!({}), json!({"Mode": {"Global": {}}})),
        spec(json!({}), json!({"UpdateConfig": {"Parallelism": 0}})),
        spec(json!({}), json!({"EndpointSpec": {"Mode": "dnsrr"}})),
    ] {
        check(&plain, &other, false);
    }
    check(
        &spec(json!({}), json!({"Mode": {"GlobalJob": {}}})),
        &spec(json!({}), json!({"Mode": {"Global": {}}})),
        false,
    );
}

#[test]
fn labels_of_a_run_do_not_count() {
    let spec = |id: &str| json!({"Name": "a", "Labels": {"plan": id, "x": "y"}});
    let form = |id: &str| canonical(&spec(id), &Names::default(), &BTreeSet::from(["plan".to_owned()]));
    assert_eq!(form("1"), form("2"));
}

#[test]
fn the_form_of_the_form_is_itself() {
    let spec = json!({"Name": "a", "TaskTemplate": {"ContainerSpec": {"Image": "x"}}, "Mode": {"ReplicatedJob": {}}});
    let once = canonical(&spec, &names(), &BTreeSet::new());
    assert_eq!(canonical(&once, &names(), &BTreeSet::new()), once);
}

/// Every object of a spec, as a JSON pointer.
fn objects_in(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(path.to_owned());
            for (key, field) in fields {
                objects_in(&format!("{path}/{key}"), field, found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                objects_in(&format!("{path}/{at}"), item, found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_field_that_nobody_knows_is_a_difference_wherever_it_stands() {
    let spec = json!({
        "Name": "st_w",
        "Mode": {"Replicated": {"Replicas": 2}},
        "UpdateConfig": {"Parallelism": 2},
        "RollbackConfig": {"Parallelism": 2},
        "EndpointSpec": {"Mode": "vip", "Ports": [{"TargetPort": 80}]},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "a",
                "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5},
                "Privileges": {"CredentialSpec": {"File": "f"}, "NoNewPrivileges": true},
                "Mounts": [{"Type": "volume", "Target": "/v", "VolumeOptions": {"NoCopy": true}}],
                "Secrets": [{"File": {"Name": "s"}, "SecretID": "sec1"}],
                "Configs": [{"File": {"Name": "c"}, "ConfigID": "con1"}],
                "Ulimits": [{"Name": "core", "Soft": 1, "Hard": 2}],
                "DNSConfig": {"Nameservers": ["1.1.1.1"]}
            },
            "Resources": {
                "Limits": {"Pids": 5},
                "Reservations": {"GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 1}}]}
            },
            "RestartPolicy": {"Condition": "any"},
            "Placement": {"Preferences": [{"Spread": {"SpreadDescriptor": "x"}}], "Platforms": [{"OS": "linux"}]},
            "Networks": [{"Target": "net1", "Aliases": ["w"]}],
            "LogDriver": {"Name": "none"}
        }
    });
    let mut places = Vec::new();
    objects_in("", &spec, &mut places);
    assert!(places.len() > 30, "{places:?}");
    for place in &places {
        for value in [json!("x"), json!(7), json!(true), json!(["x"]), json!({"Deep": {"Deeper": 1}})] {
            let mut future = spec.clone();
            let object = future.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.insert("FutureField".to_owned(), value.clone());
            let form = canonical(&future, &names(), &BTreeSet::new());
            assert_ne!(form, canonical(&spec, &names(), &BTreeSet::new()), "{place} {value}");
            assert!(form.to_string().contains("FutureField"), "lost at {place}: {value}");
        }
    }
}
