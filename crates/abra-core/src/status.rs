//! How an app is: what is recorded against what runs, in one word.
//!
//! Not here: whether a deployment succeeded, which takes watching.
use crate::head::{HeadRecord, Standing, State};
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
    /// The team's remote records something else than this checkout.
    Behind,
    /// The recorded version runs, but not with what the files here mean.
    Changed,
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
    /// There is a head record that can't be read.
    Unclear,
}

/// Whether what runs has the content that the files here mean at the recorded version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Content {
    /// It has.
    #[default]
    Same,
    /// It has other content: the settings or the recipe's commit are others, or somebody changed a service.
    Differs,
    /// It can't be compared.
    Unclear,
}

/// All that the word depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the env file says.
    pub recorded: Recorded<'a>,
    /// What the server says of every service; `None` while it is out of reach.
    pub services: Option<&'a [ServiceFacts]>,
    /// What the head record says.
    pub at_work: AtWork,
    /// When an operation last found everything as wanted, in the swarm's count of writes; `None` without operator sync, or
    /// where the last operation came to something else.
    pub checked: Option<u64>,
    /// How the content compares. Only matters where the recorded version runs.
    pub content: Content,
    /// What the team's remote records, where that is something else than this checkout.
    pub remote: Option<&'a Record>,
}

/// Why an app's state is not to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The server is out of reach.
    Server,
    /// The head record can't be read.
    Head,
    /// Services have no label that names a version.
    Labels,
    /// The record can't be read.
    Record,
    /// The content can't be compared.
    Content,
}

