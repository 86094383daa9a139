//! One text with its variables replaced.
//!
//! The grammar is docker's, with its oddities: an operator works without braces too, then up to the next `}` or the end;
//! nothing nests. One oddity is not kept: docker looks for operators anywhere in the body, so `${X?a-b}` means a default
//! there; here the operator after the name counts.

/// How many remarks of a kind (those that break the text, and others) are kept for one text.
const MAX_REMARKS: usize = 100;

/// What was noticed on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// A `$` that begins nothing; the text from there on.
    Invalid(String),
    /// A required variable is not set; its name and the message.
    Missing(String, String),
    /// A variable without default is not set.
    Unset(String),
    /// An operator without braces took the rest of the text: the name and what was taken.
    Swallowed(String, String),
    /// A default holds a variable, which is not expanded; the variable's name and the default.
    Nested(String, String),
}

/// Replaces the variables of a text.
pub(super) fn expand<'e>(text: &str, lookup: impl Fn(&str) -> Option<&'e str>) -> (String, Vec<Remark>) {
    let mut out = String::with_capacity(text.len());
    let mut remarks = Vec::new();
    // Looked for once: a text may open millions of braces and close none.
    let last_brace = text.rfind('}');
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(next) = after.strip_prefix('$') {
            out.push('$');
            rest = next;
            continue;
        }
        let open = last_brace.is_none_or(|last| last < text.len() - after.len());
        let Some((body, braces, next)) = body(after, open) else {
            add(&mut remarks, Remark::Invalid(excerpt(&rest[at..])));
            out.push('$');
            rest = after;
            continue;
        };
        out.push_str(&value(body, braces, &lookup, &mut remarks));
        rest = next;
    }
    out.push_str(rest);
    (out, remarks)
}

/// A body: its name, operator and argument.
#[derive(Clone, Copy)]
struct Body<'a> {
    name: &'a str,
    operator: &'a str,
    argument: &'a str,
}

/// Reads what follows a `$`; `None` when it is no variable. In `open` text no brace is closed.
fn body(after: &str, open: bool) -> Option<(Body<'_>, bool, &str)> {
    if let Some(inner) = after.strip_prefix('{') {
        if open {
            return None;
        }
        let (body, rest) = name_and_operator(inner)?;
        return Some((body, true, rest.strip_prefix('}')?));
    }
    let (body, rest) = name_and_operator(after)?;
    Some((body, false, rest))
}

fn name_and_operator(text: &str) -> Option<(Body<'_>, &str)> {
    if !text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) {
        return None;
    }
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(operator) = [":-", ":?", "-", "?"].into_iter().find(|operator| rest.starts_with(operator))
    else {
        return Some((Body { name, operator: "", argument: "" }, rest));
    };
    let argument = &rest[operator.len()..];
    let end = argument.find('}').unwrap_or(argument.len());
    let (argument, rest) = argument.split_at(end);
    Some((Body { name, operator, argument }, rest))
}

fn value<'e>(
    body: Body<'_>,
    braces: bool,
    lookup: &impl Fn(&str) -> Option<&'e str>,
    remarks: &mut Vec<Remark>,
) -> String {
    let Body { name, operator, argument } = body;
    let found = lookup(name);
    let usable = if operator.starts_with(':') { found.filter(|value| !value.is_empty()) } else { found };
    if !operator.is_empty() && !braces {
        add(remarks, Remark::Swallowed(name.to_owned(), excerpt(&format!("{operator}{argument}"))));
    }
    if operator.ends_with('-') && usable.is_none() && argument.contains('$') {
        add(remarks, Remark::Nested(name.to_owned(), excerpt(argument)));
    }
    match (usable, operator) {
        (Some(value), _) => value.to_owned(),
        (None, ":-" | "-") => argument.to_owned(),
        (None, ":?" | "?") => {
            add(remarks, Remark::Missing(name.to_owned(), argument.to_owned()));
            String::new()
        }
        (None, _) => {
            add(remarks, Remark::Unset(name.to_owned()));
            String::new()
        }
    }
}

/// Adds a remark that is not there yet: a text may have millions of variables.
fn add(remarks: &mut Vec<Remark>, remark: Remark) {
    let alike = remarks.iter().filter(|other| other.breaks() == remark.breaks()).count();
    if alike < MAX_REMARKS && !remarks.contains(&remark) {
        remarks.push(remark);
    }
}

impl Remark {
    /// True when the text can't be used.
    pub(super) const fn breaks(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::Missing(..))
    }
}

/// The beginning of a text, short enough for a message.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(name: &str) -> Option<&'static str> {
        match name {
            "FOO" => Some("foo"),
            "foo" => Some("lower"),
            "EMPTY" => Some(""),
            _ => None,
        }
    }

    #[test]
    fn values() {
        let table = [
            ("a", "a"),
            ("$FOO", "foo"),
            ("${FOO}", "foo"),
            ("$foo", "lower"),
            ("x${FOO}y$FOO.z", "xfooyfoo.z"),
            ("$$FOO", "$FOO"),
            ("$${FOO}", "${FOO}"),
            ("$$$FOO", "$foo"),
            ("${UNSET}", ""),
            ("${UNSET:-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${UNSET-d}", "d"),
            ("${UNSET:-}", ""),
            ("${UNSET:-a:-b}", "a:-b"),
            ("${FOO:?x}", "foo"),
            ("${FOO?a-b}", "foo"),
            ("${EMPTY?x}", ""),
            ("$FOO-bar", "foo"),
            ("$UNSET:-a b c", "a b c"),
            ("$UNSET-a}b", "a}b"),
            ("$FOO:x", "foo:x"),
            ("${UNSET:-${FOO}}", "${FOO}"),
            ("${UNSET:-$2y$05}", "$2y$05"),
        ];
        for (text, want) in table {
            assert_eq!(expand(text, lookup).0, want, "{text}");
        }
    }

    #[test]
    fn remarks() {
        let own = str::to_owned;
        let table = [
            ("5$", Remark::Invalid(own("$"))),
            ("$1", Remark::Invalid(own("$1"))),
            ("${1}", Remark::Invalid(own("${1}"))),
            ("${a.b}", Remark::Invalid(own("${a.b}"))),
            ("${ a}", Remark::Invalid(own("${ a}"))),
            ("${X:+y}", Remark::Invalid(own("${X:+y}"))),
            ("${X:=y}", Remark::Invalid(own("${X:=y}"))),
            ("${X", Remark::Invalid(own("${X"))),
            ("${X-a", Remark::Invalid(own("${X-a"))),
            ("${}", Remark::Invalid(own("${}"))),
            ("$é", Remark::Invalid(own("$é"))),
            ("${X?err-msg}", Remark::Missing(own("X"), own("err-msg"))),
            ("${EMPTY:?}", Remark::Missing(own("EMPTY"), own(""))),
            ("$X", Remark::Unset(own("X"))),
            ("$FOO-bar", Remark::Swallowed(own("FOO"), own("-bar"))),
            ("${X:-${FOO}}", Remark::Nested(own("X"), own("${FOO"))),
        ];
        for (text, want) in table {
            assert_eq!(expand(text, lookup).1, [want], "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[$a{}:?+ é-]{0,30}") {
            let _ = expand(&text, lookup);
        }

        #[test]
        fn text_without_dollar_stays(text in "[^$]{0,30}") {
            prop_assert_eq!(expand(&text, lookup), (text, vec![]));
        }

        #[test]
        fn doubled_dollars_escape_everything(text in "\\PC{0,30}") {
            prop_assert_eq!(expand(&text.replace('$', "$$"), lookup), (text, vec![]));
        }
    }
}
