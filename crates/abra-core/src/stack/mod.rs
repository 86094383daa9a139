//! Swarm's nouns: what is wanted, what is live, and how a compose document becomes the former.
pub mod live;
