//! Reaching a server's engine.
use crate::context::Context;
use crate::engine::ssh::{Links, Tell};
use crate::engine::{Endpoint, Engine, EngineError, Limits, Notice, Observer};
use crate::failure::Failure;
use crate::ui::{Ui, terminal};
use abra_core::name::ServerName;
use abra_core::ssh::Address;
use std::error::Error;
use std::sync::Arc;

/// Connects to the engine of a server.
///
/// # Errors
/// The server can't be reached in a way that this program knows, or its engine does not answer.
pub async fn connect(context: &Context, server: &ServerName) -> Result<Engine, Failure> {
    let endpoint = endpoint(context, server)?;
    connect_to(&endpoint, context.ui).await.map_err(Failure::from)
}

/// The address of a server's engine: for the local one `DOCKER_HOST` or the usual place, for others what docker's context
/// of that name says.
///
/// # Errors
/// There is no context, or no address in it that is supported.
pub fn endpoint(context: &Context, server: &ServerName) -> Result<Endpoint, Failure> {
    if let Some(engine) = &context.engine {
        return Ok(engine.clone());
    }
    if server.is_local() {
        return local(context.docker_host.as_deref(), &context.links);
    }
    endpoint_at(context, server, &host(context, server)?)
}

/// The engine of a server, where its context leads to this address.
///
/// # Errors
/// It is no address that is supported.
pub fn endpoint_at(context: &Context, server: &ServerName, host: &str) -> Result<Endpoint, Failure> {
    if !host.starts_with("ssh:") {
        return Endpoint::parse(host).map_err(|error| unusable(&error, server));
    }
    let mut address = Address::parse(host).map_err(|error| unusable(&error, server))?;
    if let Some(socket) = context.settings.sockets.get(server) {
        address.socket = Some(socket.value.clone());
    }
    Ok(Endpoint::Ssh(context.links.to(address)))
}

/// The same in words, without a look at what it takes to get there.
///
/// # Errors
/// There is no address that can be understood.
pub fn address(context: &Context, server: &ServerName) -> Result<String, Failure> {
    endpoint(context, server).map(|endpoint| endpoint.to_string())
}

/// No logins yet. ssh asks where somebody is there to answer.
pub fn links(ui: Ui) -> Links {
    let may_ask = !ui.no_input && terminal::is_watched();
    let person: Tell = Arc::new(move |words: &str| ui.say(words));
    let debug: Tell = Arc::new(move |words: &str| ui.debug(format!("ssh: {words}")));
    Links::new(may_ask.then_some(person), ui.debug.then_some(debug))
}

/// Where docker's context of a server's name leads.
fn host(context: &Context, server: &ServerName) -> Result<String, Failure> {
    let Some(found) = context.contexts.get(server)? else {
        return Err(Failure::new(format!(
            "nothing says where server {server} is: docker has no context of that name"
        ))
        .hint(format!("`abra server add {server}` makes it")));
    };
    Ok(found.host().unwrap_or_default().to_owned())
}

fn unusable(error: &dyn Error, server: &ServerName) -> Failure {
    let failure = Failure::from_error(error);
    let message = format!("docker's context `{server}` can't be used: {}", failure.message);
    Failure { message, ..failure }
        .hint(format!("`abra server add {server} --force` makes it lead to the host of that name, by ssh"))
}

/// The local engine's address.
///
/// # Errors
/// `DOCKER_HOST` is no address that is supported.
pub fn local(docker_host: Option<&str>, links: &Links) -> Result<Endpoint, Failure> {
    let hint = "DOCKER_HOST says where the local engine listens; unset it for the usual place";
    match docker_host {
        Some(host) if host.starts_with("ssh://") => Address::parse(host)
            .map(|address| Endpoint::Ssh(links.to(address)))
            .map_err(|error| Failure::from_error(&error).hint(hint)),
        host => Endpoint::parse(host.unwrap_or(Endpoint::LOCAL))
            .map_err(|error| Failure::from_error(&error).hint(hint)),
    }
}

/// Connects to an engine. That it is waited for is told; with `--debug` every request.
///
/// # Errors
/// It does not answer, or is too old.
pub async fn connect_to(endpoint: &Endpoint, ui: Ui) -> Result<Engine, EngineError> {
    let tell = move |notice: &Notice<'_>| match notice {
        Notice::Request(request) => {
            let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let millis = request.elapsed.as_millis();
            ui.debug(format!("{} {} → {status} ({millis} ms)", request.method, request.target));
        }
        Notice::NoLeader(endpoint, patience) => ui.say(format!(
            "the swarm has no leader at the moment; asking {endpoint} again for up to {} s",
            patience.as_secs()
        )),
    };
    let observer: Option<Observer> = Some(Box::new(tell));
    Engine::connect_observed(endpoint, &Limits::default(), observer).await
}
