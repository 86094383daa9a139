//! The words that YAML is made of.
use super::cursor::Mark;

/// A word and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) mark: Mark,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    /// `%YAML`, with its version.
    Version(String),
    /// `%TAG`: a handle and what it stands for.
    TagHandle(String, String),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// A list begins by its indentation.
    BlockList,
    /// A mapping begins by its indentation.
    BlockMap,
    /// A list or mapping ends by the indentation of what follows.
    BlockEnd,
    /// `[`
    ListOpen,
    /// `]`
    ListClose,
    /// `{`
    MapOpen,
    /// `}`
    MapClose,
    /// `- `
    Dash,
    /// `,`
    Comma,
    /// A key follows; written as `? `, or found out at the colon.
    Key,
    /// `:`
    Value,
    Alias(String),
    Anchor(String),
    /// Handle and rest.
    Tag(String, String),
    /// Text; `plain` without quotes and not as a block.
    Scalar {
        text: String,
        plain: bool,
    },
}
