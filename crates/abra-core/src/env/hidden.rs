//! What must not be shown.

/// Parts of names whose variables hold secrets.
const SECRET: [&str; 14] = [
    "PASS",
    "SECRET",
    "TOKEN",
    "KEY",
    "PRIVATE",
    "CREDENTIAL",
    "SALT",
    "PWD",
    "AUTH",
    "HASH",
    "CERT",
    "DSN",
    "COOKIE",
    "SIGNATURE",
];

/// Whether a variable's name says that its value is a secret. Versions of secrets (`SECRET_X_VERSION`) are none.
pub fn looks_secret(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    let is_version = key.starts_with("SECRET_") && key.ends_with("_VERSION");
    !is_version && SECRET.iter().any(|part| key.contains(part))
}

/// The value as it may be shown: `…` where the name says that it is secret, or where it is an address with a password.
pub fn shown_value<'a>(key: &str, value: &'a str) -> &'a str {
    if looks_secret(key) || holds_password(value) { "…" } else { value }
}

/// A line of the file as it may be shown. Only lines `NAME=value` show their value; of anything else (a line of a
/// multi-line value, text without a name) only the beginning that could be a name.
pub(super) fn shown_line(line: &str) -> String {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    let (prefix, body) = match body.strip_prefix("export ") {
        Some(rest) => ("export ", rest),
        None => ("", body),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let end = body.find(|c| !is_name(c)).unwrap_or(body.len());
    let (key, rest) = body.split_at(end);
    let separated = rest.starts_with('=') || rest.starts_with(':');
    let shown = match rest.get(1..) {
        Some(value) if separated => format!("{}{}", &rest[..1], shown_value(key, value)),
        _ if rest.is_empty() => String::new(),
        _ => "…".to_owned(),
    };
    let key = if separated || key.len() <= 32 { key } else { "…" };
    format!("{indent}{prefix}{key}{shown}")
        .chars()
        .map(|c| if c.is_control() && c != '\t' { ' ' } else { c })
        .collect()
}

/// A shorter secret is no secret, and would hide half of every sentence.
const SHORTEST: usize = 6;

/// A text without the values that their variables' names call secret, and without passwords of addresses among the values.
pub(super) fn masked<'a>(values: impl Iterator<Item = (&'a String, &'a String)>, text: &str) -> String {
    let mut hidden: Vec<&str> = values
        .flat_map(|(key, value)| {
            let whole = looks_secret(key).then_some(value.as_str());
            let password = value.split_once("://").and_then(|(_, rest)| {
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                Some(authority.rsplit_once('@')?.0.split_once(':')?.1)
            });
            [whole, password].into_iter().flatten()
        })
        .filter(|value| value.len() >= SHORTEST)
        .collect();
    // One may be a part of another.
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    hidden.into_iter().fold(text.to_owned(), |text, value| text.replace(value, "…"))
}

/// `scheme://user:password@host`
fn holds_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}
