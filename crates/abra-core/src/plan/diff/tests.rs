use super::{Contents, diff};
use crate::plan::action::{Action, Removal};
use crate::plan::change::{ChangeKind, FieldChange, ServiceChange, Shown};
use crate::plan::{Basis, Plan};
use crate::stack::convert::{IMAGE_LABEL, NAMESPACE_LABEL};
use crate::stack::spec::{ConfigSpec, Ids, NetworkSpec, ServiceSpec};
use serde_json::{Value, json};

fn change(short: &str, kind: ChangeKind, fields: &[(&str, &str, &str)]) -> ServiceChange {
    let shown = |text: &str| match text {
        "-" => Shown::Absent,
        "*" => Shown::Hidden,
        text => Shown::Text(text.to_owned()),
    };
    let field = |(path, before, after): &(&str, &str, &str)| FieldChange {
        path: (*path).to_owned(),
        before: shown(before),
        after: shown(after),
    };
    ServiceChange {
        name: format!("st_{short}"),
        short: short.to_owned(),
        kind,
        fields: fields.iter().map(field).collect(),
        digest: None,
        image: Some("bb:1".to_owned()),
    }
}

fn plan(services: Vec<ServiceChange>, actions: Vec<Action>) -> Plan {
    Plan {
        stack: "st".to_owned(),
        actions,
        services,
        findings: vec![],
        basis: Basis::default(),
        ids: Ids::default(),
    }
}

fn contents(live: &[(&str, &str)], wanted: &[(&str, &str)]) -> Contents {
    let map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    };
    Contents { live: map(live), wanted: map(wanted) }
}

/// Each change as one line: kind, verb, service, field, from, to, lines of content.
fn lines(plan: &Plan, contents: &Contents) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |change: Value| {
        let hidden = if change["hidden"] == true { " hidden" } else { "" };
        let content = match change.get("content") {
            None => String::new(),
            Some(content) => {
                let hunks = content["hunks"].as_array().unwrap().iter();
                let lines = hunks.flat_map(|hunk| hunk["lines"].as_array().unwrap().iter().map(word));
                format!(" {:?}", lines.collect::<Vec<_>>())
            }
        };
        let parts = ["kind", "change", "service", "field", "from", "to"].map(|key| word(&change[key]));
        format!("{}{hidden}{content}", parts.join(" "))
    };
    diff(plan, contents).iter().map(|change| line(json!(change))).collect()
}

#[test]
fn fields_have_a_kind_and_a_name() {
    let update = change(
        "app",
        ChangeKind::Update,
        &[
            ("command", "a", "-"),
            ("config /etc/x", "st_x_v1 (mode 0400)", "st_x_v2"),
            ("container label y", "-", "1"),
            ("deploy.replicas", "1", "2"),
            ("env A", "1", "2"),
            ("env PASSWORD", "*", "*"),
            ("image", "bb:1", "bb:2"),
            ("label com.docker.stack.image", "bb:1", "bb:2"),
            ("label x", "1", "2"),
            ("secret pass", "st_pass_v1", "st_pass_v2"),
        ],
    );
    let contents = contents(&[("st_x_v1", "a\nb\n")], &[("st_x_v2", "a\nc\n")]);
    assert_eq!(
        lines(&plan(vec![update], vec![]), &contents),
        [
            "setting remove app command a -",
            "config update app /etc/x st_x_v1 (mode 0400) st_x_v2 [\" a\", \"-b\", \"+c\"]",
            "container-label create app y - 1",
            "deploy update app deploy.replicas 1 2",
            "env update app A 1 2",
            "env update app PASSWORD - - hidden",
            "image update app image bb:1 bb:2",
            "label update app x 1 2",
            "secret update app pass st_pass_v1 st_pass_v2",
        ]
    );
}

#[test]
fn what_comes_and_goes_is_told_and_what_is_left_alone_too() {
    let mut spec = ServiceSpec { name: "st_new".to_owned(), ..ServiceSpec::default() };
    for (label, value) in [
        (IMAGE_LABEL, "bb:1"),
        (NAMESPACE_LABEL, "st"),
        ("coop-cloud.st.plan", "p"),
        ("coop-cloud.st.version", "1"),
        ("x", "1"),
    ] {
        spec.labels.insert(label.to_owned(), value.to_owned());
    }
    spec.task_template.container_spec.image = "bb:1".to_owned();
    spec.task_template.container_spec.env = vec!["A=1".to_owned(), "TOKEN=t".to_owned()];
    let actions = vec![
        Action::CreateNetwork(NetworkSpec { name: "st_net".to_owned(), ..NetworkSpec::default() }),
        Action::CreateConfig(ConfigSpec { name: "st_c".to_owned(), ..ConfigSpec::default() }),
        Action::CreateService { spec: Box::new(spec) },
        Action::RemoveService(Removal { id: "i".to_owned(), name: "st_old".to_owned() }),
    ];
    let services = vec![
        change("new", ChangeKind::Create, &[]),
        change("old", ChangeKind::Remove, &[]),
        change("same", ChangeKind::Unchanged, &[]),
        change("stray", ChangeKind::Orphaned, &[]),
    ];
    assert_eq!(
        lines(&plan(services, actions), &Contents::default()),
        [
            "network create - st_net - st_net",
            "config create - st_c - st_c",
            "service create new st_new - bb:1",
            "env create new A - 1",
            "env create new TOKEN - - hidden",
            "image create new image - bb:1",
            "label create new x - 1",
            "service remove old st_old st_old -",
            "service left-alone stray st_stray st_stray st_stray",
        ]
    );
}

#[test]
fn a_config_that_can_not_become_what_is_wanted_shows_why() {
    let contents =
        contents(&[("st_c", "a\n"), ("st_same", "x")], &[("st_c", "b\n"), ("st_same", "x"), ("st_new", "y")]);
    assert_eq!(lines(&plan(vec![], vec![]), &contents), ["config blocked - st_c st_c st_c [\"-a\", \"+b\"]"]);
}
