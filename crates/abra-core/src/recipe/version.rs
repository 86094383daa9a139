//! Versions: the tags of a recipe.
use std::cmp::Ordering;
use std::fmt;

/// A tag of a recipe. Releases look like `x.y.z+upstream`: first the recipe's own version, then that of the software.
/// Other tags are kept as text and sort below all releases.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    text: String,
    recipe: Option<[u64; 3]>,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Nothing was given.
    #[error("an empty version")]
    Empty,
    /// More than 128 characters.
    #[error("a version of {length} characters, at most 128 are allowed")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// A character, or a beginning, that git doesn't allow in a tag or that would be read as an option.
    #[error("`{}`, which is no version: `{}` is not allowed there", text.escape_debug(), character.escape_debug())]
    Character {
        /// The text.
        text: String,
        /// The character.
        character: char,
    },
}

impl Version {
    /// Reads a version or another tag.
    ///
    /// # Errors
    /// The text can't be a tag.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let first = text.chars().next().ok_or(VersionError::Empty)?;
        let length = text.chars().count();
        if length > 128 {
            return Err(VersionError::TooLong { length });
        }
        let refused = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'));
        let outside = text.chars().find(refused).or_else(|| (first == '-' || first == '.').then_some(first));
        let character = outside.or_else(|| (text.contains("..") || text.ends_with('.')).then_some('.'));
        match character {
            Some(character) => Err(VersionError::Character { text: text.to_owned(), character }),
            None => Ok(Self { recipe: recipe_part(text), text: text.to_owned() }),
        }
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the tag is a release, and not some other tag.
    pub fn is_release(&self) -> bool {
        self.recipe.is_some()
    }

    /// The recipe's own part of a release: major, minor, patch.
    pub fn recipe_part(&self) -> Option<[u64; 3]> {
        self.recipe
    }

    fn upstream(&self) -> &str {
        self.text.split_once('+').map_or("", |(_, upstream)| upstream)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.recipe
            .cmp(&other.recipe)
            .then_with(|| natural(self.upstream(), other.upstream()))
            .then_with(|| natural(&self.text, &other.text))
            .then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `x.y.z` before a `+` or at the end.
fn recipe_part(text: &str) -> Option<[u64; 3]> {
    let (recipe, upstream) = text.split_once('+').unwrap_or((text, "-"));
    let numbers: Vec<u64> = recipe.split('.').map(number).collect::<Option<_>>()?;
    let part = <[u64; 3]>::try_from(numbers).ok()?;
    (!upstream.is_empty()).then_some(part)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Text by text and number by number, numbers by value; what ends first is smaller.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let (left, right) = (piece(a), piece(b));
        let both_digits = starts_with_digit(left) && starts_with_digit(right);
        let order = if both_digits { by_value(left, right) } else { left.cmp(right) };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (&a[left.len()..], &b[right.len()..]);
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The longest beginning that is all digits, or all other characters.
fn piece(text: &str) -> &str {
    let digits = starts_with_digit(text);
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    &text[..end]
}

fn by_value(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::Version;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn releases_are_ordered_by_the_recipe_then_by_the_software() {
        let ordered = [
            "latest",
            "v1.0.0",
            "1.0.0",
            "1.0.0+1.9.0",
            "1.0.0+1.10.0",
            "1.0.0+v1.9",
            "1.0.0+v1.9.1",
            "1.0.1+0.1",
            "1.2.0+1.0.5-social-amd64",
            "1.10.0+1.0.5-social-amd64",
            "2.0.0+99999999999999999999998",
            "2.0.0+99999999999999999999999",
            "10.0.0+1",
        ];
        for (i, lower) in ordered.iter().enumerate() {
            for upper in &ordered[i + 1..] {
                assert!(version(lower) < version(upper), "{lower} < {upper}");
            }
        }
    }

    #[test]
    fn only_three_numbers_make_a_release() {
        for (text, release) in [
            ("4.0.0+v1.93.0", true),
            ("4.0.0", true),
            ("4.0.0+", false),
            ("4.0+1", false),
            ("v4.0.0+1", false),
            ("4.0.0-rc1+1", false),
            ("99999999999999999999.0.0+1", false),
        ] {
            assert_eq!(version(text).is_release(), release, "{text}");
            assert_eq!(version(text).as_str(), text);
        }
    }

    #[test]
    fn texts_that_git_or_a_command_line_would_misread_are_refused() {
        for text in
            ["", "-f", "a b", "1.0.0\n", "a/b", "a:b", "1..2", ".x", "x.", "a~1", "ä", &"1".repeat(129)]
        {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_equality_means_the_same_text(
            mut all in proptest::collection::vec("[0-9]{1,2}\\.[0-9]\\.[0-9]\\+[a0-2-]{0,5}\\.?[a-c0-9]|[a-c0-9]{1,4}", 3)
        ) {
            all.sort_by_key(|text| version(text));
            let (a, b, c) = (version(&all[0]), version(&all[1]), version(&all[2]));
            prop_assert!(a <= b && b <= c && a <= c);
            prop_assert_eq!(a.cmp(&b).is_eq(), all[0] == all[1]);
        }
    }
}
