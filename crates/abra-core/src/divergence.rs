//! When record, pin and server disagree: what the operator is told before the overview, and what must not be undone
//! without a word.
use crate::finding::Finding;
use crate::recipe::{RecipeState, Record, Target};
use crate::status::{ServiceFacts, common};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// The app, for commands that are named.
    pub app: &'a str,
    /// Whether operator sync is on.
    pub sync: bool,
    /// The record; `None` too while operator sync is off.
    pub recorded: Option<&'a Record>,
    /// The pin behind the recipe's name.
    pub pinned: Option<&'a Record>,
    /// What runs, by service.
    pub services: &'a BTreeMap<String, ServiceFacts>,
    /// The recipe, which knows what is newer than what.
    pub recipe: &'a RecipeState,
    /// Whether an operator is known to be at work: then what the swarm is doing is theirs, and told as such.
    pub is_busy: bool,
}

impl<'a> Versions<'a> {
    /// The version that runs, where all services agree on one.
    pub fn deployed(&self) -> Option<Record> {
        let facts: Vec<ServiceFacts> = self.services.values().cloned().collect();
        common(&facts).cloned()
    }

    /// What the env file says should run: the record, else the pin; and the word for it.
    fn written(&self) -> Option<(&'a Record, &'static str)> {
        let pinned = self.pinned.map(|pinned| (pinned, "pinned"));
        self.recorded.map(|recorded| (recorded, "recorded")).or(pinned)
    }

    /// What is to be said before the overview. `deployer`: who deployed what runs, in words.
    pub fn warnings(&self, deployer: Option<&str>) -> Vec<Finding> {
        let by = deployer.map_or_else(String::new, |words| format!("; {words}"));
        let mut warnings = Vec::new();
        warnings.extend(self.pin_differs());
        warnings.extend(self.in_progress());
        warnings.extend(self.split().or_else(|| self.drifted(&by)).or_else(|| self.unrecorded(&by)));
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
        (!names.is_empty() && !self.is_busy).then(|| Finding::warning(text).help(help))
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
        let app = self.app;
        let help = match self.recorded {
            Some(recorded) => format!("`abra app sync {app}` brings all of it to {recorded}, the record"),
            None => format!("`abra app deploy {app} VERSION` brings all of it to one"),
        };
        match by_version.len() {
            0 => None,
            1 if by_version.contains_key("no version") => Some(Self::unlabelled()),
            1 => None,
            _ => Some(Finding::warning(text).help(help)),
        }
    }

    fn unlabelled() -> Finding {
        Finding::warning("the stack runs, but no label says which version: it was not deployed by abra")
            .help("`--dry-run` shows what would change; a deployment adds the labels")
    }

    fn drifted(&self, by: &str) -> Option<Finding> {
        let (written, word) = self.written()?;
        let deployed = self.deployed()?;
        if written.same(&deployed) {
            return None;
        }
        let order = match self.recipe.order(&deployed, written) {
            Some(Ordering::Greater) => ", which is newer",
            Some(Ordering::Less) => ", which is older",
            Some(Ordering::Equal) | None => "",
        };
        let warning = Finding::warning(format!("{word} is {written}, but {deployed} runs{order}{by}"));
        Some(match self.recorded {
            Some(_) => warning.help(self.ways_out()),
            None => warning,
        })
    }

    fn ways_out(&self) -> String {
        let app = self.app;
        format!(
            "`abra app sync {app}` makes the server run the record; `abra app sync --adopt {app}` records what runs"
        )
    }

    fn unrecorded(&self, by: &str) -> Option<Finding> {
        let deployed = self.deployed()?;
        (self.sync && self.recorded.is_none())
            .then(|| Finding::note(format!("nothing is recorded, and {deployed} runs{by}")))
    }

    /// What to say before going back behind a release that runs: data that it has changed does not go back.
    pub fn downgrade(&self, target: &Target) -> Option<Finding> {
        let deployed = self.deployed()?;
        let text = format!("{} is older than {deployed}, which runs", target.record());
        let help =
            "data that the newer version has changed stays changed: be sure of a backup from before it";
        let is_newer = self.recipe.order(&deployed, &target.record()) == Some(Ordering::Greater);
        is_newer.then(|| Finding::warning(text).help(help))
    }

    /// Whether `target` would replace what runs although the env file does not know of that: somebody deployed it, and
    /// it is newer, or may be. `None`: no; else whether it is known to be newer.
    pub fn undoes(&self, target: &Target) -> Option<bool> {
        let ((written, _), deployed, target) = (self.written()?, self.deployed()?, target.record());
        if written.same(&deployed) || target.same(&deployed) {
            return None;
        }
        let orders = [self.recipe.order(&deployed, written), self.recipe.order(&deployed, &target)];
        let is_known = orders.iter().all(|order| *order == Some(Ordering::Greater));
        (!orders.contains(&Some(Ordering::Less))).then_some(is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;
    use crate::recipe::{Commit, RecipeState, Record, Release, Target, Version};
    use crate::status::ServiceFacts;
    use std::collections::BTreeMap;

    fn full(digit: char) -> Commit {
        Commit::parse(&digit.to_string().repeat(40)).unwrap()
    }

    /// A release, and a commit behind it.
    fn recipe() -> RecipeState {
        let version = Version::parse("1.0.0+1").unwrap();
        RecipeState {
            tags: vec![Release { version, commit: full('1') }],
            commits: [(Commit::parse("cccccccc").unwrap(), full('c'))].into(),
            lineage: [(full('c'), [full('1')].into())].into(),
            ..RecipeState::default()
        }
    }

    fn versions<'a>(
        recorded: Option<&'a Record>,
        pinned: Option<&'a Record>,
        services: &'a BTreeMap<String, ServiceFacts>,
        recipe: &'a RecipeState,
    ) -> Versions<'a> {
        Versions { app: "d", sync: true, recorded, pinned, services, recipe, is_busy: false }
    }

