//! A compose document becomes what the Engine API is sent, as `docker stack deploy` does it.
//!
//! One file per noun. Each function turns a part of a service into a part of its spec and writes what it finds into
//! `Notes`, so that all problems of a document are known at once. Nothing is looked up on a server here.
mod capabilities;
mod container;
mod cpus;
mod external;
mod files;
mod health;
mod mistakes;
mod mounts;
mod names;
mod networks;
mod notes;
mod old_api;
mod policies;
mod ports;
mod resources;
mod service;
mod undeclared;

use super::api::ApiVersion;
use super::wanted::StackSpec;
use crate::compose::files::Files;
use crate::compose::model::Document;
use crate::finding::{Finding, Severity, Sources};
use notes::Notes;

pub use mistakes::mistakes;

/// Label that marks everything of a stack with the stack's name.
pub const NAMESPACE_LABEL: &str = "com.docker.stack.namespace";

/// Label of a service that holds its image as written.
pub const IMAGE_LABEL: &str = "com.docker.stack.image";

/// What a conversion needs beside the document.
#[derive(Clone, Copy)]
pub struct ConvertRequest<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// Contents of secrets and configs.
    pub files: &'a dyn Files,
    /// What client and engine agreed on: older ones drop some fields.
    pub api: ApiVersion,
}

/// Turns a document into a stack.
///
/// # Errors
/// With all findings, if any of them is a blocker. Those that are not are in [`StackSpec::findings`] otherwise.
pub fn convert(
    document: &Document,
    sources: &Sources,
    request: &ConvertRequest<'_>,
) -> Result<StackSpec, Vec<Finding>> {
    let mut notes = Notes::new(sources);
    names::check_stack(request.stack, &mut notes);
    let scope = Scope { document, request };
    let mut stack = StackSpec { name: request.stack.to_owned(), ..StackSpec::default() };
    stack.networks = networks::declared(&scope, &mut notes);
    stack.secrets = files::secrets(&scope, &mut notes);
    stack.configs = files::configs(&scope, &mut notes);
    for service in document.services.values() {
        let wanted = service::convert(service, &scope, &mut notes);
        stack.services.insert(wanted.spec.name.clone(), wanted);
    }
    stack.external = external::needed(&scope, sources);
    let findings = notes.done();
    if findings.iter().any(|finding| finding.severity == Severity::Blocker) {
        return Err(findings);
    }
    stack.findings = findings;
    Ok(stack)
}

/// What every part of the conversion may look at.
struct Scope<'a> {
    document: &'a Document,
    request: &'a ConvertRequest<'a>,
}

impl Scope<'_> {
    /// A name with the stack's prefix.
    fn full(&self, name: &str) -> String {
        format!("{}_{name}", self.request.stack)
    }
}

#[cfg(test)]
mod tests;
