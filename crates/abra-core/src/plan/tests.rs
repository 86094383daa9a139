//! A stack `st` with services, against what a server has.
#![expect(clippy::needless_pass_by_value, reason = "calls are shorter")]
use super::action::Action;
use super::change::{ChangeKind, Shown};
use super::seen::{Live, Policy, ResolveImage, Resolved, Unchanged};
use super::*;
use crate::stack::convert::IMAGE_LABEL;
use crate::stack::live::{FileObject, Network, Service};
use crate::stack::spec::{ConfigSpec, Mode, NetworkSpec, Platform, PortConfig, SecretSpec, UpdateConfig};
use crate::stack::wanted::{Needed, Wanted, WantedService};
use serde_json::{Value, json};

fn namespace() -> BTreeMap<String, String> {
    BTreeMap::from([(NAMESPACE_LABEL.to_owned(), "st".to_owned())])
}

fn service(short: &str, image: &str) -> WantedService {
    let mut spec = crate::stack::spec::ServiceSpec { name: format!("st_{short}"), ..Default::default() };
    spec.labels = namespace();
    spec.labels.insert(IMAGE_LABEL.to_owned(), image.to_owned());
    spec.task_template.container_spec.image = format!("{image}:latest");
    WantedService {
        spec,
        short: short.to_owned(),
        image: image.to_owned(),
        image_place: None,
        depends_on: Vec::new(),
        place: None,
    }
}

fn stack(services: Vec<WantedService>) -> StackSpec {
    let services = services.into_iter().map(|service| (service.spec.name.clone(), service)).collect();
    StackSpec { name: "st".to_owned(), services, ..StackSpec::default() }
}

/// A live service of a spec, as an engine keeps it.
fn live_service(wanted: &WantedService, change: impl FnOnce(&mut Value)) -> Service {
    let mut spec = serde_json::to_value(&wanted.spec).unwrap();
    change(&mut spec);
    let id = format!("id_{}", wanted.short);
    serde_json::from_value(json!({"ID": id, "Version": {"Index": 20}, "Spec": spec})).unwrap()
}

fn resolved() -> Resolved {
    let platform =
        |architecture: &str| Platform { architecture: architecture.to_owned(), os: "linux".to_owned() };
    Resolved { digest: digest('a'), platforms: vec![platform("amd64"), platform("arm")] }
}

fn digest(fill: char) -> String {
    format!("sha256:{}", fill.to_string().repeat(64))
}

fn never() -> Policy {
    Policy { resolve: ResolveImage::Never, ..Policy::default() }
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.actions
        .iter()
        .map(|action| format!("{} {} {}", action.verb(), action.noun(), action.name()))
        .collect()
}

/// Findings as text, `!` before blockers.
fn findings(plan: &Plan) -> Vec<String> {
    let mark = |finding: &Finding| if finding.severity == Severity::Blocker { "! " } else { "" };
    plan.findings.iter().map(|finding| format!("{}{}", mark(finding), finding.message)).collect()
}

fn file(kind: &str, name: &str, rest: Value) -> FileObject {
    let mut spec = json!({"Name": name});
    spec.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    serde_json::from_value(json!({"ID": format!("{kind}_{name}"), "Version": {"Index": 7}, "Spec": spec}))
        .unwrap()
}

fn network(name: &str, rest: Value) -> Network {
    let mut network = json!({"Id": format!("n_{name}"), "Name": name, "Scope": "swarm", "Driver": "overlay"});
    network.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    serde_json::from_value(network).unwrap()
}

fn wanted_of<T>(spec: T) -> Wanted<T> {
    Wanted { spec, key: "k".to_owned(), place: None }
}

