//! The grammar of YAML the way docker's parser (a descendant of libyaml) has it: YAML 1.1 with a few liberties.
//!
//! | file | holds |
//! | --- | --- |
//! | `cursor` | a point in the text |
//! | `token`, `scan` | text to words: indentation, and which text is a key |
//! | `scalar`, `tag` | the longer words |
//! | `grammar` | words to values, told to a [`Builder`] |
//!
//! Not here: what a scalar means, anchors' values, merge keys.
mod cursor;
mod grammar;
mod scalar;
mod scan;
mod tag;
mod token;

pub(super) use grammar::{Builder, Document, Scalar};

use super::problem::Problem;

/// The outcome of one step.
pub(super) type Step<T> = Result<T, Box<Problem>>;

#[cfg(test)]
mod tests;
