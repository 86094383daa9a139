//! Names of recipes.
use super::{NameError, check_beginning, check_characters, check_length, check_parent};
use std::fmt;

/// The name of a recipe: `name`, or `host/organisation/name` for one that is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipeName(String);

const WHAT: &str = "recipe name";

impl RecipeName {
    /// Checks the name of a recipe.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_length(WHAT, name, 200)?;
        check_beginning(WHAT, name, &['-', '.', '/'])?;
        check_parent(WHAT, name)?;
        let allowed =
            "ASCII letters, digits, `.`, `-`, `_` and the `/` of `host/organisation/name` are allowed";
        let remote = name.contains('/');
        check_characters(WHAT, name, allowed, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/') || (remote && c == '~')
        })?;
        let parts: Vec<&str> = name.split('/').collect();
        let unfit = |part: &&str| part.is_empty() || part.starts_with(['-', '.']);
        if parts.iter().any(unfit) || parts.len() == 2 || parts.len() > 8 {
            return Err(NameError::Shape { name: name.to_owned() });
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part: what the recipe is called in its own files.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder under `recipes/`: dots and slashes become underscores.
    pub fn folder(&self) -> String {
        self.0.replace(['.', '/'], "_")
    }

    /// Where the recipe is cloned from: the place it names, else below `base` (see `recipes.url`).
    pub fn url(&self, base: &str) -> String {
        if self.0.contains('/') {
            format!("https://{}.git", self.0)
        } else {
            format!("{}/{}.git", base.trim_end_matches('/'), self.0)
        }
    }
}

impl fmt::Display for RecipeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RecipeName;

    #[test]
    fn folder_and_url_follow_from_the_name() {
        for (name, folder, url) in [
            ("matrix-synapse", "matrix-synapse", "https://git.example/recipes/matrix-synapse.git"),
            (
                "mygit.org/myorg/cool-recipe",
                "mygit_org_myorg_cool-recipe",
                "https://mygit.org/myorg/cool-recipe.git",
            ),
            ("git.sr.ht/~me/wiki", "git_sr_ht_~me_wiki", "https://git.sr.ht/~me/wiki.git"),
        ] {
            let recipe = RecipeName::new(name).unwrap();
            assert_eq!(
                (recipe.folder().as_str(), recipe.url("https://git.example/recipes/")),
                (folder, url.into())
            );
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for (name, rule) in [
            ("", "is empty"),
            ("../wiki", "may not begin with `.`"),
            ("a/../b", "may not contain `..`"),
            ("-wiki", "may not begin with `-`"),
            ("host/-o/name", "must be `name` or `host/organisation/name`"),
            ("host/.git/name", "must be `name` or `host/organisation/name`"),
            ("a//b", "must be `name` or `host/organisation/name`"),
            ("org/name", "must be `name` or `host/organisation/name`"),
            ("/etc/passwd", "may not begin with `/`"),
            ("wi ki", "may not contain ` `"),
            ("wiki\n", "may not contain `\\n`"),
            ("wiki:1", "may not contain `:`"),
            ("~me", "may not contain `~`"),
        ] {
            let message = RecipeName::new(name).unwrap_err().to_string();
            assert!(message.contains(rule), "{name:?}: {message}");
        }
    }
}