    fn record(text: &str) -> Option<Record> {
        (!text.is_empty()).then(|| Record::parse(text).unwrap())
    }

    /// Services as `name:version:update`.
    fn services(text: &str) -> BTreeMap<String, ServiceFacts> {
        let service = |part: &str| {
            let parts: Vec<&str> = part.split(':').collect();
            let update = parts.get(2).map(|update| (*update).to_owned());
            (parts[0].to_owned(), ServiceFacts { deployed: record(parts[1]), update, written: 0 })
        };
        text.split_whitespace().map(service).collect()
    }

    #[test]
    fn every_disagreement_is_told() {
        let cases = [
            ("1.0.0+1", "", "app:1.0.0+1 db:1.0.0+1", &[][..]),
            ("1.0.0+1", "", "", &[]),
            ("", "", "app:1.0.0+1", &["nothing is recorded, and 1.0.0+1 runs; by whom"]),
            (
                "1.0.0+1",
                "",
                "app:1.1.0+1",
                &["recorded is 1.0.0+1, but 1.1.0+1 runs, which is newer; by whom"],
            ),
            (
                "1.0.0+1",
                "",
                "app:0.9.0+1",
                &["recorded is 1.0.0+1, but 0.9.0+1 runs, which is older; by whom"],
            ),
            (
                "1.0.0+1",
                "",
                "app:cccccccc",
                &["recorded is 1.0.0+1, but cccccccc runs, which is newer; by whom"],
            ),
            ("1.0.0+1", "", "app:dddddddd", &["recorded is 1.0.0+1, but dddddddd runs; by whom"]),
            ("", "1.0.0+1", "app:1.1.0+1", &["pinned is 1.0.0+1, but 1.1.0+1 runs, which is newer; by whom"]),
            (
                "1.0.0+1",
                "",
                "app: db:",
                &["the stack runs, but no label says which version: it was not deployed by abra"],
            ),
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
            let recipe = recipe();
            let versions = versions(recorded.as_ref(), pinned.as_ref(), &seen, &recipe);
            let messages: Vec<String> =
                versions.warnings(Some("by whom")).into_iter().map(|warning| warning.message).collect();
            assert_eq!(messages, expected);
        }
    }

    #[test]
    fn without_operator_sync_only_a_pin_can_disagree() {
        let (pin, seen, recipe) = (record("1.0.0+1"), services("app:1.1.0+1"), recipe());
        let off = |pinned| Versions { sync: false, ..versions(None, pinned, &seen, &recipe) };
        let said = |versions: Versions<'_>| {
            versions
                .warnings(None)
                .into_iter()
                .map(|warning| (warning.message, warning.help))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(off(None)), []);
        let expected = "pinned is 1.0.0+1, but 1.1.0+1 runs, which is newer";
        assert_eq!(said(off(pin.as_ref())), [(expected.to_owned(), None)]);
    }

    #[test]
    fn going_below_a_newer_deployment_is_noticed() {
        let cases = [
            ("1.0.0+1", "", "app:1.1.0+1", "1.0.0+1", Some(true)),
            ("1.0.0+1", "", "app:1.1.0+1", "1.1.0+1", None),
            ("1.0.0+1", "", "app:1.1.0+1", "1.2.0+1", None),
            ("1.0.0+1", "", "app:0.9.0+1", "0.8.0+1", None),
            ("1.0.0+1", "", "app:1.0.0+1", "0.9.0+1", None),
            ("1.0.0+1", "", "app:cccccccc", "1.0.0+1", Some(true)),
            ("1.0.0+1", "", "app:dddddddd", "1.0.0+1", Some(false)),
            ("1.1.0+1", "", "app:1.0.0+1", "1.1.0+1", None),
            ("", "1.0.0+1", "app:1.1.0+1", "1.0.0+1", Some(true)),
            ("", "", "app:1.1.0+1", "1.0.0+1", None),
        ];
        for (recorded, pinned, seen, target, expected) in cases {
            let (recorded, pinned, seen) = (record(recorded), record(pinned), services(seen));
            let recipe = recipe();
            let versions = versions(recorded.as_ref(), pinned.as_ref(), &seen, &recipe);
            let Some(Record::Release(version)) = record(target) else { unreachable!() };
            let target = Target::Release(Release { version, commit: full('1') });
            assert_eq!(versions.undoes(&target), expected, "{recorded:?} {pinned:?} {seen:?} {target:?}");
        }
    }
}
