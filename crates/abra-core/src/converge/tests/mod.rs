//! Timelines of swarms, replayed.
mod cases;
mod clues;
mod random;
mod rules;
mod telling;
mod timeline;
