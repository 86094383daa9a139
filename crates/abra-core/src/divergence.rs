//! When record, pin and server disagree: what the operator is told before the overview, and what must not be undone
//! without a word.
use crate::finding::Finding;
use crate::recipe::{Record, Target};
use crate::status::{ServiceFacts, common};
use std::collections::BTreeMap;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// The app, for commands that are named.
    pub app: &'a str,
    /// The record; `None` too while operator sync is off.
    pub recorded: Option<&'a Record>,
    /// The pin behind the recipe's name.
    pub pinned: Option<&'a Record>,
    /// What runs, by service.
    pub services: &'a BTreeMap<String, ServiceFacts>,
}

/// Which of two versions is newer, where that can be said.
fn newer(this: &Record, that: &Record) -> Option<bool> {
    match (this, that) {
        (Record::Release(this), Record::Release(that)) => Some(this > that),
        _ => None,
    }
}

impl Versions<'_> {
    /// The version that runs, where all services agree on one.
    pub fn deployed(&self) -> Option<Record> {
        let facts: Vec<ServiceFacts> = self.services.values().cloned().collect();
        common(&facts).cloned()
    }

    /// What is to be said before the overview.
    pub fn warnings(&self) -> Vec<Finding> {
        let mut warnings = Vec::new();
        warnings.extend(self.pin_differs());
        warnings.extend(self.in_progress());
        warnings.extend(self.split().or_else(|| self.drifted()));
        warnings
    }

    fn pin_differs(&self) -> Option<Finding> {
        let (recorded, pinned) = (self.recorded?, self.pinned?);
        let text = format!(
            "the record says {recorded} and the pin behind the recipe's name {pinned}; the record rules"
        );
        (!recorded.same(pinned)).then(|| Finding::warning(text).help("a successful deployment updates both"))
    }

    fn in_progress(&self) -> Option<Finding> {
        let updating = |facts: &ServiceFacts| {
            facts.update.as_deref().is_some_and(|state| state == "updating" || state == "rollback_started")
        };
        let names: Vec<&str> = self
            .services
            .iter()
            .filter(|(_, facts)| updating(facts))
            .map(|(name, _)| name.as_str())
            .collect();
        let text = format!("a deployment is in progress: the swarm is updating {}", names.join(", "));
        let help = format!("`abra app watch {}` shows how it ends", self.app);
        (!names.is_empty()).then(|| Finding::warning(text).help(help))
    }

    fn split(&self) -> Option<Finding> {
        let version =
            |facts: &ServiceFacts| facts.deployed.as_ref().map_or("no version".to_owned(), Record::to_string);
        let mut by_version: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, facts) in self.services {
            by_version.entry(version(facts)).or_default().push(name);
        }
        let parts: Vec<String> =
            by_version.iter().map(|(version, names)| format!("{version} ({})", names.join(", "))).collect();
        let text = format!("the stack is split over several versions: {}", parts.join("; "));
        (by_version.len() > 1).then(|| Finding::warning(text))
    }

    fn drifted(&self) -> Option<Finding> {
        let recorded = self.recorded?;
        let deployed = self.deployed()?;
        if recorded.same(&deployed) {
            return None;
        }
        let order = match newer(&deployed, recorded) {
            Some(true) => ", which is newer",
            Some(false) => ", which is older",
            None => "",
        };
        let text = format!("recorded is {recorded}, but {deployed} runs{order}");
        let app = self.app;
        let help = format!(
            "`abra app sync {app}` makes the server run the record; `abra app sync --adopt {app}` records what runs"
        );
        Some(Finding::warning(text).help(help))
    }

    /// What to say before going back behind a release that runs: data that it has changed does not go back.
    pub fn downgrade(&self, target: &Target) -> Option<Finding> {
        let deployed = self.deployed()?;
        let text = format!("{} is older than {deployed}, which runs", target.record());
        let help =
            "data that the newer version has changed stays changed: be sure of a backup from before it";
        (newer(&deployed, &target.record()) == Some(true)).then(|| Finding::warning(text).help(help))
    }

    /// Whether `target` would replace a release that is newer than the record: somebody deployed it, and this checkout
    /// does not know.
    pub fn undoes_newer(&self, target: &Target) -> bool {
        let (Some(recorded), Some(deployed)) = (self.recorded, self.deployed()) else { return false };
        newer(&deployed, recorded) == Some(true) && newer(&deployed, &target.record()) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;
    use crate::recipe::{Commit, Record, Release, Target, Version};
    use crate::status::ServiceFacts;
    use std::collections::BTreeMap;

    fn record(text: &str) -> Option<Record> {
        (!text.is_empty()).then(|| Record::parse(text).unwrap())
    }

    /// Services as `name:version:update`.
    fn services(text: &str) -> BTreeMap<String, ServiceFacts> {
        let service = |part: &str| {
            let parts: Vec<&str> = part.split(':').collect();
            let update = parts.get(2).map(|update| (*update).to_owned());
            (parts[0].to_owned(), ServiceFacts { deployed: record(parts[1]), update })
        };
        text.split_whitespace().map(service).collect()
    }

    #[test]
    fn every_disagreement_is_told() {
        let cases = [
            ("1.0.0+1", "", "app:1.0.0+1 db:1.0.0+1", &[][..]),
            ("1.0.0+1", "", "", &[]),
            ("", "", "app:1.0.0+1", &[]),
            ("1.0.0+1", "", "app:1.1.0+1", &["recorded is 1.0.0+1, but 1.1.0+1 runs, which is newer"]),
            ("1.0.0+1", "", "app:0.9.0+1", &["recorded is 1.0.0+1, but 0.9.0+1 runs, which is older"]),
            ("1.0.0+1", "", "app:a1b2c3d4", &["recorded is 1.0.0+1, but a1b2c3d4 runs"]),
            (
                "1.0.0+1",
                "",
                "app:1.0.0+1 db:1.1.0+1 web:",
                &["the stack is split over several versions: 1.0.0+1 (app); 1.1.0+1 (db); no version (web)"],
            ),
            (
                "1.0.0+1",
                "0.9.0+1",
                "app:1.0.0+1",
                &["the record says 1.0.0+1 and the pin behind the recipe's name 0.9.0+1; the record rules"],
            ),
            (
                "1.0.0+1",
                "",
                "app:1.0.0+1:updating",
                &["a deployment is in progress: the swarm is updating app"],
            ),
        ];
        for (recorded, pinned, seen, expected) in cases {
            let (recorded, pinned, seen) = (record(recorded), record(pinned), services(seen));
            let versions =
                Versions { app: "d", recorded: recorded.as_ref(), pinned: pinned.as_ref(), services: &seen };
            let messages: Vec<String> =
                versions.warnings().into_iter().map(|warning| warning.message).collect();
            assert_eq!(messages, expected);
        }
    }

    #[test]
    fn going_below_a_newer_deployment_is_noticed() {
        let cases = [
            ("1.0.0+1", "app:1.1.0+1", "1.0.0+1", true),
            ("1.0.0+1", "app:1.1.0+1", "1.1.0+1", false),
            ("1.0.0+1", "app:1.1.0+1", "1.2.0+1", false),
            ("1.0.0+1", "app:0.9.0+1", "0.8.0+1", false),
            ("", "app:1.1.0+1", "1.0.0+1", false),
        ];
        for (recorded, seen, target, expected) in cases {
            let (recorded, seen) = (record(recorded), services(seen));
            let versions = Versions { app: "d", recorded: recorded.as_ref(), pinned: None, services: &seen };
            let commit = Commit::parse("0123456789012345678901234567890123456789").unwrap();
            let target = Target::Release(Release { version: Version::parse(target).unwrap(), commit });
            assert_eq!(versions.undoes_newer(&target), expected);
        }
    }
}
