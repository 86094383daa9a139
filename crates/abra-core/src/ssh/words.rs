//! What ssh and docker say when they fail, and what it means. ssh always ends with 255: only its words tell why.

/// Why there is no connection, as far as ssh's words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The name leads nowhere.
    UnknownHost,
    /// The host answers, but nobody listens at that port.
    Refused,
    /// Nothing came back.
    NoAnswer,
    /// The host shows another key than the one that is known.
    HostKeyChanged,
    /// The host's key is not known, and nobody could or would accept it.
    HostKeyUnknown,
    /// The host lets nobody in with this user and these keys.
    Denied,
    /// The host hung up before anybody could log in.
    HungUp,
    /// The operator's ssh settings can't be used.
    Settings,
    /// There was a connection, and it has ended.
    Lost,
    /// Something else.
    Other,
}

/// Parts of ssh's words and what they mean; the first that is found counts. A changed key is told as unknown, too.
const WORDS: [(&str, Trouble); 27] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Trouble::HostKeyChanged),
    ("Host key verification failed", Trouble::HostKeyUnknown),
    ("you have requested strict checking", Trouble::HostKeyUnknown),
    ("Could not resolve hostname", Trouble::UnknownHost),
    ("Bad configuration option", Trouble::Settings),
    ("bad configuration options", Trouble::Settings),
    ("Bad owner or permissions on", Trouble::Settings),
    ("Can't open user config file", Trouble::Settings),
    ("hostname contains invalid characters", Trouble::Settings),
    ("remote username contains invalid characters", Trouble::Settings),
    ("Permission denied", Trouble::Denied),
    ("Too many authentication failures", Trouble::Denied),
    ("Received disconnect", Trouble::Denied),
    ("not responding", Trouble::Lost),
    ("Broken pipe", Trouble::Lost),
    ("closed by remote host.", Trouble::Lost),
    ("Connection refused", Trouble::Refused),
    ("Connection timed out", Trouble::NoAnswer),
    ("Operation timed out", Trouble::NoAnswer),
    ("No route to host", Trouble::NoAnswer),
    ("Network is unreachable", Trouble::NoAnswer),
    ("Host is down", Trouble::NoAnswer),
    ("timed out", Trouble::NoAnswer),
    ("kex_exchange_identification", Trouble::HungUp),
    ("Connection closed by", Trouble::HungUp),
    ("Connection reset by", Trouble::HungUp),
    ("stdio forwarding failed", Trouble::HungUp),
];

/// What ssh's words mean.
pub fn trouble(words: &str) -> Trouble {
    WORDS.iter().find(|(part, _)| words.contains(part)).map_or(Trouble::Other, |(_, trouble)| *trouble)
}

/// Why the engine can't be spoken to through `docker system dial-stdio` on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialTrouble {
    /// The server gives no further session at the moment.
    Crowded,
    /// There is no docker, or one that is too old to know this.
    NoDocker,
    /// The user may not use the engine.
    NoAccess,
    /// Docker is there, but its engine does not run, or not there.
    NoEngine,
    /// Something else.
    Other,
}

const DIAL_WORDS: [(&str, DialTrouble); 11] = [
    ("Session open refused by peer", DialTrouble::Crowded),
    ("open failed: administratively prohibited", DialTrouble::Crowded),
    ("permission denied while trying to connect", DialTrouble::NoAccess),
    ("Got permission denied", DialTrouble::NoAccess),
    ("connect: permission denied", DialTrouble::NoAccess),
    ("Cannot connect to the Docker daemon", DialTrouble::NoEngine),
    ("connect: no such file or directory", DialTrouble::NoEngine),
    ("connect: connection refused", DialTrouble::NoEngine),
    ("command not found", DialTrouble::NoDocker),
    ("not found", DialTrouble::NoDocker),
    ("is not a docker command", DialTrouble::NoDocker),
];

/// What the words mean that came from the other side.
pub fn dial_trouble(words: &str) -> DialTrouble {
    DIAL_WORDS
        .iter()
        .find(|(part, _)| words.contains(part))
        .map_or(DialTrouble::Other, |(_, trouble)| *trouble)
}

