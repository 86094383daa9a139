//! Swarm's nouns: what is wanted, what is live, and how a compose document becomes the former.
//!
//! | room | holds |
//! | --- | --- |
//! | [`convert`] | a compose document becomes a [`wanted::StackSpec`] |
//! | [`spec`] | bodies of requests |
//! | [`live`] | answers of an engine |
//! | [`image`] | references of images |
//! | [`labels`] | what the ecosystem's tools write on services |
//! | [`normal`], [`digest`] | when two service specs mean the same |
//!
//! Not here: what has to be done to get from live to wanted (that is [`crate::plan`]).
pub mod api;
pub mod convert;
pub mod digest;
pub mod image;
pub mod labels;
pub mod live;
pub mod normal;
pub mod spec;
pub mod state;
pub mod wanted;
