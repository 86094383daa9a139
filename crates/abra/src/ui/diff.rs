//! What a deploy would change, for people: objects, then services with their fields and the content of configs.
use super::outcome::facts;
use super::{Text, Ui, failure, text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::diff::Compared;
use abra_core::plan::change::{ChangeKind, Shown};
use abra_core::plan::diff::{Change, Content, Kind, Side, Verb};
use abra_core::recipe::Record;
use serde_json::json;

/// Columns that fields are lined up to; what is longer juts out.
const FIELD: usize = 32;
/// Lines of one config that are shown; all of them are in `--machine`.
const LINES: usize = 300;

impl Ui {
    /// Shows what differs: data on stdout, all that is said of it on stderr.
    ///
    /// # Errors
    /// A deployment would be refused.
    pub fn diff(&self, compared: &Compared) -> Result<Exit, Failure> {
        let plan = &compared.prepared.staged.plan;
        let refused = plan
            .blocked()
            .then(|| Failure::refused(compared.prepared.app.name.as_str(), plan.findings.clone()));
        let exit = if plan.is_noop() { Exit::Done } else { Exit::NotInSync };
        if self.machine {
            return Ok(self.diff_json(compared, refused.as_ref(), exit));
        }
        self.findings(&compared.prepared.warnings);
        let (title, facts) = facts(&compared.prepared);
        self.head(title, &facts);
        let mut shown: Vec<&Shown> = Vec::new();
        let mut service = None;
        for change in &compared.changes {
            if change.service.is_some() && change.service != service {
                service.clone_from(&change.service);
                self.out(heading(compared, change));
            }
            if change.kind != Kind::Service {
                self.out(line(change, column(&compared.changes, change)));
            }
            if let Some(content) = &change.content {
                // Several services with the same file: once is enough.
                if shown.contains(&&change.to) {
                    self.out(Text::from("        ").styled(text::FAINT, "content as above"));
                } else {
                    self.content(content);
                }
                shown.push(&change.to);
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        self.findings(&plan.findings);
        if plan.is_noop() {
            self.say(format!("a deploy of {} would change nothing", target(compared)));
        }
        Ok(exit)
    }

    fn diff_json(&self, compared: &Compared, refused: Option<&Failure>, exit: Exit) -> Exit {
        let prepared = &compared.prepared;
        let text = |record: Option<&Record>| record.map(Record::to_string);
        let exit = refused.map_or(exit, |failure| failure.exit);
        let mut document = json!({
            "app": prepared.app.name.as_str(),
            "server": prepared.app.server.as_str(),
            "recipe": prepared.app.recipe.to_string(),
            "stack": prepared.app.stack.as_str(),
            "recorded": text(prepared.recorded.as_ref()),
            "deployed": text(prepared.versions().deployed().as_ref()),
            "target": target(compared),
            "why": prepared.resolution.why.to_string(),
            "differs": !prepared.staged.plan.is_noop() || refused.is_some(),
            "blocked": refused.is_some(),
            "changes": compared.changes,
            "warnings": prepared.warnings,
            "findings": prepared.staged.plan.findings,
            "exit": exit as u8,
        });
        if let Some(refused) = refused {
            document["error"] = failure::error(refused);
            self.complain(refused);
        }
        self.json(&document);
        exit
    }

    fn content(&self, content: &Content) {
        let indent = "        ";
        let hunks = match content {
            Content::Bytes { from, to } => {
                let size = |bytes: &Option<usize>| {
                    bytes.map_or_else(|| "nothing".to_owned(), |bytes| format!("{bytes} bytes"))
                };
                let words = format!("not compared line by line: {} → {}", size(from), size(to));
                return self.out(Text::from(indent).styled(text::FAINT, words));
            }
            Content::Hunks(hunks) => hunks,
        };
        let mut left = LINES;
        for hunk in hunks {
            let place = format!("@ line {} → {}", hunk.from_line, hunk.to_line);
            self.out(Text::from(indent).styled(text::FAINT, place));
            for line in hunk.lines.iter().take(left) {
                let words = format!("{}{}", line.side.sign(), line.text);
                self.out(match line.side {
                    Side::Both => Text::from(indent).plain(words),
                    Side::Gone => Text::from(indent).styled(text::GONE, words),
                    Side::New => Text::from(indent).styled(text::GOOD, words),
                });
            }
            left = left.saturating_sub(hunk.lines.len());
        }
        let all: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
        if all > LINES {
            let words = format!("… {} more lines; --machine has them all", all - LINES);
            self.out(Text::from(indent).styled(text::FAINT, words));
        }
    }
}

fn target(compared: &Compared) -> String {
    compared.prepared.resolution.target.record().to_string()
}

/// The line above a service's fields.
fn heading(compared: &Compared, change: &Change) -> Text {
    let short = change.service.as_deref().unwrap_or_default();
    let services = &compared.prepared.staged.plan.services;
    let kind = services.iter().find(|service| service.short == short).map(|service| service.kind);
    let (sign, words) = match kind {
        Some(ChangeKind::Create) => (sign(Verb::Create), "create"),
        Some(ChangeKind::Remove) => (sign(Verb::Remove), "remove"),
        Some(ChangeKind::Orphaned) => (sign(Verb::LeftAlone), "left alone: not in the recipe any more"),
        _ => (sign(Verb::Update), "update"),
    };
    Text::from("  ").then(&sign).plain(" service  ").styled(text::STRONG, short).plain(format!("  {words}"))
}

fn sign(verb: Verb) -> Text {
    match verb {
        Verb::Create => Text::new().styled(text::GOOD, "+"),
        Verb::Update => Text::new().styled(text::WARNING, "~"),
        Verb::Remove => Text::new().styled(text::GONE, "-"),
        Verb::LeftAlone => Text::from("?"),
        Verb::Blocked => Text::new().styled(text::ERROR, "!"),
    }
}

/// How a kind is called before the field's name.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Env => "env",
        Kind::Config => "config",
        Kind::Secret => "secret",
        Kind::Network => "network",
        Kind::Volume => "volume",
        Kind::Port => "port",
        Kind::Label => "label",
        Kind::ContainerLabel => "container label",
        Kind::Image | Kind::Deploy | Kind::Setting => "",
    }
}

fn name(change: &Change) -> String {
    text::clean(&format!("{} {}", word(change.kind), change.field)).trim_start().to_owned()
}

/// Columns of the names of a service's fields.
fn column(changes: &[Change], change: &Change) -> usize {
    let own = changes.iter().filter(|other| other.service == change.service);
    own.map(|change| text::width(&name(change))).max().unwrap_or_default().min(FIELD)
}

fn line(change: &Change, column: usize) -> Text {
    let Some(_) = &change.service else {
        let words = match change.verb {
            Verb::Create => "create",
            Verb::Update => "other labels",
            Verb::Remove => "remove",
            Verb::LeftAlone => "left alone",
            Verb::Blocked => "exists with other content, which can't change",
        };
        let text = Text::from("  ").then(&sign(change.verb));
        return text.plain(format!(" {:<8} {}  {words}", word(change.kind), change.field));
    };
    let start = Text::from("      ").then(&sign(change.verb)).plain(" ");
    let start = start.plain(text::padded(&name(change), column)).plain("  ");
    match change.verb {
        Verb::Create => start.styled(text::GOOD, shown(&change.to)),
        Verb::Remove => start.styled(text::GONE, shown(&change.from)),
        _ => start.styled(text::GONE, shown(&change.from)).plain(" → ").styled(text::GOOD, shown(&change.to)),
    }
}

fn shown(value: &Shown) -> &str {
    match value {
        Shown::Absent => "(none)",
        Shown::Hidden => "(hidden)",
        Shown::Text(text) if text.is_empty() => "(empty)",
        Shown::Text(text) => text,
    }
}
