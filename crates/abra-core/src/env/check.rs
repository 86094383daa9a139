//! An app's env file against its recipe's sample.
use super::{EnvFile, RECORD_KEY, optional_variables};
use crate::name::nearest;

/// Keys that both say which recipe an app is.
const RECIPE: [&str; 2] = ["TYPE", "RECIPE"];

/// Where a variable is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The sample has it, and so has the app's file.
    Present,
    /// The sample sets it, the app's file does not.
    Missing,
    /// Only the app's file has it.
    Extra,
}

impl Presence {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}

/// A variable of the sample or of the app's file. Values are not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it is set.
    pub presence: Presence,
    /// Of an extra one: the missing one whose name comes nearest, where one is near.
    pub meant: Option<String>,
}

/// Every variable of the sample in its order, then those that only the app's file has, in its order. Variables that the sample
/// has as comments only are not missed, and none too many. abra's own record is left out.
pub fn check(sample: &EnvFile, env: &EnvFile) -> Vec<Variable> {
    let optional = optional_variables(&sample.text);
    let has = |file: &EnvFile, name: &str| match RECIPE.contains(&name) {
        true => RECIPE.iter().any(|key| file.get(key).is_some()),
        false => file.get(name).is_some(),
    };
    let of_sample: Vec<Variable> = in_order(sample)
        .into_iter()
        .map(|name| {
            let presence = if has(env, name) { Presence::Present } else { Presence::Missing };
            Variable { name: name.to_owned(), presence, meant: None }
        })
        .collect();
    let lacks = missing(&of_sample);
    let others = in_order(env).into_iter().filter(|name| !has(sample, name)).map(|name| {
        let is_known = optional.contains(name);
        let near = nearest(name, lacks.iter().copied(), 1).first().map(ToString::to_string);
        Variable {
            name: name.to_owned(),
            presence: if is_known { Presence::Present } else { Presence::Extra },
            meant: near.filter(|_| !is_known),
        }
    });
    let others: Vec<Variable> = others.collect();
    of_sample.into_iter().chain(others).collect()
}

/// The names of those that are missing.
pub fn missing(variables: &[Variable]) -> Vec<&str> {
    let missing = variables.iter().filter(|variable| variable.presence == Presence::Missing);
    missing.map(|variable| variable.name.as_str()).collect()
}

fn in_order(file: &EnvFile) -> Vec<&str> {
    let mut names: Vec<&str> =
        file.values().keys().map(String::as_str).filter(|name| *name != RECORD_KEY).collect();
    names.sort_by_key(|name| file.places().get(*name));
    names
}

#[cfg(test)]
mod tests {
    use super::{Presence, check};
    use crate::env::EnvFile;

    #[test]
    fn variables_are_present_missing_or_extra() {
        let sample = "TYPE=wiki\nB=1\nA=${B}\n#OPTIONAL=1\n# ALSO=2\nDB_HOST=x\nDB_HOST=y\n";
        for (env, wanted) in [
            ("TYPE=wiki\nB=1\nA=1\nDB_HOST=z\n", "TYPE present, B present, A present, DB_HOST present"),
            ("RECIPE=wiki\nB=\n", "TYPE present, B present, A missing, DB_HOST missing"),
            (
                "TYPE=wiki\nOPERATOR_SYNC_VERSION=1.0.0+1\nZ=1\nDB_HOTS=1\nB=1\nOPTIONAL=2\nA=1\n",
                "TYPE present, B present, A present, DB_HOST missing, Z extra, DB_HOTS extra (DB_HOST), OPTIONAL present",
            ),
        ] {
            let [sample, env] =
                [sample, env].map(|text| EnvFile::parse("x", text.as_bytes()).expect("no errors"));
            let words = check(&sample, &env).into_iter().map(|variable| {
                let meant = variable.meant.map(|meant| format!(" ({meant})")).unwrap_or_default();
                assert!(meant.is_empty() || variable.presence == Presence::Extra);
                format!("{} {}{meant}", variable.name, variable.presence.word())
            });
            assert_eq!(words.collect::<Vec<_>>().join(", "), wanted);
        }
    }
}