/// The one line of ssh's or docker's words that says most.
pub fn gist(words: &str) -> String {
    let lines = || words.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("@@@"));
    let parts = || WORDS.iter().map(|(part, _)| *part).chain(DIAL_WORDS.iter().map(|(part, _)| *part));
    let telling = parts().find_map(|part| lines().find(|line| line.contains(part)));
    let line = telling.or_else(|| lines().next_back()).unwrap_or_default().trim_matches(['@', ' ']);
    // Where the other key is known from.
    match lines().find(|line| line.starts_with("Offending ") && trouble(words) == Trouble::HostKeyChanged) {
        Some(place) => shortened(&format!("{line} {place}")),
        None => shortened(line),
    }
}

/// At most as much as fits a few lines.
pub(super) fn shortened(words: &str) -> String {
    words.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::{DialTrouble, Trouble, dial_trouble, gist, trouble};

    #[test]
    fn words_of_docker_on_the_server_are_understood() {
        for (words, expected) in [
            (
                "mux_client_request_session: session request failed: Session open refused by peer",
                DialTrouble::Crowded,
            ),
            ("bash: line 1: docker: command not found", DialTrouble::NoDocker),
            ("sh: 1: docker: not found", DialTrouble::NoDocker),
            ("docker: 'system' is not a docker command.", DialTrouble::NoDocker),
            (
                "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
                DialTrouble::NoAccess,
            ),
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                DialTrouble::NoEngine,
            ),
            ("This account is currently not available.", DialTrouble::Other),
        ] {
            assert_eq!(dial_trouble(words), expected, "{words}");
        }
    }

    #[test]
    fn the_line_that_says_most_is_shown() {
        for (words, expected) in [
            ("Welcome!\nada@h: Permission denied (publickey).\r\n", "ada@h: Permission denied (publickey)."),
            ("one\n\ntwo\n", "two"),
            ("", ""),
            (
                "@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@\nIT IS POSSIBLE\n\
                 Offending ED25519 key in /home/ada/.ssh/known_hosts:3\nHost key verification failed.",
                "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! Offending ED25519 key in /home/ada/.ssh/known_hosts:3",
            ),
        ] {
            assert_eq!(gist(words), expected);
        }
        assert_eq!(gist(&"x".repeat(1000)).len(), 300);
    }

    #[test]
    fn words_of_openssh_are_understood() {
        for (words, expected) in [
            ("ssh: Could not resolve hostname nosuch: Name or service not known", Trouble::UnknownHost),
            ("ssh: connect to host 127.0.0.1 port 1: Connection refused", Trouble::Refused),
            ("ssh: connect to host 192.0.2.1 port 22: Connection timed out", Trouble::NoAnswer),
            ("ssh: connect to host 10.0.0.9 port 22: No route to host", Trouble::NoAnswer),
            ("Connection timed out during banner exchange", Trouble::NoAnswer),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.",
                Trouble::HostKeyChanged,
            ),
            ("Host key verification failed.", Trouble::HostKeyUnknown),
            (
                "No ED25519 host key is known for x and you have requested strict checking.",
                Trouble::HostKeyUnknown,
            ),
            ("ada@127.0.0.1: Permission denied (publickey).", Trouble::Denied),
            (
                "Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures",
                Trouble::Denied,
            ),
            ("kex_exchange_identification: Connection closed by remote host", Trouble::HungUp),
            ("kex_exchange_identification: read: Connection reset by peer", Trouble::HungUp),
            ("Connection closed by 127.0.0.1 port 22", Trouble::HungUp),
            ("Timeout, server 127.0.0.1 not responding.", Trouble::Lost),
            ("client_loop: send disconnect: Broken pipe", Trouble::Lost),
            ("Connection to 127.0.0.1 closed by remote host.", Trouble::Lost),
            ("/home/ada/.ssh/config: line 3: Bad configuration option: prot", Trouble::Settings),
            ("Bad owner or permissions on /home/ada/.ssh/config", Trouble::Settings),
            (
                "ssh: connect to host 10.0.0.1 port 22: Connection refused\nstdio forwarding failed",
                Trouble::Refused,
            ),
            ("something new", Trouble::Other),
            ("", Trouble::Other),
        ] {
            assert_eq!(trouble(words), expected, "{words}");
        }
    }
}
