//! References of images, read and written as docker does.
use std::fmt;
use std::str::FromStr;

/// The registry of names without one.
const DEFAULT_DOMAIN: &str = "docker.io";

/// Another name of it.
const LEGACY_DOMAIN: &str = "index.docker.io";

/// The part of its names that is left out.
const OFFICIAL: &str = "library/";

/// The tag of names without tag and digest.
const DEFAULT_TAG: &str = "latest";

/// Longest name behind the registry.
const MAX_PATH: usize = 255;

/// Longest tag.
const MAX_TAG: usize = 128;

/// A reference of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Image {
    /// The id of an image: 64 hex digits.
    Id(String),
    /// A name in a registry.
    Named(NamedImage),
}

/// A name in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedImage {
    /// The registry, such as `docker.io` or `localhost:5000`.
    pub domain: String,
    /// The name there, such as `library/nginx`.
    pub path: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, `sha256:…`.
    pub digest: Option<String>,
}

/// Why a text is no reference of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// It does not look like one at all.
    #[error("this is not the name of an image")]
    Format,
    /// A name is in capitals.
    #[error("the name behind the registry has to be in lower case")]
    UpperCase,
    /// A name is too long.
    #[error("the name behind the registry has more than {MAX_PATH} characters")]
    TooLong,
    /// A digest is not one that is known.
    #[error(
        "{0:?} is not a digest: it starts with sha256:, sha384: or sha512:, and hex digits in lower case follow"
    )]
    Digest(String),
}

impl Image {
    /// The same with the tag `latest`, if it has neither tag nor digest.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        if let Self::Named(name) = &mut self
            && name.tag.is_none()
            && name.digest.is_none()
        {
            name.tag = Some(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// The same, pinned to a digest, unless it has one or is an id.
    #[must_use]
    pub fn pinned(mut self, digest: &str) -> Self {
        if let Self::Named(name) = &mut self
            && name.digest.is_none()
        {
            name.digest = Some(digest.to_owned());
        }
        self
    }

    /// The same without its digest.
    #[must_use]
    pub fn unpinned(mut self) -> Self {
        if let Self::Named(name) = &mut self {
            name.digest = None;
        }
        self
    }

    /// The digest.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Named(name) => name.digest.as_deref(),
            Self::Id(_) => None,
        }
    }

    /// The registry that has it; an id has none.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(&name.domain),
            Self::Id(_) => None,
        }
    }
}

/// The familiar form: what docker's own registry takes for granted is left out.
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for NamedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.domain == DEFAULT_DOMAIN {
            let short = self.path.strip_prefix(OFFICIAL).filter(|rest| !rest.contains('/'));
            f.write_str(short.unwrap_or(&self.path))?;
        } else if self.domain.is_empty() {
            f.write_str(&self.path)?;
        } else {
            write!(f, "{}/{}", self.domain, self.path)?;
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Image {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
            return Ok(Self::Id(text.to_owned()));
        }
        let (domain, rest) = split_domain(text);
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (rest, None),
        };
        let last = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest[last..].find(':') {
            Some(colon) => (&rest[..last + colon], Some(&rest[last + colon + 1..])),
            None => (rest, None),
        };
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ImageError::UpperCase);
        }
        let path = if domain == DEFAULT_DOMAIN && !path.contains('/') {
            format!("{OFFICIAL}{path}")
        } else {
            path.to_owned()
        };
        if !path.split('/').all(is_component) || tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ImageError::Format);
        }
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        // docker: what looks like a registry but can't be one may still be the first part of a path.
        let (domain, path) = match domain {
            host if is_domain(host) => (host.to_owned(), path),
            part if is_component(part) => (String::new(), format!("{part}/{path}")),
            _ => return Err(ImageError::Format),
        };
        if path.len() > MAX_PATH {
            return Err(ImageError::TooLong);
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self::Named(NamedImage { domain, path, tag: owned(tag), digest: owned(digest) }))
    }
}

/// Splits off the registry: the first part, if it can't be a part of a plain name.
fn split_domain(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((LEGACY_DOMAIN, rest)) => (DEFAULT_DOMAIN, rest),
        Some((host, rest))
            if host.contains(['.', ':'])
                || host == "localhost"
                || host.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (host, rest)
        }
        _ => (DEFAULT_DOMAIN, text),
    }
}

/// A host name or an IPv6 address in brackets, with a port perhaps.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rfind(':').filter(|_| !text.ends_with(']')) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    }
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// Words of small letters and digits, with one `.`, one or two `_` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut between = text.split(plain).filter(|gap| !gap.is_empty());
    text.starts_with(plain)
        && text.ends_with(plain)
        && between.all(|gap| matches!(gap, "." | "_" | "__") || gap.bytes().all(|b| b == b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn check_digest(text: &str) -> Result<(), ImageError> {
    let digits = match text.split_once(':') {
        Some(("sha256", hex)) => Some((hex, 64)),
        Some(("sha384", hex)) => Some((hex, 96)),
        Some(("sha512", hex)) => Some((hex, 128)),
        _ => None,
    };
    let small_hex = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    match digits {
        Some((hex, length)) if hex.len() == length && hex.bytes().all(small_hex) => Ok(()),
        _ => Err(ImageError::Digest(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
