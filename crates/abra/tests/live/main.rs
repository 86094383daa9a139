//! Tests on private engines, a second each to start. Root only.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod bad_input;
mod commands;
mod deploy;
mod diff;
mod disturbed;
mod drivers;
mod engine;
mod engine_lost;
mod held;
mod images;
mod interrupts;
mod killed;
mod lock;
mod logs;
mod managers;
mod operator;
mod operators;
mod recipes;
mod registry;
mod rig;
mod secrets;
mod status;
mod sync;
mod takeover;
mod verdicts;
mod versions;
