//! Names that complete what an operator has begun to type. Only files of this workstation are read, nothing is fetched,
//! and what can't be read completes nothing.
use super::post;
use super::render::{self, Source};
use crate::context::Context;
use crate::git::RecipeFiles;
use crate::home::Home;
use abra_core::app::App;
use abra_core::compose::model::Document;
use abra_core::name::{AppName, RecipeName, ServerName};
use abra_core::recipe::{RecipeState, Record, Target, abra_sh};

/// Apps in the order of their names, each with its server.
pub fn apps(home: &Home) -> Vec<(String, String)> {
    let listing = home.listing().unwrap_or_default();
    let named = |(server, apps): (ServerName, Vec<AppName>)| {
        let server = format!("on {server}");
        apps.into_iter().map(move |app| (app.to_string(), server.clone()))
    };
    let mut apps: Vec<(String, String)> = listing.into_iter().flat_map(named).collect();
    apps.sort();
    apps
}

/// Servers.
pub fn servers(home: &Home) -> Vec<String> {
    home.servers().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// The app that the words on a command line name, where they do.
pub fn app_among(context: &Context, words: &[String]) -> Option<App> {
    let listing = context.home.listing().ok()?;
    words.iter().find_map(|word| {
        let name = word.strip_suffix(".env").unwrap_or(word);
        let place = listing
            .iter()
            .find_map(|(server, apps)| apps.iter().find(|app| app.as_str() == name).map(|app| (server, app)));
        place.and_then(|(server, app)| context.app_at(server, app).ok())
    })
}

/// Releases of a recipe, newest first.
pub async fn versions(context: &Context, recipe: &RecipeName) -> Vec<String> {
    let state = state(context, recipe).await.unwrap_or_default();
    state.releases().rev().map(|release| release.version.to_string()).collect()
}

/// Services of an app's recipe at the version that is recorded.
pub async fn services(context: &Context, app: &App) -> Vec<String> {
    document(context, app).await.map(|document| document.services.into_keys().collect()).unwrap_or_default()
}

/// Secrets of an app's recipe at the version that is recorded.
pub async fn secrets(context: &Context, app: &App) -> Vec<String> {
    document(context, app).await.map(|document| document.secrets.into_keys().collect()).unwrap_or_default()
}

/// Functions of the recipe's `abra.sh` at the version that is recorded.
pub async fn functions(context: &Context, app: &App) -> Vec<String> {
    let text = files(context, app).await.and_then(|files| post::text(app, &files).ok());
    text.map(|text| abra_sh(&text).functions).unwrap_or_default()
}

async fn state(context: &Context, recipe: &RecipeName) -> Option<RecipeState> {
    let dir = context.home.recipe_dir(recipe);
    if dir.exists() { context.git.survey(&dir, &[]).await.ok() } else { None }
}

/// The app's compose files as one document, with variables as they are written.
async fn document(context: &Context, app: &App) -> Option<Document> {
    let files = files(context, app).await?;
    let source = Source { files: &files, user_home: context.user_home.as_deref() };
    render::load(app, source, true).ok().map(|loaded| loaded.document)
}

/// The recipe's files at the version that is recorded, or at the newest.
async fn files(context: &Context, app: &App) -> Option<RecipeFiles> {
    let state = state(context, &app.recipe).await?;
    let recorded = app.env.record().ok().flatten().or_else(|| app.pin.clone());
    let release = state.releases().find(|release| match &recorded {
        Some(Record::Release(version)) => *version == release.version,
        _ => false,
    });
    let release = release.or_else(|| state.newest());
    let target = match release {
        Some(release) => Target::Release(release.clone()),
        None => Target::Commit(state.head.clone()?),
    };
    context.git.files_of(&context.home.recipe_dir(&app.recipe), &target).await.ok()
}