fn full_stack() -> StackSpec {
    let mut app = service("app", "app");
    app.depends_on = vec!["st_db".to_owned()];
    let mut stack = stack(vec![app, service("db", "db")]);
    let network = NetworkSpec {
        name: "st_default".to_owned(),
        driver: "overlay".to_owned(),
        labels: namespace(),
        ..Default::default()
    };
    let secret = SecretSpec {
        name: "st_s".to_owned(),
        labels: namespace(),
        data: crate::secret::Secret::new(b"x".to_vec()),
        ..Default::default()
    };
    let config = ConfigSpec {
        name: "st_c".to_owned(),
        labels: namespace(),
        data: b"hi".to_vec(),
        ..Default::default()
    };
    stack.networks.insert("st_default".to_owned(), wanted_of(network));
    stack.secrets.insert("st_s".to_owned(), wanted_of(secret));
    stack.configs.insert("st_c".to_owned(), wanted_of(config));
    stack
}

/// A server that has all of [`full_stack`].
fn full_live() -> Live {
    let stack = full_stack();
    Live {
        services: stack.services.values().map(|service| live_service(service, |_| ())).collect(),
        networks: vec![network("st_default", json!({"Labels": namespace()}))],
        secrets: vec![file("s", "st_s", json!({"Labels": namespace()}))],
        configs: vec![file("c", "st_c", json!({"Labels": namespace(), "Data": "aGk="}))],
        images: BTreeMap::new(),
    }
}

#[test]
fn on_an_empty_server_all_is_created_in_order() {
    let plan = plan(&full_stack(), &Live::default(), &never());
    let expected = [
        "create network st_default",
        "create secret st_s",
        "create config st_c",
        "create service st_db",
        "create service st_app",
    ];
    assert_eq!(steps(&plan), expected);
    assert!(plan.findings.is_empty() && !plan.is_noop() && !plan.blocked());
    assert_eq!(plan.basis, Basis::default());
}

#[test]
fn without_a_change_there_is_nothing_to_do() {
    let plan = plan(&full_stack(), &full_live(), &never());
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert!(plan.is_noop());
    assert_eq!(plan.unchanged().map(|change| change.short.as_str()).collect::<Vec<_>>(), ["app", "db"]);
    assert_eq!(
        findings(&plan),
        ["secrets that exist can't be compared with their files and stay as they are: st_s"]
    );
    assert_eq!(plan.basis.services["st_app"].version.index, 20);
    assert_eq!(plan.basis.services["st_app"].digest, plan.services[0].digest.clone().unwrap());
    assert_eq!(plan.basis.networks["st_default"], "n_st_default");
    assert_eq!(plan.ids.configs["st_c"], "c_st_c");
}

#[test]
fn a_changed_service_is_updated_with_what_was_seen_of_it() {
    let mut live = full_live();
    live.services[0].spec["TaskTemplate"]["ForceUpdate"] = json!(3);
    let mut stack = full_stack();
    let app = stack.services.get_mut("st_app").unwrap();
    app.spec.task_template.container_spec.env = vec!["A=1".to_owned(), "APP_PASSWORD=hunter2".to_owned()];
    let plan = plan(&stack, &live, &never());
    let [Action::UpdateService { id, seen, before_digest, spec, .. }] = &plan.actions[..] else {
        panic!("{:?}", steps(&plan));
    };
    assert_eq!((id.as_str(), seen.index, spec.task_template.force_update), ("id_app", 20, 3));
    assert_eq!(*before_digest, plan.basis.services["st_app"].digest);
    let fields: Vec<_> =
        plan.services[0].fields.iter().map(|field| (field.path.as_str(), &field.after)).collect();
    assert_eq!(fields, [("env A", &Shown::Text("1".to_owned())), ("env APP_PASSWORD", &Shown::Hidden)]);
    let report = serde_json::to_string(&report::report(&plan)).unwrap();
    assert!(report.contains("env APP_PASSWORD") && !report.contains("hunter2"), "{report}");
}

