//! How an app is: what is recorded against what runs, in one word.
//!
//! Not here: whether a deployment succeeded, which takes watching.
use crate::head::{HeadRecord, Standing};
use crate::journal::word;
use crate::name::StackName;
use crate::recipe::Record;
use crate::stack::live;
use std::fmt;

/// The word for an app's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The recorded version runs.
    InSync,
    /// It runs, but nothing is recorded.
    Unrecorded,
    /// Another version runs than is recorded.
    Drifted,
    /// Its services are on different versions.
    Split,
    /// The swarm went back to an older spec by itself.
    RolledBack,
    /// An operator is at work on it, or the swarm is updating it.
    InProgress,
    /// An operator's run was cut off, and nothing was done about it since.
    Abandoned,
    /// Nothing runs.
    Undeployed,
    /// A stack runs that has no env file.
    Orphan,
    /// Not to be told: the server is out of reach, labels are missing, the record is unreadable.
    Unknown,
}

/// What the env file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded<'a> {
    /// There is no env file.
    NoFile,
    /// The file has no record.
    Nothing,
    /// The file has a record that can't be read.
    Unreadable,
    /// The record.
    Version(&'a Record),
}

/// What the app's head record says of operators; only with operator sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtWork {
    /// Nobody is at work, or nothing is known.
    #[default]
    Nobody,
    /// Somebody is.
    Somebody,
    /// Somebody was, and their run was cut off.
    CutOff,
}

impl AtWork {
    /// What a head record says that stands so.
    pub fn of(record: &HeadRecord, standing: Standing) -> Self {
        match standing {
            Standing::Held => Self::Somebody,
            Standing::Abandoned if record.open => Self::CutOff,
            Standing::Free if record.verdict == word::ABANDONED => Self::CutOff,
            Standing::Abandoned | Standing::Free => Self::Nobody,
        }
    }
}

/// What the server says of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFacts {
    /// The version in its labels; `None` where they are missing or unreadable.
    pub deployed: Option<Record>,
    /// The state of its last update, in the engine's word; `None` after a create.
    pub update: Option<String>,
}

impl ServiceFacts {
    /// The facts of a live service.
    pub fn of(service: &live::Service, stack: &StackName) -> Self {
        let update = service.update_status.as_ref().map(|status| status.state.clone());
        Self { deployed: deployed(service, stack), update }
    }
}

/// The version that a service's labels name: the commit of a chaos deployment, else the version.
pub fn deployed(service: &live::Service, stack: &StackName) -> Option<Record> {
    let label =
        |name: &str| service.label(&format!("coop-cloud.{stack}.{name}")).filter(|value| !value.is_empty());
    let text = if label("chaos") == Some("true") { label("chaos-version") } else { label("version") };
    Record::parse(text?).ok()
}

/// The version that all services agree on; `None` when they don't, when one has none, or when there are no services.
pub fn common(services: &[ServiceFacts]) -> Option<&Record> {
    let first = services.first()?.deployed.as_ref()?;
    let agrees = |facts: &ServiceFacts| facts.deployed.as_ref().is_some_and(|record| record.same(first));
    services.iter().all(agrees).then_some(first)
}

