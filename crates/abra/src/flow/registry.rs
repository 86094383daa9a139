//! What a registry said, in a few words: engines wrap it several times over.
use crate::engine::EngineError;

/// The longest text that is told, in characters.
const LONGEST: usize = 120;

/// Why a registry gave no digest, short enough to stand in a warning.
pub(super) fn words(error: &EngineError) -> String {
    let said = match error {
        EngineError::Refused { message, .. } => message.as_str(),
        EngineError::Unauthorized { .. } => return "the registry wants other credentials".to_owned(),
        EngineError::TimedOut { .. } => return "no answer in time".to_owned(),
        other => return shortened(&other.to_string()),
    };
    match host(said) {
        // Go's network errors: the address, then cause after cause, the innermost last.
        Some(host) => {
            format!("{host} can't be reached: {}", shortened(said.rsplit(": ").next().unwrap_or(said)))
        }
        None if said.contains("manifest unknown") => "the registry has no such image".to_owned(),
        None => shortened(said),
    }
}

/// The host of an address that the engine's own request failed for.
fn host(said: &str) -> Option<&str> {
    let (_, address) = said.split_once(" \"https://").or_else(|| said.split_once(" \"http://"))?;
    address.split(['/', '"']).next().filter(|host| !host.is_empty())
}

fn shortened(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineError, words};

    #[test]
    fn what_registries_say_is_told_in_a_few_words() {
        let long = "x".repeat(500);
        let short = format!("{}…", "x".repeat(120));
        let cases = [
            (
                "Get \"https://registry.example.org/v2/\": dial tcp: lookup registry.example.org on 10.0.0.1:53: network is unreachable",
                "registry.example.org can't be reached: network is unreachable",
            ),
            (
                "error pinging: Head \"http://127.0.0.1:5000/v2/a/manifests/1\": EOF",
                "127.0.0.1:5000 can't be reached: EOF",
            ),
            ("manifest unknown: manifest unknown", "the registry has no such image"),
            ("pull access denied\nmore", "pull access denied"),
            (&long, &short),
        ];
        for (message, wanted) in cases {
            let error = EngineError::Refused {
                what: "image bb:1".to_owned(),
                status: 500,
                message: message.to_owned(),
            };
            assert_eq!(words(&error), wanted);
        }
    }
}
