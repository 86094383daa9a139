//! What a deployment would change, with the content of configs. Looks as `deploy` does, and changes nothing.
use super::deploy::{self, Aim, Look, Prepared, Request};
use crate::context::Context;
use crate::engine::{EngineError, FileKind, Filters};
use crate::failure::Failure;
use abra_core::plan::diff::{Change, Contents, diff};
use abra_core::recipe::VersionWish;
use abra_core::stack::live::Service;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A plan, and all that it would change.
#[derive(Debug)]
pub struct Compared {
    /// The plan and what it was made from.
    pub prepared: Box<Prepared>,
    /// What differs.
    pub changes: Vec<Change>,
}

/// Plans what `deploy` would do, and compares.
///
/// # Errors
/// Whatever makes a plan impossible.
pub async fn compare(context: &Context, app: &str, wish: VersionWish) -> Result<Compared, Failure> {
    let request = Request { app: app.to_owned(), aim: Aim::Deploy(wish), domain_checks: false };
    let prepared = match deploy::prepare(context, &request).await? {
        Look::Planned(prepared) => prepared,
        Look::NoVersion(none) => {
            return Err(Failure::new(format!("there is no version of {} to compare with", none.app.recipe)));
        }
    };
    let contents = contents(&prepared).await?;
    let changes = diff(&prepared.staged.plan, &contents);
    Ok(Compared { prepared, changes })
}

/// The content of all configs that are used, or shall be.
async fn contents(prepared: &Prepared) -> Result<Contents, EngineError> {
    let wanted: BTreeMap<String, Vec<u8>> = prepared
        .wanted
        .configs
        .iter()
        .map(|(name, config)| (name.clone(), config.spec.data.clone()))
        .collect();
    let mut names: BTreeSet<&str> = prepared.staged.services.iter().flat_map(used).collect();
    names.extend(wanted.keys().chain(prepared.wanted.external.configs.keys()).map(String::as_str));
    if names.is_empty() {
        return Ok(Contents::default());
    }
    let filters = names.iter().fold(Filters::none(), |filters, name| filters.and("name", *name));
    let live = prepared.engine.files(FileKind::Config, &filters).await?;
    let content = |object: abra_core::stack::live::FileObject| {
        let data = STANDARD.decode(object.spec.data.unwrap_or_default()).ok()?;
        Some((object.spec.name, data))
    };
    Ok(Contents { live: live.into_iter().filter_map(content).collect(), wanted })
}

/// Names of the configs that a live service uses.
fn used(service: &Service) -> impl Iterator<Item = &str> {
    let configs = service.spec.pointer("/TaskTemplate/ContainerSpec/Configs").and_then(Value::as_array);
    configs.into_iter().flatten().filter_map(|config| config.get("ConfigName")?.as_str())
}
