//! Tests on private engines, a second each to start. Root only.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod engine;
mod engine_lost;
mod registry;
mod rig;
