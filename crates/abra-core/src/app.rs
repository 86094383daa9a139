//! An app: one env file of one server, read and checked.
use crate::env::EnvFile;
use crate::finding::Finding;
use crate::name::{AppName, RecipeName, ServerName, StackName};
use crate::recipe::{AbraSh, Record};
use std::collections::BTreeMap;

/// An app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: AppName,
    /// The server it runs on.
    pub server: ServerName,
    /// Its stack on that server.
    pub stack: StackName,
    /// The recipe it is made of.
    pub recipe: RecipeName,
    /// The version pinned behind the recipe's name.
    pub pin: Option<Record>,
    /// Its env file.
    pub env: EnvFile,
}

impl App {
    /// An app from its env file.
    ///
    /// # Errors
    /// All that is wrong: no recipe, or a name that can't be a stack's.
    pub fn new(server: ServerName, name: AppName, env: EnvFile) -> Result<Self, Vec<Finding>> {
        let stack = StackName::of_app(&name, env.get("STACK_NAME")).map_err(|error| {
            let finding = Finding::blocker(error.to_string());
            match env.location("STACK_NAME") {
                Some(location) => finding.at(location),
                None => finding.help("set `STACK_NAME` in the env file to give the stack another name"),
            }
        });
        match (env.recipe_line(), stack) {
            (Ok(line), Ok(stack)) => {
                Ok(Self { name, server, stack, recipe: line.recipe, pin: line.pin, env })
            }
            (line, stack) => Err(line.err().into_iter().chain(stack.err()).collect()),
        }
    }

    /// The variables that the compose files see: the env file's, over them the exports of the recipe's `abra.sh`, over
    /// these `STACK_NAME`.
    pub fn variables(&self, abra_sh: &AbraSh) -> BTreeMap<String, String> {
        let mut variables = self.env.values().clone();
        variables.extend(abra_sh.exports.clone());
        variables.insert("STACK_NAME".to_owned(), self.stack.to_string());
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::App;
    use crate::env::EnvFile;
    use crate::name::{AppName, ServerName};
    use crate::recipe::abra_sh;

    fn app(name: &str, text: &str) -> Result<App, String> {
        let env = EnvFile::parse("app.env", text.as_bytes()).unwrap();
        App::new(ServerName::local(), AppName::new(name).unwrap(), env)
            .map_err(|findings| findings.into_iter().map(|f| f.message).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn an_app_is_read_from_its_env_file() {
        let found = app("wiki.example.com", "TYPE=wiki:1.0.0+2\nA=1\nB=1\n").unwrap();
        assert_eq!((found.recipe.as_str(), found.stack.as_str()), ("wiki", "wiki_example_com"));
        assert_eq!(found.pin.clone().unwrap().to_string(), "1.0.0+2");
        let variables = found.variables(&abra_sh("export B=2\nexport STACK_NAME=x\n"));
        let expected = [("A", "1"), ("B", "2"), ("STACK_NAME", "wiki_example_com"), ("TYPE", "wiki:1.0.0+2")];
        assert_eq!(variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        for (name, text, expected) in [
            (
                "a",
                "TYPE=-x\nSTACK_NAME=a.b",
                "the recipe name `-x` may not begin with `-`; the stack name `a.b` may not \
              contain `.`; ASCII letters, digits, `-` and `_` are allowed",
            ),
            (
                "bücher",
                "TYPE=x",
                "the stack name `bücher` may not contain `ü`; ASCII letters, digits, `-` and `_` are allowed",
            ),
        ] {
            assert_eq!(app(name, text).unwrap_err(), expected);
        }
        assert_eq!(app("bücher", "TYPE=x\nSTACK_NAME=books").unwrap().stack.as_str(), "books");
    }
}
