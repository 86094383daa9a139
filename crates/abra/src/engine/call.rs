//! One request, before it is sent: method, path, query, body, and what it is about in words.
use super::auth::RegistryAuth;
use super::{EngineError, Filters};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::Value;
use std::time::Duration;

/// A request to be sent.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// What it is about, for error messages: `service st_web`.
    pub what: String,
    pub method: Method,
    /// Path without the version; every name in it is escaped.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Bytes>,
    pub content_type: &'static str,
    /// Whether the connection becomes a stream in both directions.
    pub upgrades: bool,
    pub auth: Option<&'a RegistryAuth>,
    /// Overrides the engine's time limit.
    pub limit: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            content_type: "application/json",
            upgrades: false,
            auth: None,
            limit: None,
        }
    }

    pub(super) fn get(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Method::GET, path, what)
    }

    pub(super) fn post(path: impl Into<String>, what: impl Into<String>, body: &Value) -> Self {
        let mut call = Self::new(Method::POST, path, what);
        call.body = Some(Bytes::from(body.to_string()));
        call
    }

    pub(super) fn delete(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, what)
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(super) fn filters(mut self, filters: &Filters) -> Self {
        self.query.extend(filters.query().map(|text| ("filters", text)));
        self
    }

    pub(super) fn upgrading(mut self) -> Self {
        self.upgrades = true;
        self
    }

    pub(super) fn auth(mut self, auth: Option<&'a RegistryAuth>) -> Self {
        self.auth = auth;
        self
    }

    /// Path and query as they are sent, below `/v1.NN`.
    pub(super) fn target(&self) -> String {
        let mut text = self.path.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(key);
            text.push('=');
            escape(value, &mut text);
        }
        text
    }
}

/// A name or id as one segment of a path. The engine unescapes before it cleans a path, so escaping alone would not
/// keep `..` or `/` from leading elsewhere.
pub(super) fn segment(name: &str) -> Result<String, EngineError> {
    if matches!(name, "" | "." | "..") || name.contains('/') {
        return Err(EngineError::BadName { name: name.to_owned() });
    }
    let mut text = String::with_capacity(name.len());
    escape(name, &mut text);
    Ok(text)
}

/// Percent-escapes all but RFC 3986's unreserved characters.
fn escape(value: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_segment() {
        for (name, expected) in [
            ("st_web.1", Some("st_web.1")),
            ("a?b#c", Some("a%3Fb%23c")),
            ("ä b", Some("%C3%A4%20b")),
            ("", None),
            (".", None),
            ("..", None),
            ("a/../b", None),
        ] {
            assert_eq!(segment(name).ok().as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn queries_are_escaped() {
        let call = Call::get("/services", "services").filters(&Filters::label("a=b&c")).query("version", "7");
        assert_eq!(
            call.target(),
            "/services?filters=%7B%22label%22%3A%7B%22a%3Db%26c%22%3Atrue%7D%7D&version=7"
        );
    }
}