#[test]
fn labels_of_a_run_change_nothing_and_are_written_with_a_change() {
    let policy = Policy { volatile_labels: ["plan".to_owned()].into(), ..never() };
    let stamp = BTreeMap::from([("plan".to_owned(), "new".to_owned())]);
    let mut live = full_live();
    live.services.iter_mut().for_each(|service| service.spec["Labels"]["plan"] = json!("old"));
    let mut same = plan(&full_stack(), &live, &policy);
    same.stamp(&stamp);
    assert!(same.is_noop());
    live.services[0].spec["Labels"]["x"] = json!("y");
    let mut changed = plan(&full_stack(), &live, &policy);
    changed.stamp(&stamp);
    let [Action::UpdateService { spec, .. }] = &changed.actions[..] else { panic!("{:?}", steps(&changed)) };
    assert_eq!(spec.labels["plan"], "new");
}

#[test]
fn unchanged_services_can_be_restarted() {
    let policy = Policy { unchanged: Unchanged::Restart, ..never() };
    let plan = plan(&full_stack(), &full_live(), &policy);
    assert_eq!(steps(&plan), ["update service st_db", "update service st_app"]);
    let Action::UpdateService { spec, .. } = &plan.actions[0] else { panic!("no update") };
    assert_eq!(spec.task_template.force_update, 1);
    assert_eq!(plan.services[0].fields[0].path, "forced restarts");
}

#[test]
fn an_unchanged_service_whose_update_was_paused_is_updated_again() {
    let halts = [("paused", true), ("rollback_paused", true), ("completed", false), ("updating", false)];
    for (state, halted) in halts.into_iter().chain([("rollback_completed", false), ("a new word", false)]) {
        let mut live = full_live();
        live.services[0].update_status = serde_json::from_value(json!({"State": state})).unwrap();
        let plan = plan(&full_stack(), &live, &never());
        if !halted {
            assert!(plan.is_noop(), "{state}");
            continue;
        }
        assert_eq!(steps(&plan), ["update service st_app"], "{state}");
        let [field] = &plan.services[0].fields[..] else { panic!("{:?}", plan.services[0]) };
        let text = |text: &str| Shown::Text(text.to_owned());
        assert_eq!(
            (field.path.as_str(), &field.before, &field.after),
            ("update", &text("paused by the swarm"), &text("continued"))
        );
        let Action::UpdateService { spec, .. } = &plan.actions[0] else { panic!("no update") };
        assert_eq!(spec.task_template.force_update, 0, "tasks that are up to date are not restarted");
    }
}

#[test]
fn an_image_without_a_digest_is_one_warning_however_many_run_it() {
    let services = ["a", "b", "c"].map(|short| service(short, if short == "c" { "other" } else { "app" }));
    let mut stack = stack(services.into());
    let place =
        |line| crate::finding::Location { file: "compose.yml".to_owned(), line, column: 12, source: None };
    for (line, service) in (1..).zip(stack.services.values_mut()) {
        service.image_place = Some(place(line));
    }
    let refused = |text: &str| Err(text.to_owned());
    let images = BTreeMap::from([
        (
            "app:latest".to_owned(),
            refused("Get \"https://r/v2/\": dial tcp: lookup r on 1.1.1.1:53: no such host"),
        ),
        ("other:latest".to_owned(), refused("errors:\nmanifest unknown: manifest unknown\n")),
    ]);
    let found = plan(&stack, &Live { images, ..Live::default() }, &Policy::default());
    assert_eq!(
        findings(&found),
        [
            "no digest of image app:latest (a, b): the server can't find the registry by its name",
            "no digest of image other:latest (c): the registry has no such image",
        ]
    );
    assert_eq!(found.findings[0].location, Some(place(1)));
    assert!(found.findings[0].help.as_ref().is_some_and(|help| help.contains("by its tag alone")));

    let keeps = |live: &mut Value| {
        let image = format!("app:latest@{}", digest('b'));
        live["TaskTemplate"]["ContainerSpec"]["Image"] = json!(image);
    };
    let wanted = &stack.services["st_a"];
    let mut live = Live { services: vec![live_service(wanted, keeps)], ..Live::default() };
    live.images.insert("app:latest".to_owned(), refused("no answer"));
    stack.services.retain(|name, _| name == "st_a");
    let kept = plan(&stack, &live, &Policy::default());
    assert!(kept.is_noop());
    assert!(kept.findings[0].help.as_ref().is_some_and(|help| help.contains("goes on with the digest")));
}

