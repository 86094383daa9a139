//! Docker's contexts: engines by name, each a small JSON document as docker's own client keeps it. A server's engine is
//! the one whose context has the server's name.
//!
//! Not here: where the documents lie, and how an address is reached.
use crate::name::ServerName;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Marks contexts that this program made, for people who list docker's contexts and for [`DockerContext::is_ours`].
pub const OURS: &str = "server of abra";

/// One context: whatever stands in it survives a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerContext {
    name: String,
    whole: Map<String, Value>,
}

/// Why a context can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerContextError {
    /// docker: names match `[a-zA-Z0-9][a-zA-Z0-9_.+-]+`.
    #[error(
        "docker takes no context called `{0}`: its names have two characters or more of a-z, A-Z, 0-9, `.`, `-`, `_`, and begin with a letter or digit"
    )]
    Name(ServerName),
    /// Not the document that docker writes.
    #[error("docker's context `{name}` can't be read: {reason}")]
    Malformed {
        /// The context.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A character in the address that no address has.
    #[error("the address of docker's context `{name}` may not contain `{}`", character.escape_debug())]
    Character {
        /// The context.
        name: String,
        /// The character.
        character: char,
    },
}

/// The folder of a context: docker names it by sha256 of the context's name, in hex.
pub fn folder(name: &str) -> String {
    Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl DockerContext {
    /// A new one of this program's.
    ///
    /// # Errors
    /// docker would not take the server's name.
    pub fn new(server: &ServerName, host: &str) -> Result<Self, DockerContextError> {
        let name = server.as_str();
        let is_letter = |c: char| c.is_ascii_alphanumeric();
        let takes = name.len() > 1
            && name.starts_with(is_letter)
            && name.chars().all(|c| is_letter(c) || matches!(c, '_' | '.' | '-'));
        if !takes {
            return Err(DockerContextError::Name(server.clone()));
        }
        let whole = json!({
            "Name": name,
            "Metadata": { "Description": OURS },
            "Endpoints": { "docker": { "Host": host, "SkipTLSVerify": false } },
        });
        let whole = whole.as_object().cloned().unwrap_or_default();
        Ok(Self { name: name.to_owned(), whole })
    }

    /// Reads the document of the context of this name.
    ///
    /// # Errors
    /// It is not what docker writes, or holds an address that nothing should be given to.
    pub fn parse(name: &str, text: &str) -> Result<Self, DockerContextError> {
        let malformed = |reason: String| DockerContextError::Malformed { name: name.to_owned(), reason };
        let whole: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        match field(&whole, "Name").and_then(Value::as_str) {
            Some(own) if own == name => {}
            Some(own) => return Err(malformed(format!("it calls itself `{}`", own.escape_debug()))),
            None => return Err(malformed("it has no name".to_owned())),
        }
        let context = Self { name: name.to_owned(), whole };
        match context.host().and_then(|host| host.chars().find(|c| c.is_control() || c.is_whitespace())) {
            Some(character) => Err(DockerContextError::Character { name: context.name, character }),
            None => Ok(context),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its engine is: an address with a scheme; `None` where docker would take the local engine.
    pub fn host(&self) -> Option<&str> {
        let docker = field(&self.whole, "Endpoints")?.get("docker")?.as_object()?;
        let host = field(docker, "Host")?.as_str()?;
        (!host.is_empty()).then_some(host)
    }

    /// Whether this program made it.
    pub fn is_ours(&self) -> bool {
        let metadata = field(&self.whole, "Metadata").and_then(Value::as_object);
        metadata.and_then(|metadata| field(metadata, "Description")).and_then(Value::as_str) == Some(OURS)
    }

    /// The same context with another address. All else stays.
    #[must_use]
    pub fn leading_to(mut self, host: &str) -> Self {
        let key = key(&self.whole, "Endpoints");
        let endpoints = object(self.whole.entry(key).or_insert(Value::Null));
        let docker = object(endpoints.entry("docker").or_insert(Value::Null));
        docker.insert(self::key(docker, "Host"), Value::from(host));
        docker.entry(self::key(docker, "SkipTLSVerify")).or_insert(Value::Bool(false));
        self
    }

    /// The document, as docker writes it.
    pub fn text(&self) -> String {
        Value::Object(self.whole.clone()).to_string()
    }
}

/// A field as docker's parser finds it: its name as it is, else in any letter case.
fn field<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(&key(map, name))
}

/// The name that a field has there, or would get.
fn key(map: &Map<String, Value>, name: &str) -> String {
    let alike = || map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    if map.contains_key(name) { name.to_owned() } else { alike().unwrap_or_else(|| name.to_owned()) }
}

/// The object in a value; whatever else stood there is no part of the document.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was made an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::{DockerContext, folder};
    use crate::name::ServerName;

    /// As docker 28.2 writes it for `docker context create foo --docker host=… --description hi`.
    const THEIRS: &str = r#"{"Name":"foo","Metadata":{"Description":"hi"},"Endpoints":{"docker":{"Host":"ssh://deploy@example.org:2222","SkipTLSVerify":false}}}"#;

    #[test]
    fn folders_are_dockers() {
        assert_eq!(folder("foo"), "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
    }

    #[test]
    fn documents_are_read_and_written_as_docker_does() {
        let context = DockerContext::parse("foo", THEIRS).unwrap();
        assert_eq!((context.host(), context.is_ours()), (Some("ssh://deploy@example.org:2222"), false));
        assert_eq!(context.text(), THEIRS);
        let ours = DockerContext::new(&ServerName::new("foo").unwrap(), "ssh://deploy@example.org:2222");
        let ours = ours.unwrap();
        assert_eq!(ours.text(), THEIRS.replace("hi", "server of abra"));
        assert!(ours.is_ours());
    }

    #[test]
    fn whatever_else_stands_in_it_survives() {
        let text = r#"{"Name":"x","Metadata":{"a":[1]},"Endpoints":{"docker":{"Host":"","Z":1},"kubernetes":{}},"Later":null}"#;
        let context = DockerContext::parse("x", text).unwrap();
        assert_eq!(context.host(), None);
        assert_eq!(
            context.leading_to("unix:///s").text(),
            r#"{"Name":"x","Metadata":{"a":[1]},"Endpoints":{"docker":{"Host":"unix:///s","Z":1,"SkipTLSVerify":false},"kubernetes":{}},"Later":null}"#
        );
        // docker's parser takes names of fields in any letter case.
        let text = r#"{"name":"x","metadata":{"description":"server of abra"},"endpoints":{"docker":{"host":"ssh://h"}}}"#;
        let small = DockerContext::parse("x", text).unwrap();
        assert_eq!((small.host(), small.is_ours()), (Some("ssh://h"), true));
        assert_eq!(
            small.leading_to("ssh://i").text(),
            text.replace(r#""ssh://h""#, r#""ssh://i","SkipTLSVerify":false"#)
        );
        let bare = DockerContext::parse("x", r#"{"Name":"x","Endpoints":7}"#).unwrap();
        assert_eq!(bare.leading_to("ssh://h").host(), Some("ssh://h"));
    }

    #[test]
    fn what_is_no_context_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "can't be read: EOF"),
            ("[]", "can't be read"),
            ("{}", "it has no name"),
            (r#"{"Name":"y"}"#, "it calls itself `y`"),
            (r#"{"Name":"\u001b[2J"}"#, "it calls itself `\\u{1b}[2J`"),
            (
                r#"{"Name":"x","Endpoints":{"docker":{"Host":"ssh://h\n"}}}"#,
                "the address of docker's context `x` may not contain `\\n`",
            ),
            (
                r#"{"Name":"x","Endpoints":{"docker":{"Host":"unix:///a\u001b[2J"}}}"#,
                "may not contain `\\u{1b}`",
            ),
            (r#"{"Name":"x","Endpoints":{"docker":{"Host":"ssh://h -oX"}}}"#, "may not contain ` `"),
        ] {
            let message = DockerContext::parse("x", text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
        for name in ["x", "_x", "bücher.example"] {
            let server = ServerName::new(name).unwrap();
            let message = DockerContext::new(&server, "ssh://h").unwrap_err().to_string();
            assert!(message.contains(&format!("no context called `{name}`")), "{message}");
        }
    }
}
