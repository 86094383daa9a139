//! `abra server ls`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::server;
use crate::ui::table::table;
use abra_core::name::ServerName;
use abra_core::ssh::Address;
use serde_json::json;

/// A server in the list.
struct Row {
    name: String,
    /// Where its engine is, or why that is not known.
    address: Result<String, Failure>,
    apps: usize,
}

pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let row = |(server, apps): (ServerName, Vec<_>)| Row {
        address: server::address(context, &server),
        name: server.to_string(),
        apps: apps.len(),
    };
    let rows: Vec<Row> = context.home.listing()?.into_iter().map(row).collect();
    let strays = context.home.strays()?;
    if context.ui.machine {
        let rows: Vec<_> = rows.iter().map(json_row).collect();
        context.ui.json(&rows);
    } else {
        list(context, &rows);
    }
    strays.iter().for_each(|stray| context.ui.warn(stray));
    Ok(Exit::Done)
}

fn list(context: &Context, rows: &[Row]) {
    if rows.is_empty() {
        context
            .ui
            .say("no servers; `abra server add NAME` adds one, `abra server add --local` the local engine");
        return;
    }
    let shown = |row: &Row| {
        let address = row.address.as_ref().map_or("unknown", String::as_str).to_owned();
        vec![row.name.clone(), address, row.apps.to_string()]
    };
    context.ui.out(table(&["name", "host", "apps"], &rows.iter().map(shown).collect::<Vec<_>>()));
    for failure in rows.iter().filter_map(|row| row.address.as_ref().err()) {
        context.ui.warn(&failure.message);
        failure.hints.iter().for_each(|hint| context.ui.hint(hint));
    }
}

fn json_row(row: &Row) -> serde_json::Value {
    let address = row.address.as_ref().ok();
    let ssh = address.and_then(|address| Address::parse(address).ok()).map(|address| address.target);
    let target = ssh.as_ref();
    json!({
        "name": row.name,
        "address": address,
        "host": target.map(|target| target.host()),
        "user": target.and_then(|target| target.user()),
        "port": target.and_then(|target| target.port()),
        "apps": row.apps,
        "problem": row.address.as_ref().err().map(|failure| &failure.message),
    })
}
