//! Services: created, updated, left alone, removed.
use super::action::{Action, Removal};
use super::change::{ChangeKind, FieldChange, ServiceChange, Shown};
use super::objects::placed;
use super::seen::Unchanged;
use super::{Draft, SeenService, World, fields, images, order, ports};
use crate::finding::Finding;
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::digest;
use crate::stack::live::Service;
use crate::stack::normal::{Names, canonical, canonical_wanted, without_labels};
use crate::stack::spec::ServiceSpec;
use crate::stack::wanted::WantedService;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A service as it was seen.
pub(super) fn seen(service: &Service, names: &Names) -> SeenService {
    let digest = digest::of_service(&service.spec, names, &BTreeSet::new());
    SeenService { id: service.id.clone(), version: service.version, digest }
}

/// The same, where what it means is known already.
pub(super) fn as_seen(service: &Service, world: &World<'_>) -> SeenService {
    let digest = world.forms.get(service.name()).map(|form| form.digest.clone()).unwrap_or_default();
    SeenService { id: service.id.clone(), version: service.version, digest }
}

/// What a live service of the stack means.
pub(super) struct Form {
    /// Digest of all of it; empty where none is wanted.
    digest: String,
    /// The same without the labels of a run.
    value: Value,
}

/// What the live services of the stack mean, by name: worked out once for all that looks at it.
pub(super) fn forms<'a>(world: &World<'a>) -> BTreeMap<&'a str, Form> {
    let ours = |service: &&Service| service.label(NAMESPACE_LABEL) == Some(&world.wanted.name);
    let form = |service: &Service| {
        let value = canonical(&service.spec, &world.names, &BTreeSet::new());
        let digest = if world.digests { digest::of(&value) } else { String::new() };
        Form { digest, value: without_labels(value, &world.policy.volatile_labels) }
    };
    let live = &world.live.services;
    live.iter().filter(ours).map(|service| (service.name(), form(service))).collect()
}

pub(super) fn plan(world: &World<'_>, draft: &mut Draft) {
    let mut waits_for: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, service) in &world.wanted.services {
        let others = service.depends_on.iter().map(String::as_str).chain(ports::holders(service, world));
        waits_for.insert(name, others.filter(|other| *other != name.as_str()).collect());
    }
    let mut actions = BTreeMap::new();
    for (name, service) in &world.wanted.services {
        if let Some(action) = one(service, world, draft) {
            actions.insert(name.clone(), action);
        }
    }
    draft.actions.extend(order::by_dependency(&waits_for).iter().filter_map(|name| actions.remove(name)));
    orphans(world, draft);
    draft.services.sort_by(|a, b| a.name.cmp(&b.name));
}

/// What becomes of one wanted service.
fn one(wanted: &WantedService, world: &World<'_>, draft: &mut Draft) -> Option<Action> {
    let name = &wanted.spec.name;
    let live = world.live.services.iter().find(|service| service.name() == name);
    if live.is_some_and(|live| live.label(NAMESPACE_LABEL) != Some(&world.wanted.name)) {
        let text = format!("service {name} exists and does not belong to this stack");
        draft.findings.push(placed(Finding::blocker(text), wanted.place.as_ref()));
        return None;
    }
    let chosen = images::choose(wanted, live, world, draft);
    let mut spec = wanted.spec.clone();
    spec.task_template.container_spec.image = chosen.image;
    spec.task_template.placement.platforms = chosen.platforms;
    match live {
        None => {
            let form = canonical_wanted(&spec, &world.names, &world.policy.volatile_labels);
            draft.services.push(change(wanted, &spec, ChangeKind::Create, Vec::new(), world.digest(&form)));
            Some(Action::CreateService { spec: Box::new(spec) })
        }
        Some(live) => update(wanted, spec, live, world, draft),
    }
}

