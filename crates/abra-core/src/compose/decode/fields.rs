//! Single values and plain lists.
use super::Decoder;
use crate::compose::model::{Field, Labels, Nanos, Strings};
use crate::compose::short::{duration, size};
use crate::finding::{Place, Spanned};
use crate::yaml::{Data, Node, Problem, float_text};

/// A key with a value that may be missing, and where it stands.
pub(super) type Pair = (String, Option<String>, Place);

/// A text.
pub(super) fn text(node: Option<&Node>) -> Field<String> {
    let node = node?;
    node.as_text().map(|text| Spanned::new(text.to_owned(), node.place))
}

/// A boolean.
pub(super) fn boolean(node: Option<&Node>) -> Field<bool> {
    let node = node?;
    if let Data::Bool(value) = node.data { Some(Spanned::new(value, node.place)) } else { None }
}

/// A duration; the schema has checked it.
pub(super) fn nanos(node: Option<&Node>) -> Field<Nanos> {
    let node = node?;
    duration::parse(node.as_text()?).map(|nanos| Spanned::new(nanos, node.place))
}

/// A list of texts; also one text, or nothing.
pub(super) fn strings(node: Option<&Node>) -> Strings {
    node.map(one_or_many).unwrap_or_default()
}

/// A list of texts, or `None` where the key is missing.
pub(super) fn optional_strings(node: Option<&Node>) -> Option<Strings> {
    node.map(one_or_many)
}

fn one_or_many(node: &Node) -> Strings {
    match &node.data {
        Data::Text(text) => vec![Spanned::new(text.clone(), node.place)],
        Data::List(items) => items
            .iter()
            .filter_map(|item| plain_text(&item.data).map(|text| Spanned::new(text, item.place)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The text of a scalar the way docker prints it; `None` for nothing and for collections.
pub(super) fn plain_text(data: &Data) -> Option<String> {
    match data {
        Data::Text(text) | Data::Date(text) => Some(text.clone()),
        Data::Int { value, .. } => Some(value.to_string()),
        Data::Float { value, .. } => Some(float_text(*value)),
        Data::Bool(value) => Some(value.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

/// A 64-bit number; fractions are dropped.
pub(super) fn number(data: &Data) -> Option<i128> {
    match data {
        Data::Int { value, .. } => Some(*value),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "casts of floats saturate, and fractions are dropped on purpose"
        )]
        Data::Float { value, .. } if value.is_finite() => Some(*value as i128),
        _ => None,
    }
}

impl Decoder<'_> {
    /// A whole number of some type; says so when it does not fit.
    pub(super) fn whole<T: TryFrom<i128>>(&mut self, node: Option<&Node>) -> Field<T> {
        let node = node?;
        let number = number(&node.data)?;
        if let Data::Float { value, raw } = &node.data
            && value.fract() != 0.0
        {
            let message = format!("{raw} is not a whole number; the fraction is dropped");
            self.report(Problem::warning(node.place, message));
            if *value < 0.0 && number == 0 && T::try_from(-1).is_err() {
                self.report(Problem::blocker(node.place, format!("{raw} must not be negative")));
            }
        }
        match T::try_from(number) {
            Ok(value) => Some(Spanned::new(value, node.place)),
            Err(_) => {
                let why = if number < 0 { "must not be negative" } else { "is too large" };
                self.report(Problem::blocker(node.place, format!("{number} {why}")));
                None
            }
        }
    }

    /// Any number that 32 bits can hold, more or less exactly.
    pub(super) fn ratio(&mut self, node: Option<&Node>) -> Field<f64> {
        let node = node?;
        let value = match node.data {
            #[expect(clippy::cast_precision_loss, reason = "docker keeps it as a float, too")]
            Data::Int { value, .. } => value as f64,
            Data::Float { value, .. } => value,
            _ => return None,
        };
        if value.abs() > f64::from(f32::MAX) {
            self.report(
                Problem::blocker(node.place, "the ratio is too large").help("write a number from 0 to 1"),
            );
            return None;
        }
        Some(Spanned::new(value, node.place))
    }

    /// A size in bytes.
    pub(super) fn bytes(&mut self, node: Option<&Node>) -> Field<i64> {
        let node = node?;
        let text = node.as_text()?;
        let Some(bytes) = size::parse(text) else {
            let problem = Problem::blocker(node.place, format!("\"{text}\" is not a size"));
            self.report(problem.help("write a number with a unit b, k, m, g, t or p, like 512m or 1.5g"));
            return None;
        };
        if bytes == i64::MIN {
            self.report(Problem::warning(
                node.place,
                format!("the size \"{text}\" is too large for the engine"),
            ));
        }
        Some(Spanned::new(bytes, node.place))
    }

    /// A mapping or a list of `key=value` texts; in a list the last of equal keys counts.
    pub(super) fn pairs(&mut self, node: Option<&Node>) -> Vec<Pair> {
        let Some(node) = node else { return Vec::new() };
        match &node.data {
            Data::Map(map) => map
                .iter()
                .map(|(key, entry)| (key.clone(), self.value(&entry.value), entry.value.place))
                .collect(),
            Data::List(items) => items
                .iter()
                .filter_map(|item| Some((item.as_text()?, item.place)))
                .map(|(text, place)| match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Some(value.to_owned()), place),
                    None => (text.to_owned(), None, place),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Pairs whose missing values are empty.
    pub(super) fn labels(&mut self, node: Option<&Node>) -> Labels {
        let pairs = self.pairs(node).into_iter();
        pairs.map(|(key, value, place)| (key, Spanned::new(value.unwrap_or_default(), place))).collect()
    }

    /// The text of a scalar where text is wanted; warns when it is not what was written.
    fn value(&mut self, node: &Node) -> Option<String> {
        let text = plain_text(&node.data).or_else(|| match &node.data {
            Data::Null => None,
            _ => Some(super::json::value(node).to_string()),
        })?;
        if let Data::Int { raw, .. } | Data::Float { raw, .. } = &node.data
            && *raw != text
        {
            let message = format!("{raw} is read as a number and becomes \"{text}\"");
            self.report(
                Problem::warning(node.place, message)
                    .help(format!("write it in quotes to keep it: \"{raw}\"")),
            );
        }
        Some(text)
    }
}