impl AtWork {
    /// What a head record says that stands so.
    pub fn of(record: &HeadRecord, standing: Standing) -> Self {
        match standing {
            _ if matches!(record.state, State::Other(_)) => Self::Unclear,
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
    /// When it was last changed, by people or by the swarm itself, in the swarm's count of writes.
    pub written: u64,
}

impl ServiceFacts {
    /// The facts of a live service.
    pub fn of(service: &live::Service, stack: &StackName) -> Self {
        let update = service.update_status.as_ref().map(|status| status.state.clone());
        Self { deployed: deployed(service, stack), update, written: service.version.index }
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

/// Whether the swarm took back an update of one of these by itself, and nobody found everything as wanted since. `checked`:
/// as in [`Facts::checked`].
pub fn went_back<'a>(services: impl IntoIterator<Item = &'a ServiceFacts>, checked: Option<u64>) -> bool {
    let is_back = |facts: &ServiceFacts| {
        facts
            .update
            .as_deref()
            .is_some_and(|state| ["rollback_completed", "rollback_paused"].contains(&state))
    };
    services.into_iter().any(|facts| is_back(facts) && checked.is_none_or(|checked| checked < facts.written))
}

/// The word for an app: the first of these that applies, as whoever reads it must know that before all that is below.
///
/// unknown (server, head record) · in-progress · abandoned · undeployed · orphan · in-progress (the swarm's own update) ·
/// rolled-back · unknown (labels, record) · split · behind, where the remote records what runs · drifted · changed ·
/// behind · unrecorded · unknown (content) · in-sync
///
/// A rollback is told until somebody's operation has succeeded after it, without operator sync as long as the engine
/// remembers it: versions that agree again may be the result of the swarm's own going back, which nobody asked for.
///
/// # Errors
/// It is not to be told, and why: what is shown then is [`Status::Unknown`].
pub fn judge(facts: &Facts<'_>) -> Result<Status, Doubt> {
    let services = facts.services.ok_or(Doubt::Server)?;
    if !matches!(facts.recorded, Recorded::NoFile) {
        match facts.at_work {
            AtWork::Nobody => {}
            AtWork::Somebody => return Ok(Status::InProgress),
            AtWork::CutOff => return Ok(Status::Abandoned),
            AtWork::Unclear => return Err(Doubt::Head),
        }
    }
    if services.is_empty() {
        return Ok(Status::Undeployed);
    }
    let any = |states: &[&str]| {
        services.iter().any(|s| s.update.as_deref().is_some_and(|state| states.contains(&state)))
    };
    match facts.recorded {
        Recorded::NoFile => return Ok(Status::Orphan),
        _ if any(&["updating", "rollback_started"]) => return Ok(Status::InProgress),
        _ if went_back(services, facts.checked) => return Ok(Status::RolledBack),
        _ => {}
    }
    if services.iter().any(|service| service.deployed.is_none()) {
        return Err(Doubt::Labels);
    }
    common(services).map_or(Ok(Status::Split), |deployed| of_one_version(facts, deployed))
}

/// The word for an app of which one version runs.
fn of_one_version(facts: &Facts<'_>, deployed: &Record) -> Result<Status, Doubt> {
    let recorded = match facts.recorded {
        Recorded::Unreadable => return Err(Doubt::Record),
        Recorded::Nothing | Recorded::NoFile => None,
        Recorded::Version(record) => Some(record),
    };
    let is_recorded = recorded.is_some_and(|record| record.same(deployed));
    match facts.remote {
        // A pull makes it right: nothing is wrong with the server.
        Some(remote) if !is_recorded && remote.same(deployed) => return Ok(Status::Behind),
        Some(_) if recorded.is_none() => return Ok(Status::Behind),
        _ => {}
    }
    match (recorded, facts.content) {
        (None, _) => Ok(Status::Unrecorded),
        (Some(_), _) if !is_recorded => Ok(Status::Drifted),
        (Some(_), Content::Differs) => Ok(Status::Changed),
        (Some(_), _) if facts.remote.is_some() => Ok(Status::Behind),
        (Some(_), Content::Unclear) => Err(Doubt::Content),
        (Some(_), Content::Same) => Ok(Status::InSync),
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InSync => "in-sync",
            Self::Unrecorded => "unrecorded",
            Self::Drifted => "drifted",
            Self::Behind => "behind",
            Self::Changed => "changed",
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
    use super::{AtWork, Content, Doubt, Facts, Recorded, ServiceFacts, Status, deployed, judge};
    use crate::head::{HeadRecord, Standing, State};
    use crate::name::StackName;
    use crate::recipe::Record;
    use crate::stack::live;
    use serde_json::json;

    /// Services as `version/update`, either part empty for none.
    fn services(text: &str) -> Vec<ServiceFacts> {
        let facts = |part: &str| {
            let (version, update) = part.split_once('/').unwrap_or((part, ""));
            let deployed = (!version.is_empty()).then(|| Record::parse(version).unwrap());
            ServiceFacts { deployed, update: (!update.is_empty()).then(|| update.to_owned()), written: 7 }
        };
        text.split_whitespace().map(facts).collect()
    }

    /// The word, or what is in doubt.
    fn word(
        recorded: Recorded<'_>,
        seen: Option<&str>,
        at_work: AtWork,
        content: Content,
        remote: &str,
    ) -> String {
        let services = seen.map(services);
        let remote = (!remote.is_empty()).then(|| Record::parse(remote).unwrap());
        let facts = Facts {
            recorded,
            services: services.as_deref(),
            at_work,
            checked: None,
            content,
            remote: remote.as_ref(),
        };
        judge(&facts).map_or_else(|doubt| format!("{doubt:?}?"), |status| status.to_string())
    }

    #[test]
    fn one_word_says_how_an_app_is() {
        let one = Record::parse("1.0.0+1").unwrap();
        let commit = Record::parse("a1b2c3d4").unwrap();
        for (recorded, seen, expected) in [
            (Recorded::Version(&one), None, "Server?"),
            (Recorded::NoFile, None, "Server?"),
            (Recorded::Version(&one), Some(""), "undeployed"),
            (Recorded::NoFile, Some("1.0.0+1"), "orphan"),
            (Recorded::NoFile, Some(" / "), "orphan"),
            (Recorded::NoFile, Some("1.0.0+1/updating"), "orphan"),
            (Recorded::Version(&one), Some("1.0.0+1 1.0.0+1/completed"), "in-sync"),
            (Recorded::Version(&one), Some("1.0.0+1 /completed"), "Labels?"),
            (Recorded::Version(&one), Some("2.0.0+1 2.0.0+1"), "drifted"),
            (Recorded::Version(&one), Some("1.0.0+1 2.0.0+1"), "split"),
            (Recorded::Nothing, Some("1.0.0+1 2.0.0+1"), "split"),
            (Recorded::Nothing, Some("1.0.0+1"), "unrecorded"),
            (Recorded::Unreadable, Some("1.0.0+1"), "Record?"),
            (Recorded::Unreadable, Some("1.0.0+1 2.0.0+1"), "split"),
            (Recorded::Version(&one), Some("1.0.0+1/paused 1.0.0+1"), "in-sync"),
            (Recorded::Version(&one), Some("1.0.0+1/updating 2.0.0+1"), "in-progress"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_started"), "in-progress"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_completed 2.0.0+1"), "rolled-back"),
            (Recorded::Version(&one), Some("1.0.0+1/rollback_paused"), "rolled-back"),
            (Recorded::Version(&commit), Some("a1b2c3d4e5"), "in-sync"),
            (Recorded::Version(&commit), Some("a1b2c3d4+U"), "drifted"),
        ] {
            assert_eq!(
                word(recorded, seen, AtWork::Nobody, Content::Same, ""),
                expected,
                "{recorded:?} {seen:?}"
            );
        }
    }

    #[test]
    fn content_and_the_teams_remote_have_their_place() {
        use Content::{Differs, Same, Unclear};
        let one = Record::parse("1.0.0+1").unwrap();
        for (recorded, seen, content, remote, expected) in [
            (Some(&one), "1.0.0+1", Differs, "", "changed"),
            (Some(&one), "1.0.0+1", Unclear, "", "Content?"),
            (Some(&one), "1.0.0+1", Same, "2.0.0+1", "behind"),
            (Some(&one), "1.0.0+1", Unclear, "2.0.0+1", "behind"),
            (Some(&one), "1.0.0+1", Differs, "2.0.0+1", "changed"),
            (Some(&one), "2.0.0+1", Same, "2.0.0+1", "behind"),
            (Some(&one), "2.0.0+1", Differs, "2.0.0+1", "behind"),
            (Some(&one), "2.0.0+1", Same, "3.0.0+1", "drifted"),
            (Some(&one), "2.0.0+1", Unclear, "", "drifted"),
            (None, "1.0.0+1", Same, "2.0.0+1", "behind"),
            (None, "1.0.0+1", Same, "1.0.0+1", "behind"),
            (None, "1.0.0+1", Differs, "", "unrecorded"),
            (Some(&one), "1.0.0+1 2.0.0+1", Differs, "2.0.0+1", "split"),
            (Some(&one), "1.0.0+1/rollback_completed", Differs, "2.0.0+1", "rolled-back"),
            (Some(&one), "", Same, "2.0.0+1", "undeployed"),
        ] {
            let recorded = recorded.map_or(Recorded::Nothing, Recorded::Version);
            let got = word(recorded, Some(seen), AtWork::Nobody, content, remote);
            assert_eq!(got, expected, "{recorded:?} {seen} {content:?} {remote}");
        }
    }

    #[test]
    fn doubt_is_never_in_sync() {
        let one = Record::parse("1.0.0+1").unwrap();
        let sane = Facts {
            recorded: Recorded::Version(&one),
            services: Some(&services("1.0.0+1")),
            at_work: AtWork::Nobody,
            checked: None,
            content: Content::Same,
            remote: None,
        };
        assert_eq!(judge(&sane), Ok(Status::InSync));
        for (facts, doubt) in [
            (Facts { services: None, ..sane }, Doubt::Server),
            (Facts { at_work: AtWork::Unclear, ..sane }, Doubt::Head),
            (Facts { services: Some(&services("1.0.0+1 /")), ..sane }, Doubt::Labels),
            (Facts { recorded: Recorded::Unreadable, ..sane }, Doubt::Record),
            (Facts { content: Content::Unclear, ..sane }, Doubt::Content),
        ] {
            assert_eq!(judge(&facts), Err(doubt));
        }
    }

    #[test]
    fn a_rollback_is_told_until_something_succeeded_after_it() {
        let one = Record::parse("1.0.0+1").unwrap();
        let services = services("1.0.0+1/rollback_completed 1.0.0+1");
        for (checked, expected) in
            [(None, Status::RolledBack), (Some(6), Status::RolledBack), (Some(8), Status::InSync)]
        {
            let facts = Facts {
                recorded: Recorded::Version(&one),
                services: Some(&services),
                at_work: AtWork::Nobody,
                checked,
                content: Content::Same,
                remote: None,
            };
            assert_eq!(judge(&facts), Ok(expected), "{checked:?}");
        }
    }

    #[test]
    fn operators_at_work_come_first() {
        let record = |open: bool, verdict: &str| HeadRecord {
            open,
            verdict: verdict.to_owned(),
            ..HeadRecord::new("st")
        };
        let newer = HeadRecord { state: State::Other("asleep".to_owned()), ..record(false, "") };
        let one = Record::parse("1.0.0+1").unwrap();
        for (head, standing, expected) in [
            (record(true, ""), Standing::Held, "in-progress"),
            (record(false, ""), Standing::Held, "in-progress"),
            (record(true, ""), Standing::Abandoned, "abandoned"),
            (record(false, "failed"), Standing::Abandoned, "in-sync"),
            (record(false, "abandoned"), Standing::Free, "abandoned"),
            (record(false, "failed"), Standing::Free, "in-sync"),
            (newer, Standing::Held, "Head?"),
        ] {
            let at_work = AtWork::of(&head, standing);
            let word = |seen| word(Recorded::Version(&one), seen, at_work, Content::Same, "");
            assert_eq!(word(Some("1.0.0+1")), expected);
            assert_eq!(
                word(Some("")) == expected,
                expected != "in-sync",
                "also before the first service is there"
            );
            assert_eq!(word(None), "Server?");
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
