//! Names of stacks.
use super::{AppName, NameError, check_beginning, check_characters, check_length};
use std::fmt;

/// The name of a stack, as the swarm knows it: the prefix of all its objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackName(String);

/// Characters of an app's name that go into its stack's name. Running apps depend on this cut: it never changes.
const CUT: usize = 45;

impl StackName {
    /// Checks the name of a stack. Docker: the names of services begin with it, have at most 63 characters and may not
    /// contain dots.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let what = "stack name";
        check_length(what, name, 64)?;
        check_beginning(what, name, &['-', '_'])?;
        let allowed = "ASCII letters, digits, `-` and `_` are allowed";
        check_characters(what, name, allowed, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))?;
        Ok(Self(name.to_owned()))
    }

    /// The stack of an app: `STACK_NAME` of its env file where it has one, else the app's name with underscores for
    /// dots, cut to 45 characters.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn of_app(app: &AppName, stack_name: Option<&str>) -> Result<Self, NameError> {
        match stack_name.filter(|name| !name.is_empty()) {
            Some(name) => Self::new(name),
            None => Self::new(&app.as_str().replace('.', "_").chars().take(CUT).collect::<String>()),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{AppName, StackName};

    #[test]
    fn stack_names_follow_from_the_app() {
        let long = "a-rather-long-name-of-an-app.at.a.long.domain.example.com";
        for (app, given, expected) in [
            ("matrix.example.com", None, "matrix_example_com"),
            ("matrix.example.com", Some("old"), "old"),
            ("matrix.example.com", Some(""), "matrix_example_com"),
            (long, None, "a-rather-long-name-of-an-app_at_a_long_domain"),
        ] {
            assert_eq!(StackName::of_app(&AppName::new(app).unwrap(), given).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn names_that_docker_refuses_are_refused() {
        for (name, rule) in [
            ("", "is empty"),
            ("a.b", "may not contain `.`"),
            ("a b", "may not contain ` `"),
            ("ä", "may not contain `ä`"),
            ("-a", "may not begin with `-`"),
            (&"x".repeat(65), "too long: 65 bytes, at most 64"),
        ] {
            let message = StackName::new(name).unwrap_err().to_string();
            assert!(message.contains(rule), "{name:?}: {message}");
        }
    }
}
