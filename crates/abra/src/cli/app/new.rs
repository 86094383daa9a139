//! `abra app new`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::new::{self, Created, Request};
use crate::ui::secrets::Shown;
use abra_core::recipe::{Record, VersionWish};
use serde_json::{Value, json};

/// Create an app's env file from the recipe's .env.sample
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The recipe: a name, or host/org/name
    pub recipe: Option<String>,
    /// The release to take the sample from; written into the file as a pin
    pub version: Option<String>,
    /// The server it will run on
    #[arg(short, long)]
    pub server: Option<String>,
    /// The app's domain; also the name of its env file
    #[arg(short = 'D', long)]
    pub domain: Option<String>,
    /// Generate the app's secrets on the server
    #[arg(short = 'S', long)]
    pub secrets: bool,
    /// Also keep generated secrets in the local pass store
    #[arg(short, long, requires = "secrets")]
    pub pass: bool,
    /// Take the sample from the recipe's working tree
    #[arg(short = 'C', long, conflicts_with = "version")]
    pub chaos: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let wish = match (&args.version, args.chaos) {
        (Some(version), _) => VersionWish::Exactly(Record::parse(version)?),
        (_, true) => VersionWish::Chaos,
        _ => VersionWish::Usual,
    };
    let request = Request {
        recipe: args.recipe,
        wish,
        server: args.server,
        domain: args.domain,
        secrets: args.secrets,
        pass: args.pass,
    };
    let mut created = new::create(context, &request).await?;
    let ui = context.ui;
    if !ui.machine {
        let (path, app) = (created.path.display(), &created.app);
        ui.say(format!("created {path} from recipe {} at {}", app.recipe, created.version));
    }
    let mut shown = Shown::new(ui, &report(&created));
    let made = created.secrets(context, &mut shown).await;
    let exit = shown.end(made.err());
    if !ui.machine {
        ui.hint(&format!("look through the file, then `abra app deploy {}`", created.app.name));
    }
    Ok(exit)
}

fn report(created: &Created) -> Value {
    json!({
        "app": created.app.name.as_str(),
        "server": created.app.server.as_str(),
        "recipe": created.app.recipe.as_str(),
        "version": created.version.to_string(),
        "file": created.path,
    })
}
