//! The `abra` program: parses, runs, exits.
use std::process::ExitCode;

fn main() -> ExitCode {
    abra::cli::main()
}
