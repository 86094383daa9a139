//! `abra stack config`.
use std::process::ExitCode;

/// Print the merged document
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A compose file; may be repeated, and split on commas
    #[arg(short = 'c', long = "compose-file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Leave variables as they are
    #[arg(long)]
    pub skip_interpolation: bool,
}

/// Runs it.
pub fn run(_args: &Args) -> ExitCode {
    ExitCode::FAILURE
}
