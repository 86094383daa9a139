//! A new app's env file, from the recipe's `.env.sample`.
use super::{EnvFile, edit, split_pin};
use crate::finding::Finding;
use crate::name::{AppName, RecipeName};
use crate::recipe::Record;
use std::collections::BTreeSet;

/// The env file of a new app: the sample with `<recipe>.example.com` replaced by the app's name, `DOMAIN` set to it where
/// the sample sets one, and a recipe line that names the recipe as the operator did, pinned to a version if one is
/// given. Every other byte stays.
///
/// # Errors
/// The sample has errors.
pub fn from_sample(
    name: &str,
    bytes: &[u8],
    recipe: &RecipeName,
    pin: Option<&Record>,
    app: &AppName,
) -> Result<Vec<u8>, Vec<Finding>> {
    let sample = EnvFile::parse(name, bytes)?;
    let example = format!("{}.example.com", recipe.short());
    let named = EnvFile::parse(name, sample.text.replace(&example, app.as_str()).as_bytes())?;
    let placed = match named.get("DOMAIN") {
        Some(domain) if domain != app.as_str() => {
            EnvFile::parse(name, &edit::with_value(&named, "DOMAIN", app.as_str()))?
        }
        _ => named,
    };
    let pinned = |pin: String| if pin.is_empty() { recipe.to_string() } else { format!("{recipe}:{pin}") };
    let pin = pin.map(Record::to_string);
    Ok(match placed.recipe_key() {
        None => [format!("TYPE={}\n", pinned(pin.unwrap_or_default())).as_bytes(), placed.bytes()].concat(),
        Some(key) => {
            let value = placed.get(key).unwrap_or_default();
            let (_, sample_pin) = split_pin(value);
            let wanted = pinned(pin.or(sample_pin.map(str::to_owned)).unwrap_or_default());
            if value == wanted { placed.bytes().to_owned() } else { edit::with_value(&placed, key, &wanted) }
        }
    })
}

/// The variables that a sample has as comments only (`#NAME=value`, also `# NAME=value`): the recipe works without them.
pub fn optional_variables(sample: &str) -> BTreeSet<String> {
    let lines = sample.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
    let names = lines.filter_map(|line| line.trim_start_matches(['#', ' ', '\t']).split_once('='));
    let names = names.map(|(name, _)| name.strip_prefix("export ").unwrap_or(name));
    let is_name = |name: &&str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    names.filter(is_name).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{from_sample, optional_variables};
    use crate::name::{AppName, RecipeName};
    use crate::recipe::Record;

    #[test]
    fn a_sample_becomes_the_apps_own_file() {
        for (recipe, sample, expected) in [
            (
                "wiki",
                "TYPE=wiki\n\nDOMAIN=wiki.example.com # yours\n#EXTRA_DOMAINS=', `www.wiki.example.com`'\nMAIL=example.com",
                "TYPE=wiki\n\nDOMAIN=docs.test # yours\n#EXTRA_DOMAINS=', `www.docs.test`'\nMAIL=example.com",
            ),
            ("wiki", "TYPE=wiki\r\nDOMAIN={{ .Domain }}\r\n", "TYPE=wiki\r\nDOMAIN=docs.test\r\n"),
            ("wiki", "TYPE=wiki\nDOMAIN= # yours\n", "TYPE=wiki\nDOMAIN=docs.test # yours\n"),
            ("wiki", "TYPE=\"wiki\"\nDOMAIN=\"x\"\n", "TYPE=\"wiki\"\nDOMAIN=\"docs.test\"\n"),
            ("git.test/org/wiki", "TYPE=wiki\nA=1\n", "TYPE=git.test/org/wiki\nA=1\n"),
            ("fork", "RECIPE=wiki:1.0.0+1\n", "RECIPE=fork:1.0.0+1\n"),
            ("wiki", "A=1\n", "TYPE=wiki\nA=1\n"),
            ("wiki", "", "TYPE=wiki\n"),
        ] {
            let (recipe, app) = (RecipeName::new(recipe).unwrap(), AppName::new("docs.test").unwrap());
            let written = from_sample(".env.sample", sample.as_bytes(), &recipe, None, &app).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }

    #[test]
    fn a_version_that_was_asked_for_is_pinned() {
        let (recipe, app) = (RecipeName::new("wiki").unwrap(), AppName::new("docs.test").unwrap());
        let pin = Record::parse("1.2.0+3").unwrap();
        for (sample, expected) in [
            ("TYPE=wiki # the recipe\n", "TYPE=wiki:1.2.0+3 # the recipe\n"),
            ("RECIPE=wiki:1.0.0+1\n", "RECIPE=wiki:1.2.0+3\n"),
            ("A=1\n", "TYPE=wiki:1.2.0+3\nA=1\n"),
        ] {
            let written = from_sample(".env.sample", sample.as_bytes(), &recipe, Some(&pin), &app).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }

    #[test]
    fn what_a_sample_comments_out_is_optional() {
        let sample = "TYPE=wiki\nA=1\n#EXTRA_DOMAINS=', `www.a.test`'\n  # MAIL=1 # x\n## B=\n#export C=1\n# see: a=b c\n# 1D=2\n# set X = 1\n";
        let names: Vec<String> = optional_variables(sample).into_iter().collect();
        assert_eq!(names, ["B", "C", "EXTRA_DOMAINS", "MAIL"]);
    }

    #[test]
    fn a_broken_sample_is_told() {
        let (recipe, app) = (RecipeName::new("wiki").unwrap(), AppName::new("docs.test").unwrap());
        let findings = from_sample(".env.sample", b"TYPE-wiki\n", &recipe, None, &app).unwrap_err();
        assert_eq!(findings[0].location.as_ref().unwrap().to_string(), ".env.sample:1:5");
    }
}
