//! Names: how they are made, and what an engine accepts.
use super::notes::Notes;
use crate::compose::model::{Field, FileObject, Network, Volume};
use crate::finding::{Finding, Place};

/// Longest name of a secret or config (docker: swarm).
const OBJECT_NAME_MAX: usize = 64;

/// Longest name of a service or overlay network (docker: swarm, as it becomes a name in DNS).
const DNS_NAME_MAX: usize = 63;

/// The name that an object gives itself, if it does.
pub(super) trait Named {
    /// `name`, or the name inside `external`.
    fn own_name(&self) -> Option<&str>;
    /// Whether it is made elsewhere.
    fn is_external(&self) -> bool;
}

macro_rules! named {
    ($($object:ty),*) => {$(
        impl Named for $object {
            fn own_name(&self) -> Option<&str> {
                text(&self.name).or_else(|| text(&self.external.name))
            }
            fn is_external(&self) -> bool {
                self.external.external
            }
        }
    )*};
}
named!(FileObject, Network, Volume);

/// The text of a field, if there is any: docker takes an empty one for none.
pub(super) fn text(field: &Field<String>) -> Option<&str> {
    field.as_ref().map(|field| field.value.as_str()).filter(|text| !text.is_empty())
}

/// The name on the server: its own, or the key with the stack's prefix (without, if it is made elsewhere).
pub(super) fn on_server(stack: &str, key: &str, object: &impl Named) -> String {
    match object.own_name() {
        Some(name) => name.to_owned(),
        None if object.is_external() => key.to_owned(),
        None => format!("{stack}_{key}"),
    }
}

/// Checks the name of a stack, from which all others are made.
pub(super) fn check_stack(name: &str, notes: &mut Notes<'_>) {
    if let Err(problem) = object_name(name) {
        notes.push(Finding::blocker(format!("{name:?} can't be the name of a stack: {problem}")));
    }
}

/// Checks the name of a secret or config; `noun` says which.
pub(super) fn check_object(noun: &str, name: &str, place: Place, notes: &mut Notes<'_>) {
    if let Err(problem) = object_name(name) {
        notes.blocker(place, format!("{name:?} can't be the name of a {noun}: {problem}"));
    }
}

/// Checks the full name of a service or overlay network, which becomes a name in DNS; `noun` says which.
pub(super) fn check_dns(noun: &str, name: &str, place: Option<Place>, notes: &mut Notes<'_>) {
    let Err(problem) = dns_name(name) else { return };
    let text = format!("{name:?} can't be the name of a {noun}: {problem}");
    match place {
        Some(place) => notes.blocker(place, text),
        None => notes.push(Finding::blocker(text)),
    }
}

fn dns_name(name: &str) -> Result<(), String> {
    if name.len() > DNS_NAME_MAX {
        return Err(format!("it has {} characters, and an engine takes {DNS_NAME_MAX} at most", name.len()));
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.bytes().all(allowed) || !ends_are_plain(name) {
        return Err(
            "an engine takes letters, digits, - and _, with a letter or digit at both ends".to_owned()
        );
    }
    Ok(())
}

fn object_name(name: &str) -> Result<(), String> {
    if name.len() > OBJECT_NAME_MAX {
        return Err(format!(
            "it has {} characters, and an engine takes {OBJECT_NAME_MAX} at most",
            name.len()
        ));
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !name.bytes().all(allowed) || !ends_are_plain(name) {
        return Err(
            "an engine takes letters, digits, -, _ and ., with a letter or digit at both ends".to_owned()
        );
    }
    Ok(())
}

fn ends_are_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    plain(bytes.first()) && plain(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_64_characters_at_most_and_plain_ends() {
        for good in ["a", "9", "a_b-c.d", &"x".repeat(64)] {
            assert!(object_name(good).is_ok(), "{good}");
        }
        for bad in ["", "_a", "a_", ".a", "a b", "ä", &"x".repeat(65)] {
            assert!(object_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_in_dns_have_63_characters_at_most_and_no_dots() {
        for good in ["a", "a-_b", "a__b", &"x".repeat(63)] {
            assert!(dns_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a.b", "a_", "-a", "a b", &"x".repeat(64)] {
            assert!(dns_name(bad).is_err(), "{bad}");
        }
    }
}
