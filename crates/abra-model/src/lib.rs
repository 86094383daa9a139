//! The protocol by which several operators change one app, as a model that is explored exhaustively: every order of
//! steps, with crashes, lost answers, late requests, expired leases and clocks that differ. What it shows, and what it
//! leaves out, stands in `docs/protocol.md`.
//!
//! | room | holds |
//! | --- | --- |
//! | [`world`] | the server, the runs, and requests that are still on their way, as small plain values |
//! | [`decide`] | core's decisions, called with those values |
//! | [`step`] | what a run does next, and what comes of it |
//! | [`action`] | everything that can happen in a world, faults included |
//! | [`invariant`] | what must hold in every world, and what must happen in some |
//! | [`broken`] | deliberate mistakes, each of which an invariant must find |
//! | [`explore`] | the search, breadth first, so that what it finds is as short as can be |
//!
//! Not here: requests, engines, verdicts in detail. The real code is run by the simulation.
pub mod action;
pub mod broken;
pub mod decide;
pub mod explore;
pub mod invariant;
pub mod step;
pub mod world;
