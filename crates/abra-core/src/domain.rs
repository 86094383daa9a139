//! Whether an app's names lead to its server: which names are worth asking for, and what the answers mean.
//!
//! Not here: asking.
use crate::env::EnvFile;
use crate::finding::Finding;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The addresses of names; none for a name that has none. What could not be found out in time is not there at all.
pub type Addresses = BTreeMap<String, BTreeSet<IpAddr>>;

/// Ends of names that public DNS knows nothing of: mDNS, home networks, tests, this machine (RFC 2606, 6762, 8375).
const LOCAL: [&str; 12] = [
    "local",
    "localhost",
    "localdomain",
    "test",
    "example",
    "invalid",
    "internal",
    "lan",
    "home",
    "corp",
    "home.arpa",
    "onion",
];
/// The most names of one app that are asked for.
const MOST: usize = 20;

/// The names that an app wants to be reached by, `DOMAIN` first, then those of `EXTRA_DOMAINS`
/// (``', `www.example.com`'`` or a plain list). Names that public DNS can't know are left out.
pub fn names(env: &EnvFile) -> Vec<String> {
    let domain = env.get("DOMAIN").unwrap_or_default();
    let extra = env.get("EXTRA_DOMAINS").unwrap_or_default();
    let all = std::iter::once(domain).chain(extra.split([',', ' ', '`', '\'', '"', '\t']));
    let mut found: Vec<String> = Vec::new();
    for name in all.map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase()) {
        if is_public(&name) && !found.contains(&name) && found.len() < MOST {
            found.push(name);
        }
    }
    found
}

/// Says that `DOMAIN` is there and empty: recipes make rules for their proxy of it, and such a rule fits no request.
pub fn unset(env: &EnvFile) -> Option<Finding> {
    env.get("DOMAIN").filter(|value| value.trim().is_empty())?;
    let finding = Finding::warning("DOMAIN is empty, so nothing can be reached by a name of its own")
        .help("set it to the name of the app, or take the line out if it has none");
    Some(match env.location("DOMAIN") {
        Some(location) => finding.at(location),
        None => finding,
    })
}

/// Whether public DNS may know a name: no address, no single label, nothing local, nothing that is no name.
pub fn is_public(name: &str) -> bool {
    let is_local = LOCAL
        .iter()
        .any(|end| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    let of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    name.contains('.') && name.chars().all(of_name) && name.parse::<IpAddr>().is_err() && !is_local
}

/// What the addresses mean, one finding at most. A server that is known by no name of public DNS, or by an address of
/// this machine, can't be compared with; then it only counts whether a name has an address at all.
pub fn judge(names: &[String], server: &str, found: &Addresses) -> Option<Finding> {
    let of_server = found.get(server).filter(|found| found.iter().all(|address| !address.is_loopback()));
    let mut said = Vec::new();
    for name in names {
        let Some(addresses) = found.get(name) else { continue };
        if addresses.is_empty() {
            said.push(format!("{name} has no address"));
        } else if let Some(server_has) = of_server.filter(|of| !of.is_empty() && of.is_disjoint(addresses)) {
            said.push(format!("{name} leads to {}, and {server} is {}", list(addresses), list(server_has)));
        }
    }
    (!said.is_empty()).then(|| {
        Finding::warning(said.join("; "))
            .help("that is right behind a proxy; --no-domain-checks skips this comparison")
    })
}

fn list(addresses: &BTreeSet<IpAddr>) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Addresses, is_public, judge, names, unset};
    use crate::env::EnvFile;

    #[test]
    fn an_empty_domain_is_told_with_its_line() {
        let cases = [
            ("TYPE=x\nDOMAIN=\n", Some("app.env:2")),
            ("DOMAIN=\"  \"\n", Some("app.env:1")),
            ("DOMAIN=a.example.com\n", None),
            ("# DOMAIN=\n", None),
            ("TYPE=x\n", None),
        ];
        for (text, place) in cases {
            let env = EnvFile::parse("app.env", text.as_bytes()).unwrap();
            let told = unset(&env).map(|finding| finding.location.unwrap().to_string());
            let is_there = |told: &String| place.is_some_and(|place| told.starts_with(place));
            assert_eq!(told.as_ref().map(is_there), place.map(|_| true), "{text}: {told:?}");
        }
    }

    #[test]
    fn names_are_read_from_both_variables() {
        let cases = [
            ("DOMAIN=a.example.com", "a.example.com"),
            ("DOMAIN=a.example.com\nEXTRA_DOMAINS=', `www.b.org`, `c.org`'", "a.example.com www.b.org c.org"),
            ("DOMAIN=A.example.com.\nEXTRA_DOMAINS=a.example.com,b.org", "a.example.com b.org"),
            ("EXTRA_DOMAINS=b.org", "b.org"),
            ("DOMAIN=wiki.local\nEXTRA_DOMAINS=192.0.2.1", ""),
            ("DOMAIN=", ""),
        ];
        for (text, wanted) in cases {
            let env = EnvFile::parse("a.env", text.as_bytes()).unwrap();
            assert_eq!(names(&env).join(" "), wanted, "{text}");
        }
    }

    #[test]
    fn local_names_are_no_matter_of_dns() {
        for name in [
            "wiki",
            "localhost",
            "a.localhost",
            "a.local",
            "a.test",
            "10.0.0.1",
            "::1",
            "a.home.arpa",
            "a.internal",
            "*.b.org",
            "",
        ] {
            assert!(!is_public(name), "{name}");
        }
        for name in ["a.example.com", "bücher.org", "notlocal.org", "a.mylocal"] {
            assert!(is_public(name), "{name}");
        }
    }

    #[test]
    fn only_what_is_known_to_differ_is_told() {
        // What is found, and what is said of the names a.org and b.org on server s.org.
        let cases = [
            ("a.org=192.0.2.1 b.org=192.0.2.1,2001:db8::1 s.org=192.0.2.1", ""),
            (
                "a.org=192.0.2.2 b.org=192.0.2.1 s.org=192.0.2.1",
                "a.org leads to 192.0.2.2, and s.org is 192.0.2.1",
            ),
            ("a.org= s.org=192.0.2.1", "a.org has no address"),
            ("a.org=192.0.2.2 s.org=127.0.0.1", ""),
            ("a.org=192.0.2.2 s.org=", ""),
            ("a.org=192.0.2.2", ""),
            ("a.org= b.org=", "a.org has no address; b.org has no address"),
            ("", ""),
        ];
        for (text, wanted) in cases {
            let found: Addresses = text
                .split_whitespace()
                .map(|pair| {
                    let (name, list) = pair.split_once('=').unwrap();
                    let list = list.split(',').filter(|one| !one.is_empty());
                    (name.to_owned(), list.map(|one| one.parse().unwrap()).collect())
                })
                .collect();
            let names = ["a.org".to_owned(), "b.org".to_owned()];
            let said = judge(&names, "s.org", &found).map(|finding| finding.message).unwrap_or_default();
            assert_eq!(said, wanted, "{text}");
        }
    }
}
