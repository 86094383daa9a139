//! The Docker engine: the only room that talks HTTP to one.
//!
//! Typed calls in our verbs, one file per kind of object. Every request has a time limit, every answer a size limit,
//! and every refusal is recognised once, in `refusal`. Specs go in and come out as whole JSON, so nothing is lost.
//!
//! Not here: what a spec should say (core), in which order things are done (the flows), what is shown.
pub mod auth;
mod call;
mod client;
mod containers;
mod election;
mod endpoint;
mod error;
mod exec;
mod files;
mod filters;
mod frames;
mod info;
mod logs;
mod networks;
mod nodes;
mod prune;
mod refusal;
mod registry;
mod services;
pub mod ssh;
mod stream;
mod transport;
mod volumes;

pub use abra_core::stack::api::ApiVersion;
pub use client::{Engine, Limits, Notice, Observer, RequestLog};
pub use containers::Container;
pub use endpoint::{Endpoint, EndpointError, Inside};
pub use error::EngineError;
pub use exec::{Exec, Input, Running};
pub use files::FileKind;
pub use filters::Filters;
pub use info::{Cluster, Info, SwarmInfo};
pub use logs::{LogLine, LogQuery, Logs, Stream};
pub use prune::Pruned;
pub use registry::{Digest, Platform};
pub use services::Created;
pub use volumes::Volume;
