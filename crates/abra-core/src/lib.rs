//! What abra decides: text and facts in, decisions out.
//!
//! Nothing here reads a file, asks the clock, starts a process or prints. Each room holds one noun:
//!
//! | room | holds |
//! | --- | --- |
//! | [`finding`] | what is wrong or noteworthy, and where it stands |
//! | [`name`] | names of apps, servers, recipes, stacks: safe by construction |
//! | [`mod@env`] | an app's env file as a lossless document |
//! | [`config`] | the operator's settings |
//! | [`recipe`] | versions and their order, records, which version a command means |
//! | [`app`] | an app: server, stack, recipe, env |
//! | [`deployment`] | what abra adds to a recipe when it deploys an app of it |
//! | [`divergence`] | what is said when record, pin and server disagree |
//! | [`inspect`] | what services are, for people to look at |
//! | [`status`] | recorded against running, in one word |
//! | [`yaml`] | YAML as docker's parser reads it, with positions |
//! | [`compose`] | compose files: interpolation, schema, merge, the document as one model |
//! | [`docker_context`] | engines by name, as docker keeps them |
//! | [`readiness`] | whether apps can be deployed to a server, and what sets it up |
//! | [`prunable`] | what may be removed from a server, and what stays |
//! | [`ssh`] | servers as ssh reaches them, and what ssh's words mean |
//! | [`stack`] | swarm's nouns: what is wanted, what is live, how one becomes the other |
//! | [`plan`] | what has to be done to get from live to wanted |
//! | [`secret`] | a value that must not be seen |
//! | [`secrets`] | the secrets that a recipe wants, and how values are made up |
//! | [`head`] | who may change an app now: the lock on the swarm, and what the last operation came to |
//! | [`journal`] | what was done to an app, by whom, and what came of it |
//! | [`converge`] | whether a deployment worked: looks at a stack in, verdict out |
pub mod app;
pub mod commands;
pub mod compose;
pub mod config;
pub mod converge;
pub mod deployment;
pub mod divergence;
pub mod docker_context;
pub mod domain;
pub mod env;
pub mod finding;
pub mod head;
pub mod inspect;
pub mod journal;
pub mod name;
pub mod plan;
pub mod prunable;
pub mod readiness;
pub mod recipe;
pub mod secret;
pub mod secrets;
pub mod ssh;
pub mod stack;
pub mod status;
pub mod yaml;
