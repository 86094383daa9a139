//! Files in, document and findings out.
use super::decode::Decoder;
use super::files::Files;
use super::model::Document;
use super::partial::Partial;
use super::{emptied, encoding};
use super::{interpolate, merge, schema, version};
use crate::finding::{FileId, Finding, Place, Severity, Sources};
use crate::yaml::{self, Data, Node, Problem};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How many findings are given back at most.
const MAX_FINDINGS: usize = 500;

/// One compose file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name as operators know it.
    pub name: String,
    /// Its content.
    pub text: Vec<u8>,
}

/// What to load.
pub struct LoadRequest<'a> {
    /// The files, later ones on top.
    pub files: Vec<SourceFile>,
    /// The absolute directory that relative paths of every file are resolved against.
    pub directory: String,
    /// The variables.
    pub env: &'a BTreeMap<String, String>,
    /// What `~` stands for at the start of a bind source.
    pub home: Option<String>,
    /// Leaves variables as they are.
    pub skip_interpolation: bool,
    /// Variables that need not be set: nothing is said when they are not.
    pub optional: BTreeSet<String>,
    /// How env files are read.
    pub reader: &'a dyn Files,
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The merged document.
    pub document: Document,
    /// The files that places point into.
    pub sources: Sources,
    /// Warnings and notes, in the order of files and lines.
    pub findings: Vec<Finding>,
}

/// Why nothing was loaded.
#[derive(Debug)]
pub struct Refused {
    /// All findings, at least one blocker, in the order of files and lines.
    pub findings: Vec<Finding>,
    /// The files that places point into.
    pub sources: Sources,
    /// What could be read all the same, where that is enough to look up names.
    pub partial: Option<Box<Partial>>,
}

/// Loads and merges compose files as `docker stack` does.
///
/// # Errors
/// Every problem of all files at once.
pub fn load(request: &LoadRequest<'_>) -> Result<Loaded, Refused> {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    if request.files.is_empty() {
        let findings = vec![Finding::blocker("no compose file is given")];
        return Err(Refused { findings, sources, partial: None });
    }
    let trees: Vec<_> = request.files.iter().map(|file| read(file, &mut sources, &mut problems)).collect();
    let read = problems.len();
    let versions = version::of_all(&trees, &mut problems);
    let checked: Vec<_> = trees
        .into_iter()
        .zip(versions)
        .filter_map(|(tree, version)| Some(check(request, tree?, version?, &mut problems)))
        .collect();
    for (at, file) in checked.iter().enumerate() {
        let earlier: Vec<&Node> = checked[..at].iter().rev().map(|file| &file.tree).collect();
        problems.extend(emptied::check(&file.tree, &earlier));
    }
    let document = decode(request, &checked, &mut problems);
    let blocked = problems.iter().any(|problem| problem.severity == Severity::Blocker);
    match document {
        Some(document) if !blocked => {
            Ok(Loaded { document, findings: findings(problems, &sources), sources })
        }
        document => {
            let trees: Vec<&Node> = checked.iter().map(|file| &file.tree).collect();
            let document = document.filter(|_| trees.len() == request.files.len());
            let partial =
                document.and_then(|document| Partial::of(document, &trees, &problems, read)).map(Box::new);
            Err(Refused { findings: findings(problems, &sources), sources, partial })
        }
    }
}

