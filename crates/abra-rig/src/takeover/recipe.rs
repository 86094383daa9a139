//! The deployments that a recipe's `.env.sample` suggests.
use super::ground::converted;
use crate::RigError;
use abra_core::env::EnvFile;
use abra_core::recipe::abra_sh;
use abra_core::stack::api::ApiVersion;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of a recipe that are deployed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The recipe's folder.
    pub folder: PathBuf,
    /// The compose files, later ones on top, as they are written in `COMPOSE_FILE`.
    pub files: Vec<String>,
    /// The stack's name.
    pub stack: String,
    /// What the compose files see as variables.
    pub variables: BTreeMap<String, String>,
}

/// What the stacks of recipes are called here.
const STACK: &str = "take_example_com";

impl Case {
    /// The recipe and its overlays, as a line.
    pub fn name(&self) -> String {
        let recipe = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!("{recipe}: {}", self.files.join(" "))
    }
}

/// What the sample of the recipe in a folder suggests: what it sets as it stands, each `COMPOSE_FILE` line that it has
/// commented out, all of those together that build upon the line before and are not refused alone, and each overlay that
/// it does not mention. Variables that are commented out are set throughout, as overlays need theirs.
///
/// # Errors
/// The folder has no `compose.yml`, or a file can't be read.
pub fn cases(folder: &Path) -> Result<Vec<Case>, RigError> {
    let folder = folder.canonicalize().map_err(RigError::io(folder.display().to_string()))?;
    let read = |name: &str| match fs::read_to_string(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(RigError::io(name)),
    };
    let exports = abra_sh(&read("abra.sh")?).exports;
    let sample = read(".env.sample")?;
    let lines: Vec<&str> = sample.lines().collect();
    let case = |chosen: &[usize], more: &[String]| {
        // What is no env file has nothing to say beyond the first compose file.
        let env = EnvFile::parse(".env.sample", written(&lines, chosen).as_bytes()).ok();
        let mut variables = env.as_ref().map(|env| env.values().clone()).unwrap_or_default();
        variables.extend(exports.clone());
        variables.insert("STACK_NAME".to_owned(), STACK.to_owned());
        variables.remove("COMPOSE_FILE");
        let files = env.map_or_else(|| vec!["compose.yml".to_owned()], |env| env.compose_files());
        Case { folder: folder.clone(), files: [&files, more].concat(), stack: STACK.to_owned(), variables }
    };
    let choices: Vec<usize> =
        (0..lines.len()).filter(|at| hidden(lines[*at]) == Some("COMPOSE_FILE")).collect();
    let further = choices.iter().copied().filter(|at| lines[*at].contains("COMPOSE_FILE:"));
    let further: Vec<usize> =
        further.filter(|at| converted(&case(&[*at], &[]), ApiVersion::OURS).is_ok()).collect();
    let unsaid = overlays(&folder)?.into_iter().filter(|name| !sample.contains(name.as_str()));
    let mut found: Vec<Case> = vec![case(&[], &[])];
    found.extend(choices.iter().map(|at| case(&[*at], &[])));
    found.push(case(&further, &[]));
    found.extend(unsaid.map(|name| case(&[], &[name])));
    let mut seen = BTreeSet::new();
    found.retain(|case| seen.insert(case.files.clone()));
    Ok(found)
}

/// Names of the compose files of a folder but the first.
fn overlays(folder: &Path) -> Result<BTreeSet<String>, RigError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(RigError::io(folder.display().to_string()))? {
        let name = entry.map_err(RigError::io("a folder"))?.file_name().to_string_lossy().into_owned();
        if name.starts_with("compose.") && name.ends_with(".yml") {
            names.insert(name);
        }
    }
    if names.remove("compose.yml") { Ok(names) } else { Err(RigError::io("compose.yml")(no_file())) }
}

fn no_file() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// The sample with these lines and all commented variables in effect, where nothing else sets them.
fn written(lines: &[&str], chosen: &[usize]) -> String {
    let mut set: BTreeSet<&str> = lines.iter().filter_map(|line| variable(line)).collect();
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let wanted = match hidden(line) {
            Some("COMPOSE_FILE") => chosen.contains(&at),
            Some(name) => set.insert(name),
            None => false,
        };
        text += if wanted { line.trim_start_matches(['#', ' ']) } else { line };
        text.push('\n');
    }
    text
}

/// The variable that a commented line would set.
fn hidden(line: &str) -> Option<&str> {
    variable(line.strip_prefix('#')?.trim_start_matches(['#', ' ']))
}

/// The variable that a line sets.
fn variable(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (!name.is_empty() && name.bytes().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn a_sample_suggests_its_overlays_alone_and_together() {
        let sample = "TYPE=x\nCOMPOSE_FILE=\"compose.yml\"\n#COMPOSE_FILE=\"$COMPOSE_FILE:compose.a.yml\"\n\
                      #SECRET_A_VERSION=v1\n# see the manual = there\n# COMPOSE_FILE=\"$COMPOSE_FILE:b/compose.b.yml\"\n\
                      #COMPOSE_FILE=\"$COMPOSE_FILE:compose.bad.yml\"\n#COMPOSE_FILE=\"compose.yml:compose.c.yml\"\n";
        let folder = env::temp_dir().join(format!("abra-recipe-{}", std::process::id()));
        let service = "version: \"3.8\"\nservices: {a: {image: a";
        fs::create_dir_all(folder.join("b")).unwrap();
        for (name, end) in [("", ""), ("a.", ""), ("c.", ""), ("d.", ""), ("bad.", ", secrets: [none]")] {
            fs::write(folder.join(format!("compose.{name}yml")), format!("{service}{end}}}}}\n")).unwrap();
        }
        fs::write(folder.join("b/compose.b.yml"), format!("{service}}}}}\n")).unwrap();
        fs::write(folder.join(".env.sample"), sample).unwrap();
        let found = cases(&folder);
        fs::remove_dir_all(&folder).unwrap();
        let found = found.unwrap();
        let files: Vec<String> =
            found.iter().map(|case| case.files.join(" ").replace("compose", "")).collect();
        let together = ".yml .a.yml b/.b.yml";
        assert_eq!(
            files,
            [".yml", ".yml .a.yml", ".yml b/.b.yml", ".yml .bad.yml", ".yml .c.yml", together, ".yml .d.yml"]
        );
        assert!(found.iter().all(|case| case.variables["SECRET_A_VERSION"] == "v1"));
    }
}
