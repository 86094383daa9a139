//! The program as operators meet it: arguments in; stdout, stderr, exit code and files out. Each home is its own.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod bad_input;
mod completion;
mod engine;
mod env_file;
mod home;
mod hostile;
mod interrupted;
mod machine;
mod new;
mod reference;
mod servers;
mod terminal;
mod usage;
