//! `abra server add`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::readiness;
use crate::flow::servers::{self, Change, Plan, Wish};
use crate::ui::{Text, text};
use abra_core::name::ServerName;
use abra_core::readiness::{Check, Standing};
use abra_core::ssh::{Address, SocketPath, Target};
use serde_json::{Value, json};

/// Make a server known, and check whether apps can be deployed there
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The server's name: a host, or an alias of your ssh settings; not needed with --local
    pub name: Option<String>,
    /// The engine on this machine, as the server "default"
    #[arg(short, long, conflicts_with_all = ["host", "user", "port", "socket"])]
    pub local: bool,
    /// The host, where the server's name is not it
    #[arg(long)]
    pub host: Option<String>,
    /// Whom to log in as, where your ssh settings don't say it
    #[arg(short, long)]
    pub user: Option<String>,
    /// The port that ssh listens on, where your ssh settings don't say it
    #[arg(short, long)]
    pub port: Option<u16>,
    /// Where the engine listens on the server, where that is not the usual place
    #[arg(long, value_name = "PATH")]
    pub socket: Option<String>,
    /// Also where docker has a context of that name that leads elsewhere: it is changed
    #[arg(short, long)]
    pub force: bool,
    /// Without a look at the server: it need not be there yet
    #[arg(long)]
    pub no_checks: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let server = named(args)?;
    let wish = Wish { address: address(args, &server)?, server, force: args.force };
    let plan = servers::plan(context, &wish)?;
    let checks = if args.no_checks { None } else { Some(looked(context, &wish.server, &plan).await?) };
    let guard = context.interrupt.guard();
    servers::add(context, &plan)?;
    drop(guard);
    if context.ui.machine {
        context.ui.json(&report(&wish.server, &plan, checks.as_deref()));
        return Ok(Exit::Done);
    }
    said(context, &wish.server, &plan);
    match checks {
        Some(checks) => shown(context, &checks),
        None => context.ui.say("it was not looked at; the same command without --no-checks does that"),
    }
    Ok(Exit::Done)
}

/// A server that can't be reached or asked is not added: most often a name, a user or a key is wrong.
async fn looked(context: &Context, server: &ServerName, plan: &Plan) -> Result<Vec<Check>, Failure> {
    readiness::look(context.ui, server, &plan.address, &plan.endpoint).await.map_err(|failure| {
        if !plan.changes() {
            let message = format!("server {server} is known, but can't be used: {}", failure.message);
            return Failure { message, ..failure };
        }
        let message = format!("server {server} was not added: {}", failure.message);
        Failure { message, ..failure }.hint("--no-checks adds it all the same, without a look")
    })
}

fn named(args: &Args) -> Result<ServerName, Failure> {
    let local = || ServerName::local();
    match args.name.as_deref().map(ServerName::new).transpose()? {
        Some(name) if args.local && !name.is_local() => {
            Err(Failure::new(format!("the local engine is always called `{}`", ServerName::LOCAL))
                .hint("`abra server add --local`"))
        }
        Some(name) if name.is_local() && args.has_address() => {
            Err(Failure::new(format!("`{name}` is the engine on this machine, and nothing else")))
        }
        Some(name) => Ok(name),
        None if args.local => Ok(local()),
        None => Err(Failure::new("no server was named")
            .hint("`abra server add NAME` adds one that ssh reaches by that name")
            .hint("`abra server add --local` adds the local engine")),
    }
}

impl Args {
    fn has_address(&self) -> bool {
        self.host.is_some() || self.user.is_some() || self.port.is_some() || self.socket.is_some()
    }
}

/// The address, as far as it was given.
fn address(args: &Args, server: &ServerName) -> Result<Option<Address>, Failure> {
    if !args.has_address() {
        return Ok(None);
    }
    let host = args.host.as_deref().unwrap_or(server.as_str());
    // As in every URL.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let target = Target::new(args.user.as_deref(), host, args.port);
    let target = target.map_err(|error| Failure::from_error(&error))?;
    let socket = args.socket.as_deref().map(SocketPath::new).transpose();
    let socket = socket.map_err(|error| Failure::from_error(&error))?;
    Ok(Some(Address { target, socket }))
}

fn said(context: &Context, server: &ServerName, plan: &Plan) {
    let words = if plan.is_new { "is added" } else { "was there already" };
    context.ui.say(format!("server {server} {words}: {}", plan.folder.display()));
    let address = &plan.address;
    match &plan.change {
        Change::None => {}
        Change::New(_) => context.ui.say(format!("docker's context `{server}` is new: {address}")),
        Change::AsItIs => context.ui.say(format!("docker's context `{server}` leads to {address}")),
        Change::Replaced(_, reason) => {
            reason.iter().for_each(|reason| context.ui.warn(format!("{reason}; it was replaced")));
            context.ui.say(format!("docker's context `{server}` leads to {address} now"));
        }
    }
}

fn shown(context: &Context, checks: &[Check]) {
    for check in checks {
        let (word, style) = match check.standing {
            Standing::Fine => ("ok", text::GOOD),
            Standing::Doubtful => ("look", text::WARNING),
            Standing::Missing => ("missing", text::ERROR),
        };
        let lead = Text::new().plain("  ").styled(style, text::padded(word, 8));
        context.ui.say(lead.plain(text::padded(check.what, 8)).plain(&check.words));
        check.hints.iter().for_each(|hint| context.ui.hint(hint));
    }
    if checks.iter().any(|check| check.standing == Standing::Missing) {
        context.ui.warn("apps can't be deployed there yet; nothing was set up");
    }
}

fn report(server: &ServerName, plan: &Plan, checks: Option<&[Check]>) -> Value {
    let row = |check: &Check| {
        let standing = match check.standing {
            Standing::Fine => "ok",
            Standing::Doubtful => "doubtful",
            Standing::Missing => "missing",
        };
        json!({ "what": check.what, "standing": standing, "found": check.words, "hints": check.hints })
    };
    let missing = checks.unwrap_or_default().iter().find(|check| check.standing == Standing::Missing);
    json!({
        "server": server.as_str(),
        "new": plan.is_new,
        "folder": plan.folder,
        "address": plan.address,
        "problem": missing.map(|check| &check.words),
        "checks": checks.map(|checks| checks.iter().map(row).collect::<Vec<_>>()),
    })
}
