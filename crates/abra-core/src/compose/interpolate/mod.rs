//! Variables in values: [`expand`](expand::expand) for one text, [`walk`] for a document with its casts.
mod cast;
mod expand;
mod walk;

pub(super) use walk::interpolate;
