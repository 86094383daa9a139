//! What is written into an app's env file after a success, and whether that will be possible, which is asked before anything
//! is changed.
//!
//! Not here: how a file is written ([`crate::home`]), and sharing it with the team ([`super::team`]).
use super::deploy::Prepared;
use super::team::{self, NewRecord};
use crate::context::Context;
use crate::failure::Failure;
use crate::home::HomeError;
use abra_core::app::App;
use abra_core::env::EnvFile;
use abra_core::finding::Finding;
use abra_core::recipe::Record;
use std::error::Error as _;

/// What became of a record.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Whether the env file was written.
    pub is_written: bool,
    /// What there is to say about sharing it.
    pub said: Vec<Finding>,
}

/// Writes a version into the app's env file, and shares it where the settings want that. With operator sync the record,
/// and the pin where there is one; without it only a pin that is there already.
///
/// # Errors
/// The env file can't be written.
pub async fn write(context: &Context, app: &App, change: &NewRecord<'_>) -> Result<Recorded, HomeError> {
    if !is_kept(context, app) {
        return Ok(Recorded::default());
    }
    let is_written =
        context.home.rewrite_env(&app.server, &app.name, |env| with_version(context, env, change.to))?;
    Ok(Recorded { is_written, said: team::share(context, app, change).await })
}

/// Why a version could not be written into the app's env file now; `None` where it could, or where nothing would be written.
/// Nothing is touched.
pub fn hindrance(context: &Context, app: &App, version: &Record) -> Option<Finding> {
    if !is_kept(context, app) {
        return None;
    }
    let bytes = with_version(context, &app.env, version).filter(|bytes| bytes != app.env.bytes())?;
    let error = context.home.can_rewrite_env(&app.server, &app.name, &bytes).err()?;
    let because = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    Some(Finding::blocker(format!("{version} could not be recorded: {error}{because}")))
}

/// The same of a plan that is to be watched.
pub fn hindrance_of(context: &Context, prepared: &Prepared) -> Option<Finding> {
    let found = hindrance(context, &prepared.app, &prepared.resolution.target.record())?;
    Some(found.help("mend that first, or deploy with `--no-converge-checks`, which records nothing"))
}

/// Refuses what could not be recorded.
///
/// # Errors
/// The env file can't be written.
pub(super) fn require(app: &App, hindrance: Option<Finding>) -> Result<(), Failure> {
    hindrance.map_or(Ok(()), |found| Err(Failure::refused(app.name.as_str(), vec![found])))
}

fn is_kept(context: &Context, app: &App) -> bool {
    context.settings.sync.value || app.pin.is_some()
}

/// The file with a version in it; `None`: it is to stay.
fn with_version(context: &Context, env: &EnvFile, version: &Record) -> Option<Vec<u8>> {
    if context.settings.sync.value { Some(env.with_record_and_pin(version)) } else { env.with_pin(version) }
}
