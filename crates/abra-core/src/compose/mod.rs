//! Compose files, read and merged as `docker stack` does.
pub mod files;
pub mod model;
