//! Compose files, read and merged as `docker stack` does.
//!
//! A file becomes a tree ([`yaml`](crate::yaml)), its variables are replaced (`interpolate`), it is checked against the
//! schema (`schema`), decoded into the model with short forms expanded (`decode`, `short`), and merged with the files
//! before it (`merge`). [`load()`] does all of it; [`print()`] shows the result. Not here: what a swarm makes of it.
pub mod files;
pub mod model;

mod decode;
mod emptied;
mod encoding;
mod forbidden;
mod interpolate;
mod load;
mod merge;
mod output;
mod partial;
mod paths;
mod schema;
mod short;
mod version;

#[cfg(test)]
mod mistakes_tests;

pub use load::{LoadRequest, Loaded, Refused, SourceFile, load};
pub use output::print;
pub use partial::Partial;
