//! Values that nobody should see in a plan.
use super::change::Shown;

/// Parts of names whose values are secret more often than not.
const SECRET_WORDS: [&str; 12] = [
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "AUTH",
    "CREDENTIAL",
    "SALT",
    "DSN",
    "PRIVATE",
    "SIGNATURE",
    "COOKIE",
];

/// Values that are in no name's way.
const HARMLESS: [&str; 8] = ["", "true", "false", "yes", "no", "0", "1", "none"];

/// A value under a name, or the fact that there is one.
pub(crate) fn shown(name: &str, value: &str) -> Shown {
    if is_secret(name, value) { Shown::Hidden } else { Shown::Text(value.to_owned()) }
}

/// A text without a name of its own, such as a command.
pub(super) fn shown_text(value: &str) -> Shown {
    if tells(value) { Shown::Hidden } else { Shown::Text(value.to_owned()) }
}

fn is_secret(name: &str, value: &str) -> bool {
    if HARMLESS.contains(&value.to_ascii_lowercase().as_str()) {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    // `SECRET_X_VERSION` and `X_PASSWORD_FILE` say which secret, not what is in it.
    let names_one = (upper.ends_with("_VERSION") && value.len() <= 16)
        || (upper.ends_with("_FILE") && value.starts_with('/') && !value.contains(char::is_whitespace));
    (SECRET_WORDS.iter().any(|word| upper.contains(word)) && !names_one) || tells(value)
}

/// True if a text gives something away by itself: a password in a URL or behind an option, a key block, a password hash.
fn tells(value: &str) -> bool {
    let with_password = value.match_indices("://").any(|(at, _)| {
        let rest = &value[at + 3..];
        let authority = &rest[..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len())];
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    with_password || value.contains("-----BEGIN ") || has_hash(value) || has_option(value)
}

/// `$2y$…`, `$apr1$…`, `$6$…`, also with each `$` doubled.
fn has_hash(value: &str) -> bool {
    let single = value.replace("$$", "$");
    ["$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$argon2"]
        .iter()
        .any(|mark| single.contains(mark))
}

/// `--password=x`, `SECRET: x`, `token=x` within a longer text.
fn has_option(value: &str) -> bool {
    value.split(char::is_whitespace).any(|word| {
        let pair = word.split_once(['=', ':']);
        pair.is_some_and(|(name, value)| {
            let upper = name.to_ascii_uppercase();
            !value.is_empty()
                && ["PASS", "SECRET", "TOKEN", "APIKEY", "API_KEY", "API-KEY"]
                    .iter()
                    .any(|word| upper.contains(word))
        })
    }) || value.split(char::is_whitespace).any(|word| {
        word.starts_with("--")
            && ["PASSWORD", "SECRET", "TOKEN"].iter().any(|end| word.to_ascii_uppercase().ends_with(end))
    })
}

/// A line of a file of whatever sort, as it may be shown: what stands behind a name that sounds secret is hidden, so is a
/// line that tells something by itself. Templates and paths only say where a secret comes from.
pub(super) fn shown_line(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    // Marks before a name: quotes, list items, tags, comments.
    let is_mark = |c: char| matches!(c, '"' | '\'' | '-' | '<' | '#' | '/' | ';' | '$') || c.is_whitespace();
    let name_at = start + line[start..].find(|c| !is_mark(c)).unwrap_or(line.len() - start);
    let ends_name = |c: char| matches!(c, '=' | ':' | '>' | '"' | '\'') || c.is_whitespace();
    let name_end = name_at + line[name_at..].find(ends_name).unwrap_or(line.len() - name_at);
    let between = |c: char| ends_name(c) || c == ',';
    let value_at = name_end + line[name_end..].find(|c| !between(c)).unwrap_or(line.len() - name_end);
    let value = line[value_at..].trim_end_matches([',', ';', '"', '\'', ' ', '\t', '\r']);
    let is_reference = (value.starts_with("{{") && value.ends_with("}}"))
        || (value.starts_with("${") && value.ends_with('}'))
        || (value.starts_with('/') && !value.starts_with("//") && !value.contains(char::is_whitespace));
    // A block's first and last lines are no secret; the lines between them are the caller's.
    let is_rim = line.trim().starts_with("-----");
    if is_reference || is_rim {
        return line.to_owned();
    }
    if is_secret(&line[name_at..name_end], value) {
        return format!("{}(hidden)", &line[..value_at]);
    }
    if tells(line) {
        return "(hidden)".to_owned();
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("api_key", "x"),
            ("SECRET_KEY_BASE", "abcdef"),
            ("OIDC_CLIENT_SECRET", "s3"),
            ("DATABASE_URL", "postgres://user:pw@db/x"),
            ("REDIS", "redis://:pw@cache:6379"),
            ("SENTRY_DSN", "https://a@b/1"),
            ("X", "-----BEGIN RSA PRIVATE KEY-----"),
            ("traefik.http.middlewares.x.basicauth.users", "bob:$apr1$x$y"),
            ("users", "bob:$$2y$$05$$abc"),
            ("OPTS", "--db-password=x --debug"),
            ("SECRET_TOKEN_VERSION", "a-long-value-that-is-no-version"),
            ("KEY_FILE", "inline value"),
        ] {
            assert_eq!(shown(name, value), Shown::Hidden, "{name}");
        }
        assert_eq!(shown_text("serve --token abc"), Shown::Hidden);
    }

    #[test]
    fn what_says_which_secret_or_none_is_shown() {
        for (name, value) in [
            ("DOMAIN", "example.org"),
            ("SECRET_DB_PASSWORD_VERSION", "v2"),
            ("DB_PASSWORD_FILE", "/run/secrets/db_password"),
            ("AUTH_ENABLED", "true"),
            ("DB_PASSWORD", ""),
            ("URL", "https://example.org/a:b@c"),
            ("URL", "https://user@example.org"),
            ("PATH", "/a:/b"),
        ] {
            assert_eq!(shown(name, value), Shown::Text(value.to_owned()), "{name}");
        }
        assert_eq!(shown_text("sleep 5"), Shown::Text("sleep 5".to_owned()));
    }

    #[test]
    fn secrets_in_lines_of_files_are_hidden() {
        for (line, expected) in [
            ("port = 80", "port = 80"),
            ("", ""),
            ("   ", "   "),
            ("db_password = hunter2", "db_password = (hidden)"),
            ("  \"password\": \"hunter2\",", "  \"password\": \"(hidden)"),
            ("requirepass hunter2", "requirepass (hidden)"),
            ("<password>hunter2</password>", "<password>(hidden)"),
            ("# api_token: hunter2", "# api_token: (hidden)"),
            ("export SECRET_KEY='hunter2'", "export (hidden)"),
            ("- secret: hunter2", "- secret: (hidden)"),
            ("password = {{ secret \"db\" }}", "password = {{ secret \"db\" }}"),
            ("password_file: /run/secrets/db", "password_file: /run/secrets/db"),
            ("ssl_certificate_key /etc/ssl/key.pem;", "ssl_certificate_key /etc/ssl/key.pem;"),
            ("auth: true", "auth: true"),
            ("url = postgres://me:hunter2@db/x", "url = (hidden)"),
            ("postgres://me:hunter2@db/x", "(hidden)"),
            ("run: /bin/x --password=hunter2", "run: (hidden)"),
            ("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"),
            ("bob:$2y$05$abc", "bob:(hidden)"),
            ("päss: ü", "päss: ü"),
        ] {
            let shown = shown_line(line);
            assert_eq!(shown, expected, "{line}");
            assert!(!shown.contains("hunter2"), "{line}");
        }
    }
}
