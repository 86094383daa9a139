//! Which servers there are: adding and removing their folders and docker's contexts. The servers themselves are not touched.
use super::server;
use crate::context::Context;
use crate::contexts::ContextsError;
use crate::engine::Endpoint;
use crate::exit::Exit;
use crate::failure::Failure;
use abra_core::docker_context::DockerContext;
use abra_core::name::ServerName;
use abra_core::ssh::Address;
use std::path::PathBuf;

/// What an operator says of a server that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub server: ServerName,
    /// Where it is, as far as that was said; else where docker's context of that name leads, else what ssh makes of the name.
    pub address: Option<Address>,
    /// Also where docker's context leads elsewhere, or can't be used.
    pub force: bool,
}

/// What becomes of the context of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The local engine has none.
    None,
    /// It is new.
    New(DockerContext),
    /// It is there, and leads where it should.
    AsItIs,
    /// It leads elsewhere, or can't be used for the reason that is given.
    Replaced(DockerContext, Option<String>),
}

/// What would be done. Nothing is changed yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    wish: Wish,
    /// Its folder.
    pub folder: PathBuf,
    /// Whether there is no folder yet.
    pub is_new: bool,
    /// Where its engine will be found.
    pub endpoint: Endpoint,
    /// Where its context leads then, in words.
    pub address: String,
    /// What becomes of the context.
    pub change: Change,
}

impl Plan {
    /// Whether there is anything to write.
    pub fn changes(&self) -> bool {
        self.is_new || !matches!(self.change, Change::None | Change::AsItIs)
    }
}

/// Why a context stays when its server goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// Another program or docker itself made it.
    Foreign,
    /// docker's own commands go there (`docker context use`).
    Current,
}

/// A server that is not known any more.
#[derive(Debug)]
pub struct Removed {
    /// The folder that was removed.
    pub folder: PathBuf,
    /// Whether its context was removed.
    pub context: bool,
    /// Why a context stays that is still there.
    pub stays: Option<Stays>,
}

/// What it takes to make a server known. Changes nothing.
///
/// # Errors
/// The name or the address can't be used, or the context leads elsewhere and that is not to be changed.
pub fn plan(context: &Context, wish: &Wish) -> Result<Plan, Failure> {
    let server = &wish.server;
    let folder = context.home.server_dir(server);
    let (change, address) = if server.is_local() {
        (Change::None, server::endpoint(context, server)?.to_string())
    } else {
        change(wish, context.contexts.get(server))?
    };
    let endpoint = match change {
        Change::None => server::endpoint(context, server)?,
        _ => server::endpoint_at(context, server, &address)?,
    };
    Ok(Plan { wish: wish.clone(), is_new: !folder.is_dir(), folder, endpoint, address, change })
}

/// Makes a server known as planned.
///
/// # Errors
/// Somebody else changed the folder or the context since, or they can't be written. Then nothing is changed.
pub fn add(context: &Context, made: &Plan) -> Result<(), Failure> {
    let server = &made.wish.server;
    if plan(context, &made.wish)? != *made {
        let message = format!("server {server} was changed by somebody else at this moment");
        return Err(Failure::new(message).exit(Exit::Moved).hint("look again, by the same command"));
    }
    let is_new = context.home.create_server(server)?;
    let (Change::New(new) | Change::Replaced(new, _)) = &made.change else { return Ok(()) };
    context.contexts.put(new).map(drop).map_err(|error| {
        let failure = Failure::from(error);
        match if is_new { context.home.remove_server(server) } else { Ok(()) } {
            Ok(()) => failure,
            Err(error) => failure.hint(format!("the new folder stays: {error}")),
        }
    })
}

/// What becomes of the context that is there, and where it leads then.
fn change(
    wish: &Wish,
    there: Result<Option<DockerContext>, ContextsError>,
) -> Result<(Change, String), Failure> {
    let Wish { server, address, force } = wish;
    let usual = || abra_core::ssh::Target::named(server).to_string();
    let wanted = address.as_ref().map(ToString::to_string);
    let new = |host: &str| DockerContext::new(server, host).map_err(|error| Failure::from_error(&error));
    let there = match there {
        Ok(Some(there)) => there,
        Ok(None) => {
            let address = wanted.unwrap_or_else(usual);
            return Ok((Change::New(new(&address)?), address));
        }
        Err(error) if *force => {
            let address = wanted.unwrap_or_else(usual);
            return Ok((Change::Replaced(new(&address)?, Some(error.to_string())), address));
        }
        Err(error) => {
            let hint = format!("`abra server add {server} --force` replaces it");
            return Err(Failure::from(error).hint(hint));
        }
    };
    let leads = there.host().unwrap_or_default().to_owned();
    match wanted.or_else(|| force.then(usual)) {
        Some(wanted) if wanted != leads && *force => {
            Ok((Change::Replaced(there.leading_to(&wanted), None), wanted))
        }
        Some(wanted) if wanted != leads => Err(elsewhere(server, &leads, &wanted)),
        _ => Ok((Change::AsItIs, leads)),
    }
}

fn elsewhere(server: &ServerName, leads: &str, wanted: &str) -> Failure {
    let leads = if leads.is_empty() { "the local engine" } else { leads };
    let message =
        format!("docker's context `{server}` is there already and leads to {leads}, not to {wanted}");
    Failure::new(message)
        .hint(format!("`abra server add {server}` takes it as it is"))
        .hint("the same command with --force makes it lead there, for docker and other tools, too")
}

/// Forgets a server that has no apps.
///
/// # Errors
/// There is no such server, it has apps, or other files lie in its folder. Then nothing is changed.
pub fn remove(context: &Context, server: &ServerName) -> Result<Removed, Failure> {
    let apps = context.home.apps_of(server)?;
    let folder = context.home.server_dir(server);
    if let Some(first) = apps.first() {
        let counted = if apps.len() == 1 {
            format!("app {first}")
        } else {
            format!("{} apps, the first is {first}", apps.len())
        };
        return Err(Failure::new(format!("server {server} still has {counted}")).hint(format!(
            "undeploy what runs there, and move or remove the env files in {}",
            folder.display()
        )));
    }
    let there = if server.is_local() { None } else { context.contexts.get(server)? };
    context.home.remove_server(server)?;
    let stays = match there {
        None => None,
        Some(there) if !there.is_ours() => Some(Stays::Foreign),
        Some(_) if context.contexts.is_current(server) => Some(Stays::Current),
        Some(_) => None,
    };
    let removed = stays.is_none() && !server.is_local() && context.contexts.remove(server)?;
    Ok(Removed { folder, context: removed, stays })
}
