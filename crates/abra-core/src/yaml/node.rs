//! The tree: values with the places they stand at.
use crate::finding::Place;
use indexmap::IndexMap;

/// A mapping in the order of the file; keys are text.
pub type Mapping = IndexMap<String, Entry>;

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Place,
    /// The value.
    pub value: Node,
}

/// A value and where it begins; what came through an alias or a merge keeps the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub data: Data,
}

/// What a node is. Numbers and dates keep their text.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing, `~` or `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number between -2^63 and 2^64.
    Int {
        /// Its value.
        value: i128,
        /// The text it was written as.
        raw: String,
    },
    /// Any other number, also infinite ones.
    Float {
        /// Its value.
        value: f64,
        /// The text it was written as.
        raw: String,
    },
    /// A date or time that is not quoted.
    Date(String),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Mapping),
}

impl Data {
    /// What it is, in words for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "a boolean",
            Self::Int { .. } => "a whole number",
            Self::Float { .. } => "a number",
            Self::Date(_) => "a date",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Mapping> {
        if let Data::Map(map) = &self.data { Some(map) } else { None }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Data::List(items) = &self.data { Some(items) } else { None }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// The value under a key, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }
}
