//! How abra speaks: the only room that writes to a terminal. Data goes to stdout, everything said to a person to stderr.
//!
//! Not here: decisions, or anything about Docker.
pub mod ask;
pub mod crash;
mod diff;
pub mod failure;
pub mod finding;
pub mod outcome;
mod overview;
mod post;
pub mod progress;
pub mod secrets;
pub mod table;
pub mod terminal;
pub mod text;
mod verdict;

pub(crate) use overview::told_apart;
pub use text::Text;

use crate::exit::Exit;
use std::io::{IsTerminal as _, Write as _};

/// What the operator asked of the output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ui {
    /// `--machine`: JSON on stdout.
    pub machine: bool,
    /// `--no-input`: never ask.
    pub no_input: bool,
    /// `--debug`: say what is done.
    pub debug: bool,
}

impl Ui {
    /// Prints a line of data. A closed pipe is no error: whoever read has read enough.
    pub fn out(&self, text: impl Into<Text>) {
        self.out_on(text);
    }

    /// The same, and whether anybody reads on: what goes on for ever has to end with its reader.
    pub fn out_on(&self, text: impl Into<Text>) -> bool {
        let mut stream = anstream::stdout().lock();
        let result = writeln!(stream, "{}", text.into()).and_then(|()| stream.flush());
        let reads_on = result.is_ok();
        written(result);
        reads_on
    }

    /// Prints data as it is.
    pub fn raw(&self, data: &str) {
        self.raw_on(data);
    }

    /// The same, and whether anybody reads on.
    pub fn raw_on(&self, data: &str) -> bool {
        let mut stream = std::io::stdout().lock();
        let result = stream.write_all(data.as_bytes()).and_then(|()| stream.flush());
        let reads_on = result.is_ok();
        written(result);
        reads_on
    }

    /// Says a line to the operator.
    pub fn say(&self, text: impl Into<Text>) {
        said(&format!("{}\n", text.into()));
    }

    /// Says what is done, where the operator wants to know.
    pub fn debug(&self, text: impl AsRef<str>) {
        if self.debug {
            self.say(Text::new().styled(text::FAINT, "debug: ").plain(text));
        }
    }

    /// Warns the operator.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.say(Text::new().styled(text::WARNING, "warning: ").plain(text));
    }

    /// Prints a value as JSON, for `--machine`: one document in a run.
    pub fn json(&self, value: &impl serde::Serialize) {
        let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| {
            serde_json::json!({ "error": { "message": format!("can't be written as JSON: {error}") } })
                .to_string()
        });
        self.raw(&format!("{}\n", text::escaped_json(&text)));
    }

    /// Whether somebody watches the data as it comes: it goes to a terminal.
    pub fn is_watched(&self) -> bool {
        !self.machine && std::io::stdout().is_terminal()
    }

    /// Whether progress can be drawn in place.
    pub fn draws(&self) -> bool {
        !self.machine && std::io::stderr().is_terminal()
    }
}

/// Says words that come with colours, which are taken out where they do not belong. All at once: words of other programs on the
/// same terminal must not come in between.
fn said(words: &str) {
    let mut stream = std::io::stderr().lock();
    let _ = match anstream::AutoStream::choice(&stream) {
        anstream::ColorChoice::Never => {
            stream.write_all(anstream::adapter::strip_str(words).to_string().as_bytes())
        }
        _ => stream.write_all(words.as_bytes()),
    };
}

/// Ends the run where data can't be written, as on a full disk: what reads it must not take the part for the whole. Data
/// is written before anything is changed or after all is done, so nothing is cut off half-way. A closed pipe is no error.
fn written(result: std::io::Result<()>) {
    let Err(error) = result else { return };
    if error.kind() != std::io::ErrorKind::BrokenPipe {
        let words =
            Text::new().styled(text::ERROR, "error: ").plain(format!("can't write the output: {error}"));
        said(&format!("{words}\n"));
        std::process::exit(i32::from(Exit::Refused as u8));
    }
}
