//! `abra server prune`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::prune::{self, Freed, Prepared, Wish};
use abra_core::name::ServerName;
use abra_core::prunable::Keep;
use abra_core::readiness::size;
use serde_json::{Value, json};

/// Free what nothing on a server uses: stopped containers, networks, images without a name
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The server
    pub server: String,
    /// Also images with a name that no container uses
    #[arg(short, long)]
    pub all: bool,
    /// Also volumes that no container uses, with their data; those of apps stay
    #[arg(short, long)]
    pub volumes: bool,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let ui = context.ui;
    let server = ServerName::new(&args.server)?;
    let prepared =
        prune::prepare(context, &server, Wish { all_images: args.all, volumes: args.volumes }).await?;
    if !ui.machine {
        announced(context, args, &prepared);
    }
    if !ui.no_input && !ui.confirm(&format!("prune server {server}?")).await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let _guard = context.interrupt.guard();
    let freed = context.finished(prune::run(context, &prepared)).await?;
    if ui.machine {
        ui.json(&report(&server, &prepared, &freed));
    } else {
        told(context, &freed);
    }
    freed.problems.iter().for_each(|problem| ui.warn(problem));
    if freed.stopped {
        ui.warn("interrupted: not all was removed; the same command goes on");
        return Ok(Exit::Interrupted);
    }
    Ok(if freed.problems.is_empty() { Exit::Done } else { Exit::Failed })
}

fn announced(context: &Context, args: &Args, prepared: &Prepared) {
    let images = if args.all { "all images that no container uses" } else { "images without a name" };
    context.ui.say(format!("what nothing uses any more: stopped containers, networks, {images}"));
    for (volume, keep) in &prepared.volumes.keep {
        let why = match keep {
            Keep::Deployed(stack) => format!("its stack {stack} is deployed"),
            Keep::Mounted(service) => format!("service {service} mounts it"),
            Keep::App(app) => format!("it belongs to {app}, which has an env file here"),
        };
        context.ui.say(format!("volume {volume} stays: {why}"));
    }
    for volume in &prepared.volumes.remove {
        context.ui.warn(format!("volume {volume} goes, with all its data"));
    }
    if args.volumes && prepared.volumes.remove.is_empty() {
        context.ui.say("there is no volume to remove");
    }
}

fn told(context: &Context, freed: &Freed) {
    let Freed { containers, images, networks, volumes, bytes, .. } = freed;
    context.ui.say(format!("containers removed: {containers}"));
    context.ui.say(format!("networks removed: {}{}", networks.len(), listed(networks)));
    context.ui.say(format!("images and layers removed: {images}"));
    context.ui.say(format!("volumes removed: {}{}", volumes.len(), listed(volumes)));
    context.ui.say(format!("{} are free now", size(*bytes)));
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

fn report(server: &ServerName, prepared: &Prepared, freed: &Freed) -> Value {
    json!({
        "server": server.as_str(),
        "containers": freed.containers,
        "networks": freed.networks,
        "images": freed.images,
        "volumes": freed.volumes,
        "volumes_kept": prepared.volumes.keep.keys().collect::<Vec<_>>(),
        "bytes": freed.bytes,
        "problems": freed.problems,
        "interrupted": freed.stopped,
    })
}
