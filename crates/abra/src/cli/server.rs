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
    if !local && name != Some(ServerName::LOCAL) {
        return Err(Failure::new("this version adds the local engine only").hint("`abra server add --local`"));
    }
    if name.is_some_and(|name| name != ServerName::LOCAL) {
        return Err(
            Failure::new("the local engine is always called `default`").hint("`abra server add --local`")
        );
    }
    let server = ServerName::local();
    let is_new = context.home.create_server(&server)?;
    let folder = context.home.server_dir(&server);
    let said = if is_new { "is added" } else { "was there already" };
    context.ui.say(format!("server {server} {said}: {}", folder.display()));
    match server::connect(context, &server).await {
        Ok(engine) => check(context, &engine).await,
        Err(failure) => {
            context.ui.warn(format!("its engine can't be used yet: {}", failure.message));
            failure.hints.iter().for_each(|hint| context.ui.hint(hint));
        }
    }
    Ok(Exit::Done)
}

/// Says what is missing before apps can be deployed. Nothing is set up unasked.
async fn check(context: &Context, engine: &Engine) {
    match engine.networks(&Filters::none()).await {
        Ok(networks) if networks.iter().any(|network| network.name == "proxy") => {}
        Ok(_) => context.ui.hint(
            "most recipes want a network called proxy: `docker network create --driver overlay --attachable proxy`",
        ),
        Err(error) => context.ui.warn(format!("its networks can't be listed: {error}")),
    }
    match engine.services(&Filters::none()).await {
        Ok(_) => {}
        Err(error) => {
            let failure = Failure::from(error);
            context.ui.warn(format!("it can't deploy yet: {}", failure.message));
            failure.hints.iter().for_each(|hint| context.ui.hint(hint));
        }
    }
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
