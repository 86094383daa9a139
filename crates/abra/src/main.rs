//! The `abra` program: parses, runs, exits.
use mimalloc::MiMalloc;
use std::process::ExitCode;

// Answers of many servers are read on one thread and compared on others, a small piece of memory for every word in them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    abra::cli::main()
}
