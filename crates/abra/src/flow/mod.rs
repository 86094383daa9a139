//! The order of things: what is looked at, in which order decisions are asked of core, what is changed.
//!
//! Not here: flags, words for people, decisions.
pub mod apply;
mod behind;
pub mod command;
pub mod container;
mod content;
pub mod deploy;
pub mod diff;
mod domain;
mod ending;
mod foreword;
mod insist;
pub mod journal;
pub mod lease;
pub mod lock;
pub mod logs;
pub mod ls;
pub mod new;
pub mod operation;
pub mod post;
pub mod ps;
pub mod recipe;
mod registry;
pub mod removal;
pub mod render;
pub mod rewatch;
pub mod rollout;
pub mod secrets;
pub mod seen;
pub mod server;
pub mod snapshot;
pub mod stage;
pub mod sync;
pub mod team;
pub mod undeploy;
mod unlisted;
pub mod watch;
