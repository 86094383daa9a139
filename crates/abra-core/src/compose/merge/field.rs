//! Single fields.
use super::Merge;
use crate::compose::model::{Field, Labels, Nanos};
use crate::finding::{Place, Spanned};
use crate::yaml::Problem;

/// What docker takes for "not set" in an override.
pub(super) trait Zero {
    fn is_zero(&self) -> bool;
    fn words(&self) -> &'static str {
        "0"
    }
}

impl Zero for String {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
    fn words(&self) -> &'static str {
        "empty text"
    }
}

impl Zero for bool {
    fn is_zero(&self) -> bool {
        !self
    }
    fn words(&self) -> &'static str {
        "false"
    }
}

impl Zero for u64 {
    fn is_zero(&self) -> bool {
        *self == 0
    }
}

impl Zero for i64 {
    fn is_zero(&self) -> bool {
        *self == 0
    }
}

impl Zero for f64 {
    fn is_zero(&self) -> bool {
        *self == 0.0
    }
}

impl Zero for Nanos {
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Merge<'_> {
    /// The override wins unless it is a zero.
    pub(super) fn field<T: Zero>(&mut self, base: &mut Field<T>, over: Field<T>) {
        let Some(over) = over else { return };
        match base {
            Some(earlier) if over.value.is_zero() && !earlier.value.is_zero() => {
                self.powerless(over.value.words(), over.place, earlier.place);
            }
            _ => *base = Some(over),
        }
    }

    /// Says that a value can't override an earlier one.
    pub(super) fn powerless(&mut self, words: &str, place: Place, earlier: Place) {
        let message = format!("{words} can't override an earlier value");
        self.problems
            .push(Problem::warning(place, message).help("change the earlier value itself").earlier(earlier));
    }
}

/// The override wins, also when it is a zero.
pub(super) fn replace<T>(base: &mut Field<T>, over: Field<T>) {
    if over.is_some() {
        *base = over;
    }
}

/// By key; the override wins, also with empty text.
pub(super) fn labels(base: &mut Labels, over: Labels) {
    base.extend(over);
}

/// Lists that may be absent: the override is appended.
pub(super) fn append(base: &mut Option<Vec<Spanned<String>>>, over: Option<Vec<Spanned<String>>>) {
    match (base.as_mut(), over) {
        (Some(base), Some(over)) => base.extend(over),
        (None, over) => *base = over.filter(|over| !over.is_empty()),
        (Some(_), None) => {}
    }
}
