//! `version` of compose files.
use crate::yaml::{Data, Node, Problem};

/// The newest minor version of the format 3; what a file without `version` has.
const NEWEST: u8 = 13;

/// The minor version of each file, guessed where it is wrong; `None` where there is no file. All must be the same.
pub(super) fn of_all(trees: &[Option<Node>], problems: &mut Vec<Problem>) -> Vec<Option<u8>> {
    let mut first: Option<u8> = None;
    let mut versions = Vec::new();
    for tree in trees {
        let version = match tree.as_ref().map(minor) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(problem)) => {
                problems.push(*problem);
                versions.push(tree.as_ref().map(guess));
                continue;
            }
        };
        if let (Some(version), Some(tree)) = (version, tree) {
            match first {
                Some(first) if first != version => problems.push(mismatch(tree, version, first)),
                _ => first = Some(version),
            }
        }
        versions.push(version);
    }
    versions
}

/// What a version that is wrong was probably meant to be: what else is wrong with the file is said, too.
fn guess(tree: &Node) -> u8 {
    match tree.get("version").map(|node| &node.data) {
        Some(Data::Float { raw, .. }) => known(raw).unwrap_or(NEWEST),
        _ => NEWEST,
    }
}

fn known(text: &str) -> Option<u8> {
    (0..=NEWEST).find(|minor| text.strip_prefix("3.") == Some(minor.to_string().as_str()))
}

fn minor(tree: &Node) -> Result<u8, Box<Problem>> {
    let Some(node) = tree.get("version") else { return Ok(NEWEST) };
    let text = match &node.data {
        Data::Text(text) => text,
        Data::Float { raw, .. } | Data::Int { raw, .. } | Data::Date(raw) => {
            let problem = Problem::blocker(node.place, "version must be text");
            return Err(Box::new(problem.help(format!("write it in quotes: \"{raw}\""))));
        }
        other => {
            return Err(Box::new(Problem::blocker(
                node.place,
                format!("version must be text, but is {}", other.kind()),
            )));
        }
    };
    if text.is_empty() || text == "3" {
        return Ok(NEWEST);
    }
    known(text).ok_or_else(|| {
        let problem =
            Problem::blocker(node.place, format!("the compose version \"{text}\" is not supported"));
        Box::new(problem.help(format!("a swarm stack takes \"3.0\" to \"3.{NEWEST}\", or no version at all")))
    })
}

fn mismatch(tree: &Node, version: u8, first: u8) -> Problem {
    let (place, found) = match tree.get("version") {
        Some(node) => (node.place, format!("version 3.{version}")),
        None => (tree.place, format!("no version, which stands for 3.{version}")),
    };
    Problem::blocker(place, format!("this file has {found}, but the first file has 3.{first}"))
        .help(format!("all files of a stack need the same version: \"3.{first}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FileId;
    use crate::yaml::read;

    fn versions(texts: &[&str]) -> (Vec<Option<u8>>, usize) {
        let trees: Vec<_> = texts.iter().map(|text| Some(read(text, FileId(0)).unwrap().root)).collect();
        let mut problems = Vec::new();
        (of_all(&trees, &mut problems), problems.len())
    }

    #[test]
    fn versions_of_one_file() {
        for (text, want) in [
            ("a: b", 13),
            ("version: ''", 13),
            ("version: '3'", 13),
            ("version: '3.0'", 0),
            ("version: \"3.10\"", 10),
        ] {
            assert_eq!(versions(&[text]), (vec![Some(want)], 0), "{text}");
        }
        for text in [
            "version: 3.8",
            "version: 3",
            "version: '2.4'",
            "version: '3.14'",
            "version: '3.08'",
            "version: ",
            "version: '4'",
            "version: [a]",
        ] {
            let guessed = if text == "version: 3.8" { 8 } else { 13 };
            assert_eq!(versions(&[text]), (vec![Some(guessed)], 1), "{text}");
        }
    }

    #[test]
    fn all_files_need_the_same() {
        assert_eq!(versions(&["version: '3'", "a: b"]).1, 0);
        assert_eq!(versions(&["version: '3.8'", "a: b", "version: '3.9'", "version: '3.8'"]).1, 2);
    }
}
