//! Text to the two streams; colours go only to terminals.
use std::io::{self, Write};

/// Writes the result of a command to stdout, as it is.
///
/// # Errors
/// Where stdout can't be written, like a closed pipe.
pub fn result(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a message to stderr.
#[expect(clippy::print_stderr, reason = "this is the room that prints")]
pub fn message(text: &str) {
    anstream::eprint!("{text}");
}
