//! `abra app run`, and what it has in common with `abra app cmd`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::command::{self, Manner};
use crate::flow::container::Ended;
use crate::ui::terminal;

/// Run a command in a service's container
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// The service
    pub service: String,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
    /// As this user of the container
    #[arg(short, long)]
    pub user: Option<String>,
    /// No terminal for the command, also where there is one here
    #[arg(short = 't', long)]
    pub no_tty: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let app = context.app(&args.app)?;
    let wants_tty = !args.no_tty && !context.ui.no_input && terminal::is_there();
    let manner = ManagedArgs { user: args.user, wants_tty }.manner(context)?;
    let end = command::run(context, &app, &args.service, args.command, &manner).await?;
    Ok(ended(context, app.name.as_str(), end))
}

/// What was said about user and terminal.
pub(super) struct ManagedArgs {
    pub(super) user: Option<String>,
    pub(super) wants_tty: bool,
}

impl ManagedArgs {
    /// How the command is run: input that is piped is handed on, unless with `--no-input`.
    pub(super) fn manner(self, context: &Context) -> Result<Manner, Failure> {
        if self.wants_tty && !terminal::is_there() {
            return Err(Failure::new("there is no terminal to give to the command").hint("leave out --tty"));
        }
        let input = !context.ui.no_input && (self.wants_tty || terminal::is_piped());
        Ok(Manner { user: self.user, tty: self.wants_tty, input })
    }
}

/// How the process ends: as the command did.
pub(super) fn ended(context: &Context, app: &str, end: Ended) -> Exit {
    match end {
        Ended::Code(0) => Exit::Done,
        Ended::Code(code) => {
            context.ui.debug(format!("the command in {app} ended with exit code {code}"));
            // Any number may come from there, so it is none of ours. Codes of engines are 8 bits wide, as ours.
            std::process::exit(i32::try_from(code).unwrap_or(1))
        }
        Ended::Interrupted => {
            context.ui.warn("interrupted: the command may go on in its container");
            Exit::Interrupted
        }
    }
}
