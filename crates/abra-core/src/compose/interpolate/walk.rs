//! A whole document with its variables replaced: every text value, no key.
use super::cast::{Cast, cast_of};
use super::expand::{Remark, expand};
use crate::finding::Place;
use crate::yaml::{Data, Node, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// How many bytes all values with variables may have in one file.
const MAX_BYTES: usize = 64 << 20;

/// Replaces the variables in place; says what is wrong and what looks unintended.
pub(crate) fn interpolate(
    root: &mut Node,
    env: &BTreeMap<String, String>,
    optional: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut walk = Walk { env, optional, bytes: 0, problems: Vec::new() };
    walk.node(root, None);
    walk.problems
}

#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: &'a str,
}

fn parts<'a>(path: Option<&Path<'a>>) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut at = path;
    while let Some(path) = at {
        parts.push(path.part);
        at = path.parent;
    }
    parts.reverse();
    parts
}

struct Walk<'e> {
    env: &'e BTreeMap<String, String>,
    optional: &'e BTreeSet<String>,
    /// What the values replaced so far add up to.
    bytes: usize,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node, path: Option<&Path<'_>>) {
        match &mut node.data {
            Data::Text(text) if text.contains('$') => {
                if let Some(data) = self.text(text, node.place, path) {
                    node.data = data;
                }
            }
            Data::List(items) => {
                for item in items {
                    self.node(item, Some(&Path { parent: path, part: "[]" }));
                }
            }
            Data::Map(map) => {
                for (key, entry) in map {
                    self.node(&mut entry.value, Some(&Path { parent: path, part: key }));
                }
            }
            _ => {}
        }
    }

    /// The new value of a text, if it changed.
    fn text(&mut self, text: &str, place: Place, path: Option<&Path<'_>>) -> Option<Data> {
        if self.bytes > MAX_BYTES {
            return None;
        }
        let (new, remarks) = expand(text, |name| self.env.get(name).map(String::as_str));
        self.bytes += new.len();
        if self.bytes > MAX_BYTES {
            let message = format!("variables make this file larger than {} MiB", MAX_BYTES >> 20);
            self.problems.push(Problem::blocker(place, message));
            return None;
        }
        let broken = remarks.iter().any(Remark::breaks);
        let quiet = |remark: &Remark| matches!(remark, Remark::Unset(name) if self.optional.contains(name));
        for remark in remarks.into_iter().filter(|remark| !quiet(remark)) {
            self.problems.push(problem(remark, place));
        }
        if broken || new == text {
            return None;
        }
        let Some(cast) = cast_of(&parts(path)) else { return Some(Data::Text(new)) };
        self.cast(cast, &new, place, &parts(path))
    }

    fn cast(&mut self, cast: Cast, text: &str, place: Place, path: &[&str]) -> Option<Data> {
        let data = cast.apply(text);
        if data.is_none() {
            let message =
                format!("{} must be {}, but the variables make it \"{text}\"", path.join("."), cast.words());
            self.problems.push(Problem::blocker(place, message));
        } else if cast == Cast::Int && path.last() == Some(&"mode") && text.len() > 1 && text.starts_with('0')
        {
            let message = format!("\"{text}\" from a variable is read as a decimal number, not as octal");
            let octal =
                i64::from_str_radix(text, 8).map_or_else(|_| "the mode".to_owned(), |n| n.to_string());
            self.problems.push(Problem::warning(place, message).help(format!(
                "give the variable the decimal value ({octal}) or write the mode into the file"
            )));
        }
        data
    }
}

fn problem(remark: Remark, place: Place) -> Problem {
    match remark {
        Remark::Invalid(at) => Problem::blocker(place, format!("\"{at}\" is not a variable")).help(
            "write $$ for a dollar sign; variables are $NAME, ${NAME}, ${NAME:-default}, ${NAME:?message}",
        ),
        Remark::Missing(name, message) if message.is_empty() => {
            Problem::blocker(place, format!("the variable {name} needs a value"))
        }
        Remark::Missing(name, message) => {
            Problem::blocker(place, format!("the variable {name} needs a value: {message}"))
        }
        Remark::Unset(name) => {
            Problem::warning(place, format!("the variable {name} is not set; it becomes empty text"))
                .help(format!("set it, or write ${{{name}:-}} if it may be empty"))
        }
        Remark::Swallowed(name, rest) => {
            let message =
                format!("\"{rest}\" after ${name} is read as an operator and does not appear in the value");
            Problem::warning(place, message).help(format!("write ${{{name}}} with braces"))
        }
        Remark::Nested(name, default) => {
            let message =
                format!("the default of {name} holds a variable (\"{default}\"), which is not expanded");
            Problem::warning(place, message).help("variables do not nest; set a variable of its own")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FileId;
    use crate::yaml::read;

    fn run(text: &str) -> (Node, Vec<Problem>) {
        let env = [("N", "3"), ("T", "yes"), ("M", "0440"), ("K", "key")];
        let env = env.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut root = read(text, FileId(0)).unwrap().root;
        let problems = interpolate(&mut root, &env, &BTreeSet::new());
        (root, problems)
    }

    #[test]
    fn casts_happen_only_where_the_text_changed() {
        let (root, problems) =
            run("services: {w: {deploy: {replicas: '${N}'}, tty: $T, init: $T, read_only: 'true'}}");
        assert_eq!(problems, []);
        let service = root.get("services").unwrap().get("w").unwrap();
        assert!(matches!(
            service.get("deploy").unwrap().get("replicas").unwrap().data,
            Data::Int { value: 3, .. }
        ));
        assert_eq!(service.get("tty").unwrap().data, Data::Bool(true));
        assert_eq!(service.get("init").unwrap().as_text(), Some("yes"));
        assert_eq!(service.get("read_only").unwrap().as_text(), Some("true"));
    }

    #[test]
    fn variables_can_not_make_a_file_grow_without_end() {
        let env = [("A".to_owned(), "a".repeat(1 << 20))].into();
        let mut root = read(&format!("x: [{}]\n", "$A,".repeat(100)), FileId(0)).unwrap().root;
        let problems = interpolate(&mut root, &env, &BTreeSet::new());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains("larger than 64 MiB"));
    }

    #[test]
    fn keys_stay_and_extensions_change() {
        let (root, _) = run("x-a: {$K: $K}");
        assert_eq!(root.get("x-a").unwrap().get("$K").unwrap().as_text(), Some("key"));
    }

    #[test]
    fn every_problem_has_the_place_of_its_value() {
        let (_, problems) = run("a: $UNSET\nb:\n  - ${X:?why}\n  - 5$\nservices: {w: {tty: $N}}\n");
        let places: Vec<_> = problems.iter().map(|p| (p.place.line, p.place.column)).collect();
        assert_eq!(places, [(1, 4), (3, 5), (4, 5), (5, 21)]);
    }

    #[test]
    fn an_octal_mode_from_a_variable_is_warned_about() {
        let (_, problems) = run("services: {w: {configs: [{source: a, mode: $M}]}}");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].help.as_ref().unwrap().contains("288"));
    }

    #[test]
    fn optional_variables_may_be_missing() {
        let mut root = read("a: $B\nc: $D\n", FileId(0)).unwrap().root;
        let problems = interpolate(&mut root, &BTreeMap::new(), &["B".to_owned()].into());
        assert_eq!(problems.iter().map(|problem| problem.place.line).collect::<Vec<_>>(), [2]);
    }
}
