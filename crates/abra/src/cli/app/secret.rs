//! `abra app secret`.
use super::removing::one_by_one;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::operation::clock;
use crate::flow::vault;
use crate::ui::secrets::Shown;
use crate::ui::table::table;
use crate::ui::terminal;
use abra_core::secret::Secret;
use abra_core::secrets::{Kind, Wish};
use serde_json::json;
use std::path::PathBuf;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Generate secrets that are not on the server yet
    #[command(visible_alias = "g")]
    Generate(GenerateArgs),
    /// Insert the value of a secret, from a file, a pipe or the keyboard
    #[command(visible_alias = "i")]
    Insert(InsertArgs),
    /// List the secrets that the recipe wants, and which are on the server
    #[command(visible_alias = "list")]
    Ls(LsArgs),
    /// Remove secrets from the server
    #[command(visible_alias = "remove")]
    Rm(RmArgs),
}

/// Generate secrets that are not on the server yet
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// The app
    pub app: String,
    /// Only this secret, by its name in the recipe
    pub secret: Option<String>,
    /// The version of it that you mean
    pub version: Option<String>,
    /// All of them, as is usual
    #[arg(short, long, conflicts_with = "secret")]
    pub all: bool,
    /// Also keep them in the local pass store
    #[arg(short, long)]
    pub pass: bool,
    /// Take the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// Insert the value of a secret, from a file, a pipe or the keyboard
#[derive(Debug, clap::Args)]
pub struct InsertArgs {
    /// The app
    pub app: String,
    /// The secret, by its name in the recipe
    pub secret: String,
    /// The version of it that you mean
    pub version: Option<String>,
    /// Values are not taken from here: everybody on this machine could see them
    #[arg(hide = true)]
    pub value: Option<String>,
    /// The file with the value
    #[arg(short, long)]
    pub file: Option<PathBuf>,
    /// Without blanks and line ends around it
    #[arg(short, long)]
    pub trim: bool,
    /// Take the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// List the secrets that the recipe wants, and which are on the server
#[derive(Debug, clap::Args)]
pub struct LsArgs {
    /// The app
    pub app: String,
    /// Take the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// Remove secrets from the server
#[derive(Debug, clap::Args)]
pub struct RmArgs {
    /// The app
    pub app: String,
    /// The secret, by its name in the recipe
    pub secret: Option<String>,
    /// The version of it; by default the one in the env file
    pub version: Option<String>,
    /// All of them, in the versions of the env file
    #[arg(short, long, conflicts_with_all = ["secret", "version"])]
    pub all: bool,
    /// Take the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Generate(args) => generate(context, &args).await,
            Self::Insert(args) => insert(context, &args).await,
            Self::Ls(args) => ls(context, &args).await,
            Self::Rm(args) => rm(context, &args).await,
        }
    }
}

async fn generate(context: &Context, args: &GenerateArgs) -> Result<Exit, Failure> {
    let mut vault = vault::open(context, &args.app, args.chaos).await?;
    if let Some(secret) = &args.secret {
        vault.wishes = vec![vault.wish(secret, args.version.as_deref())?.clone()];
    }
    let maker = vault.ready(args.pass).await?;
    let mut shown = Shown::new(context.ui, &json!({ "app": args.app }));
    let made = maker.generate(context, &mut shown).await;
    Ok(shown.end(made.err()))
}

async fn insert(context: &Context, args: &InsertArgs) -> Result<Exit, Failure> {
    if args.value.is_some() {
        let hint = format!(
            "`abra app secret insert {} {}` asks for it; --file or a pipe do, too",
            args.app, args.secret
        );
        return Err(Failure::new(
            "the value of a secret is not taken from the command line, where others see it",
        )
        .exit(Exit::Usage)
        .hint(hint));
    }
    let vault = vault::open(context, &args.app, args.chaos).await?;
    let wish = vault.wish(&args.secret, args.version.as_deref()).map_err(|failure| match args.version {
        Some(_) => failure.hint("a value is not taken from the command line, where others see it"),
        None => failure,
    })?;
    let value = value(context, args).await?;
    let value = if args.trim { Secret::new(value.expose().trim_ascii().to_vec()) } else { value };
    if value.expose().ends_with(b"\n") {
        context.ui.warn("the value ends with a line end; --trim takes it off");
    }
    vault.insert(context, wish, &value).await?;
    if context.ui.machine {
        context.ui.json(&json!({ "app": args.app, "inserted": wish.name }));
    }
    context.ui.say(format!("secret {} is on the server", wish.name));
    Ok(Exit::Done)
}

