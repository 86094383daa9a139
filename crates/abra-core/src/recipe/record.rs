//! What is written down about a deployment: a release, or a commit.
use super::version::{Version, VersionError};
use std::fmt;

/// A commit: 7 to 40 hexadecimal digits, in small letters. A short one stands for the commit it begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(String);

/// A recorded, pinned or deployed version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Record {
    /// A release (or another tag), by name.
    Release(Version),
    /// A commit; `dirty` when the working tree held changes that nobody else has.
    Commit {
        /// The commit.
        commit: Commit,
        /// Whether there were uncommitted or untracked files (`+U`).
        dirty: bool,
    },
}

/// Why a text is no record: it is not a version either.
pub type RecordError = VersionError;

/// Digits of a commit in a record.
const SHORT: usize = 8;

impl Commit {
    /// Reads a commit.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The digits as they were given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(SHORT)]
    }

    /// Whether both can be the same commit: one begins with the other.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }
}

impl Record {
    /// Reads a record: 7 to 40 hexadecimal digits, with or without `+U`, are a commit; anything else is a version.
    ///
    /// # Errors
    /// It can't be a version.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let (hash, dirty) = match text.strip_suffix("+U") {
            Some(hash) => (hash, true),
            None => (text, false),
        };
        match Commit::parse(hash) {
            Some(commit) => Ok(Self::Commit { commit, dirty }),
            None => Version::parse(text).map(Self::Release),
        }
    }

    /// Whether both say the same: the same version, or the same commit at whatever length.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Release(a), Self::Release(b)) => a == b,
            (Self::Commit { commit: a, dirty: x }, Self::Commit { commit: b, dirty: y }) => {
                a.matches(b) && x == y
            }
            (Self::Release(_), Self::Commit { .. }) | (Self::Commit { .. }, Self::Release(_)) => false,
        }
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(version) => version.fmt(f),
            Self::Commit { commit, dirty } => {
                write!(f, "{}{}", commit.short(), if *dirty { "+U" } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Record;

    #[test]
    fn records_are_written_in_the_form_of_the_ecosystem() {
        for (text, shown, dirty) in [
            ("4.0.0+v1.93.0", "4.0.0+v1.93.0", false),
            ("a1b2c3d4", "a1b2c3d4", false),
            ("a1b2c3d4+U", "a1b2c3d4+U", true),
            ("A1B2C3D", "a1b2c3d", false),
            ("0123456789012345678901234567890123456789+U", "01234567+U", true),
            ("1.0.0+U", "1.0.0+U", false),
            ("abc123", "abc123", false),
            ("nightly+U", "nightly+U", false),
        ] {
            let record = Record::parse(text).unwrap();
            let is_dirty = matches!(record, Record::Commit { dirty: true, .. });
            assert_eq!((record.to_string().as_str(), is_dirty), (shown, dirty), "{text}");
        }
        assert!(Record::parse("").is_err());
        assert!(Record::parse("1.0.0 2").is_err());
    }

    #[test]
    fn commits_are_the_same_at_any_length() {
        for (a, b, same) in [
            ("a1b2c3d4", "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", true),
            ("a1b2c3d4", "a1b2c3d5", false),
            ("a1b2c3d4", "a1b2c3d4+U", false),
            ("1.0.0+1", "1.0.0+1", true),
            ("1.0.0+1", "a1b2c3d4", false),
        ] {
            assert_eq!(Record::parse(a).unwrap().same(&Record::parse(b).unwrap()), same, "{a} {b}");
        }
    }
}
