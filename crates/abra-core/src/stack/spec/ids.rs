//! Names to ids: a service names secrets and configs by id, which is known only once they exist.
use super::ServiceSpec;
use std::collections::{BTreeMap, BTreeSet};

/// Ids by name, of what exists on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    /// Secrets.
    pub secrets: BTreeMap<String, String>,
    /// Configs.
    pub configs: BTreeMap<String, String>,
}

/// Names without an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not on the server: {}", names.iter().cloned().collect::<Vec<_>>().join(", "))]
pub struct MissingIds {
    /// `secret NAME` or `config NAME`.
    pub names: BTreeSet<String>,
}

/// The spec with the id of every secret and config that it names.
///
/// # Errors
/// With all names that have no id.
pub fn fill_ids(spec: &ServiceSpec, ids: &Ids) -> Result<ServiceSpec, MissingIds> {
    let mut spec = spec.clone();
    let mut names = BTreeSet::new();
    let container = &mut spec.task_template.container_spec;
    for secret in &mut container.secrets {
        match ids.secrets.get(&secret.secret_name) {
            Some(id) => secret.secret_id.clone_from(id),
            None => drop(names.insert(format!("secret {}", secret.secret_name))),
        }
    }
    for config in &mut container.configs {
        match ids.configs.get(&config.config_name) {
            Some(id) => config.config_id.clone_from(id),
            None => drop(names.insert(format!("config {}", config.config_name))),
        }
    }
    if let Some(credentials) = &mut container.privileges.credential_spec
        && !credentials.config.is_empty()
    {
        match ids.configs.get(&credentials.config) {
            Some(id) => credentials.config.clone_from(id),
            None => drop(names.insert(format!("config {}", credentials.config))),
        }
    }
    if names.is_empty() { Ok(spec) } else { Err(MissingIds { names }) }
}
