//! What a plan does to services, in the operator's words.

/// What happens to one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// Its full name.
    pub name: String,
    /// Its name within the stack.
    pub short: String,
    /// What happens.
    pub kind: ChangeKind,
    /// What differs, sorted by path; empty unless it is updated.
    pub fields: Vec<FieldChange>,
    /// Digest of what it means afterwards, see [`crate::stack::digest::of_service`]; absent if it goes.
    pub digest: Option<String>,
    /// The image that it runs afterwards, as it is sent; absent if it goes.
    pub image: Option<String>,
}

/// What happens to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is created.
    Create,
    /// It is updated.
    Update,
    /// It is removed.
    Remove,
    /// It stays as it is: no request is made.
    Unchanged,
    /// It is live but not in the document, and stays as it is.
    Orphaned,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange {
    /// In the operator's words: `image`, `env FOO`, `config app_conf`, `label x`, `deploy.replicas`.
    pub path: String,
    /// What is live.
    pub before: Shown,
    /// What is wanted.
    pub after: Shown,
}

/// A value that may be shown, or the fact that there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// There is none.
    Absent,
    /// There is one that nobody should see.
    Hidden,
    /// There is this one.
    Text(String),
}
