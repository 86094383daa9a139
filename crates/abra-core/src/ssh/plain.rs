//! Whether ssh's settings files leave all that matters here as it is by default: then ssh need not be asked what it makes
//! of them, which costs a process for each server.
//!
//! Every line counts, whatever hosts it is for, and what is not known to be harmless is not: whoever has such settings is
//! served as well, by asking ssh.

/// Words that change nothing of what [`super::effective`] reads, whatever their values.
const HARMLESS: [&str; 56] = [
    "addkeystoagent",
    "addressfamily",
    "casignaturealgorithms",
    "certificatefile",
    "checkhostip",
    "ciphers",
    "compression",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enablesshkeysign",
    "exitonforwardfailure",
    "fingerprinthash",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "hashknownhosts",
    "host",
    "hostbasedauthentication",
    "hostkeyalgorithms",
    "hostkeyalias",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "ipqos",
    "kbdinteractiveauthentication",
    "kexalgorithms",
    "localforward",
    "macs",
    "match",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "passwordauthentication",
    "preferredauthentications",
    "proxycommand",
    "proxyjump",
    "proxyusefdpass",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
    "pubkeyauthentication",
    "rekeylimit",
    "remoteforward",
    "requiredrsasize",
    "sendenv",
    "setenv",
    "stricthostkeychecking",
    "tcpkeepalive",
    "userknownhostsfile",
];

/// The further files that a settings file names (`Include`), as they stand there; `None`: it says more than is looked at
/// here, and only ssh knows what it means.
pub fn includes(text: &str) -> Option<Vec<&str>> {
    let mut includes = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
        let (word, value) = (line[..end].to_ascii_lowercase(), line[end..].trim_start());
        let value = value.strip_prefix('=').unwrap_or(value).trim();
        match word.as_str() {
            "include" if is_simple(value, "/~.*_- ") => includes.extend(value.split_whitespace()),
            "hostname" if is_simple(&value.replace("%h", "h"), "._:-") => {}
            "user" if is_simple(value, "._-") => {}
            "port" if is_simple(value, "") => {}
            word if HARMLESS.binary_search(&word).is_ok() => {}
            _ => return None,
        }
    }
    Some(includes)
}

/// Nothing but letters, digits and these, and no option.
fn is_simple(value: &str, others: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    !value.is_empty() && !value.starts_with('-') && value.chars().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::{HARMLESS, includes};

    #[test]
    fn words_are_in_order() {
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn what_is_not_known_to_be_harmless_is_left_to_ssh() {
        let none: Option<&[&str]> = Some(&[]);
        let only_ssh_knows: Option<&[&str]> = None;
        for (text, expected) in [
            ("", none),
            ("# ConnectTimeout 5\n\n  \t\n", none),
            ("Host a b*\n  HostName 192.0.2.1\n\tUser ada\r\n  Port 2222\n  IdentityFile ~/.ssh/key\n", none),
            ("host *\nhostname=%h.example.org\nUSER = ada\nport=22\n", none),
            ("Match exec \"true\"\n  ProxyJump ada@jump:22\n  ProxyCommand nc %h %p\n", none),
            (
                "Include /etc/ssh/ssh_config.d/*.conf\ninclude a ~/b\n",
                Some(&["/etc/ssh/ssh_config.d/*.conf", "a", "~/b"]),
            ),
            // Settings that an own command line would take away from the operator.
            ("Host far\n  ConnectTimeout 60\n", only_ssh_knows),
            ("connecttimeout=60\n", only_ssh_knows),
            ("ServerAliveInterval 60\n", only_ssh_knows),
            ("  ServerAliveCountMax 3\n", only_ssh_knows),
            ("UpdateHostKeys ask\n", only_ssh_knows),
            ("ForkAfterAuthentication yes\n", only_ssh_knows),
            ("SessionType none\n", only_ssh_knows),
            // What leads to another host.
            ("CanonicalizeHostname yes\n", only_ssh_knows),
            ("HostName -oProxyCommand=x\n", only_ssh_knows),
            ("HostName \"192.0.2.1\"\n", only_ssh_knows),
            ("HostName a b\n", only_ssh_knows),
            ("HostName %n\n", only_ssh_knows),
            ("HostName a\u{1b}[2J\n", only_ssh_knows),
            ("User -v\n", only_ssh_knows),
            ("User ${NAME}\n", only_ssh_knows),
            ("Port -1\n", only_ssh_knows),
            ("Port\n", only_ssh_knows),
            ("User = \n", only_ssh_knows),
            // What is not understood here.
            ("Include \"a b\"\n", only_ssh_knows),
            ("Include ${HOME}/a\n", only_ssh_knows),
            ("Include %d/a\n", only_ssh_knows),
            ("\"User\" ada\n", only_ssh_knows),
            ("NoSuchWord yes\n", only_ssh_knows),
            ("IgnoreUnknown NoSuchWord\n", only_ssh_knows),
        ] {
            assert_eq!(includes(text).as_deref(), expected, "{text:?}");
        }
    }
}
