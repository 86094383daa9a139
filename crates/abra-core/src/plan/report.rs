//! A plan as JSON, for other programs. No secret values: those are hidden, or not in here at all.
use super::change::{ChangeKind, FieldChange, ServiceChange, Shown};
use super::{Basis, Plan};
use crate::finding::Finding;
use serde::Serialize;
use std::collections::BTreeMap;

/// A plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// The stack.
    pub stack: String,
    /// True if there is nothing to do.
    pub noop: bool,
    /// True if nothing may be done.
    pub blocked: bool,
    /// Steps in running order.
    pub actions: Vec<ActionReport>,
    /// Every service, by name.
    pub services: Vec<ServiceReport>,
    /// Blockers, warnings and notes.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub basis: BasisReport,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct ActionReport {
    /// `create`, `update` or `remove`.
    pub verb: &'static str,
    /// `network`, `secret`, `config` or `service`.
    pub noun: &'static str,
    /// The full name.
    pub name: String,
}

/// What becomes of a service.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceReport {
    /// The full name.
    pub name: String,
    /// The name within the stack.
    pub short: String,
    /// `create`, `update`, `remove`, `unchanged` or `orphaned`.
    pub change: &'static str,
    /// The image that it runs afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What differs.
    pub fields: Vec<FieldReport>,
}

/// One thing that differs.
#[derive(Debug, Clone, Serialize)]
pub struct FieldReport {
    /// In the words of compose files.
    pub path: String,
    /// What is live; absent if there is nothing, or if it is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What is wanted; absent if there is nothing, or if it is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// True if one of them is there and hidden.
    pub hidden: bool,
}

/// What was seen.
#[derive(Debug, Clone, Serialize)]
pub struct BasisReport {
    /// The stack's services by name.
    pub services: BTreeMap<String, SeenReport>,
    /// Ids of networks by name.
    pub networks: BTreeMap<String, String>,
    /// Ids of secrets by name.
    pub secrets: BTreeMap<String, String>,
    /// Ids of configs by name.
    pub configs: BTreeMap<String, String>,
}

/// A service as it was seen.
#[derive(Debug, Clone, Serialize)]
pub struct SeenReport {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Digest of what its spec means.
    pub digest: String,
}

/// The report of a plan.
pub fn report(plan: &Plan) -> PlanReport {
    let action = |action: &super::action::Action| ActionReport {
        verb: action.verb(),
        noun: action.noun(),
        name: action.name().to_owned(),
    };
    PlanReport {
        stack: plan.stack.clone(),
        noop: plan.is_noop(),
        blocked: plan.blocked(),
        actions: plan.actions.iter().map(action).collect(),
        services: plan.services.iter().map(service).collect(),
        findings: plan.findings.clone(),
        basis: basis(&plan.basis),
    }
}

fn service(change: &ServiceChange) -> ServiceReport {
    ServiceReport {
        name: change.name.clone(),
        short: change.short.clone(),
        change: change.kind.word(),
        image: change.image.clone(),
        fields: change.fields.iter().map(field).collect(),
    }
}

fn field(change: &FieldChange) -> FieldReport {
    let text = |shown: &Shown| match shown {
        Shown::Text(text) => Some(text.clone()),
        Shown::Absent | Shown::Hidden => None,
    };
    FieldReport {
        path: change.path.clone(),
        before: text(&change.before),
        after: text(&change.after),
        hidden: change.before == Shown::Hidden || change.after == Shown::Hidden,
    }
}

fn basis(basis: &Basis) -> BasisReport {
    let seen = |service: &super::SeenService| SeenReport {
        id: service.id.clone(),
        version: service.version.index,
        digest: service.digest.clone(),
    };
    BasisReport {
        services: basis.services.iter().map(|(name, service)| (name.clone(), seen(service))).collect(),
        networks: basis.networks.clone(),
        secrets: basis.secrets.clone(),
        configs: basis.configs.clone(),
    }
}

impl ChangeKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::Unchanged => "unchanged",
            Self::Orphaned => "orphaned",
        }
    }
}
