//! The plan that removes a stack.
use super::action::{Action, Removal};
use super::change::{ChangeKind, ServiceChange};
use super::seen::Live;
use super::{Plan, basis, is_of, services};
use crate::finding::Finding;
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::live::FileObject;
use crate::stack::normal::Names;
use crate::stack::spec::Ids;
use serde_json::Value;
use std::collections::BTreeMap;

/// Works out how a stack is removed: services by name, then its secrets, configs and networks. Volumes stay, and what a
/// service of another stack uses: an engine would refuse to remove it.
pub fn removal(stack: &str, live: &Live) -> Plan {
    let mut findings = Vec::new();
    let others = used_by_others(stack, live);
    let mut free = |noun: &str, mut gone: Vec<Removal>| {
        gone.retain(|one| match others.get(&one.id) {
            None => true,
            Some(user) => {
                let text = format!("{noun} {} stays, as service {user} of another stack uses it", one.name);
                findings.push(Finding::warning(text));
                false
            }
        });
        gone
    };
    let services = live.services.iter().filter(|service| service.label(NAMESPACE_LABEL) == Some(stack));
    let services: Vec<Removal> =
        sorted(services.map(|service| Removal { id: service.id.clone(), name: service.name().to_owned() }));
    let networks = live.networks.iter().filter(|network| is_of(stack, network.labels.as_ref()));
    let networks =
        sorted(networks.map(|network| Removal { id: network.id.clone(), name: network.name.clone() }));
    let prefix = format!("{stack}_");
    let change = |gone: &Removal| ServiceChange {
        name: gone.name.clone(),
        short: gone.name.strip_prefix(&prefix).unwrap_or(&gone.name).to_owned(),
        kind: ChangeKind::Remove,
        fields: Vec::new(),
        digest: None,
        image: None,
    };
    let changes = services.iter().map(change).collect();
    let mut actions: Vec<Action> = services.into_iter().map(Action::RemoveService).collect();
    actions.extend(free("secret", files(stack, &live.secrets)).into_iter().map(Action::RemoveSecret));
    actions.extend(free("config", files(stack, &live.configs)).into_iter().map(Action::RemoveConfig));
    actions.extend(free("network", networks).into_iter().map(Action::RemoveNetwork));
    let names = Names::of(&live.networks, &live.secrets, &live.configs);
    Plan {
        stack: stack.to_owned(),
        actions,
        services: changes,
        findings,
        basis: basis(stack, live, |service| services::seen(service, &names), |_, _| false),
        ids: Ids::default(),
    }
}

/// Ids of networks, secrets and configs that services of other stacks use, each with one of them.
fn used_by_others<'a>(stack: &str, live: &'a Live) -> BTreeMap<String, &'a str> {
    let lists = [
        ("/TaskTemplate/Networks", "Target"),
        ("/TaskTemplate/ContainerSpec/Secrets", "SecretID"),
        ("/TaskTemplate/ContainerSpec/Configs", "ConfigID"),
    ];
    let mut used = BTreeMap::new();
    for service in live.services.iter().filter(|service| service.label(NAMESPACE_LABEL) != Some(stack)) {
        for (list, key) in lists {
            let items = service.spec.pointer(list).and_then(Value::as_array);
            let ids = items.into_iter().flatten().filter_map(|item| item.get(key)?.as_str());
            used.extend(ids.map(|id| (id.to_owned(), service.name())));
        }
    }
    used
}

fn files(stack: &str, objects: &[FileObject]) -> Vec<Removal> {
    let ours = objects.iter().filter(|object| is_of(stack, object.spec.labels.as_ref()));
    sorted(ours.map(|object| Removal { id: object.id.clone(), name: object.spec.name.clone() }))
}

fn sorted(removals: impl Iterator<Item = Removal>) -> Vec<Removal> {
    let mut removals: Vec<_> = removals.collect();
    removals.sort_by(|a, b| a.name.cmp(&b.name));
    removals
}
