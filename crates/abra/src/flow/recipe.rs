//! Getting at a recipe: cloned on first use, fetched unless offline, read at a version. Never touches its working tree.
use super::deploy::recorded;
use crate::context::Context;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use abra_core::app::App;
use abra_core::finding::Finding;
use abra_core::name::{RecipeName, nearest};
use abra_core::recipe::{self as versions, Commit, Known, RecipeState, Record, Target, VersionWish};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A recipe that is here.
#[derive(Debug)]
pub struct Recipe {
    /// Its name.
    pub name: RecipeName,
    /// Its folder.
    pub dir: PathBuf,
    /// What git says about it.
    pub state: RecipeState,
    /// What could not be done about it.
    pub warnings: Vec<Finding>,
}

/// Makes a recipe available and looks at its versions. `wanted` are versions that may be asked for: the commits among
/// them are looked up.
///
/// # Errors
/// It can't be cloned, or git can't read it.
pub async fn ready(context: &Context, name: &RecipeName, wanted: &[&Record]) -> Result<Recipe, Failure> {
    let dir = context.home.recipe_dir(name);
    let mut warnings = Vec::new();
    if dir.exists() {
        if !context.offline
            && let Err(error) = context.fetches.once(&dir, context.git.fetch(&dir)).await
        {
            warnings.push(
                Finding::warning(format!(
                    "recipe {name} could not be fetched, so newer releases may be missing: {error}"
                ))
                .help("--offline goes on without asking the network"),
            );
        }
    } else {
        clone(context, name).await?;
    }
    let commits: Vec<Commit> = wanted.iter().filter_map(|record| commit_of(record)).collect();
    let state = context.reads.survey(context.git, &dir, &commits).await?;
    Ok(Recipe { name: name.clone(), dir, state, warnings })
}

async fn clone(context: &Context, name: &RecipeName) -> Result<(), Failure> {
    let url = name.url(&context.settings.recipes_url.value);
    let dir = context.home.recipe_dir(name);
    if context.offline {
        let failure = Failure::new(format!("--offline forbids cloning it from {url}"));
        return Err(with_places(context, name, failure));
    }
    if !context.ui.machine {
        context.ui.say(format!("cloning recipe {name} from {url}"));
    }
    context.git.clone_to(&url, &dir).await.map_err(|error| with_places(context, name, error.into()))
}

/// The failure with the recipes that are here and come near, and where others come from.
fn with_places(context: &Context, name: &RecipeName, mut failure: Failure) -> Failure {
    failure.causes.insert(0, std::mem::take(&mut failure.message));
    failure.message = format!("there is no recipe {name} here, and it can't be fetched");
    let here = context.home.recipes();
    let near = nearest(name.as_str(), here.iter().map(String::as_str), 3);
    if !near.is_empty() {
        failure = failure.hint(format!("nearest names: {}", near.join(", ")));
    }
    failure.hint(format!(
        "recipes of one word come from `recipes.url` in {}; others are written host/org/name",
        context.home.config_path().display()
    ))
}

/// Finds the place of versions among the releases: those that are commits, or tags that are no releases, are looked up
/// with what they go back to.
///
/// # Errors
/// Git can't read the recipe.
pub async fn place(context: &Context, recipe: &mut Recipe, versions: &[&Record]) -> Result<(), Failure> {
    for commit in versions.iter().filter_map(|version| commit_of(version)) {
        if !recipe.state.commits.contains_key(&commit)
            && let Some(full) = context.reads.commit(context.git, &recipe.dir, &commit).await?
        {
            recipe.state.commits.insert(commit, full);
        }
    }
    let is_other = |version: &&&Record| !matches!(version, Record::Release(version) if version.is_release());
    let others = versions.iter().filter(is_other);
    let commits: BTreeSet<Commit> =
        others.filter_map(|version| recipe.state.full(version).cloned()).collect();
    recipe.state.lineage = context.git.lineage(&recipe.dir, &commits).await?;
    Ok(())
}

fn commit_of(record: &Record) -> Option<Commit> {
    match record {
        Record::Commit { commit, .. } => Some(commit.clone()),
        Record::Release(_) => None,
    }
}

/// The files of a recipe at a version.
///
/// # Errors
/// Git can't read them.
pub async fn files(context: &Context, recipe: &Recipe, target: &Target) -> Result<RecipeFiles, Failure> {
    Ok(context.reads.files_of(context.git, &recipe.dir, target).await?)
}

/// A recipe at the version that a deployment of an app would take.
#[derive(Debug)]
pub struct Chosen {
    /// The recipe.
    pub recipe: Recipe,
    /// The version.
    pub target: Target,
    /// Its files.
    pub files: RecipeFiles,
}

/// Chooses the version as a deployment that names none does; with `chaos`, the working tree. The server is not asked.
///
/// # Errors
/// There is no such version, or the recipe can't be had.
pub async fn chosen(context: &Context, app: &App, chaos: bool) -> Result<Chosen, Failure> {
    let recorded = recorded(context, app)?;
    let known: Vec<&Record> = recorded.iter().chain(&app.pin).collect();
    let recipe = ready(context, &app.recipe, &known).await?;
    context.ui.findings(&recipe.warnings);
    let wish = if chaos { VersionWish::Chaos } else { VersionWish::Usual };
    let known = Known { recorded: recorded.as_ref(), pinned: app.pin.as_ref(), deployed: None };
    let target = versions::resolve(&wish, known, &recipe.state)?.target;
    let files = files(context, &recipe, &target).await?;
    Ok(Chosen { recipe, target, files })
}

/// A release's notes.
#[derive(Debug)]
pub struct Note {
    /// The release.
    pub version: String,
    /// What the maintainer wrote.
    pub text: String,
}

/// Where the notes of what is not released yet stand.
const NEXT: &str = "release/next";

/// The notes of the releases passed over, lowest first, as they stand in the version that will be deployed: from the
/// lower one of what is written in the env file and what runs. Behind them those of what is not released yet.
///
/// # Errors
/// Git can't read them.
pub fn notes(
    state: &RecipeState,
    known: Known<'_>,
    target: &Target,
    files: &RecipeFiles,
) -> Result<Vec<Note>, Failure> {
    let (written, runs) = (known.recorded.or(known.pinned), known.deployed);
    let is_below = |(written, runs): &(&Record, &Record)| state.order(written, runs) == Some(Ordering::Less);
    let from = match written.zip(runs).filter(is_below) {
        Some((written, _)) => Some(written),
        None => runs.or(written),
    };
    let read =
        |path: &str| files.text(path).map_err(|error| Failure::new(format!("{path} of the recipe: {error}")));
    let mut notes = Vec::new();
    for version in versions::passed_over(state, from, target) {
        let text = read(&versions::notes_path(version))?;
        notes.extend(text.map(|text| Note { version: version.to_string(), text }));
    }
    let is_present = from.is_some_and(|from| from.same(&target.record()));
    if !matches!(target, Target::Release(_)) && !is_present {
        notes.extend(read(NEXT)?.map(|text| Note { version: "what is not released yet".to_owned(), text }));
    }
    Ok(notes)
}
