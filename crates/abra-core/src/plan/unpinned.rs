//! Images that could not be pinned to a digest: one warning for each, however many services run it.
use super::objects::placed;
use crate::finding::{Finding, Location};
use std::collections::BTreeMap;

/// The most of a text in words that nobody knows here, in characters.
const LONGEST: usize = 120;

/// Words of engines and registries, in lower case, and what they come down to. The first that fits counts.
const REASONS: [(&[&str], &str); 6] = [
    (&["toomanyrequests", "too many requests"], "the registry has had too many requests from this server"),
    (&["manifest unknown", "manifest for", "name unknown", "not found"], "the registry has no such image"),
    (
        &["denied", "unauthorized", "authentication required", "no basic auth", "refused the credentials"],
        "there is no such image, or the registry wants credentials",
    ),
    (&["x509", "certificate"], "the server does not trust the registry's certificate"),
    (
        &["no such host", "lookup ", "server misbehaving", "name resolution"],
        "the server can't find the registry by its name",
    ),
    (
        &["dial tcp", "connection re", "timeout", "no answer within", "unreachable", "no route", ": eof"],
        "the server can't reach the registry",
    ),
];

/// Images without a digest, by name.
#[derive(Default)]
pub(super) struct Unpinned(BTreeMap<String, Users>);

/// Who runs an image, and why nobody knows its digest.
struct Users {
    problem: String,
    services: Vec<String>,
    /// True if all of them keep a digest that is live.
    kept: bool,
    place: Option<Location>,
}

impl Unpinned {
    /// Notes that a service runs an image without a digest, or (`kept`) with the one that it had before.
    pub(super) fn note(
        &mut self,
        image: &str,
        problem: &str,
        service: &str,
        kept: bool,
        place: Option<&Location>,
    ) {
        let users = self.0.entry(image.to_owned()).or_insert_with(|| Users {
            problem: problem.to_owned(),
            services: Vec::new(),
            kept: true,
            place: place.cloned(),
        });
        users.services.push(service.to_owned());
        users.kept &= kept;
    }

    /// One warning for each image.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.0.iter().map(|(image, users)| {
            let services = users.services.join(", ");
            let text = format!("no digest of image {image} ({services}): {}", reason(&users.problem));
            let help = if users.kept {
                "it goes on with the digest that it runs"
            } else {
                "it is deployed by its tag alone: each node runs what it has or finds under that tag"
            };
            placed(Finding::warning(text).help(help), users.place.as_ref())
        })
    }
}

/// A problem in few words.
fn reason(problem: &str) -> String {
    let lower = problem.to_lowercase();
    let known = REASONS.iter().find(|(words, _)| words.iter().any(|word| lower.contains(word)));
    known.map_or_else(|| problem.chars().take(LONGEST).collect(), |(_, reason)| (*reason).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_few_words() {
        for (problem, want) in [
            ("errors:\nmanifest unknown: manifest unknown", "the registry has no such image"),
            (
                "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n",
                "there is no such image, or the registry wants credentials",
            ),
            (
                "Get \"https://x/v2/\": dial tcp: lookup x on 10.0.0.1:53: no such host",
                "the server can't find the registry by its name",
            ),
            (
                "Get \"http://127.0.0.1:5000/v2/\": dial tcp 127.0.0.1:5000: connect: connection refused",
                "the server can't reach the registry",
            ),
            ("no answer within 30 s: image x", "the server can't reach the registry"),
            ("Get \"https://x/v2/\": x509: certificate signed by unknown authority", REASONS[3].1),
            ("toomanyrequests: You have reached your pull rate limit", REASONS[0].1),
            ("what is this", "what is this"),
        ] {
            assert_eq!(reason(problem), want, "{problem}");
        }
        assert_eq!(reason(&"long ".repeat(100)).len(), LONGEST);
    }
}
