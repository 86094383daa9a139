//! The rig's own tests. Root only.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod clean;
mod command;
mod root;