async fn value(context: &Context, args: &InsertArgs) -> Result<Secret<Vec<u8>>, Failure> {
    let unreadable = |error: std::io::Error, what: String| Failure::new(format!("{what}: {error}"));
    if let Some(file) = &args.file {
        let bytes = std::fs::read(file).map_err(|error| unreadable(error, file.display().to_string()))?;
        return Ok(Secret::new(bytes));
    }
    if terminal::is_piped() {
        let mut typed = terminal::input();
        let mut bytes = Vec::new();
        while let Some(part) = typed.recv().await {
            bytes.extend(part);
        }
        return Ok(Secret::new(bytes));
    }
    let typed = context.ui.hidden(&format!("value of {}", args.secret)).await?;
    Ok(Secret::new(typed.expose().clone().into_bytes()))
}

async fn ls(context: &Context, args: &LsArgs) -> Result<Exit, Failure> {
    let vault = vault::open(context, &args.app, args.chaos).await?;
    let created = |wish: &Wish| vault.there.get(&wish.name);
    if context.ui.machine {
        let report = |wish: &Wish| {
            json!({ "secret": wish.key, "name": wish.name, "by_hand": wish.kind == Kind::ByHand,
                "on_server": created(wish).is_some(), "created": created(wish),
                "other_versions": vault.other_versions(wish) })
        };
        context.ui.json(&vault.wishes.iter().map(report).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    if vault.wishes.is_empty() {
        context.ui.say(format!("the recipe of {} wants no secrets", args.app));
        return Ok(Exit::Done);
    }
    let rows = |wish: &Wish| {
        let made = match wish.kind {
            Kind::Characters { length, .. } => format!("{length} characters"),
            Kind::ByHand => "by hand".to_owned(),
        };
        let there = created(wish).map_or_else(|| "missing".to_owned(), |created| clock(created));
        let wanted = vec![wish.key.clone(), wish.name.clone(), made, there];
        let other = |name: &str| {
            let created = clock(&vault.there[name]);
            vec![String::new(), name.to_owned(), "another version".to_owned(), created]
        };
        [vec![wanted], vault.other_versions(wish).into_iter().map(other).collect()].concat()
    };
    let rows: Vec<Vec<String>> = vault.wishes.iter().flat_map(rows).collect();
    context.ui.out(table(&["secret", "name on the server", "made of", "created"], &rows));
    Ok(Exit::Done)
}

async fn rm(context: &Context, args: &RmArgs) -> Result<Exit, Failure> {
    let ui = context.ui;
    if args.secret.is_none() && !args.all {
        return Err(Failure::new("no secret is named")
            .exit(Exit::Usage)
            .hint(format!("`abra app secret ls {}` lists them; --all stands for all of them", args.app)));
    }
    let vault = vault::open(context, &args.app, args.chaos).await?;
    let meant: Vec<String> = match &args.secret {
        Some(secret) => vec![vault.meant(secret, args.version.as_deref())?],
        None => vault.wishes.iter().map(|wish| wish.name.clone()).collect(),
    };
    let there: Vec<&str> =
        meant.iter().map(String::as_str).filter(|name| vault.there.contains_key(*name)).collect();
    if there.is_empty() {
        ui.say("nothing of that is on the server");
    } else if !ui.no_input && !ui.confirm(&format!("remove {} for good?", there.join(", "))).await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    Ok(one_by_one(context, &args.app, "secret", &there, async |name| vault.remove(context, name).await).await)
}
