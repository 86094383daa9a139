//! Engines behind ssh: one login per server and run by the operator's own `ssh`, and the engine's socket brought here.
//!
//! | file | holds |
//! | --- | --- |
//! | `links` | which servers are logged in to in this run |
//! | `asked` | how long somebody is asked things |
//! | `attempts` | logins that are being made |
//! | `plain` | whether ssh has to be asked what its settings mean |
//! | `starts` | who may start ssh, of many |
//! | `again` | when to log in again after a link has ended |
//! | `login` | from an address to a running ssh that is logged in |
//! | `heard` | what ssh says meanwhile, for the person at the terminal |
//! | `keeper` | the process that holds ssh, and ends it however this one ends |
//! | `master` | a running ssh: connections through it, and its end |
//! | `mux` | talking to it over its control socket |
//! | `ready` | connections that are on their way before they are asked for |
//! | `session` | a command that is run over there |
//! | `dial` | where forwarding is forbidden: `docker system dial-stdio`, in few sessions |
//! | `sessions` | how many of those there may be |
//! | `folder` | the private folder of its sockets |
//! | `terminal` | the operator's terminal as it was before ssh asked |
//!
//! Whatever is typed is typed to ssh itself, on the operator's terminal. Not here: addresses and what ssh's words mean
//! (core), and where a server's address stands.
mod again;
mod asked;
mod attempts;
mod dial;
mod error;
mod folder;
mod heard;
mod keeper;
mod links;
mod login;
mod master;
mod mux;
mod plain;
mod ready;
mod session;
mod sessions;
mod starts;
mod terminal;

pub use error::LinkError;
pub use links::{Behind, Links, Tell};

pub(super) use master::Way;