/// The word for an app. `services` is `None` while the server is out of reach.
///
/// A rollback is told as long as the engine remembers it: versions that agree again may be the result of the swarm's
/// own going back, which nobody asked for.
pub fn judge(recorded: Recorded<'_>, services: Option<&[ServiceFacts]>, at_work: AtWork) -> Status {
    let Some(services) = services else { return Status::Unknown };
    match (recorded, at_work) {
        (Recorded::NoFile, _) | (_, AtWork::Nobody) => {}
        (_, AtWork::Somebody) => return Status::InProgress,
        (_, AtWork::CutOff) => return Status::Abandoned,
    }
    if services.is_empty() {
        return Status::Undeployed;
    }
    let any = |states: &[&str]| {
        services.iter().any(|s| s.update.as_deref().is_some_and(|state| states.contains(&state)))
    };
    match recorded {
        Recorded::NoFile => return Status::Orphan,
        _ if any(&["updating", "rollback_started"]) => return Status::InProgress,
        _ if any(&["rollback_completed", "rollback_paused"]) => return Status::RolledBack,
        _ => {}
    }
    if services.iter().any(|service| service.deployed.is_none()) {
        return Status::Unknown;
    }
    match (recorded, common(services)) {
        (_, None) => Status::Split,
        (Recorded::Version(record), Some(deployed)) if record.same(deployed) => Status::InSync,
        (Recorded::Version(_), Some(_)) => Status::Drifted,
        (Recorded::Nothing, Some(_)) => Status::Unrecorded,
        (Recorded::Unreadable | Recorded::NoFile, Some(_)) => Status::Unknown,
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InSync => "in-sync",
            Self::Unrecorded => "unrecorded",
            Self::Drifted => "drifted",
            Self::Split => "split",
            Self::RolledBack => "rolled-back",
            Self::InProgress => "in-progress",
            Self::Abandoned => "abandoned",
            Self::Undeployed => "undeployed",
            Self::Orphan => "orphan",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{AtWork, Recorded, ServiceFacts, deployed, judge};
    use crate::head::{HeadRecord, Standing};
    use crate::name::StackName;
    use crate::recipe::Record;
    use crate::stack::live;
    use serde_json::json;

    /// Services as `version/update`, either part empty for none.
    fn services(text: &str) -> Vec<ServiceFacts> {
        let facts = |part: &str| {
            let (version, update) = part.split_once('/').unwrap_or((part, ""));
            let deployed = (!version.is_empty()).then(|| Record::parse(version).unwrap());
            ServiceFacts { deployed, update: (!update.is_empty()).then(|| update.to_owned()) }
        };
        text.split_whitespace().map(facts).collect()
    }

    #[test]
    fn one_word_says_how_an_app_is() {
        let one = Record::parse("1.0.0+1").unwrap();
        let commit = Record::parse("a1b2c3d4").unwrap();
        for (recorded, seen, expected) in [
            (Recorded::Version(&one), None, "unknown"),
            (Recorded::NoFile, None, "unknown"),
            (Recorded::Version(&one), Some(""), "undeployed"),
            (Recorded::NoFile, Some("1.0.0+1"), "orphan"),
            (Recorded::NoFile, Some("1.0.0+1/updating"), "orphan"),
            (Recorded::Version(&one), Some("1.0.0+1 1.0.0+1/completed"), "in-sync"),
            (Recorded::Version(&one), Some("1.0.0+1 /completed"), "unknown"),
            (Recorded::Version(&one), Some("2.0.0+1 2.0.0+1"), "drifted"),
            (Recorded::Version(&one), Some("1.0.0+1 2.0.0+1"), "split"),
            (Recorded::Nothing, Some("1.0.0+1 2.0.0+1"), "split"),
            (Recorded::Nothing, Some("1.0.0+1"), "unrecorded"),
            (Recorded::Unreadable, Some("1.0.0+1"), "unknown"),
            (Recorded::Version(&one), Some("1.0.0+1/paused 1.0.0+1"), "in-sync"),
            (Recorded::Version(&one), Some("1.0.0+1/updating 2.0.0+1"), "in-progress"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_started"), "in-progress"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_completed 2.0.0+1"), "rolled-back"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_paused"), "rolled-back"),
            (Recorded::Version(&commit), Some("a1b2c3d4e5"), "in-sync"),
            (Recorded::Version(&commit), Some("a1b2c3d4+U"), "drifted"),
        ] {
            let seen = seen.map(services);
            assert_eq!(
                judge(recorded, seen.as_deref(), AtWork::Nobody).to_string(),
                expected,
                "{recorded:?} {seen:?}"
            );
        }
    }

    #[test]
    fn operators_at_work_come_first() {
        let record = |open: bool, verdict: &str| HeadRecord {
            open,
            verdict: verdict.to_owned(),
            ..HeadRecord::new("st")
        };
        let one = Record::parse("1.0.0+1").unwrap();
        for (head, standing, expected) in [
            (record(true, ""), Standing::Held, "in-progress"),
            (record(false, ""), Standing::Held, "in-progress"),
            (record(true, ""), Standing::Abandoned, "abandoned"),
            (record(false, "failed"), Standing::Abandoned, "in-sync"),
            (record(false, "abandoned"), Standing::Free, "abandoned"),
            (record(false, "failed"), Standing::Free, "in-sync"),
        ] {
            let at_work = AtWork::of(&head, standing);
            let word =
                |seen: &str| judge(Recorded::Version(&one), Some(&services(seen)), at_work).to_string();
            assert_eq!(word("1.0.0+1"), expected);
            assert_eq!(word("") == expected, expected != "in-sync", "also before the first service is there");
            assert_eq!(judge(Recorded::Version(&one), None, at_work).to_string(), "unknown");
        }
    }

    #[test]
    fn labels_name_the_version_or_the_commit_of_a_chaos_deployment() {
        let stack = StackName::new("wiki").unwrap();
        for (labels, expected) in [
            (json!({"coop-cloud.wiki.version": "1.0.0+1"}), Some("1.0.0+1")),
            (
                json!({"coop-cloud.wiki.version": "1.0.0+1", "coop-cloud.wiki.chaos": "false"}),
                Some("1.0.0+1"),
            ),
            (
                json!({"coop-cloud.wiki.version": "1.0.0+1", "coop-cloud.wiki.chaos": "true",
                    "coop-cloud.wiki.chaos-version": "a1b2c3d4+U"}),
                Some("a1b2c3d4+U"),
            ),
            (json!({"coop-cloud.wiki.version": "1.0.0+1", "coop-cloud.wiki.chaos": "true"}), None),
            (json!({"coop-cloud.other.version": "1.0.0+1"}), None),
            (json!({"coop-cloud.wiki.version": ""}), None),
        ] {
            let service = json!({"ID": "x", "Spec": {"Name": "wiki_app", "Labels": labels}});
            let service: live::Service = serde_json::from_value(service).unwrap();
            assert_eq!(deployed(&service, &stack), expected.map(|text| Record::parse(text).unwrap()));
        }
    }
}
