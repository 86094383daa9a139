//! The version of the Engine API that client and engine agreed on.
use std::fmt;
use std::str::FromStr;

/// A version of the Engine API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// Always 1 so far.
    pub major: u16,
    /// Rises with releases.
    pub minor: u16,
}

impl ApiVersion {
    /// The newest that we speak (Engine 28).
    pub const OURS: Self = Self::v1(51);
    /// The oldest that will do (Engine 20.10).
    pub const LEAST: Self = Self::v1(41);

    /// Version 1.`minor`.
    pub const fn v1(minor: u16) -> Self {
        Self { major: 1, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Text that is not an API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an API version")]
pub struct BadApiVersion(pub String);

impl FromStr for ApiVersion {
    type Err = BadApiVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts =
            text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor) = parts.ok_or_else(|| BadApiVersion(text.to_owned()))?;
        Ok(Self { major, minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let parse = |text: &str| text.parse::<ApiVersion>();
        assert!(parse("1.9").ok() < parse("1.41").ok());
        assert_eq!(parse("1.41").map(|v| v.to_string()), Ok("1.41".to_owned()));
        assert!(parse("1").is_err() && parse("1.x").is_err());
    }
}
