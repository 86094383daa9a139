//! What has to be done to get from live to wanted, as a value: nothing here changes anything.
//!
//! | room | holds |
//! | --- | --- |
//! | [`seen`] | what a plan is made from: what is live, what registries said, what the operator asked for |
//! | [`action`] | the steps |
//! | [`change`] | what a step means, in the operator's words |
//! | [`diff`] | what a plan would change, field by field and with content |
//! | [`moved`] | what others changed since a plan was made |
//! | [`report`] | the plan as JSON |
//! | [`unanswered`] | steps that were sent and not answered |
//!
//! Not here: carrying a plan out, or judging how it went.
pub mod action;
pub mod change;
pub mod diff;
mod fields;
pub(crate) mod hide;
mod images;
pub mod moved;
mod objects;
mod order;
mod ports;
mod removal;
pub mod report;
pub mod seen;
mod services;
pub mod unanswered;
mod unpinned;

pub use images::images_to_resolve;
pub use removal::removal;

use crate::finding::{Finding, Severity};
use crate::stack::convert::NAMESPACE_LABEL;
use crate::stack::digest;
use crate::stack::live::{Service, Version};
use crate::stack::normal::Names;
use crate::stack::spec::Ids;
use crate::stack::wanted::StackSpec;
use action::Action;
use change::{ChangeKind, ServiceChange};
use seen::{Live, Policy};
use services::Form;
use std::collections::BTreeMap;

/// What has to be done, why, and what it was worked out from.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The stack.
    pub stack: String,
    /// Steps in running order: networks, secrets, configs, services, removals.
    pub actions: Vec<Action>,
    /// Every service that is wanted, live or both, by name.
    pub services: Vec<ServiceChange>,
    /// Blockers, warnings and notes, the conversion's own first.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub basis: Basis,
    /// Ids of the secrets and configs that were seen; those that the plan creates are added as it is carried out.
    pub ids: Ids,
}

impl Plan {
    /// True if there is nothing to do.
    pub fn is_noop(&self) -> bool {
        self.actions.is_empty()
    }

    /// True if nothing may be done.
    pub fn blocked(&self) -> bool {
        has_blocker(&self.findings)
    }

    /// Writes labels (the id of this plan, digests) onto every service that the plan creates or updates.
    ///
    /// They are to be named in [`Policy::volatile_labels`], so that they alone never make a change.
    pub fn stamp(&mut self, labels: &BTreeMap<String, String>) {
        for action in &mut self.actions {
            if let Action::CreateService { spec } | Action::UpdateService { spec, .. } = action {
                spec.labels.extend(labels.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
        }
    }

    /// Writes the digest of each service that the plan creates or updates onto it, as a label like those of
    /// [`Plan::stamp`].
    pub fn stamp_digests(&mut self, key: &str) {
        for action in &mut self.actions {
            if let Action::CreateService { spec } | Action::UpdateService { spec, .. } = action {
                let change = self.services.iter().find(|change| change.name == spec.name);
                if let Some(digest) = change.and_then(|change| change.digest.clone()) {
                    spec.labels.insert(key.to_owned(), digest);
                }
            }
        }
    }

    /// The services that the plan changes, in whatever way.
    pub fn changed(&self) -> impl Iterator<Item = &ServiceChange> {
        let is_left = |kind| matches!(kind, ChangeKind::Unchanged | ChangeKind::Orphaned);
        self.services.iter().filter(move |change| !is_left(change.kind))
    }

    /// The services that the plan leaves as they are.
    pub fn unchanged(&self) -> impl Iterator<Item = &ServiceChange> {
        self.services.iter().filter(|change| change.kind == ChangeKind::Unchanged)
    }
}

/// What was seen on the server. If any of it has moved, the plan is void.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Basis {
    /// The stack's services by name.
    pub services: BTreeMap<String, SeenService>,
    /// Ids of the networks that matter to the stack, by name.
    pub networks: BTreeMap<String, String>,
    /// Ids of the secrets that matter to the stack, by name.
    pub secrets: BTreeMap<String, String>,
    /// Ids of the configs that matter to the stack, by name.
    pub configs: BTreeMap<String, String>,
}

/// A service as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenService {
    /// Its id.
    pub id: String,
    /// Its version: rises with every write, the swarm's own included.
    pub version: Version,
    /// Digest of what its spec means, labels of the run included, see [`crate::stack::digest::of_service`].
    pub digest: String,
}

