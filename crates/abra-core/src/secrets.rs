//! The secrets that an app's recipe wants from others, and how their values are made up.
//!
//! A recipe declares them as external with a name like `${STACK_NAME}_db_password_${SECRET_DB_PASSWORD_VERSION}`; a
//! comment behind that variable in the env file (`# length=64 charset=hex`, `# generate=false`) says what the value is
//! like.
use crate::compose::model::Document;
use crate::env::EnvFile;
use crate::secret::Secret;
use std::collections::BTreeMap;

/// Length of a value where nothing is said, in characters.
const LENGTH: usize = 32;
/// Longest value that is made up, in characters.
const LONGEST: usize = 4096;

/// A secret that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its name in the recipe.
    pub key: String,
    /// Its name on the server.
    pub name: String,
    /// The version at the end of that name, where the env file says one.
    pub version: Option<String>,
    /// How its value is made up.
    pub kind: Kind,
}

impl Wish {
    /// The name on the server in another version; `None` where the name ends in no version.
    pub fn in_version(&self, version: &str) -> Option<String> {
        Some(format!("{}{version}", self.name.strip_suffix(self.version.as_deref()?)?))
    }

    /// Names among those on a server that are other versions of this one.
    pub fn other_versions<'a>(&self, there: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let Some(base) = self.in_version("") else { return vec![] };
        // `db_password_salt_v1` is no version of `db_password`.
        let is_version = |name: &&str| {
            let version = name.strip_prefix(&base).unwrap_or_default();
            *name != self.name && !version.is_empty() && !version.contains('_')
        };
        there.filter(is_version).collect()
    }
}

/// How the value of a secret is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// So many characters of a set.
    Characters {
        /// How many.
        length: usize,
        /// Which.
        charset: &'static str,
    },
    /// An operator must insert it.
    ByHand,
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const CHARSETS: [(&str, &str); 5] = [
    ("alnum", ALNUM),
    ("alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("hex", "0123456789abcdef"),
    ("digits", "0123456789"),
    ("special", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#%*+-.:=?@_~"),
];

/// The external secrets that services of the document use, by name. `raw` is the same document without its variables
/// replaced: it tells which variable a name comes from.
pub fn wishes(document: &Document, raw: &Document, env: &EnvFile) -> Vec<Wish> {
    let used = document.services.values().flat_map(|service| &service.secrets);
    let mut wishes = BTreeMap::new();
    for key in used.filter_map(|reference| reference.source.as_ref()) {
        let Some(secret) = document.secrets.get(key.as_str()).filter(|secret| secret.external.external)
        else {
            continue;
        };
        let name =
            secret.name.as_ref().or(secret.external.name.as_ref()).map_or(key.as_str(), |name| name.as_str());
        let pattern =
            raw.secrets.get(key.as_str()).and_then(|raw| raw.name.as_ref().or(raw.external.name.as_ref()));
        let variable = pattern.and_then(|pattern| last_variable(pattern));
        let modifiers = variable.and_then(|variable| env.modifiers(variable));
        let version = variable.and_then(|variable| env.get(variable)).filter(|version| !version.is_empty());
        let version = version.filter(|version| name.ends_with(version)).map(str::to_owned);
        wishes.insert(name.to_owned(), (key.as_str().to_owned(), version, kind(modifiers)));
    }
    let wish = |(name, (key, version, kind))| Wish { key, name, version, kind };
    wishes.into_iter().map(wish).collect()
}

/// The wish that an operator means by its name in the recipe, or its whole name on the server.
pub fn named<'a>(wishes: &'a [Wish], name: &str) -> Option<&'a Wish> {
    wishes.iter().find(|wish| wish.key == name).or_else(|| wishes.iter().find(|wish| wish.name == name))
}

/// The variable at the end of a name's pattern: the version.
fn last_variable(pattern: &str) -> Option<&str> {
    let behind = &pattern[pattern.rfind('$')? + 1..];
    let behind = behind.strip_prefix('{').unwrap_or(behind);
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
    Some(&behind[..end]).filter(|name| !name.is_empty())
}

