//! The overview: what a plan would do, before anybody says yes.
use super::{Text, Ui, text};
use abra_core::plan::Plan;
use abra_core::plan::change::{ChangeKind, FieldChange, ServiceChange, Shown};

/// Services left alone are listed by name up to this many; more are only counted.
const NAMED: usize = 8;

impl Ui {
    /// Shows the facts about an app (label and value), then what the plan does.
    pub fn overview(&self, title: &str, facts: &[(&str, String)], plan: &Plan) {
        self.out(Text::new().styled(text::STRONG, title));
        for (label, value) in facts {
            self.out(Text::new().styled(text::FAINT, format!("  {label:<10}")).plain(value));
        }
        self.out(Text::new());
        for action in plan.actions.iter().filter(|action| action.noun() != "service") {
            let sign = sign_of_verb(action.verb());
            self.out(Text::from("  ").then(&sign).plain(format!(
                " {:<9}{}  {}",
                action.noun(),
                action.name(),
                action.verb()
            )));
        }
        for change in plan.services.iter().filter(|change| change.kind != ChangeKind::Unchanged) {
            self.out(heading(change));
            for field in &change.fields {
                self.out(line(field));
            }
        }
        self.unchanged(plan);
    }

    fn unchanged(&self, plan: &Plan) {
        let names: Vec<&str> = plan.unchanged().map(|change| change.short.as_str()).collect();
        match names.len() {
            0 => {}
            n if n <= NAMED => {
                for name in names {
                    self.out(Text::new().styled(text::FAINT, format!("  = service  {name}  unchanged")));
                }
            }
            n => self.out(Text::new().styled(text::FAINT, format!("  = {n} services unchanged"))),
        }
    }
}

fn sign_of_verb(verb: &str) -> Text {
    match verb {
        "create" => Text::new().styled(text::GOOD, "+"),
        "remove" => Text::new().styled(text::GONE, "-"),
        _ => Text::new().styled(text::WARNING, "~"),
    }
}

fn heading(change: &ServiceChange) -> Text {
    let (sign, words) = match change.kind {
        ChangeKind::Create => (Text::new().styled(text::GOOD, "+"), "create"),
        ChangeKind::Update => (Text::new().styled(text::WARNING, "~"), "update"),
        ChangeKind::Remove => (Text::new().styled(text::GONE, "-"), "remove"),
        ChangeKind::Unchanged => (Text::from("="), "unchanged"),
        ChangeKind::Orphaned => (Text::from("?"), "left alone: not in the recipe any more"),
    };
    let text = Text::from("  ").then(&sign).plain(format!(" service  {}  {words}", change.short));
    match (&change.kind, &change.image) {
        (ChangeKind::Create, Some(image)) => text.plain(format!("  {image}")),
        _ => text,
    }
}

fn line(field: &FieldChange) -> Text {
    let before = shown(&field.before);
    let after = shown(&field.after);
    Text::from(format!("      {:<24}", field.path))
        .styled(text::GONE, before)
        .plain(" → ")
        .styled(text::GOOD, after)
}

fn shown(value: &Shown) -> &str {
    match value {
        Shown::Absent => "(none)",
        Shown::Hidden => "(hidden)",
        Shown::Text(text) if text.is_empty() => "(empty)",
        Shown::Text(text) => text,
    }
}
