use super::{Address, SocketPath, Target};
use crate::name::ServerName;
use proptest::prelude::*;

#[test]
fn addresses_are_read_and_shown_and_become_words() {
    for (text, words, socket) in [
        ("ssh://host", "-- host", None),
        ("ssh://ada@host", "-l ada -- host", None),
        ("ssh://host:2222", "-p 2222 -- host", None),
        ("ssh://ada@matrix.example.com:22", "-l ada -p 22 -- matrix.example.com", None),
        ("ssh://ada@[::1]:22", "-l ada -p 22 -- ::1", None),
        ("ssh://[fe80::1%25eth0]:22", "-p 22 -- fe80::1%eth0", None),
        ("ssh://ada@realm@bücher_1", "-l ada@realm -- bücher_1", None),
        ("ssh://host/run/user/1000/docker.sock", "-- host", Some("/run/user/1000/docker.sock")),
        ("ssh://host:22/d.sock", "-p 22 -- host", Some("/d.sock")),
    ] {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(address.to_string(), text);
        assert_eq!(address.target.arguments().join(" "), words, "{text}");
        assert_eq!(address.socket.as_ref().map(SocketPath::as_str), socket, "{text}");
    }
    assert_eq!(Address::parse("ssh://host/").unwrap().to_string(), "ssh://host");
}

#[test]
fn what_is_no_address_is_refused_with_the_rule() {
    let long = format!("ssh://{}", "h".repeat(256));
    for (text, rule) in [
        ("host", "\"host\" is no ssh address"),
        ("unix:///var/run/docker.sock", "is no ssh address"),
        ("tcp://ada:hunter2@host", "\"tcp://…\" is no ssh address"),
        ("ssh://", "the host of an ssh address is empty"),
        ("ssh://@host", "the user of an ssh address is empty"),
        ("ssh://ada@", "the host of an ssh address is empty"),
        ("ssh://:22", "the host of an ssh address is empty"),
        ("ssh://-oProxyCommand=x", "the host \"-oProxyCommand=x\" of an ssh address may not begin with `-`"),
        ("ssh://-v@host", "the user \"-v\" of an ssh address may not begin with `-`"),
        ("ssh://ho st", "may not contain ` `"),
        ("ssh://host\n", "may not contain `\\n`"),
        ("ssh://ho\u{1b}[2Jst", "may not contain `\\u{1b}`"),
        ("ssh://host;id", "may not contain `;`"),
        ("ssh://$(id)", "may not contain `$`"),
        ("ssh://a`b@host", "may not contain ``"),
        ("ssh://%h", "may not contain `%`"),
        ("ssh://ada:hunter2@host", "holds a password"),
        ("ssh://ada:@host", "holds a password"),
        ("ssh://host:", "the port \"\""),
        ("ssh://host:0", "the port \"0\""),
        ("ssh://host:65536", "the port \"65536\""),
        ("ssh://host:+22", "the port \"+22\""),
        ("ssh://host:ssh", "the port \"ssh\""),
        ("ssh://::1", "is no IPv6 address in brackets"),
        ("ssh://[::1", "is no IPv6 address in brackets"),
        ("ssh://[host]", "is no IPv6 address in brackets"),
        ("ssh://[::1]22", "is no IPv6 address in brackets"),
        ("ssh://[x::1]", "is no IPv6 address in brackets"),
        ("ssh://[fe80::1%eth0]", "must stand behind `%25`"),
        ("ssh://[fe80::1%25]", "the zone of an ssh address is empty"),
        ("ssh://[fe80::1%25a%0a]", "the zone \"a%0a\" of an ssh address may not contain `%`"),
        ("ssh://%2doProxyCommand=x", "may not contain `%`"),
        ("ssh://a%0ab@host", "may not contain `%`"),
        ("ssh://host%0a", "may not contain `%`"),
        ("ssh://bü@host", "may not contain `ü`"),
        ("ssh://host/run/%2e%2e/x", "may not contain `%`"),
        ("ssh://[fe80::1%25-o]", "the zone \"-o\" of an ssh address may not begin with `-`"),
        ("ssh://host/a:b", "may not contain `:`"),
        ("ssh://host/%h", "may not contain `%`"),
        ("ssh://host/run/", "must be an absolute path"),
        ("ssh://host?x", "may not contain `?`"),
        (&long, "too long: 256 bytes"),
    ] {
        let message = Address::parse(text).unwrap_err().to_string();
        assert!(message.contains(rule), "{text:?}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
    assert!(Target::new(None, "host", Some(0)).is_err());
}

#[test]
fn a_servers_name_alone_leaves_the_rest_to_sshs_settings() {
    let server = ServerName::new("matrix.example.com").unwrap();
    assert_eq!(Target::named(&server).arguments(), ["--", "matrix.example.com"]);
    assert_eq!(Target::named(&server).to_string(), "ssh://matrix.example.com");
}

#[test]
fn sockets_have_absolute_paths_of_harmless_characters() {
    assert_eq!(SocketPath::default().as_str(), "/var/run/docker.sock");
    let long = format!("/{}", "s".repeat(107));
    for (path, rule) in [
        ("", "must be an absolute path"),
        ("docker.sock", "must be an absolute path"),
        ("/", "must be an absolute path"),
        ("/run/my docker.sock", "may not contain ` `"),
        ("/run/${HOME}", "may not contain `$`"),
        ("/run/a\\b", "may not contain `\\\\`"),
        ("/run/\u{7}", "may not contain `\\u{7}`"),
        (&long, "too long: 108 bytes"),
    ] {
        let message = SocketPath::new(path).unwrap_err().to_string();
        assert!(message.contains(rule), "{path:?}: {message}");
    }
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_harmless_and_reads_back(text in "ssh://([-a-z0-9@:\\[\\]/.%$ ;]|\\PC){0,20}") {
        if let Ok(address) = Address::parse(&text) {
            let words = address.target.arguments();
            let end = words.iter().position(|word| word == "--").unwrap();
            prop_assert_eq!(words.len(), end + 2);
            prop_assert!(!words[end + 1].starts_with('-'));
            prop_assert!(!text.chars().any(|c| c.is_control() || c.is_whitespace()));
            prop_assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
        }
    }
}
