//! What differs between two specs, in the words of compose files.
mod items;
mod words;

use super::change::{FieldChange, Shown};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a path holds: the value, to compare, and what may be seen of it.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    raw: String,
    shown: Shown,
}

/// All that a spec says, by path.
type Entries = BTreeMap<String, Entry>;

/// The differences between two specs in [canonical](crate::stack::normal::canonical) form, sorted by path.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let (before, after) = (words::entries(before), words::entries(after));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let shown = |entry: Option<&Entry>| entry.map_or(Shown::Absent, |entry| entry.shown.clone());
    paths
        .into_iter()
        .map(|path| (path, before.get(path), after.get(path)))
        .filter(|(_, before, after)| before.map(|entry| &entry.raw) != after.map(|entry| &entry.raw))
        .map(|(path, before, after)| FieldChange {
            path: path.clone(),
            before: shown(before),
            after: shown(after),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::normal::{Names, canonical};
    use serde_json::json;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        let form = |spec: &Value| canonical(spec, &Names::default(), &BTreeSet::new());
        let text = |shown: Shown| match shown {
            Shown::Absent => "-".to_owned(),
            Shown::Hidden => "***".to_owned(),
            Shown::Text(text) => text,
        };
        let line = |change: FieldChange| {
            format!("{}: {} > {}", change.path, text(change.before), text(change.after))
        };
        differences(&form(before), &form(after)).into_iter().map(line).collect()
    }

    #[test]
    fn differences_are_named_in_the_words_of_compose_files() {
        let container = |fields: Value| json!({"Name": "a", "TaskTemplate": {"ContainerSpec": fields}});
        let check =
            |before: Value, after: Value, expected: &[&str]| assert_eq!(lines(&before, &after), expected);
        check(
            container(json!({"Image": "a:1", "Env": ["A=1", "B", "DB_PASSWORD=x"], "Args": ["run"]})),
            container(json!({"Image": "a:2", "Env": ["A=2", "C=", "DB_PASSWORD=y"], "TTY": true})),
            &[
                "command: run > -",
                "env A: 1 > 2",
                "env B: (no value) > -",
                "env C: - > ",
                "env DB_PASSWORD: *** > ***",
                "image: a:1 > a:2",
                "tty: - > true",
            ],
        );
        check(
            container(
                json!({"Secrets": [{"File": {"Name": "pass", "UID": "0", "GID": "0", "Mode": 292}, "SecretName": "st_pass_v1"}]}),
            ),
            container(
                json!({"Secrets": [{"File": {"Name": "pass", "UID": "5", "GID": "0", "Mode": 256}, "SecretName": "st_pass_v2"}]}),
            ),
            &["secret pass: st_pass_v1 > st_pass_v2 (uid 5, mode 0400)"],
        );
        check(
            container(json!({"Mounts": [{"Type": "volume", "Source": "v", "Target": "/v"}]})),
            container(
                json!({"Mounts": [{"Type": "volume", "Source": "v", "Target": "/v", "ReadOnly": true}]}),
            ),
            &["volume /v: volume v > volume v (ReadOnly true)"],
        );
        check(
            json!({"Name": "a", "Labels": {"x": "1"}, "Mode": {"Replicated": {"Replicas": 2}}, "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 80}]}}),
            json!({"Name": "a", "Labels": {"y": "token=z"}, "UpdateConfig": {"Parallelism": 1, "Delay": 1_500_000_000_i64}}),
            &[
                "deploy.replicas: 2 > 1",
                "deploy.update_config.delay: 0s > 1500ms",
                "label x: 1 > -",
                "label y: - > ***",
                "port 80/tcp: 80 > -",
            ],
        );
        check(
            json!({"Name": "a", "TaskTemplate": {"Networks": [{"Target": "n", "Aliases": ["a"]}], "New": {"Thing": [1]}}}),
            json!({"Name": "a", "Mode": {"Global": {}}, "TaskTemplate": {"Networks": [{"Target": "m", "Aliases": ["a", "b"]}]}}),
            &[
                "TaskTemplate.New.Thing: [1] > -",
                "deploy.mode: replicated > global",
                "deploy.replicas: 1 > -",
                "network m: - > a, b",
                "network n: a > -",
            ],
        );
    }

    #[test]
    fn every_difference_has_a_line() {
        let base = json!({"Name": "a"});
        for other in [
            json!({"TaskTemplate": {"ForceUpdate": 1}}),
            json!({"TaskTemplate": {"RestartPolicy": {"Window": 1}}}),
            json!({"TaskTemplate": {"LogDriver": {"Name": "none"}}}),
            json!({"TaskTemplate": {"Placement": {"Preferences": [{"Spread": {"SpreadDescriptor": "x"}}]}}}),
            json!({"TaskTemplate": {"ContainerSpec": {"Configs": [{"Runtime": {}, "ConfigName": "c"}]}}}),
            json!({"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigID": "x"}]}}}),
            json!({"TaskTemplate": {"ContainerSpec": {"Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}]}}}),
            json!({"TaskTemplate": {"ContainerSpec": {"Init": false}}}),
            json!({"EndpointSpec": {"Ports": [{"TargetPort": 5}]}}),
            json!({"RollbackConfig": {"Order": "start-first"}}),
            json!({"Unknown": "x"}),
        ] {
            let mut spec = base.clone();
            spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
            assert_eq!(lines(&base, &spec).len(), 1, "{other}");
        }
    }
}
