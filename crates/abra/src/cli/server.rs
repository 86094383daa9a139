//! `abra server`: the servers that apps run on.
use crate::context::Context;
use crate::engine::{Engine, Filters};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::server;
use crate::ui::table::table;
use abra_core::name::ServerName;
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a server known
    Add {
        /// The server's name; not needed with --local
        name: Option<String>,
        /// The engine on this machine, as the server "default"
        #[arg(short, long)]
        local: bool,
    },
    /// List servers
    #[command(visible_alias = "list")]
    Ls,
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Add { name, local } => add(context, name.as_deref(), local).await,
            Self::Ls => ls(context),
        }
    }
}

async fn add(context: &Context, name: Option<&str>, local: bool) -> Result<Exit, Failure> {
    let named = name.map(ServerName::new).transpose()?;
    match &named {
        Some(name) if !name.is_local() && local => {
            return Err(Failure::new(format!("the local engine is always called `{}`", ServerName::LOCAL))
                .hint("`abra server add --local`"));
        }
        None if !local => {
            return Err(
                Failure::new("no server was named").hint("`abra server add --local` adds the local engine")
            );
        }
        Some(name) if !name.is_local() => {
            return Err(Failure::new(format!(
                "server {name} can't be added: this version reaches the local engine only"
            ))
            .hint("`abra server add --local` adds it"));
        }
        _ => {}
    }
    let server = ServerName::local();
    let is_new = context.home.create_server(&server)?;
    let folder = context.home.server_dir(&server);
    let problem = match server::connect(context, &server).await {
        Ok(engine) => check(context, &engine).await,
        Err(failure) => Some(("its engine can't be used yet", failure)),
    };
    if context.ui.machine {
        let problem = problem.as_ref().map(|(_, failure)| &failure.message);
        context
            .ui
            .json(&json!({ "server": server.as_str(), "new": is_new, "folder": folder, "problem": problem }));
    } else {
        let said = if is_new { "is added" } else { "was there already" };
        context.ui.say(format!("server {server} {said}: {}", folder.display()));
    }
    if let Some((words, failure)) = problem {
        context.ui.warn(format!("{words}: {}", failure.message));
        failure.hints.iter().for_each(|hint| context.ui.hint(hint));
    }
    Ok(Exit::Done)
}

/// What is missing before apps can be deployed. Nothing is set up unasked.
async fn check(context: &Context, engine: &Engine) -> Option<(&'static str, Failure)> {
    if let Err(error) = engine.services(&Filters::none()).await {
        return Some(("it can't deploy yet", error.into()));
    }
    match engine.networks(&Filters::none()).await {
        Ok(networks) if networks.iter().any(|network| network.name == "proxy") => {}
        Ok(_) => {
            context.ui.hint("most recipes want a network called proxy:");
            context.ui.hint("`docker network create --driver overlay --attachable proxy`");
        }
        Err(error) => return Some(("its networks can't be listed", error.into())),
    }
    None
}

fn ls(context: &Context) -> Result<Exit, Failure> {
    let listing = context.home.listing()?;
    let address = |server: &ServerName| match server::endpoint(context, server) {
        Ok(endpoint) => endpoint.to_string(),
        Err(_) => "not reached by this version".to_owned(),
    };
    if context.ui.machine {
        let rows: Vec<_> = listing
            .iter()
            .map(|(server, apps)| json!({ "server": server.as_str(), "address": address(server), "apps": apps.len() }))
            .collect();
        context.ui.json(&rows);
    } else if listing.is_empty() {
        context.ui.say("no servers; `abra server add --local` adds the local engine");
    } else {
        let rows: Vec<Vec<String>> = listing
            .iter()
            .map(|(server, apps)| vec![server.to_string(), address(server), apps.len().to_string()])
            .collect();
        context.ui.out(table(&["server", "engine", "apps"], &rows));
    }
    Ok(Exit::Done)
}
