//! The short form of a port: `[[ip:]host:]container[/protocol]`, with ranges.
use std::net::IpAddr;

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortPort {
    pub(crate) target: u16,
    /// 0 where no host port is given.
    pub(crate) published: u16,
    /// `tcp`, `udp` or `sctp`.
    pub(crate) protocol: String,
}

/// What a short form says; it may stand for tens of thousands of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortPorts {
    targets: (u16, u16),
    hosts: Option<(u16, u16)>,
    protocol: String,
    /// A host address that a swarm ignores.
    pub(crate) ignored_ip: Option<IpAddr>,
}

impl ShortPorts {
    /// Each port, in docker's order: by "port/protocol" as text.
    pub(crate) fn ports(&self) -> Vec<ShortPort> {
        let pairs: Vec<(u16, u16)> = match (self.targets, self.hosts) {
            ((first, last), None) => (first..=last).map(|target| (target, 0)).collect(),
            ((first, last), Some(hosts)) if first == last => {
                (hosts.0..=hosts.1).map(|host| (first, host)).collect()
            }
            ((first, last), Some(hosts)) => (first..=last).zip(hosts.0..=hosts.1).collect(),
        };
        let port = |(target, published)| ShortPort { target, published, protocol: self.protocol.clone() };
        let mut ports: Vec<ShortPort> = pairs.into_iter().map(port).collect();
        ports.sort_by_cached_key(|port| port.target.to_string());
        ports
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let (first, last) = self.hosts.unwrap_or(self.targets);
        usize::from(last - first) + 1
    }
}

/// Why a short form can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PortError {
    #[error("no container port is given")]
    Empty,
    #[error("\"{0}\" is not a port or range of ports between 0 and 65535")]
    Range(String),
    #[error("\"{0}\" is not an IP address")]
    Address(String),
    #[error("\"{0}\" is not a protocol; known are tcp, udp and sctp")]
    Protocol(String),
    #[error("the ranges {host} and {container} differ in length")]
    Lengths { host: String, container: String },
}

/// Reads a short form.
pub(crate) fn parse(text: &str) -> Result<ShortPorts, PortError> {
    let (front, container) = text.rsplit_once(':').map_or((None, text), |(front, last)| (Some(front), last));
    let (ip, host) = match front.and_then(|front| front.rsplit_once(':')) {
        Some((ip, host)) => (ip, host),
        None => ("", front.unwrap_or("")),
    };
    let (container, protocol) = protocol(container);
    let ip = address(ip)?;
    if container.is_empty() {
        return Err(PortError::Empty);
    }
    let targets = range(container)?;
    let hosts = if host.is_empty() { None } else { Some(range(host)?) };
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(PortError::Protocol(protocol));
    }
    let alike = |hosts: (u16, u16)| targets.0 == targets.1 || targets.1 - targets.0 == hosts.1 - hosts.0;
    if !hosts.is_none_or(alike) {
        return Err(PortError::Lengths { host: host.to_owned(), container: container.to_owned() });
    }
    Ok(ShortPorts { targets, hosts, protocol, ignored_ip: ip.filter(|ip| !ip.is_unspecified()) })
}

/// Splits off the protocol; what follows a second slash is dropped.
fn protocol(text: &str) -> (&str, &str) {
    let mut parts = text.split('/');
    let port = parts.next().unwrap_or("");
    (port, parts.next().filter(|p| !p.is_empty()).unwrap_or("tcp"))
}

fn address(text: &str) -> Result<Option<IpAddr>, PortError> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if bare.is_empty() {
        return Ok(None);
    }
    bare.parse().map(Some).map_err(|_| PortError::Address(text.to_owned()))
}

/// `80` or `80-90`; what follows a second dash is dropped.
fn range(text: &str) -> Result<(u16, u16), PortError> {
    let number = |text: &str| -> Option<u16> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    };
    let mut parts = text.split('-');
    let first = parts.next().and_then(number);
    let last = parts.next().map_or(first, number);
    match (first, last) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(PortError::Range(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match parse(text) {
            Err(error) => error.to_string(),
            Ok(found) => found
                .ports()
                .iter()
                .map(|p| format!("{}>{}/{}", p.published, p.target, p.protocol))
                .chain(found.ignored_ip.map(|ip| format!("ip {ip}")))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn short_forms() {
        let table = [
            ("80", "0>80/tcp"),
            ("8080:80", "8080>80/tcp"),
            ("53:53/udp", "53>53/udp"),
            ("53:53/UDP", "53>53/udp"),
            ("80/tcp/udp", "0>80/tcp"),
            ("80/", "0>80/tcp"),
            ("9-11", "0>10/tcp 0>11/tcp 0>9/tcp"),
            ("90-91:80-81", "90>80/tcp 91>81/tcp"),
            ("90-92:80", "90>80/tcp 91>80/tcp 92>80/tcp"),
            ("127.0.0.1:80:80", "80>80/tcp ip 127.0.0.1"),
            ("0.0.0.0:80:80", "80>80/tcp"),
            ("[::1]:80:80", "80>80/tcp ip ::1"),
            ("::1:80:80", "80>80/tcp ip ::1"),
            (":80:80", "80>80/tcp"),
            ("[]:80:80", "80>80/tcp"),
            (":80", "0>80/tcp"),
            ("127.0.0.1::80", "0>80/tcp ip 127.0.0.1"),
            ("80-80-x", "0>80/tcp"),
        ];
        for (text, want) in table {
            assert_eq!(show(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "",
            "/tcp",
            "80:",
            "a",
            "80:a",
            "-1",
            "90-80",
            "80-82:80-90",
            "65536",
            "host:80:80",
            "80/x",
            "80:80:80:80",
            "+80",
            "1-2-:x",
            "80-",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