#[test]
fn services_in_no_file_stay_unless_pruned() {
    let mut live = full_live();
    live.services.push(live_service(&service("old", "old"), |_| ()));
    let kept = plan(&full_stack(), &live, &never());
    assert!(kept.is_noop());
    assert!(findings(&kept)[1].contains("keep running: st_old"));
    let orphans: Vec<_> = kept.services.iter().filter(|change| change.kind == ChangeKind::Orphaned).collect();
    assert_eq!(orphans.len(), 1);
    let pruned = plan(&full_stack(), &live, &Policy { prune: true, ..never() });
    assert_eq!(steps(&pruned), ["remove service st_old"]);
}

#[test]
fn what_others_have_to_provide_has_to_be_there() {
    let mut stack = full_stack();
    let needed = Needed { services: vec!["app".to_owned(), "db".to_owned()], place: None };
    for name in ["proxy", "local", "gone"] {
        stack.external.networks.insert(name.to_owned(), needed.clone());
    }
    stack.external.secrets.insert("st_pass_v1".to_owned(), needed.clone());
    stack.external.configs.insert("shared".to_owned(), needed);
    let mut live = full_live();
    live.networks.push(network("proxy", json!({})));
    live.networks.push(network("local", json!({"Scope": "local"})));
    let plan = plan(&stack, &live, &never());
    let blockers: Vec<_> = findings(&plan).into_iter().filter(|text| text.starts_with('!')).collect();
    assert_eq!(
        blockers,
        [
            "! external network gone does not exist (used by app, db)",
            "! external network local is for one node only: its scope is local, not swarm (used by app, db)",
            "! external secret st_pass_v1 does not exist (used by app, db)",
            "! external config shared does not exist (used by app, db)",
        ]
    );
    assert!(plan.blocked());
    assert_eq!(plan.basis.networks["proxy"], "n_proxy");
}

#[test]
fn the_content_of_a_config_cannot_change_but_its_labels_can() {
    let mut live = full_live();
    live.configs = vec![file("c", "st_c", json!({"Labels": namespace(), "Data": "b2xk"}))];
    assert!(
        findings(&plan(&full_stack(), &live, &never()))[1]
            .starts_with("! config st_c exists with other content")
    );
    live.configs = vec![file("c", "st_c", json!({"Labels": {}, "Data": "aGk="}))];
    live.secrets = vec![file("s", "st_s", json!({}))];
    let plan = plan(&full_stack(), &live, &never());
    assert_eq!(steps(&plan), ["update secret st_s", "update config st_c"]);
    let Action::RelabelConfig(relabel) = &plan.actions[1] else { panic!("no relabel") };
    assert_eq!((relabel.id.as_str(), relabel.seen.index, &relabel.labels), ("c_st_c", 7, &namespace()));
}

#[test]
fn existing_networks_stay_and_their_differences_are_told() {
    let check = |rest: Value, expected: &str| {
        let mut live = full_live();
        live.networks = vec![network("st_default", rest)];
        let found = findings(&plan(&full_stack(), &live, &never()));
        let found = found.iter().find(|text| text.contains("network"));
        assert_eq!(found.map_or("", String::as_str), expected);
    };
    let vxlan = json!({"com.docker.network.driver.overlay.vxlanid_list": "4097"});
    check(json!({"Labels": namespace(), "Options": vxlan}), "");
    check(
        json!({"Labels": namespace(), "Attachable": true, "Options": {"encrypted": ""}}),
        "network st_default exists with other settings and stays as it is: attachable is true, not false, driver_opts",
    );
    check(json!({"Labels": {}}), "! network st_default exists and does not belong to this stack");
}

#[test]
fn a_service_of_somebody_else_is_not_touched() {
    let mut live = full_live();
    live.services[0].spec["Labels"] = json!({});
    let plan = plan(&full_stack(), &live, &never());
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert!(
        findings(&plan).contains(&"! service st_app exists and does not belong to this stack".to_owned())
    );
}

