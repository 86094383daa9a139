//! The overview: what a plan would do, before anybody says yes.
use super::{Text, Ui, text};
use abra_core::plan::Plan;
use abra_core::plan::change::{ChangeKind, FieldChange, ServiceChange, Shown};
use abra_core::stack::convert::IMAGE_LABEL;

/// Services left alone are listed by name up to this many; more are only counted.
const NAMED: usize = 8;
/// Columns that names are lined up to; what is longer juts out.
const NAME: usize = 40;
/// Columns that fields are lined up to.
const PATH: usize = 32;

impl Ui {
    /// Shows the facts about an app (label and value), then what the plan does.
    pub fn overview(&self, title: &str, facts: &[(&str, String)], plan: &Plan) {
        self.head(title, facts);
        let objects: Vec<_> = plan.actions.iter().filter(|action| action.noun() != "service").collect();
        let services: Vec<&ServiceChange> =
            plan.services.iter().filter(|change| change.kind != ChangeKind::Unchanged).collect();
        let names = objects
            .iter()
            .map(|action| action.name())
            .chain(services.iter().map(|change| change.short.as_str()));
        let column = names.map(text::width).max().unwrap_or_default().min(NAME);
        for action in objects {
            let sign = sign_of_verb(action.verb());
            self.out(row(&sign, action.noun(), action.name(), column).plain(action.verb()));
        }
        for change in services {
            self.out(heading(change, column));
            let fields: Vec<&FieldChange> =
                change.fields.iter().filter(|field| !is_echo(field, change)).collect();
            let column =
                fields.iter().map(|field| text::width(&field.path)).max().unwrap_or_default().min(PATH);
            for field in fields {
                self.out(line(field, column));
            }
        }
        self.unchanged(plan);
    }

    /// The facts about an app: label and value.
    pub(super) fn head(&self, title: &str, facts: &[(&str, String)]) {
        self.out(Text::new().styled(text::STRONG, title));
        for (label, value) in facts {
            self.out(Text::new().styled(text::FAINT, format!("  {label:<10}")).plain(value));
        }
        self.out(Text::new());
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

/// The beginning of a line about one object.
fn row(sign: &Text, noun: &str, name: &str, column: usize) -> Text {
    let name = text::padded(&text::clean(name), column);
    Text::from("  ").then(sign).plain(format!(" {noun:<8} {name}  "))
}

fn heading(change: &ServiceChange, column: usize) -> Text {
    let (sign, words) = match change.kind {
        ChangeKind::Create => (sign_of_verb("create"), "create"),
        ChangeKind::Update => (sign_of_verb("update"), "update"),
        ChangeKind::Remove => (sign_of_verb("remove"), "remove"),
        ChangeKind::Unchanged => (Text::from("="), "unchanged"),
        ChangeKind::Orphaned => (Text::from("?"), "left alone: not in the recipe any more"),
    };
    let text = row(&sign, "service", &change.short, column).plain(words);
    match (&change.kind, &change.image) {
        (ChangeKind::Create, Some(image)) => text.plain(format!("  {}", undigested(image))),
        _ => text,
    }
}

/// The image as people know it; with `--machine` it comes with its digest.
fn undigested(image: &str) -> &str {
    match image.split_once('@') {
        Some((tagged, _)) if tagged.rsplit('/').next().is_some_and(|last| last.contains(':')) => tagged,
        _ => image,
    }
}

/// Two images as people tell them apart: by their tags, or where those are the same by the beginning of their digests.
pub(crate) fn told_apart<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let (short, other) = (undigested(before), undigested(after));
    if short == other { (brief(before), brief(after)) } else { (brief(short), brief(other)) }
}

/// An image with the beginning of its digest.
fn brief(image: &str) -> &str {
    let end = image.find("@sha256:").map_or(image.len(), |at| at + "@sha256:".len() + 12);
    image.get(..end).unwrap_or(image)
}

/// Whether a field only says again what the image says: docker keeps the image's name in a label, too.
fn is_echo(field: &FieldChange, change: &ServiceChange) -> bool {
    field.path == format!("label {IMAGE_LABEL}") && change.fields.iter().any(|other| other.path == "image")
}

fn line(field: &FieldChange, column: usize) -> Text {
    let path = text::padded(&text::clean(&field.path), column);
    let (before, after) = (shown(&field.before), shown(&field.after));
    let (before, after) = if field.path == "image" { told_apart(before, after) } else { (before, after) };
    Text::from(format!("      {path}  ")).styled(text::GONE, before).plain(" → ").styled(text::GOOD, after)
}

fn shown(value: &Shown) -> &str {
    match value {
        Shown::Absent => "(none)",
        Shown::Hidden => "(hidden)",
        Shown::Text(text) if text.is_empty() => "(empty)",
        Shown::Text(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn images_are_told_apart_in_few_words() {
        let digest = |digit: &str| format!("@sha256:{}", digit.repeat(64));
        let (one, two) = (digest("1"), digest("2"));
        for (before, after, expected) in [
            (format!("a/b:1{one}"), format!("a/b:2{two}"), "a/b:1 a/b:2".to_owned()),
            (
                format!("a/b:1{one}"),
                format!("a/b:1{two}"),
                format!("a/b:1{} a/b:1{}", &one[..20], &two[..20]),
            ),
            (format!("a/b:1{one}"), "a/b:1".to_owned(), format!("a/b:1{} a/b:1", &one[..20])),
            (format!("a/b{one}"), format!("a/b{two}"), format!("a/b{} a/b{}", &one[..20], &two[..20])),
            ("(none)".to_owned(), "a/b:1".to_owned(), "(none) a/b:1".to_owned()),
        ] {
            let (short, other) = told_apart(&before, &after);
            assert_eq!(format!("{short} {other}"), expected);
        }
    }
}
