//! Which keys a compose file may have, since which version, and what their values may be.
//!
//! The rules are data ([`table`]); [`check()`] walks a document along them and reports every difference.
mod advice;
mod check;
mod fold;
mod nearest;
mod shape;
mod table;

pub(super) use check::check;
pub(super) use fold::fold_keys;
