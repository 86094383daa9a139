//! The plan that removes a stack.
use super::action::{Action, Removal};
use super::change::{ChangeKind, ServiceChange};
use super::seen::Live;
use super::{Plan, basis, is_of};
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::live::FileObject;
use crate::stack::normal::Names;
use crate::stack::spec::Ids;

/// Works out how a stack is removed: services by name, then its secrets, configs and networks. Volumes stay.
pub fn removal(stack: &str, live: &Live) -> Plan {
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
    actions.extend(files(stack, &live.secrets).into_iter().map(Action::RemoveSecret));
    actions.extend(files(stack, &live.configs).into_iter().map(Action::RemoveConfig));
    actions.extend(networks.into_iter().map(Action::RemoveNetwork));
    let names = Names::of(&live.networks, &live.secrets, &live.configs);
    Plan {
        stack: stack.to_owned(),
        actions,
        services: changes,
        findings: Vec::new(),
        basis: basis(stack, live, &names, |_, _| false),
        ids: Ids::default(),
    }
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
