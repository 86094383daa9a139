//! What has to be done to get from live to wanted, as a value: nothing here changes anything.
//!
//! | room | holds |
//! | --- | --- |
//! | [`seen`] | what a plan is made from: what is live, what registries said, what the operator asked for |
//! | [`action`] | the steps |
//! | [`change`] | what a step means, in the operator's words |
//! | [`report`] | the plan as JSON |
//!
//! Not here: carrying a plan out, or judging how it went.
pub mod action;
pub mod change;
pub mod seen;

use crate::finding::{Finding, Severity};
use crate::stack::live::Version;
use crate::stack::spec::Ids;
use action::Action;
use change::{ChangeKind, ServiceChange};
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
        self.findings.iter().any(|finding| finding.severity == Severity::Blocker)
    }

    /// Writes labels (the id of this plan, digests) onto every service that the plan creates or updates.
    ///
    /// They are to be named in [`seen::Policy::volatile_labels`], so that they alone never make a change.
    pub fn stamp(&mut self, labels: &BTreeMap<String, String>) {
        for action in &mut self.actions {
            if let Action::CreateService { spec } | Action::UpdateService { spec, .. } = action {
                spec.labels.extend(labels.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
        }
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
    /// Ids of the stack's networks by name.
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
    /// Digest of the spec as the engine gave it, see [`crate::stack::digest::of_live`].
    pub digest: String,
}
