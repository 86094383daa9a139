//! Secrets as they are made: each value is on its way to its reader before it is sent to a server, for people as a line of a
//! table, for other programs as a part of one JSON document.
use super::Ui;
use super::failure::error;
use super::table::line;
use super::text::{escaped_json, width};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::secrets::{Showcase, State};
use abra_core::secret::Secret;
use serde_json::{Value, json};

/// What is shown of secrets, as far as it has come.
#[derive(Debug)]
pub struct Shown {
    ui: Ui,
    /// With `--machine`: the fields of the document that come first.
    fields: Value,
    /// The widest name.
    room: usize,
    /// How many were begun.
    count: usize,
    /// Whether the value of the last one was shown, and what became of it was not yet.
    is_open: bool,
    /// Whether any was generated.
    is_any_new: bool,
}

const HEADINGS: [&str; 2] = ["SECRET", "VALUE"];

impl Shown {
    /// Nothing yet. `fields`: an object, for other programs.
    pub fn new(ui: Ui, fields: &Value) -> Self {
        Self { ui, fields: fields.clone(), room: 0, count: 0, is_open: false, is_any_new: false }
    }

    /// Ends it, with what went wrong: how the run ends.
    pub fn end(self, problem: Option<Failure>) -> Exit {
        if self.ui.machine {
            if self.count == 0 {
                self.open_list();
            }
            let mut end = if self.count == 0 { "]".to_owned() } else { "\n  ]".to_owned() };
            if let Some(problem) = &problem {
                end += &format!(",\n  \"error\": {}", inner(&error(problem), 2));
            }
            self.ui.raw(&format!("{end}\n}}\n"));
        } else if self.is_any_new {
            self.ui.say("values are shown this once and can't be read back from the server");
        }
        let Some(problem) = problem else { return Exit::Done };
        self.ui.complain(&problem);
        problem.exit
    }

    /// Begins an entry.
    fn entry(&mut self, name: &str, words: &str) -> bool {
        let is_first = self.count == 0;
        if !self.ui.machine {
            self.count += 1;
            let widths = [self.room, 0];
            let headed = !is_first || self.ui.out_on(line(&HEADINGS, &widths));
            return headed && self.ui.out_on(line(&[name, words], &widths));
        }
        if is_first {
            self.open_list();
        }
        self.count += 1;
        let comma = if is_first { "" } else { "," };
        self.ui.raw_on(&format!("{comma}\n    {{\n      \"name\": {}", inner(&json!(name), 6)))
    }

    /// The document up to its list of secrets, which comes last but for what went wrong.
    fn open_list(&self) {
        let fields = inner(&self.fields, 0);
        let fields = fields.trim_end().strip_suffix('}').unwrap_or(&fields).trim_end();
        self.ui.raw(&format!("{fields},\n  \"secrets\": ["));
    }
}

impl Showcase for Shown {
    fn begin(&mut self, names: &[&str]) {
        let widest = names.iter().map(|name| width(name)).max().unwrap_or_default();
        self.room = widest.max(width(HEADINGS[0]));
    }

    fn made_up(&mut self, name: &str, value: &Secret<String>) -> bool {
        self.is_open = true;
        if !self.ui.machine {
            return self.entry(name, value.expose());
        }
        let value = inner(&json!(value.expose()), 6);
        self.entry(name, "") && self.ui.raw_on(&format!(",\n      \"value\": {value}"))
    }

    fn became(&mut self, name: &str, state: State) {
        self.is_any_new |= state == State::New;
        let was_open = std::mem::take(&mut self.is_open);
        if !self.ui.machine {
            match state {
                State::Present => self.entry(name, "(was there already)"),
                State::ByHand => self.entry(name, "(to be inserted by hand)"),
                // What went wrong is said at the end.
                State::New | State::NotMade | State::Unclear => true,
            };
            return;
        }
        if !was_open {
            self.entry(name, "");
        }
        let value = if was_open { "" } else { ",\n      \"value\": null" };
        let word = json!(word(state));
        self.ui.raw(&format!("{value},\n      \"state\": {word}\n    }}"));
    }
}

/// A state, for other programs.
fn word(state: State) -> &'static str {
    match state {
        State::New => "generated",
        State::Present => "present",
        State::ByHand => "by-hand",
        State::NotMade => "not-made",
        State::Unclear => "unclear",
    }
}

/// A part of a JSON document that begins in some column.
fn inner(value: &Value, column: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    escaped_json(&text).replace('\n', &format!("\n{}", " ".repeat(column)))
}
