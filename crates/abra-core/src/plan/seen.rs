//! What a plan is made from.
use crate::stack::live;
use crate::stack::spec::Platform;
use std::collections::{BTreeMap, BTreeSet};

/// What was looked at. Lists hold whatever the server has, of this stack and of others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// Services. Those of other stacks show which ports are taken.
    pub services: Vec<live::Service>,
    /// Networks.
    pub networks: Vec<live::Network>,
    /// Secrets.
    pub secrets: Vec<live::FileObject>,
    /// Configs, with their data.
    pub configs: Vec<live::FileObject>,
    /// What registries said, by image as [`images_to_resolve`](super::images_to_resolve) names it.
    pub images: BTreeMap<String, Result<Resolved, String>>,
}

/// What a registry said of an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// `sha256:…`.
    pub digest: String,
    /// Platforms that the image exists for.
    pub platforms: Vec<Platform>,
}

/// What the operator asked for, beside the stack itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// When registries are asked.
    pub resolve: ResolveImage,
    /// Whether services that are not in the document go.
    pub prune: bool,
    /// What becomes of services without a change.
    pub unchanged: Unchanged,
    /// Service labels that belong to a run (its id, digests): they don't count as a change.
    pub volatile_labels: BTreeSet<String>,
}

/// When registries are asked for the digest of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResolveImage {
    /// For every service.
    #[default]
    Always,
    /// For new services and those whose written image has changed.
    Changed,
    /// Never.
    Never,
    /// Never; what is live is kept only where it is the written image, pinned or not. (docker looks at its label alone,
    /// which stays as it was when somebody updates a service by hand.)
    AsPinned,
}

/// What becomes of services without a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unchanged {
    /// They are left alone.
    #[default]
    Skip,
    /// Their tasks are restarted.
    Restart,
}
