//! `abra server rm`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::servers::{self, Stays};
use abra_core::name::ServerName;
use serde_json::json;

pub(super) fn run(context: &Context, server: &ServerName) -> Result<Exit, Failure> {
    let removed = servers::remove(context, server)?;
    if context.ui.machine {
        context.ui.json(&json!({ "server": server.as_str(), "folder": removed.folder, "context_removed": removed.context }));
        return Ok(Exit::Done);
    }
    context.ui.say(format!("removed {}", removed.folder.display()));
    if removed.context {
        context.ui.say(format!("removed docker's context `{server}`"));
    }
    if let Some(reason) = removed.stays {
        let (reason, first) = match reason {
            Stays::Foreign => ("another program or docker itself made it", ""),
            Stays::Current => ("it is docker's current one", "docker context use default && "),
        };
        context.ui.say(format!("docker's context `{server}` stays: {reason}"));
        context.ui.hint(&format!("`{first}docker context rm {server}` removes it"));
    }
    context.ui.say("nothing was changed on the server itself");
    Ok(Exit::Done)
}
