//! Private, throwaway Docker engines for tests, the demo and benchmarks.
//!
//! Each engine lives in namespaces of its own, beside whatever engine the machine has and without touching it, and
//! leaves nothing behind: no process, mount, network, cgroup or file, also when the program that started it is killed.
//! Root only. Binary `rig`: the same for shell scripts.
//!
//! How it ends: a small shell holds the engine's namespaces and reads orders from a pipe of ours. When the pipe closes,
//! for whatever reason, the shell ends, the kernel takes the namespaces down with all that runs in them, and a janitor
//! outside removes cgroups and files. Should the janitor itself be killed, the next engine's start sweeps up after it.
mod actor;
mod distance;
mod engine;
mod error;
mod http;
mod image;
mod needs;
mod proxy;
mod registry;
mod relay;
pub mod run;
mod sshd;
mod swarm;
mod sweep;
mod switch;
pub mod takeover;

pub use distance::Distance;
pub use engine::{Engine, EngineOptions, ROOT_VARIABLE};
pub use error::RigError;
pub use http::{Answer, get};
pub use proxy::{Fault, Proxy, Seen};
pub use registry::Registry;
pub use relay::{Blackhole, Relay};
pub use sshd::{Sshd, SshdOptions, keygen, own_ssh};
pub use swarm::Swarm;
pub use sweep::{left_of, sweep};