/// Works out what has to be done.
pub fn plan(wanted: &StackSpec, live: &Live, policy: &Policy) -> Plan {
    let world = World::new(wanted, live, policy, true);
    let draft = drafted(&world);
    let seen = |service: &Service| services::as_seen(service, &world);
    let matters = |kind, name: &str| objects::matters(wanted, kind, name);
    Plan {
        stack: wanted.name.clone(),
        actions: draft.actions,
        services: draft.services,
        findings: draft.findings,
        basis: basis(&wanted.name, live, seen, matters),
        ids: Ids {
            secrets: live
                .secrets
                .iter()
                .map(|secret| (secret.spec.name.clone(), secret.id.clone()))
                .collect(),
            configs: live
                .configs
                .iter()
                .map(|config| (config.spec.name.clone(), config.id.clone()))
                .collect(),
        },
    }
}

/// Whether a plan would find nothing to do, and nothing that stands in the way of doing nothing: for many stacks at a time,
/// without all that only somebody who carries a plan out needs.
pub fn is_settled(wanted: &StackSpec, live: &Live, policy: &Policy) -> bool {
    let draft = drafted(&World::new(wanted, live, policy, false));
    draft.actions.is_empty() && !has_blocker(&draft.findings)
}

fn drafted(world: &World<'_>) -> Draft {
    let mut draft = Draft { findings: world.wanted.findings.clone(), ..Draft::default() };
    objects::networks(world, &mut draft);
    objects::secrets(world, &mut draft);
    objects::configs(world, &mut draft);
    ports::check(world, &mut draft);
    services::plan(world, &mut draft);
    draft.findings.extend(draft.unpinned.findings());
    draft
}

fn has_blocker(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Blocker)
}

/// What a plan is made from.
struct World<'a> {
    wanted: &'a StackSpec,
    live: &'a Live,
    policy: &'a Policy,
    names: Names,
    /// What the live services of the stack mean.
    forms: BTreeMap<&'a str, Form>,
    /// Whether digests are wanted.
    digests: bool,
}

impl<'a> World<'a> {
    fn new(wanted: &'a StackSpec, live: &'a Live, policy: &'a Policy, digests: bool) -> Self {
        let names = Names::of(&live.networks, &live.secrets, &live.configs);
        let mut world = Self { wanted, live, policy, names, forms: BTreeMap::new(), digests };
        world.forms = services::forms(&world);
        world
    }

    /// The digest of a service's form, where one is wanted.
    fn digest(&self, form: &serde_json::Value) -> Option<String> {
        self.digests.then(|| digest::of(form))
    }
}

impl World<'_> {
    /// True if labels mark something as the stack's.
    fn is_ours(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        is_of(&self.wanted.name, labels)
    }
}

fn is_of(stack: &str, labels: Option<&BTreeMap<String, String>>) -> bool {
    labels.and_then(|labels| labels.get(NAMESPACE_LABEL)).is_some_and(|name| name == stack)
}

/// What a plan becomes.
#[derive(Default)]
struct Draft {
    actions: Vec<Action>,
    services: Vec<ServiceChange>,
    findings: Vec<Finding>,
    unpinned: unpinned::Unpinned,
}

/// What sort of thing a name belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Network,
    Secret,
    Config,
}

fn basis(
    stack: &str,
    live: &Live,
    seen: impl Fn(&Service) -> SeenService,
    matters: impl Fn(Kind, &str) -> bool,
) -> Basis {
    let files = |kind: Kind, objects: &[crate::stack::live::FileObject]| {
        let ours = |object: &&crate::stack::live::FileObject| {
            is_of(stack, object.spec.labels.as_ref()) || matters(kind, &object.spec.name)
        };
        objects.iter().filter(ours).map(|object| (object.spec.name.clone(), object.id.clone())).collect()
    };
    let ours = live.services.iter().filter(|service| service.label(NAMESPACE_LABEL) == Some(stack));
    Basis {
        services: ours.map(|service| (service.name().to_owned(), seen(service))).collect(),
        networks: live
            .networks
            .iter()
            .filter(|network| is_of(stack, network.labels.as_ref()) || matters(Kind::Network, &network.name))
            .map(|network| (network.name.clone(), network.id.clone()))
            .collect(),
        secrets: files(Kind::Secret, &live.secrets),
        configs: files(Kind::Config, &live.configs),
    }
}

#[cfg(test)]
mod tests;
