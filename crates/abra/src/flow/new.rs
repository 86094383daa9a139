//! Creating an app: its env file from the recipe's sample and, if wanted, its secrets.
use super::recipe::{self, Recipe};
use super::render::Source;
use super::secrets::Showcase;
use super::{secrets, server};
use crate::context::Context;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use crate::home::HomeError;
use crate::ui::ask::NoAnswer;
use abra_core::app::App;
use abra_core::env::{self, EnvFile};
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
    /// What generating its secrets needs, where that is wanted.
    ready: Option<secrets::Ready>,
}

impl Created {
    /// Generates the secrets that were asked for, each shown before it is sent.
    ///
    /// # Errors
    /// Not all were generated. The app is there, and so are those before it.
    pub async fn secrets(&mut self, context: &Context, showcase: &mut dyn Showcase) -> Result<(), Failure> {
        match self.ready.take() {
            Some(ready) => secrets::generate(context, &self.app, ready, showcase).await,
            None => Ok(()),
        }
    }
}

/// Creates an app, without its secrets yet.
///
/// # Errors
/// Something is missing that can't be asked for, the recipe has no sample, or the app is there already.
pub async fn create(context: &Context, request: &Request) -> Result<Created, Failure> {
    let name = RecipeName::new(&given(context, request.recipe.as_deref(), "recipe", None).await?)?;
    let server = server_of(context, request).await?;
    let domain = given(context, request.domain.as_deref(), "domain", None).await?;
    let app = AppName::new(&domain)?;
    let path = context.home.env_path(&server, &app);
    if path.exists() {
        return Err(Failure::from(HomeError::Exists { path }).hint("another --domain makes another app"));
    }
    let asked: Vec<&Record> = match &request.wish {
        VersionWish::Exactly(record) => vec![record],
        _ => vec![],
    };
    let recipe = recipe::ready(context, &name, &asked).await?;
    context.ui.findings(&recipe.warnings);
    let resolution = resolve(&request.wish, Known::default(), &recipe.state)?;
    let files = recipe::files(context, &recipe, &resolution.target).await?;
    let bytes = sample(&recipe, &files, &resolution, &app)?;
    // Whatever can be wrong is found before anything is written.
    let env = EnvFile::parse(&path.display().to_string(), &bytes);
    let new = env
        .and_then(|env| App::new(server.clone(), app.clone(), env))
        .map_err(|findings| Failure::refused(&format!("the new env file of {app}"), findings))?;
    let ready = if request.secrets { Some(ready(context, &new, &files, request.pass).await?) } else { None };
    let path = context.home.create_app(&server, &app, &bytes)?;
    Ok(Created { app: new, path, version: resolution.target.record(), ready })
}

/// The new env file. A version that was asked for is pinned, so that the first deployment takes it.
fn sample(
    recipe: &Recipe,
    files: &RecipeFiles,
    resolution: &Resolution,
    app: &AppName,
) -> Result<Vec<u8>, Failure> {
    let version = resolution.target.record();
    let what = format!(".env.sample of recipe {} at {version}", recipe.name);
    let text = files.text(".env.sample").map_err(|error| Failure::new(format!("{what}: {error}")))?;
    let text = text.ok_or_else(|| {
        Failure::new(format!(
            "recipe {} has no .env.sample at {version}, so no app can be made of it",
            recipe.name
        ))
        .hint("the recipe's maintainer has to add one; an older release may have one")
    })?;
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
        several => {
            if request.server.is_none() && !context.ui.no_input {
                let names: Vec<&str> = several.iter().map(ServerName::as_str).collect();
                context.ui.say(format!("servers: {}", names.join(", ")));
            }
            None
        }
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
    if let Some(value) = value {
        return Ok(value.to_owned());
    }
    match context.ui.question(what, default).await {
        Ok(value) => Ok(value),
        Err(NoAnswer::Nobody) => {
            let flag = if what == "recipe" { "RECIPE".to_owned() } else { format!("--{what}") };
            Err(Failure::new(format!("no {what} is given, and there is nobody to ask"))
                .hint(format!("`abra app new` wants {flag} then")))
        }
        Err(interrupted) => Err(interrupted.into()),
    }
}

/// Everything that generating secrets needs, checked.
async fn ready(
    context: &Context,
    app: &App,
    files: &RecipeFiles,
    pass: bool,
) -> Result<secrets::Ready, Failure> {
    let source = Source { files, user_home: context.user_home.as_deref() };
    let wishes = secrets::wanted(app, source)?;
    let engine = server::connect(context, &app.server).await?;
    secrets::ready(engine, wishes, pass).await
}
