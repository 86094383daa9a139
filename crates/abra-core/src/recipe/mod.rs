//! Recipes: their versions and the order of these, what is recorded or deployed, and which version a command means.
//!
//! Not here: git (the program's room of that name looks) and compose files.
mod abra_sh;
mod record;
mod resolve;
mod version;

pub use abra_sh::{AbraSh, abra_sh};
pub use record::{Commit, Record, RecordError};
pub use resolve::{
    Known, RecipeState, Release, Resolution, ResolveError, Target, VersionWish, Why, passed_over, resolve,
    rollback, sync, upgrade,
};
pub use version::{Version, VersionError};

/// Where a release's notes are in the recipe.
pub fn notes_path(version: &Version) -> String {
    format!("release/{version}")
}
