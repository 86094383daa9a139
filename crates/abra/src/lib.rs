//! What abra does: looks at the world, gives core what it saw, shows the decision, asks, carries it out, watches, and
//! writes down the result. Decisions live in `abra-core`.
pub mod cli;
pub mod context;
pub mod contexts;
pub mod engine;
pub mod exit;
pub mod failure;
pub mod flow;
pub mod git;
pub mod hold;
pub mod home;
pub mod interrupt;
pub mod ui;
