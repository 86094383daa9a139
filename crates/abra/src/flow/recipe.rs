//! Getting at a recipe: cloned on first use, fetched unless offline, read at a version. Never touches its working tree.
use crate::context::Context;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use abra_core::finding::Finding;
use abra_core::name::{RecipeName, nearest};
use abra_core::recipe::{Commit, RecipeState, Record, Target};
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
            && let Err(error) = context.git.fetch(&dir).await
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
    let state = context.git.survey(&dir, &commits).await?;
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
    Ok(context.git.files_of(&recipe.dir, target).await?)
}
