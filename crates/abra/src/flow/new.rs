//! Creating an app: its env file from the recipe's sample and, if wanted, its secrets.
use super::recipe::{self, Recipe};
use super::render::Source;
use super::{secrets, server};
use crate::context::Context;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use abra_core::app::App;
use abra_core::env;
use abra_core::name::{AppName, RecipeName, ServerName};
use abra_core::recipe::{Known, Record, Resolution, VersionWish, Why, resolve};
use std::path::PathBuf;

/// What the operator asked for; what is missing is asked.
#[derive(Debug)]
pub struct Request {
    /// The recipe.
    pub recipe: Option<String>,
    /// The version.
    pub wish: VersionWish,
    /// The server.
    pub server: Option<String>,
    /// The domain, which is also the app's name.
    pub domain: Option<String>,
    /// Whether secrets are generated.
    pub secrets: bool,
    /// Whether they are kept in the local pass store, too.
    pub pass: bool,
}

/// What was created.
#[derive(Debug)]
pub struct Created {
    /// The app.
    pub app: App,
    /// Its env file.
    pub path: PathBuf,
    /// The version that the sample comes from.
    pub version: Record,
    /// Secrets that were generated, by name on the server.
    pub secrets: Vec<secrets::Generated>,
}

/// Creates an app.
///
/// # Errors
/// Something is missing that can't be asked for, the recipe has no sample, or the app is there already.
pub async fn create(context: &Context, request: &Request) -> Result<Created, Failure> {
    let name = RecipeName::new(&given(context, request.recipe.as_deref(), "recipe", None).await?)?;
    let server = server_of(context, request).await?;
    let domain = given(context, request.domain.as_deref(), "domain", None).await?;
    let app = AppName::new(&domain)?;
    let asked: Vec<&Record> = match &request.wish {
        VersionWish::Exactly(record) => vec![record],
        _ => vec![],
    };
    let recipe = recipe::ready(context, &name, &asked).await?;
    context.ui.findings(&recipe.warnings);
    let resolution = resolve(&request.wish, Known::default(), &recipe.state)?;
    let files = recipe::files(context, &recipe, &resolution.target).await?;
    let bytes = sample(&recipe, &files, &resolution, &app)?;
    let path = context.home.create_app(&server, &app, &bytes)?;
    let app = context.app_at(&server, &app)?;
    let version = resolution.target.record();
    let secrets = if request.secrets { generate(context, &app, &files, request.pass).await? } else { vec![] };
    Ok(Created { app, path, version, secrets })
}

/// The new env file. A version that was asked for is pinned, so that the first deployment takes it.
fn sample(
    recipe: &Recipe,
    files: &RecipeFiles,
    resolution: &Resolution,
    app: &AppName,
) -> Result<Vec<u8>, Failure> {
    let what = format!(".env.sample of recipe {} at {}", recipe.name, resolution.target.record());
    let text = files.text(".env.sample").map_err(|error| Failure::new(format!("{what}: {error}")))?;
    let text = text.ok_or_else(|| Failure::new(format!("there is no {what}")))?;
    let pin = (resolution.why == Why::Asked).then(|| resolution.target.record());
    env::from_sample(&what, text.as_bytes(), &recipe.name, pin.as_ref(), app)
        .map_err(|findings| Failure::refused(&what, findings))
}

async fn server_of(context: &Context, request: &Request) -> Result<ServerName, Failure> {
    let servers = context.home.servers()?;
    let only = match servers.as_slice() {
        [] => {
            return Err(Failure::new("there are no servers yet")
                .hint("`abra server add --local` adds the local engine"));
        }
        [one] => Some(one.as_str()),
        _ => None,
    };
    let server = match (request.server.as_deref(), only) {
        (None, Some(only)) => only.to_owned(),
        (named, _) => given(context, named, "server", only).await?,
    };
    let server = ServerName::new(&server)?;
    context.home.known_server(&server)?;
    Ok(server)
}

/// A value that was given, or else is asked for.
async fn given(
    context: &Context,
    value: Option<&str>,
    what: &str,
    default: Option<&str>,
) -> Result<String, Failure> {
    match value {
        Some(value) => Ok(value.to_owned()),
        None => Ok(context.ui.question(what, default).await.map_err(|error| {
            Failure::from(error).hint(format!("the {what} is missing: see `abra app new --help`"))
        })?),
    }
}

async fn generate(
    context: &Context,
    app: &App,
    files: &RecipeFiles,
    pass: bool,
) -> Result<Vec<secrets::Generated>, Failure> {
    let source = Source { files, user_home: context.user_home.as_deref() };
    let wanted = secrets::wanted(app, source)?;
    let engine = server::connect(context, &app.server).await?;
    secrets::generate(&engine, app, wanted, pass).await
}
