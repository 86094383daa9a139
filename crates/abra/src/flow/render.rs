//! From a recipe's files to the stack that is wanted on the server.
use crate::failure::Failure;
use crate::git::RecipeFiles;
use abra_core::app::App;
use abra_core::compose::files::{FileError, Files as _};
use abra_core::compose::{self, LoadRequest, Loaded, SourceFile};
use abra_core::deployment;
use abra_core::env::{self, EnvFile};
use abra_core::finding::{Finding, Severity};
use abra_core::recipe::{self, Target};
use abra_core::stack::api::ApiVersion;
use abra_core::stack::convert::{ConvertRequest, convert, mistakes};
use abra_core::stack::wanted::StackSpec;
use std::collections::BTreeSet;
use std::path::Path;

/// What a recipe is loaded with.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The recipe's files at the version.
    pub files: &'a RecipeFiles,
    /// What `~` stands for in bind mounts.
    pub user_home: Option<&'a str>,
}

/// Loads an app's recipe, converts it and marks it as a deployment of that version.
///
/// # Errors
/// Every problem of all its files at once.
pub fn render(app: &App, source: Source<'_>, target: &Target, api: ApiVersion) -> Result<StackSpec, Failure> {
    rendered(load(app, source, false), app, source.files, target, api)
}

/// The same of files that are loaded already: which engine it is for matters to the rest only.
///
/// # Errors
/// Every problem of all its files at once.
pub fn rendered(
    loaded: Result<Loaded, Vec<Finding>>,
    app: &App,
    files: &RecipeFiles,
    target: &Target,
    api: ApiVersion,
) -> Result<StackSpec, Failure> {
    let what = format!("recipe {} at {}", app.recipe, target.record());
    let loaded = loaded.map_err(|findings| Failure::refused(&what, findings))?;
    let request = ConvertRequest { stack: app.stack.as_str(), files, api };
    let mut wanted = convert(&loaded.document, &loaded.sources, &request)
        .map_err(|findings| Failure::refused(&what, [loaded.findings.clone(), findings].concat()))?;
    wanted.findings = [loaded.findings, wanted.findings].concat();
    deployment::mark(&mut wanted, app, target);
    Ok(wanted)
}

/// Loads an app's compose files with its variables.
///
/// # Errors
/// Every problem of all its files at once.
pub fn load(app: &App, source: Source<'_>, skip_interpolation: bool) -> Result<Loaded, Vec<Finding>> {
    let names = app.env.compose_files();
    let (files, missing): (Vec<_>, Vec<_>) =
        names.iter().map(|name| compose_file(app, source.files, name)).partition(Result::is_ok);
    let missing: Vec<Finding> = missing.into_iter().filter_map(Result::err).collect();
    if files.is_empty() {
        return Err(missing);
    }
    let abra_sh = source.files.text("abra.sh").map_err(|error| {
        vec![Finding::blocker(format!("abra.sh of recipe {} can't be read: {error}", app.recipe))]
    })?;
    let variables = app.variables(&recipe::abra_sh(&abra_sh.unwrap_or_default()));
    let request = LoadRequest {
        files: files.into_iter().filter_map(Result::ok).collect(),
        directory: directory(source.files.root(), &names[0]),
        env: &variables,
        home: source.user_home.map(str::to_owned),
        skip_interpolation,
        optional: optional_variables(source.files),
        reader: source.files,
    };
    let loaded = compose::load(&request);
    if missing.is_empty() {
        return loaded.map_err(mistakes);
    }
    // What is not there may declare what the others name: of these only their own mistakes are told.
    let others = loaded.err().map(|refused| refused.findings).unwrap_or_default();
    let others = others.into_iter().filter(|finding| finding.severity == Severity::Blocker);
    Err(missing.into_iter().chain(others).collect())
}

/// Variables that the recipe's sample shows, but leaves to the operator; none without a sample.
fn optional_variables(files: &RecipeFiles) -> BTreeSet<String> {
    let sample = files.text(".env.sample").ok().flatten();
    sample.map(|sample| env::optional_variables(&sample)).unwrap_or_default()
}

fn compose_file(app: &App, files: &RecipeFiles, name: &str) -> Result<SourceFile, Finding> {
    let path = files.root().join(name);
    match files.read(&path.display().to_string()) {
        Ok(text) => Ok(SourceFile { name: name.to_owned(), text }),
        Err(error) => {
            let text = match error {
                FileError::Missing => format!("recipe {} has no file {name} at this version", app.recipe),
                other => format!("file {name} of recipe {}: {other}", app.recipe),
            };
            let finding = Finding::blocker(text)
                .help("COMPOSE_FILE in the env file names the compose files, with colons between");
            Err(match app.env.location("COMPOSE_FILE") {
                Some(location) => finding.at(location),
                None => finding,
            })
        }
    }
}

/// The folder of the first file: relative paths of every file start there (docker).
fn directory(root: &Path, first: &str) -> String {
    root.join(first).parent().unwrap_or(root).display().to_string()
}

/// Variables that the recipe's sample sets and the app's file lacks, as one note.
///
/// # Errors
/// The sample can't be read.
pub fn missing_variables(app: &App, files: &RecipeFiles) -> Result<Option<Finding>, Failure> {
    let what = format!(".env.sample of recipe {}", app.recipe);
    let sample = files.text(".env.sample").map_err(|error| Failure::new(format!("{what}: {error}")))?;
    let Some(sample) = sample else { return Ok(None) };
    // A sample that can't be read as an env file is the maintainer's problem, not this operator's.
    let Ok(sample) = EnvFile::parse(&what, sample.as_bytes()) else {
        return Ok(Some(Finding::note(format!(
            "{what} has errors, so variables could not be compared with it"
        ))));
    };
    let variables = env::check(&sample, &app.env);
    let missing = env::missing(&variables);
    let text = format!("not in {}, but in the recipe's .env.sample: {}", app.env.name(), missing.join(", "));
    Ok((!missing.is_empty()).then(|| Finding::note(text)))
}
