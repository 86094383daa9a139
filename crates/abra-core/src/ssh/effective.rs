//! What ssh would do for a target: the few settings that matter here, as `ssh -G` prints them.
use super::words::shortened;
use std::time::Duration;

/// Settings of the operator's ssh for one target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    /// `ConnectTimeout`, where it is set.
    pub connect: Option<Duration>,
    /// After how long without a sign of life ssh gives a link up, where it would at all.
    pub silence: Option<Duration>,
    /// Whether ssh would ask, after a login, if it may learn further keys of the host (`UpdateHostKeys ask`).
    pub asks_afterwards: bool,
    /// Whether this ssh has settings for what an own command line of it says: `SessionType`, `StdinNull` and
    /// `ForkAfterAuthentication` (OpenSSH 8.7 and newer).
    pub has_session_settings: bool,
}

/// A setting that would be read as something else, or change what a terminal shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ssh's settings lead to the {key} \"{}\", which can't be one", value.escape_debug())]
pub struct UnsafeSetting {
    /// `hostname`, `user` or `port`.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

/// Reads what `ssh -G` prints: one `key value` per line, keys in small letters. Where a key is missing, it counts as not
/// set.
///
/// # Errors
/// The host, user or port that the settings lead to begins with `-` or holds a control character or a blank.
pub fn effective(text: &str) -> Result<Effective, UnsafeSetting> {
    let value = |wanted: &str| {
        text.lines().find_map(|line| line.split_once(' ').filter(|(key, _)| *key == wanted).map(|(_, v)| v))
    };
    for key in ["hostname", "user", "port"] {
        let bad = |value: &&str| {
            value.starts_with('-') || value.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        if let Some(value) = value(key).filter(bad) {
            return Err(UnsafeSetting { key, value: shortened(value) });
        }
    }
    let seconds =
        |key: &str| value(key).and_then(|value| value.parse::<u64>().ok()).filter(|value| *value > 0);
    let silence = seconds("serveraliveinterval")
        .map(|interval| interval.saturating_mul(seconds("serveralivecountmax").unwrap_or(3)));
    Ok(Effective {
        connect: seconds("connecttimeout").map(Duration::from_secs),
        silence: silence.map(Duration::from_secs),
        asks_afterwards: value("updatehostkeys") == Some("ask"),
        has_session_settings: value("forkafterauthentication").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Effective, effective};
    use std::time::Duration;

    #[test]
    fn what_ssh_prints_is_read() {
        let seconds = |value: u64| Some(Duration::from_secs(value));
        for (text, connect, silence, asks_afterwards) in [
            (
                "hostname h\nconnecttimeout none\nserveraliveinterval 0\nserveralivecountmax 3\n",
                None,
                None,
                false,
            ),
            (
                "connecttimeout 60\nserveraliveinterval 5\nserveralivecountmax 2\n",
                seconds(60),
                seconds(10),
                false,
            ),
            ("serveraliveinterval 7\nupdatehostkeys true\n", None, seconds(21), false),
            ("updatehostkeys ask\n", None, None, true),
            ("sessiontype none\nforkafterauthentication yes\n", None, None, false),
            ("", None, None, false),
        ] {
            let has_session_settings = text.contains("fork");
            let expected = Effective { connect, silence, asks_afterwards, has_session_settings };
            assert_eq!(effective(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn hosts_users_and_ports_that_are_no_such_are_refused() {
        for (text, shown) in [
            ("hostname -oProxyCommand=x\n", "the hostname \"-oProxyCommand=x\""),
            ("user ada\u{1b}[2J\n", "the user \"ada\\u{1b}[2J\""),
            ("hostname a b\n", "the hostname \"a b\""),
            ("user -v\n", "the user \"-v\""),
        ] {
            let message = effective(text).unwrap_err().to_string();
            assert!(message.contains(shown), "{message}");
        }
    }
}
