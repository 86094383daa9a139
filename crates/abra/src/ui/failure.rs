//! How a failure is shown.
use super::{Text, Ui, text};
use crate::failure::Failure;
use serde_json::{Value, json};

impl Ui {
    /// Says what went wrong, where, and what to do next. With `--machine` the same as JSON on stdout.
    pub fn failure(&self, failure: &Failure) {
        if self.machine {
            self.json(&json!({ "error": error(failure) }));
        }
        self.complain(failure);
    }

    /// The same for people only, where the JSON document says it in another way.
    pub fn complain(&self, failure: &Failure) {
        for finding in &failure.findings {
            self.finding(finding);
        }
        self.say(Text::new().styled(text::ERROR, "error: ").plain(&failure.message));
        for cause in &failure.causes {
            self.say(Text::from("  because: ").plain(cause));
        }
        for hint in &failure.hints {
            self.say(Text::new().styled(text::HELP, "  hint: ").plain(hint));
        }
    }
}

/// A failure for other programs.
pub fn error(failure: &Failure) -> Value {
    json!({
        "message": failure.message,
        "exit": failure.exit as u8,
        "causes": failure.causes,
        "findings": failure.findings,
        "hints": failure.hints,
    })
}
