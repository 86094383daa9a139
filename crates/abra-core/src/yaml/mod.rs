//! YAML as docker's parser (Go's yaml.v3) reads it, with positions.
//!
//! Here: text to a tree ([`read()`], and [`examine()`] for those who go on behind a problem), what a plain scalar means, merge keys, budgets against hostile input, how Go prints
//! numbers, and a printer whose output reads back the same.
//! Not here: anything that knows compose.
mod control;
mod merge;
mod node;
mod number;
mod print;
mod problem;
mod read;
mod scalar;
mod stamp;
mod syntax;

pub use node::{Data, Entry, Mapping, Node};
pub(crate) use number::short_float_text;
pub use number::{float_text, parse_float};
pub use print::print;
pub use problem::Problem;
pub use read::{MAX_BYTES, Read, examine, read};
