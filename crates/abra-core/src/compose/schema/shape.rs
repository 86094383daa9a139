//! The language the table is written in.
use crate::yaml::Data;

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// Text.
    Text,
    /// Text that is a duration.
    Duration,
    /// A short port: a number or text.
    Port,
    /// True or false.
    Bool,
    /// A whole number; also `3.0`.
    Whole,
    /// A whole number from 0 on.
    Natural,
    /// Any number.
    Number,
    /// Nothing.
    Null,
    /// Text, a number or nothing; `bool` is refused, which surprises people.
    Value,
    /// Text or a number.
    TextOrNumber,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these.
    Either(&'static [Shape]),
    /// A list.
    List(&'static Shape, Unique),
    /// A mapping with known keys.
    Object(&'static Object),
    /// A mapping with keys that people choose.
    Dict(&'static Shape, Names),
    /// From this minor version on the second, before it the first.
    Since(u8, &'static Shape, &'static Shape),
}

/// Whether the items of a list must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unique {
    Yes,
    No,
}

/// What keys that people choose may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Letters, digits, `.`, `_` and `-`.
    Object,
    /// Anything that is not empty.
    NotEmpty,
    /// Anything; the value of a name that has not only small letters may have unknown keys (docker's pattern).
    Limits,
    /// Anything.
    Any,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) keys: &'static [Key],
    pub(super) others: Others,
    pub(super) required: &'static [&'static str],
}

/// One known key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The first minor version (of 3.x) that has it.
    pub(super) since: u8,
    pub(super) shape: Shape,
}

/// What happens to keys that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// They are refused.
    Refused,
    /// Those that begin with `x-` are kept from this minor version on; the rest is refused.
    Extensions(u8),
    /// They are taken and have no effect.
    Ignored,
    /// They are taken from this minor version on and have no effect.
    IgnoredSince(u8),
}

impl Shape {
    /// True when the value is of the right kind, whatever is inside it.
    pub(super) fn takes(&self, data: &Data, version: u8) -> bool {
        match self {
            Self::Text | Self::Duration | Self::Choice(_) => matches!(data, Data::Text(_)),
            Self::Port => matches!(data, Data::Text(_) | Data::Int { .. } | Data::Float { .. }),
            Self::Bool => matches!(data, Data::Bool(_)),
            Self::Whole | Self::Natural => match data {
                Data::Int { .. } => true,
                Data::Float { value, .. } => value.fract() == 0.0,
                _ => false,
            },
            Self::Number => matches!(data, Data::Int { .. } | Data::Float { .. }),
            Self::Null => matches!(data, Data::Null),
            Self::Value => !matches!(data, Data::Bool(_) | Data::List(_) | Data::Map(_)),
            Self::TextOrNumber => !matches!(data, Data::Bool(_) | Data::List(_) | Data::Map(_) | Data::Null),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.takes(data, version)),
            Self::List(..) => matches!(data, Data::List(_)),
            Self::Object(_) | Self::Dict(..) => matches!(data, Data::Map(_)),
            Self::Since(since, before, from) => {
                if version >= *since {
                    from.takes(data, version)
                } else {
                    before.takes(data, version)
                }
            }
        }
    }

    /// What it takes, in words for people.
    pub(super) fn words(&self, version: u8) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Duration => "a duration like \"1m30s\"".to_owned(),
            Self::Port => "a port like \"8080:80\"".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Whole => "a whole number".to_owned(),
            Self::Natural => "a whole number from 0 on".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Null => "empty".to_owned(),
            Self::Value => "text, a number or empty".to_owned(),
            Self::TextOrNumber => "text or a number".to_owned(),
            Self::Choice(words) => words.join(" or "),
            Self::Either(shapes) => shapes.iter().map(|s| s.words(version)).collect::<Vec<_>>().join(" or "),
            Self::List(..) => "a list".to_owned(),
            Self::Object(_) | Self::Dict(..) => "a mapping".to_owned(),
            Self::Since(since, before, from) => {
                if version >= *since {
                    from.words(version)
                } else {
                    before.words(version)
                }
            }
        }
    }
}