/// The tree of a file; `None` when it can't be read.
fn read(file: &SourceFile, sources: &mut Sources, problems: &mut Vec<Problem>) -> Option<Node> {
    let text = match encoding::decode(&file.text) {
        Ok(text) => text,
        Err(at) => {
            let id = sources.add(&file.name, String::from_utf8_lossy(&file.text));
            let problem = Problem::blocker(place_of(&file.text, at, id), "the file is not UTF-8");
            problems.push(problem.help("save it with the encoding UTF-8"));
            return None;
        }
    };
    let id = sources.add(&file.name, text.as_ref());
    match yaml::examine(&text, id) {
        Ok(read) => {
            problems.extend(read.problems);
            if read.root.as_map().is_none() {
                let message =
                    format!("a compose file must be a mapping at the top, but is {}", read.root.data.kind());
                problems.push(
                    Problem::blocker(read.root.place, message)
                        .help("it begins with \"services:\" at the start of a line"),
                );
                return None;
            }
            infinite(&read.root, problems);
            Some(read.root)
        }
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

fn place_of(bytes: &[u8], at: usize, file: FileId) -> Place {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { file, line: number(line), column: number(column) }
}

/// Infinite numbers and "not a number" have no place in a compose file (docker fails on them with a JSON error).
fn infinite(node: &Node, problems: &mut Vec<Problem>) {
    match &node.data {
        Data::Float { value, raw } if !value.is_finite() => {
            let problem = Problem::blocker(node.place, format!("{raw} is a number that can't be used"));
            problems.push(problem.help(format!("write it in quotes: \"{raw}\"")));
        }
        Data::List(items) => items.iter().for_each(|item| infinite(item, problems)),
        Data::Map(map) => map.values().for_each(|entry| infinite(&entry.value, problems)),
        _ => {}
    }
}

/// A file that was held against the schema.
struct Checked {
    tree: Node,
    version: u8,
    /// Where something is wrong with it: nothing more is said about these places.
    wrong: HashSet<Place>,
}

fn check(request: &LoadRequest<'_>, mut tree: Node, version: u8, problems: &mut Vec<Problem>) -> Checked {
    let file = tree.place.file;
    let mut found = super::forbidden::check(&tree);
    if !request.skip_interpolation {
        found.extend(interpolate::interpolate(&mut tree, request.env, &request.optional));
    }
    schema::fold_keys(&mut tree, version);
    problems.extend(found);
    // What is wrong with a value whose variables could not be replaced, or with a forbidden key, has been said.
    let mut wrong = blocked_places(problems, file);
    problems
        .extend(schema::check(&tree, version).into_iter().filter(|problem| !wrong.contains(&problem.place)));
    wrong.extend(blocked_places(problems, file));
    Checked { tree, version, wrong }
}

fn blocked_places(problems: &[Problem], file: FileId) -> HashSet<Place> {
    let blockers = problems.iter().filter(|problem| problem.severity == Severity::Blocker);
    blockers.map(|problem| problem.place).filter(|place| place.file == file).collect()
}

/// The merged document of all files, without what is wrong with them; `None` when there is none. What the schema can't say is
/// looked for in every file, also behind other problems; what can't be merged only where nothing else is wrong.
fn decode(request: &LoadRequest<'_>, checked: &[Checked], problems: &mut Vec<Problem>) -> Option<Document> {
    let names = |file: &Checked| {
        file.tree.get("volumes").and_then(Node::as_map).map(|m| m.keys().cloned().collect::<Vec<_>>())
    };
    let volumes: BTreeSet<String> = checked.iter().filter_map(names).flatten().collect();
    let is_wrong = checked.iter().any(|file| !file.wrong.is_empty());
    let mut unsaid = Vec::new();
    let mut merged: Option<Document> = None;
    for Checked { tree, version, wrong } in checked {
        let mut decoder = Decoder {
            request,
            version: *version,
            volumes: &volumes,
            wrong,
            made: 0,
            env_bytes: 0,
            problems: Vec::new(),
        };
        let document = decoder.document(tree);
        problems.extend(decoder.problems.into_iter().filter(|problem| !wrong.contains(&problem.place)));
        let merging = if is_wrong { &mut unsaid } else { &mut *problems };
        match &mut merged {
            Some(base) => merge::merge(base, document, merging),
            None => merged = Some(document),
        }
    }
    merged
}

/// The findings in the order of files and lines, each once.
fn findings(mut problems: Vec<Problem>, sources: &Sources) -> Vec<Finding> {
    problems.sort_by_key(|problem| problem.place);
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((problem.place, problem.message.clone())));
    let mut problems = once_each(problems, sources);
    // When there are too many, blockers stay.
    if problems.len() > MAX_FINDINGS && problems.iter().any(|problem| problem.severity == Severity::Blocker) {
        problems.retain(|problem| problem.severity == Severity::Blocker);
    }
    let more = problems.len().saturating_sub(MAX_FINDINGS);
    problems.truncate(MAX_FINDINGS);
    let severity = problems.last().map_or(Severity::Note, |problem| problem.severity);
    let mut findings: Vec<Finding> = problems.into_iter().map(|problem| problem.finding(sources)).collect();
    if more > 0 {
        findings.push(Finding::new(severity, format!("and {more} more")));
    }
    findings
}

/// Each remark once, however often it could be made: only blockers are told at every place.
fn once_each(problems: Vec<Problem>, sources: &Sources) -> Vec<Problem> {
    let key = |problem: &Problem| (problem.message.clone(), problem.earlier);
    let mut places: BTreeMap<(String, Option<Place>), Vec<Place>> = BTreeMap::new();
    let remarks = problems.iter().filter(|problem| problem.severity != Severity::Blocker);
    remarks.for_each(|problem| places.entry(key(problem)).or_default().push(problem.place));
    let mut kept = Vec::new();
    for mut problem in problems {
        if problem.severity != Severity::Blocker {
            let Some(all) = places.remove(&key(&problem)) else { continue };
            let more = match &all[1..] {
                [] => None,
                [place] => Some(format!("the same at {}", sources.location(*place))),
                [place, rest @ ..] => {
                    Some(format!("the same at {} and {} more", sources.location(*place), rest.len()))
                }
            };
            let parts: Vec<String> = problem.help.take().into_iter().chain(more).collect();
            problem.help = (!parts.is_empty()).then(|| parts.join("; "));
        }
        kept.push(problem);
    }
    kept
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
