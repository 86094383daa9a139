//! abra's own code, run by several operators at once against a simulated swarm, in one process and on a clock that
//! jumps. A seed decides who does what and when, and what goes wrong; the same seed does the same again.
//!
//! | room | holds |
//! | --- | --- |
//! | [`swarm`] | what a swarm keeps: services, tasks, networks, secrets, configs, versions of all of them, and what was written when |
//! | [`api`] | the Engine API as far as abra uses it |
//! | [`life`] | how tasks come up and fail, and how updates go |
//! | [`wire`] | connections to it, and what goes wrong on the way |
//! | [`clocks`] | whose clock says what, and when nobody leads |
//! | [`dice`] | what a seed decides |
//! | [`operator`] | an operator's home, recipe and commands |
//! | [`story`] | a whole run, from the seed to what it came to |
//! | [`verdict`] | what must hold afterwards |
//!
//! Not here: real engines. What the simulated one promises is checked against one by the live test `contract`.
pub mod api;
pub mod clocks;
pub mod dice;
pub mod life;
pub mod operator;
pub mod story;
pub mod swarm;
pub mod verdict;
pub mod wire;