#[test]
fn the_mode_of_a_service_cannot_change() {
    let mut stack = full_stack();
    stack.services.get_mut("st_app").unwrap().spec.mode = Mode::Global {};
    let plan = plan(&stack, &full_live(), &never());
    assert!(plan.blocked() && plan.is_noop());
    assert!(findings(&plan)[1].contains("can't change its mode from replicated to global"));
}

#[test]
fn ports_that_others_have_are_found() {
    let port = |number: u32, mode: &str| PortConfig {
        published_port: number,
        target_port: 80,
        publish_mode: mode.to_owned(),
        ..PortConfig::default()
    };
    let with = |short: &str, ports: &[PortConfig]| {
        let mut service = service(short, short);
        service.spec.endpoint_spec.ports = ports.to_vec();
        service
    };
    let mut other = live_service(&with("other", &[port(80, ""), port(90, "host")]), |spec| {
        spec["Name"] = json!("x_other");
        spec["Labels"] = json!({});
    });
    other.id = "x".to_owned();
    let live = Live { services: vec![other], ..Live::default() };
    let mut host = with("c", &[port(90, "host")]);
    host.spec.update_config =
        Some(UpdateConfig { order: "start-first".to_owned(), ..UpdateConfig::default() });
    let stack = stack(vec![
        with("a", &[port(80, "ingress"), port(81, "")]),
        with("b", &[port(81, "")]),
        host,
        with("d", &[port(0, "")]),
    ]);
    assert_eq!(
        findings(&plan(&stack, &live, &never())),
        [
            "! service a: port 80/tcp is taken by service x_other",
            "! service b: port 81/tcp is taken by service st_a",
            "service c: port 90/tcp is taken on each node that runs a task of x_other",
            "service c: updates with order start-first need a node where its host port is free",
        ]
    );
}

#[test]
fn a_port_is_let_go_before_it_is_taken() {
    let with = |short: &str, number: u32| {
        let mut service = service(short, short);
        service.spec.endpoint_spec.ports =
            vec![PortConfig { published_port: number, target_port: 80, ..PortConfig::default() }];
        service
    };
    let live = Live { services: vec![live_service(&with("z", 80), |_| ())], ..Live::default() };
    let plan = plan(&stack(vec![with("a", 80), with("z", 81)]), &live, &never());
    assert_eq!(steps(&plan), ["update service st_z", "create service st_a"]);
    assert!(!plan.blocked());
}

/// Image and number of platforms that are sent to a server with or without the service.
fn image(
    resolve: ResolveImage,
    answer: Option<Result<Resolved, String>>,
    live: Option<&str>,
) -> (String, usize, usize) {
    let stack = stack(vec![service("app", "app")]);
    let live_app = live.map(|image| {
        live_service(&stack.services["st_app"], |spec| {
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = json!(image);
            spec["TaskTemplate"]["Placement"]["Platforms"] =
                json!([{"Architecture": "amd64", "OS": "linux"}]);
            spec["Labels"]["com.docker.stack.image"] = json!(image.split([':', '@']).next());
        })
    });
    let policy = Policy { resolve, ..Policy::default() };
    let mut live = Live { services: live_app.into_iter().collect(), ..Live::default() };
    let asked = images_to_resolve(&stack, &live, &policy);
    live.images = asked.into_iter().filter_map(|image| Some((image, answer.clone()?))).collect();
    let plan = plan(&stack, &live, &Policy { unchanged: Unchanged::Restart, ..policy });
    let (Action::CreateService { spec } | Action::UpdateService { spec, .. }) = &plan.actions[0] else {
        panic!("{:?}", steps(&plan));
    };
    let task = &spec.task_template;
    (
        task.container_spec.image.replace(&digest('a'), "A").replace(&digest('b'), "B"),
        task.placement.platforms.len(),
        plan.findings.len(),
    )
}

