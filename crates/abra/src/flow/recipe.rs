//! Getting at a recipe: cloned on first use, fetched unless offline, read at a version. Never touches its working tree.
use crate::context::Context;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use abra_core::finding::Finding;
use abra_core::name::RecipeName;
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
        return Err(Failure::new(format!(
            "recipe {name} is not here yet, and --offline forbids fetching it"
        ))
        .hint(format!("git clone {url} {}", dir.display())));
    }
    context.ui.say(format!("cloning recipe {name} from {url}"));
    context.git.clone_to(&url, &dir).await.map_err(|error| {
        Failure::from(error).hint(format!(
            "recipes named by one word come from `recipes.url` of {}; another place is written as TYPE=host/org/name",
            context.home.config_path().display()
        ))
    })
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
