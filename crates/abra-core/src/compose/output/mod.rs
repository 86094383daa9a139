//! The merged document as docker prints it: keys in its order, what is not set left out.
mod deploy;
mod objects;
mod out;
mod service;

use super::model::Document;
use out::Out;
use serde_json::Value;

/// The document as `stack config` prints it.
pub fn print(document: &Document) -> String {
    crate::yaml::print(&value(document))
}

fn value(document: &Document) -> Value {
    let mut out = Out::default();
    out.always("version", document.version.clone());
    let services = document.services.iter().map(|(name, service)| (name.clone(), service::value(service)));
    out.always("services", Value::Object(services.collect()));
    out.map("networks", document.networks.iter().map(|(name, n)| (name.clone(), objects::network(n))));
    out.map("volumes", document.volumes.iter().map(|(name, v)| (name.clone(), objects::volume(v))));
    out.map("secrets", document.secrets.iter().map(|(name, s)| (name.clone(), objects::file_object(s))));
    out.map("configs", document.configs.iter().map(|(name, c)| (name.clone(), objects::file_object(c))));
    out.extras(&document.extras);
    out.done()
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
