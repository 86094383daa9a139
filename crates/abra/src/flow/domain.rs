//! Whether an app's domain leads to its server.
use abra_core::app::App;
use abra_core::finding::Finding;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// How long names are looked up.
const LIMIT: Duration = Duration::from_secs(3);

/// Names that public DNS knows nothing of: mDNS, test names, this machine.
const LOCAL: [&str; 6] = [".local", ".localhost", ".test", ".example", ".internal", ".home.arpa"];

/// Compares the addresses of the app's domain with those of its server. The local engine has no name to compare with,
/// and local names are no mistake.
pub(super) async fn check(app: &App) -> Option<Finding> {
    let domain = app.env.get("DOMAIN")?;
    if app.server.is_local()
        || LOCAL.iter().any(|end| domain.ends_with(end))
        || domain.parse::<IpAddr>().is_ok()
    {
        return None;
    }
    let (of_domain, of_server) = tokio::join!(addresses(domain), addresses(app.server.as_str()));
    let text = match (of_domain, of_server) {
        (Some(domain), Some(server)) if !domain.is_disjoint(&server) => return None,
        (Some(found), Some(_)) => format!("{domain} leads to {}, which is not {}", list(&found), app.server),
        (None, _) => format!("{domain} has no address"),
        (_, None) => format!("{} has no address, so {domain} can't be compared with it", app.server),
    };
    Some(Finding::warning(text).help("--no-domain-checks skips this comparison"))
}

fn list(addresses: &BTreeSet<IpAddr>) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

async fn addresses(name: &str) -> Option<BTreeSet<IpAddr>> {
    let found = tokio::time::timeout(LIMIT, tokio::net::lookup_host((name, 0))).await.ok()?.ok()?;
    let found: BTreeSet<IpAddr> = found.map(|address| address.ip()).collect();
    (!found.is_empty()).then_some(found)
}