/// Whatever is said of a value; what makes no sense is left to an operator.
fn kind(modifiers: Option<&BTreeMap<String, String>>) -> Kind {
    let said = |key: &str| modifiers.and_then(|modifiers| modifiers.get(key)).map(String::as_str);
    if said("generate") == Some("false") {
        return Kind::ByHand;
    }
    let length =
        said("length").map_or(Some(LENGTH), |text| text.parse().ok().filter(|n| (1..=LONGEST).contains(n)));
    let charset = match said("charset") {
        None => Some(ALNUM),
        Some(name) => CHARSETS.iter().find(|(known, _)| *known == name).map(|(_, characters)| *characters),
    };
    match (length, charset) {
        (Some(length), Some(charset)) => Kind::Characters { length, charset },
        _ => Kind::ByHand,
    }
}

/// A value can't be made up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// There is no randomness.
    #[error("no random bytes: {0}")]
    Random(String),
    /// It is not one to make up.
    #[error("this secret must be inserted by hand")]
    ByHand,
}

/// Makes up a value; every character of the set is as likely as any other. `random` fills a buffer with random bytes.
///
/// # Errors
/// There is no randomness, or the kind is one that is inserted by hand.
pub fn value(
    kind: Kind,
    random: &mut dyn FnMut(&mut [u8]) -> Result<(), String>,
) -> Result<Secret<String>, ValueError> {
    let Kind::Characters { length, charset } = kind else { return Err(ValueError::ByHand) };
    let set = charset.as_bytes();
    // Bytes above the largest multiple of the set's size would favour its first characters.
    let fair = 256 - 256 % set.len();
    let mut value = String::with_capacity(length);
    let mut bytes = [0; 64];
    while value.len() < length {
        random(&mut bytes).map_err(ValueError::Random)?;
        let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        value.extend(usable.take(length - value.len()).map(|byte| char::from(set[byte % set.len()])));
    }
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::{ALNUM, Kind, Wish, kind, last_variable, value};
    use std::collections::BTreeMap;

    #[test]
    fn the_last_variable_of_a_name_is_its_version() {
        let cases = [
            ("${STACK_NAME}_db_${SECRET_DB_VERSION}", Some("SECRET_DB_VERSION")),
            ("${STACK_NAME}_db_${SECRET_DB_VERSION:-v1}", Some("SECRET_DB_VERSION")),
            ("$STACK_NAME", Some("STACK_NAME")),
            ("fixed_v1", None),
            ("cost$", None),
        ];
        for (pattern, expected) in cases {
            assert_eq!(last_variable(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn modifiers_say_what_a_value_is_like() {
        let hex = "0123456789abcdef";
        let cases = [
            ("", Kind::Characters { length: 32, charset: ALNUM }),
            ("length=64 charset=hex", Kind::Characters { length: 64, charset: hex }),
            ("generate=false length=8", Kind::ByHand),
            ("length=0", Kind::ByHand),
            ("length=99999999999999999999", Kind::ByHand),
            ("charset=klingon", Kind::ByHand),
        ];
        for (text, expected) in cases {
            let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            let modifiers: BTreeMap<String, String> =
                pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            assert_eq!(kind(Some(&modifiers)), expected, "{text}");
        }
        assert_eq!(kind(None), Kind::Characters { length: 32, charset: ALNUM });
    }

    #[test]
    fn values_have_the_length_and_only_characters_of_the_set() {
        let mut next = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(7);
            }
            Ok(())
        };
        for length in [1, 32, 64, 4096] {
            let made = value(Kind::Characters { length, charset: "abc" }, &mut random).unwrap();
            assert_eq!(made.expose().len(), length);
            assert!(made.expose().chars().all(|c| "abc".contains(c)));
        }
    }

    #[test]
    fn without_randomness_there_is_no_value() {
        let made = value(Kind::Characters { length: 1, charset: "a" }, &mut |_| Err("no".to_owned()));
        assert!(made.is_err());
    }

    #[test]
    fn other_versions_of_a_secret_are_known_by_their_names() {
        let kind = Kind::ByHand;
        let wish = |name: &str, version: Option<&str>| Wish {
            key: "db".to_owned(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
            kind,
        };
        let there = ["st_db_v1", "st_db_v2", "st_db_", "st_db_salt_v1", "st_web_v1"];
        for (name, version, expected) in [
            ("st_db_v2", Some("v2"), vec!["st_db_v1"]),
            ("st_db_v3", Some("v3"), vec!["st_db_v1", "st_db_v2"]),
            ("st_db", None, vec![]),
        ] {
            assert_eq!(wish(name, version).other_versions(there.into_iter()), expected, "{name}");
        }
        assert_eq!(wish("st_db_v2", Some("v2")).in_version("v1").as_deref(), Some("st_db_v1"));
    }
}