fn update(
    wanted: &WantedService,
    mut spec: ServiceSpec,
    live: &Service,
    world: &World<'_>,
    draft: &mut Draft,
) -> Option<Action> {
    let force = live.spec.pointer("/TaskTemplate/ForceUpdate").and_then(Value::as_u64).unwrap_or_default();
    spec.task_template.force_update = force;
    let form = world.forms.get(live.name())?;
    let before = &form.value;
    let mut after = canonical_wanted(&spec, &world.names, &world.policy.volatile_labels);
    let halted = halted(live);
    if *before == after {
        if world.policy.unchanged == Unchanged::Skip && !halted {
            draft.services.push(change(
                wanted,
                &spec,
                ChangeKind::Unchanged,
                Vec::new(),
                world.digest(&after),
            ));
            return None;
        }
        if world.policy.unchanged == Unchanged::Restart {
            spec.task_template.force_update = force + 1;
            after = canonical_wanted(&spec, &world.names, &world.policy.volatile_labels);
        }
    }
    let mut differs = fields::differences(before, &after);
    if halted {
        differs.push(go_on());
    }
    draft.services.push(change(wanted, &spec, ChangeKind::Update, differs, world.digest(&after)));
    let (old, new) = (mode(before), mode(&after));
    if old != new {
        let text = format!("service {}: an engine can't change its mode from {old} to {new}", wanted.short);
        let help = "remove the service first, or give it another name";
        draft.findings.push(placed(Finding::blocker(text).help(help), wanted.place.as_ref()));
        return None;
    }
    Some(Action::UpdateService {
        id: live.id.clone(),
        name: wanted.spec.name.clone(),
        seen: live.version,
        before_digest: form.digest.clone(),
        spec: Box::new(spec),
    })
}

/// True if the swarm gave up on an update halfway. It goes on with it when the same spec is sent again.
fn halted(live: &Service) -> bool {
    let state = live.update_status.as_ref().map(|status| status.state.as_str());
    matches!(state, Some("paused" | "rollback_paused"))
}

/// What becomes of an update on which the swarm gave up.
fn go_on() -> FieldChange {
    FieldChange {
        path: "update".to_owned(),
        before: Shown::Text("paused by the swarm".to_owned()),
        after: Shown::Text("continued".to_owned()),
    }
}

/// The kind of a service's mode, in the words of compose files.
fn mode(canonical: &Value) -> &'static str {
    let modes = canonical.get("Mode").and_then(Value::as_object);
    match modes.and_then(|modes| modes.keys().next()).map(String::as_str) {
        Some("Global") => "global",
        Some("ReplicatedJob") => "replicated-job",
        Some("GlobalJob") => "global-job",
        _ => "replicated",
    }
}

fn change(
    wanted: &WantedService,
    spec: &ServiceSpec,
    kind: ChangeKind,
    fields: Vec<FieldChange>,
    digest: Option<String>,
) -> ServiceChange {
    ServiceChange {
        name: spec.name.clone(),
        short: wanted.short.clone(),
        kind,
        fields,
        digest,
        image: Some(spec.task_template.container_spec.image.clone()),
    }
}

/// Services of the stack that are in no file.
fn orphans(world: &World<'_>, draft: &mut Draft) {
    let prefix = format!("{}_", world.wanted.name);
    let ours = |service: &&Service| service.label(NAMESPACE_LABEL) == Some(&world.wanted.name);
    let mut left = Vec::new();
    for service in world.live.services.iter().filter(ours) {
        let name = service.name().to_owned();
        if world.wanted.services.contains_key(&name) {
            continue;
        }
        let kind = if world.policy.prune { ChangeKind::Remove } else { ChangeKind::Orphaned };
        let short = name.strip_prefix(&prefix).unwrap_or(&name).to_owned();
        draft.services.push(ServiceChange {
            name: name.clone(),
            short,
            kind,
            fields: Vec::new(),
            digest: None,
            image: None,
        });
        left.push(Removal { id: service.id.clone(), name });
    }
    left.sort_by(|a, b| a.name.cmp(&b.name));
    if world.policy.prune {
        draft.actions.extend(left.into_iter().map(Action::RemoveService));
    } else if !left.is_empty() {
        let names: Vec<_> = left.iter().map(|gone| gone.name.as_str()).collect();
        let text = format!("services that are not in the recipe any more keep running: {}", names.join(", "));
        draft.findings.push(Finding::warning(text));
    }
}
