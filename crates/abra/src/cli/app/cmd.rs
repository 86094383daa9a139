//! `abra app cmd`.
use super::run::{ManagedArgs, ended};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::{command, server};
use crate::ui::table::table;
use serde_json::json;

/// Run a function of the recipe's abra.sh in a service's container, or here
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[expect(missing_docs, reason = "clap takes the help of subcommands from their own type")]
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The app
    #[arg(required = true)]
    pub app: Option<String>,
    /// The service in whose container it runs, and the function; with --local only the function
    #[arg(required = true, num_args = 1..=2, value_name = "[SERVICE] FUNCTION")]
    pub words: Vec<String>,
    /// Arguments of the function
    #[arg(last = true)]
    pub arguments: Vec<String>,
    /// Run it on this machine
    #[arg(short, long, conflicts_with_all = ["user", "tty"])]
    pub local: bool,
    /// As this user of the container
    #[arg(short, long)]
    pub user: Option<String>,
    /// Give it a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// Take abra.sh from the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the functions of the recipe's abra.sh
    #[command(visible_alias = "ls")]
    List(ListArgs),
}

/// List the functions of the recipe's abra.sh
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// The app
    pub app: String,
    /// Take abra.sh from the recipe's working tree
    #[arg(short = 'C', long)]
    pub chaos: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    if let Some(Command::List(args)) = &args.command {
        return list(context, args).await;
    }
    let app = context.app(args.app.as_deref().unwrap_or_default())?;
    let (service, function) = match (args.words.as_slice(), args.local) {
        ([function], true) => (None, function),
        ([service, function], false) => (Some(service), function),
        (_, true) => {
            return Err(Failure::new("a function that runs here has no service")
                .exit(Exit::Usage)
                .hint(format!("`abra app cmd {} --local FUNCTION -- ARGUMENTS…`", app.name)));
        }
        (_, false) => {
            return Err(Failure::new("which service's container it runs in is not said")
                .exit(Exit::Usage)
                .hint(format!("`abra app cmd {} SERVICE FUNCTION -- ARGUMENTS…`, or --local", app.name)));
        }
    };
    let function: Vec<String> = std::iter::once(function.clone()).chain(args.arguments.clone()).collect();
    let manner = ManagedArgs { user: args.user.clone(), wants_tty: args.tty }.manner(context)?;
    let name = app.name.clone();
    let end = match service {
        Some(service) => {
            let engine = server::connect(context, &app.server).await?;
            let functions = command::functions(context, app, Some(&engine), args.chaos).await?;
            functions.require(&function[0])?;
            command::call(context, &functions, service, &function, &manner).await?
        }
        None => {
            let functions = command::functions(context, app, None, args.chaos).await?;
            functions.require(&function[0])?;
            let manner = command::Manner { input: !context.ui.no_input, ..manner };
            command::call_here(context, &functions, &function, &manner).await?
        }
    };
    Ok(ended(context, name.as_str(), end))
}

async fn list(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let app = context.app(&args.app)?;
    let engine = server::connect(context, &app.server).await?;
    let functions = command::functions(context, app, Some(&engine), args.chaos).await?;
    let names = &functions.read.functions;
    if context.ui.machine {
        context.ui.json(&json!({ "version": functions.version.to_string(), "functions": names }));
    } else if names.is_empty() {
        context
            .ui
            .say(format!("abra.sh of {} at {} has no functions", functions.app.recipe, functions.version));
    } else {
        let rows: Vec<Vec<String>> = names.iter().map(|name| vec![name.clone()]).collect();
        context.ui.out(table(&["function"], &rows));
    }
    Ok(Exit::Done)
}
