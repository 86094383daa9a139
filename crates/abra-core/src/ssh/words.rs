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
    /// The host was offered more keys than it takes.
    TooManyKeys,
    /// The host answered, and then said nothing for longer than ssh waits.
    Silent,
    /// The host ended the connection at once, without a word: it takes no more logins at the moment, or none from here.
    TurnedAway,
    /// The host, or what leads there, hung up before anybody could log in.
    HungUp,
    /// The operator's ssh settings can't be used.
    Settings,
    /// There was a connection, and it has ended.
    Lost,
    /// Something else.
    Other,
}

/// Comes before much else, and is told as an unknown key, too.
const CHANGED: &str = "REMOTE HOST IDENTIFICATION HAS CHANGED";

/// Parts of ssh's lines and what they mean.
const WORDS: [(&str, Trouble); 24] = [
    (CHANGED, Trouble::HostKeyChanged),
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
    ("Too many authentication failures", Trouble::TooManyKeys),
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
    ("open failed: administratively prohibited", Trouble::HungUp),
];

/// Lines that only say that there is no connection any more, whatever the reason.
const ENDS: [&str; 4] =
    ["kex_exchange_identification", "Connection closed by", "Connection reset by", "stdio forwarding failed"];

/// What ssh's words mean. What it said last counts: hosts have greetings of their own, and a jump host comes first.
pub fn trouble(words: &str) -> Trouble {
    if words.contains(CHANGED) {
        return Trouble::HostKeyChanged;
    }
    let lines = || words.lines().map(str::trim).filter(|line| !line.is_empty());
    if let Some(trouble) = lines().rev().find_map(meaning) {
        return trouble;
    }
    if lines().any(is_silent) {
        return Trouble::Silent;
    }
    match lines().filter(|line| is_end(line)).count() {
        0 => Trouble::Other,
        ends if ends == lines().count() && words.contains(ENDS[0]) => Trouble::TurnedAway,
        _ => Trouble::HungUp,
    }
}

/// What one line of ssh's means.
fn meaning(line: &str) -> Option<Trouble> {
    let known = || WORDS.iter().find(|(part, _)| line.contains(part)).map(|(_, trouble)| *trouble);
    if is_silent(line) { None } else { known() }
}

/// The last word where ssh gives up, whatever it said before.
fn is_silent(line: &str) -> bool {
    line.starts_with("Connection to ") && line.ends_with(" timed out")
}

fn is_end(line: &str) -> bool {
    ENDS.iter().any(|part| line.contains(part))
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

/// The one line of ssh's or docker's words that says most, with what is behind it where that is said.
pub fn gist(words: &str) -> String {
    let said: Vec<&str> = words.lines().map(str::trim).filter(|line| says_something(line)).collect();
    let is_known =
        |line: &str| meaning(line).is_some() || DIAL_WORDS.iter().any(|(part, _)| line.contains(part));
    let last = |wanted: &dyn Fn(&str) -> bool| said.iter().rev().copied().find(|line| wanted(line));
    let trouble = trouble(words);
    let line = match trouble {
        Trouble::HostKeyChanged => last(&|line| line.contains(CHANGED)),
        Trouble::Settings => last(&has_place),
        _ => None,
    };
    let line = line
        .or_else(|| last(&is_known))
        .or_else(|| last(&is_silent))
        .or_else(|| last(&|line| !is_end(line) && !line.starts_with("channel ")))
        .or_else(|| last(&is_end))
        .or_else(|| last(&|_| true))
        .unwrap_or_default();
    let behind = match trouble {
        // Where the other key is known from.
        Trouble::HostKeyChanged => last(&|line| line.starts_with("Offending ")),
        // Why a key was of no use.
        Trouble::Denied => last(&|line| KEYS.iter().any(|part| line.starts_with(part))),
        _ => None,
    };
    let line = line.trim_matches(['@', ' ']);
    shortened(&behind.map_or_else(|| line.to_owned(), |behind| format!("{line} {behind}")))
}

/// How lines begin that say what is wrong with a key.
const KEYS: [&str; 3] = ["Load key ", "sign_and_send_pubkey: ", "no such identity: "];

/// Whether it is more than decoration.
fn says_something(line: &str) -> bool {
    !line.starts_with("@@@") && line.chars().any(char::is_alphanumeric)
}

/// Whether a line names one of a file: `config: line 3: …` or `config line 3: …`.
fn has_place(line: &str) -> bool {
    line.split_once(" line ").is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
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
            ("one\n\ntwo\n^~~~^\n", "two"),
            ("", ""),
            (
                "Permission denied, please try again.\r\nada@h: Permission denied (password).\r\n",
                "ada@h: Permission denied (password).",
            ),
            (
                "Load key \"/home/ada/.ssh/id\": bad permissions\r\nada@h: Permission denied (publickey).\r\n",
                "ada@h: Permission denied (publickey). Load key \"/home/ada/.ssh/id\": bad permissions",
            ),
            (
                "/home/ada/.ssh/config line 5: no argument after keyword \"x\"\r\n\
                 /home/ada/.ssh/config: terminating, 1 bad configuration options\r\n",
                "/home/ada/.ssh/config line 5: no argument after keyword \"x\"",
            ),
            (
                "sh: 1: exec: nosuch: not here\nkex_exchange_identification: Connection closed by remote host\n",
                "sh: 1: exec: nosuch: not here",
            ),
            (
                "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n",
                "channel 0: open failed: administratively prohibited: open failed",
            ),
            (
                "Timeout, server h not responding.\nchannel 3: open failed: connect failed: open failed\n",
                "Timeout, server h not responding.",
            ),
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
            (
                "Connection timed out during banner exchange\r\nConnection to 10.0.0.9 port 22 timed out\r\n",
                Trouble::NoAnswer,
            ),
            ("Welcome!\r\nConnection to 10.0.0.9 port 22 timed out\r\n", Trouble::Silent),
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
                "Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures\r\n\
                 Disconnected from 127.0.0.1 port 22",
                Trouble::TooManyKeys,
            ),
            ("kex_exchange_identification: Connection closed by remote host", Trouble::TurnedAway),
            (
                "kex_exchange_identification: read: Connection reset by peer\r\n\
                 Connection reset by 10.0.0.1 port 22\r\nConnection closed by UNKNOWN port 65535\r\n",
                Trouble::TurnedAway,
            ),
            (
                "sh: 1: exec: cloudflared: not found\nkex_exchange_identification: Connection closed by remote host",
                Trouble::HungUp,
            ),
            ("Connection closed by 127.0.0.1 port 22", Trouble::HungUp),
            (
                "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n\
                 kex_exchange_identification: Connection closed by remote host",
                Trouble::HungUp,
            ),
            (
                "Welcome! Whoever else comes: Connection refused\nada@h: Permission denied (password).",
                Trouble::Denied,
            ),
            (
                "ada@jump: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host",
                Trouble::Denied,
            ),
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
