//! Short forms and small languages inside values: one file each, text in, value or reason out.
pub(crate) mod duration;
pub(crate) mod env_file;
pub(crate) mod port;
pub(crate) mod size;
pub(crate) mod volume;
pub(crate) mod words;
