//! Which servers there are: adding and removing their folders and docker's contexts. The servers themselves are not touched.
use super::server;
use crate::context::Context;
use crate::failure::Failure;
use abra_core::docker_context::DockerContext;
use abra_core::name::ServerName;
use abra_core::ssh::Address;
use std::path::PathBuf;

/// What became of the context of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    New,
    /// It was there, and leads where it should.
    AsItWas,
    /// It led elsewhere.
    Changed,
}

/// A server that is known now.
#[derive(Debug)]
pub struct Added {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether the folder is new.
    pub is_new: bool,
    /// Where its engine is.
    pub address: String,
    /// Its context; the local engine has none.
    pub context: Option<Kept>,
}

/// A server that is not known any more.
#[derive(Debug)]
pub struct Removed {
    /// The folder that was removed.
    pub folder: PathBuf,
    /// Whether its context was removed.
    pub context: bool,
    /// Why a context stays that is still there.
    pub stays: Option<&'static str>,
}

/// Makes a server known. `address`: where it is, as far as the operator said it; else where docker's context of that name
/// leads, else what ssh makes of the name.
///
/// # Errors
/// The name or the address can't be used, or the context leads elsewhere and `force` is not given. Then nothing is changed.
pub fn add(
    context: &Context,
    server: &ServerName,
    address: Option<&Address>,
    force: bool,
) -> Result<Added, Failure> {
    let folder = context.home.server_dir(server);
    if server.is_local() {
        let address = server::endpoint(context, server)?.to_string();
        let is_new = context.home.create_server(server)?;
        return Ok(Added { folder, is_new, address, context: None });
    }
    let wanted = address.map(ToString::to_string);
    let (kept, address) = match context.contexts.get(server) {
        Err(error) if force => {
            context.ui.warn(format!("{error}; it is replaced"));
            replaced(context, server, wanted)?
        }
        Err(error) => {
            let hint = format!("`abra server add {server} --force` replaces it");
            return Err(Failure::from(error).hint(hint));
        }
        Ok(None) => {
            let (_, address) = replaced(context, server, wanted)?;
            (Kept::New, address)
        }
        Ok(Some(there)) => existing(context, server, there, wanted, force)?,
    };
    let is_new = context.home.create_server(server)?;
    Ok(Added { folder, is_new, address, context: Some(kept) })
}

/// A new context in the place of whatever is there.
fn replaced(
    context: &Context,
    server: &ServerName,
    wanted: Option<String>,
) -> Result<(Kept, String), Failure> {
    let address = wanted.unwrap_or_else(|| usual(server));
    let new = DockerContext::new(server, &address).map_err(|error| Failure::from_error(&error))?;
    context.contexts.put(&new)?;
    Ok((Kept::Changed, address))
}

/// ssh finds the server by its name: an alias in the operator's settings, or a host.
fn usual(server: &ServerName) -> String {
    abra_core::ssh::Target::named(server).to_string()
}

fn existing(
    context: &Context,
    server: &ServerName,
    there: DockerContext,
    wanted: Option<String>,
    force: bool,
) -> Result<(Kept, String), Failure> {
    let leads = there.host().unwrap_or_default().to_owned();
    let wanted = wanted.or_else(|| force.then(|| usual(server)));
    match wanted {
        Some(wanted) if wanted != leads => {
            if !force {
                let leads = if leads.is_empty() { "the local engine" } else { &leads };
                return Err(Failure::new(format!(
                    "docker's context `{server}` is there already and leads to {leads}, not to {wanted}"
                ))
                .hint(format!("`abra server add {server}` takes it as it is"))
                .hint("the same command with --force makes it lead there, for docker and other tools, too"));
            }
            context.contexts.put(&there.leading_to(&wanted))?;
            Ok((Kept::Changed, wanted))
        }
        _ => {
            // It must lead somewhere that is known how to reach.
            Ok((Kept::AsItWas, server::address(context, server)?))
        }
    }
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
        Some(there) if !there.is_ours() => Some("another program or docker itself made it"),
        Some(_) if context.contexts.is_current(server) => {
            Some("it is docker's current one (`docker context use`)")
        }
        Some(_) => None,
    };
    let removed = stays.is_none() && !server.is_local() && context.contexts.remove(server)?;
    Ok(Removed { folder, context: removed, stays })
}
