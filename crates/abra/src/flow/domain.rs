//! Whether an app's names lead to its server: asks DNS, in a bounded time.
use abra_core::app::App;
use abra_core::domain::{Addresses, is_public, judge, names, unset};
use abra_core::finding::Finding;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// How long names are looked up, all at the same time.
const LIMIT: Duration = Duration::from_secs(3);

/// What there is to say of the app's names; DNS is asked only where that is wanted.
pub(super) async fn findings(app: &App, asks: bool) -> Vec<Finding> {
    let compared = if asks { check(app).await } else { None };
    unset(&app.env).into_iter().chain(compared).collect()
}

/// Compares the addresses of the app's names with those of its server. The local engine has no name to compare with.
async fn check(app: &App) -> Option<Finding> {
    let names = names(&app.env);
    if app.server.is_local() || names.is_empty() {
        return None;
    }
    let server = app.server.as_str();
    let asked = names.iter().map(String::as_str).chain(is_public(server).then_some(server));
    let found =
        join_all(asked.map(|name| async move { Some((name.to_owned(), addresses(name).await?)) })).await;
    judge(&names, server, &found.into_iter().flatten().collect::<Addresses>())
}

/// The addresses of a name, none where it has none; `None` where that could not be found out, as without a network.
async fn addresses(name: &str) -> Option<BTreeSet<IpAddr>> {
    let looked_up = tokio::time::timeout(LIMIT, tokio::net::lookup_host((name, 0))).await.ok()?;
    match looked_up {
        Ok(found) => Some(found.map(|address| address.ip()).collect()),
        // The resolver's "no such name" and "no address" have no kind of their own; "try again" has neither.
        Err(error) if is_temporary(&error) => None,
        Err(_) => Some(BTreeSet::new()),
    }
}

/// The resolver could not be asked.
fn is_temporary(error: &io::Error) -> bool {
    error.to_string().contains("Temporary failure") || error.raw_os_error().is_some()
}