#[test]
fn images_are_pinned_by_policy() {
    use ResolveImage::{Always, Changed, Never};
    let good = || Some(Ok(resolved()));
    let bad = || Some(Err("no answer".to_owned()));
    let pinned = format!("app:latest@{}", digest('b'));
    let other = format!("other:1@{}", digest('b'));
    let check = |found: (String, usize, usize), expected: (&str, usize, usize)| {
        assert_eq!((found.0.as_str(), found.1, found.2), expected);
    };
    check(image(Always, good(), None), ("app:latest@A", 2, 0));
    check(image(Always, good(), Some(&pinned)), ("app:latest@A", 2, 0));
    check(image(Always, bad(), None), ("app:latest", 0, 1));
    check(image(Always, bad(), Some(&pinned)), ("app:latest@B", 1, 1));
    check(image(Always, bad(), Some("app:latest")), ("app:latest", 0, 1));
    check(image(Always, bad(), Some(&other)), ("app:latest", 0, 1));
    check(image(Changed, good(), Some(&pinned)), ("app:latest@B", 1, 0));
    check(image(Changed, good(), Some(&other)), ("app:latest@A", 2, 0));
    check(image(Changed, good(), None), ("app:latest@A", 2, 0));
    check(image(Never, good(), None), ("app:latest", 0, 0));
    check(image(Never, good(), Some(&pinned)), ("app:latest@B", 1, 0));
    check(image(Never, good(), Some(&other)), ("app:latest", 0, 0));
}

#[test]
fn platforms_without_a_variant_let_any_architecture_through() {
    let stack = stack(vec![service("app", "app")]);
    let live =
        Live { images: BTreeMap::from([("app:latest".to_owned(), Ok(resolved()))]), ..Live::default() };
    let plan = plan(&stack, &live, &Policy::default());
    let Action::CreateService { spec } = &plan.actions[0] else { panic!("no create") };
    let architectures: Vec<_> =
        spec.task_template.placement.platforms.iter().map(|platform| &platform.architecture).collect();
    assert_eq!(architectures, ["amd64", ""]);
}

#[test]
fn a_stack_is_removed_services_first() {
    let mut live = full_live();
    live.networks.push(network("proxy", json!({})));
    live.configs.push(file("c", "other", json!({"Labels": {NAMESPACE_LABEL: "other"}})));
    let plan = removal("st", &live);
    let expected = [
        "remove service st_app",
        "remove service st_db",
        "remove secret st_s",
        "remove config st_c",
        "remove network st_default",
    ];
    assert_eq!(steps(&plan), expected);
    assert_eq!(plan.basis.services.len(), 2);
    assert!(removal("none", &live).is_noop());
}

#[test]
fn what_others_use_is_not_removed() {
    let mut live = full_live();
    let other = |spec: &mut Value| {
        spec["Labels"] = json!({NAMESPACE_LABEL: "other"});
        spec["Name"] = json!("other_app");
        spec["TaskTemplate"]["Networks"] = json!([{"Target": "n_st_default"}]);
        spec["TaskTemplate"]["ContainerSpec"]["Configs"] = json!([{"ConfigID": "c_st_c"}]);
    };
    live.services.push(live_service(&service("x", "x"), other));
    let plan = removal("st", &live);
    assert_eq!(steps(&plan), ["remove service st_app", "remove service st_db", "remove secret st_s"]);
    assert_eq!(
        findings(&plan),
        [
            "config st_c stays, as service other_app of another stack uses it",
            "network st_default stays, as service other_app of another stack uses it",
        ]
    );
}

#[test]
fn what_a_later_engine_keeps_and_nobody_knows_here_is_a_change_that_is_shown() {
    let wanted = service("app", "app");
    let live = live_service(&wanted, |spec| spec["TaskTemplate"]["Affinity"] = json!({"Near": ["db"]}));
    let plan = plan(&stack(vec![wanted]), &Live { services: vec![live], ..Live::default() }, &never());
    assert_eq!(steps(&plan), ["update service st_app"]);
    let shown = format!("{:?}", plan.services[0].fields);
    assert!(shown.contains("Affinity") && shown.contains("db"), "{shown}");
}
