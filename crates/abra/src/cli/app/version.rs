//! The version that a command is about, as `deploy` and `diff` take it.
use crate::failure::Failure;
use abra_core::recipe::{Record, VersionWish};

/// Which version
#[derive(Debug, clap::Args)]
pub struct VersionArgs {
    /// A release, or a commit of the recipe
    pub version: Option<String>,
    /// Use the recipe's working tree as it is
    #[arg(short = 'C', long, conflicts_with_all = ["version", "deploy_latest"])]
    pub chaos: bool,
    /// Use the newest release, whatever is recorded
    #[arg(
        short = 'l',
        long,
        visible_short_alias = 'i',
        alias = "ignore-env-version",
        conflicts_with = "version"
    )]
    pub deploy_latest: bool,
}

impl VersionArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// The version can't be one.
    pub fn wish(&self) -> Result<VersionWish, Failure> {
        Ok(match (&self.version, self.chaos, self.deploy_latest) {
            (Some(version), ..) => VersionWish::Exactly(Record::parse(version)?),
            (_, true, _) => VersionWish::Chaos,
            (_, _, true) => VersionWish::Latest,
            _ => VersionWish::Usual,
        })
    }
}
