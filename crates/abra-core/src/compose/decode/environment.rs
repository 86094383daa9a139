//! `environment` and `env_file`.
use super::Decoder;
use super::fields::{Pair, strings};
use crate::compose::paths;
use crate::compose::short::env_file;
use crate::finding::Spanned;
use crate::yaml::{Node, Problem};
use std::collections::BTreeMap;

/// How many bytes the env files that a compose file names may have, each counted as often as it is named.
const MAX_BYTES: usize = 16 << 20;

type Environment = BTreeMap<String, Spanned<Option<String>>>;

impl Decoder<'_> {
    /// The variables of a service: env files in order, then `environment`; a later one counts. A value that is missing
    /// or empty is taken from the caller's environment where that has it.
    pub(super) fn environment(&mut self, service: &Node) -> Environment {
        let mut environment = Environment::new();
        for file in strings(service.get("env_file")) {
            for pair in self.env_file(&file) {
                self.set(&mut environment, pair);
            }
        }
        for pair in self.pairs(service.get("environment")) {
            self.set(&mut environment, pair);
        }
        environment
    }

    fn set(&mut self, environment: &mut Environment, (key, value, place): Pair) {
        let callers = self.request.env.get(&key).cloned();
        let value = match (value, callers) {
            (None, callers) => callers,
            (Some(value), Some(callers)) if value.is_empty() => {
                if !callers.is_empty() {
                    let message = format!(
                        "{key} is empty here and takes its value from the environment that abra runs in"
                    );
                    self.report(Problem::note(place, message));
                }
                Some(callers)
            }
            (value, _) => value,
        };
        environment.insert(key, Spanned::new(value, place));
    }

    fn env_file(&mut self, file: &Spanned<String>) -> Vec<Pair> {
        let path = paths::join(&self.request.directory, file);
        if self.env_bytes > MAX_BYTES {
            return Vec::new();
        }
        let lines = match self.request.reader.read(&path) {
            Ok(bytes) if self.env_bytes + bytes.len() > MAX_BYTES => {
                self.env_bytes = MAX_BYTES + 1;
                Err(format!("env files have more than {} MiB together", MAX_BYTES >> 20))
            }
            Ok(bytes) => {
                self.env_bytes += bytes.len();
                env_file::parse(&bytes).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match lines {
            Ok(lines) if !self.spend(lines.len(), file.place) => Vec::new(),
            Ok(lines) => lines
                .into_iter()
                .filter(|line| line.value.is_some() || self.request.env.contains_key(&line.name))
                .map(|line| (line.name, line.value, file.place))
                .collect(),
            Err(why) => {
                self.report(Problem::blocker(file.place, format!("the env file {}: {why}", file.value)));
                Vec::new()
            }
        }
    }
}
