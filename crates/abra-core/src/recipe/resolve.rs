//! Which version a command means, and why.
use super::record::{Commit, Record};
use super::version::Version;
use crate::name::nearest;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the operator asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionWish {
    /// Nothing in particular.
    Usual,
    /// The newest release.
    Latest,
    /// This version, tag or commit.
    Exactly(Record),
    /// The working tree as it is.
    Chaos,
}

/// A tag and the commit it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The tag.
    pub version: Version,
    /// The commit, all digits.
    pub commit: Commit,
}

/// What git says about a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipeState {
    /// All tags, lowest first; not all of them need be releases.
    pub tags: Vec<Release>,
    /// The commit that is checked out; `None` before the first commit.
    pub head: Option<Commit>,
    /// Whether there are uncommitted or untracked files.
    pub dirty: bool,
    /// Commits that were looked up for this run, short as asked for → all digits. What is not here does not exist.
    pub commits: BTreeMap<Commit, Commit>,
    /// Commits by which versions that are no releases have a place among these → the commits that they go back to, as
    /// far as they are tags or were looked up too. All digits.
    pub lineage: BTreeMap<Commit, BTreeSet<Commit>>,
    /// Where the recipe was cloned from.
    pub remote: Option<String>,
}

/// What is known of the app's version.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The record. `None` too while operator sync is off.
    pub recorded: Option<&'a Record>,
    /// The version behind the recipe's name in the env file.
    pub pinned: Option<&'a Record>,
    /// What runs.
    pub deployed: Option<&'a Record>,
}

/// The version that will be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A release.
    Release(Release),
    /// A commit, all digits.
    Commit(Commit),
    /// The working tree over a commit (chaos).
    WorkingTree {
        /// The commit that is checked out, all digits.
        head: Commit,
        /// Whether there are uncommitted or untracked files.
        dirty: bool,
    },
}

/// Why it is this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The operator named it.
    Asked,
    /// `--chaos`.
    Chaos,
    /// The newest release was asked for.
    Latest,
    /// It is recorded.
    Recorded,
    /// It is pinned behind the recipe's name.
    Pinned,
    /// It runs already.
    Deployed,
    /// Nothing says otherwise: the newest release.
    Newest,
    /// The recipe has no releases: the commit that is checked out.
    NoReleases,
    /// The newest release above the present version.
    Above,
    /// The release just below the present version.
    Below,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The version.
    pub target: Target,
    /// Why this one.
    pub why: Why,
}

/// Why no version can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such tag or commit.
    #[error("the recipe has no {} `{wanted}`{}", if matches!(wanted, Record::Commit { .. }) { "commit" } else { "version" }, why.which())]
    Unknown {
        /// What was wanted.
        wanted: Record,
        /// Who wanted it.
        why: Why,
        /// Known versions that come near, best first.
        nearest: Vec<Version>,
    },
    /// A version with uncommitted changes: only the workstation it came from has these.
    #[error(
        "`{record}`{} was deployed with uncommitted changes, so it can't be deployed again from its commit",
        why.which()
    )]
    Unreproducible {
        /// The version.
        record: Record,
        /// Where it comes from.
        why: Why,
    },
    /// `--latest` without releases.
    #[error("the recipe has no releases")]
    NoReleases,
    /// Neither releases nor a commit.
    #[error("the recipe has no commits")]
    NoCommits,
    /// `upgrade` or `rollback` of an app that neither runs nor has a record.
    #[error("there is no recorded and no deployed version to start from")]
    NoStart,
    /// A commit that is not here, or that no release goes back to nor comes from, has no place among the releases.
    #[error("it can't be said which releases are before and after `{record}`, which is none of them")]
    NoOrder {
        /// The present version, or the one that was asked for.
        record: Record,
    },
    /// The version that was asked for is on the wrong side of the present one.
    #[error("`{wanted}` is not {} than `{present}`", if *newer { "newer" } else { "older" })]
    WrongWay {
        /// What was asked for.
        wanted: Record,
        /// The present version.
        present: Record,
        /// Whether a newer one was expected.
        newer: bool,
    },
}

impl RecipeState {
    /// The releases among the tags, lowest first.
    pub fn releases(&self) -> impl DoubleEndedIterator<Item = &Release> {
        self.tags.iter().filter(|tag| tag.version.is_release())
    }

    /// The newest release.
    pub fn newest(&self) -> Option<&Release> {
        self.releases().next_back()
    }

    fn working_tree(&self) -> Result<Target, ResolveError> {
        let head = self.head.clone().ok_or(ResolveError::NoCommits)?;
        Ok(Target::WorkingTree { head, dirty: self.dirty })
    }

    /// The record, found in the recipe. A tag that is no release may move, so its commit is the target.
    fn find(&self, record: &Record, why: Why) -> Result<Target, ResolveError> {
        let found = match record {
            Record::Commit { dirty: true, .. } => {
                return Err(ResolveError::Unreproducible { record: record.clone(), why });
            }
            Record::Commit { .. } => self.full(record).cloned().map(Target::Commit),
            Record::Release(version) => {
                self.tags.iter().find(|tag| tag.version == *version).map(Release::target)
            }
        };
        found.ok_or_else(|| ResolveError::Unknown { wanted: record.clone(), why, nearest: self.near(record) })
    }

    /// Which of two versions is newer: of releases the higher one, else the one that goes back to the other. `None`:
    /// that can't be said, as they are on different branches or one is not here.
    pub fn order(&self, this: &Record, that: &Record) -> Option<Ordering> {
        if let (Record::Release(this), Record::Release(that)) = (this, that)
            && this.is_release()
            && that.is_release()
        {
            return Some(this.cmp(that));
        }
        let (a, b) = (self.full(this)?, self.full(that)?);
        let goes_back =
            |from: &Commit, to: &Commit| self.lineage.get(from).is_some_and(|commits| commits.contains(to));
        let is_dirty = |record: &Record| matches!(record, Record::Commit { dirty: true, .. });
        match (a == b, goes_back(a, b), goes_back(b, a)) {
            // Changes that were never committed come on top of the commit.
            (true, ..) => Some(is_dirty(this).cmp(&is_dirty(that))),
            (_, true, _) => Some(Ordering::Greater),
            (.., true) => Some(Ordering::Less),
            _ => None,
        }
    }

    /// The commit of a version, all digits.
    pub fn full(&self, record: &Record) -> Option<&Commit> {
        match record {
            Record::Release(version) => {
                self.tags.iter().find(|tag| tag.version == *version).map(|tag| &tag.commit)
            }
            Record::Commit { commit, .. } => {
                let tags = self.tags.iter().map(|tag| &tag.commit);
                let known = self.head.iter().chain(tags).chain(self.commits.values());
                let exact = |full: &&Commit| full.as_str() == commit.as_str();
                self.commits.get(commit).or_else(|| known.into_iter().find(exact))
            }
        }
    }

    /// The only release that begins with a text, versions of like spelling, then the neighbours in order, then the
    /// newest; at most four.
    fn near(&self, record: &Record) -> Vec<Version> {
        let Record::Release(wanted) = record else {
            return self.newest().map(|r| r.version.clone()).into_iter().collect();
        };
        if let Some(only) = self.only_beginning(wanted.as_str()) {
            return vec![only.version.clone()];
        }
        let alike = nearest(wanted.as_str(), self.tags.iter().map(|tag| tag.version.as_str()), 2);
        let by_text = |text: &str| self.tags.iter().find(|tag| tag.version.as_str() == text);
        let below = self.releases().rfind(|release| release.version < *wanted);
        let above = self.releases().find(|release| release.version > *wanted);
        let all = alike.into_iter().filter_map(by_text).chain(below).chain(above).chain(self.newest());
        let mut near: Vec<Version> = Vec::new();
        for tag in all {
            if near.len() < 4 && !near.contains(&tag.version) {
                near.push(tag.version.clone());
            }
        }
        near
    }

    /// Whether a version can be compared with releases.
    fn has_place(&self, record: &Record) -> bool {
        let is_release = matches!(record, Record::Release(version) if version.is_release());
        is_release || self.full(record).is_some()
    }

    /// `1.2.0` for `1.2.0+3.4`, where no other begins so.
    fn only_beginning(&self, text: &str) -> Option<&Release> {
        let begins = |release: &&Release| {
            let rest = release.version.as_str().strip_prefix(text);
            rest.is_some_and(|rest| rest.starts_with(['+', '.', '-']))
        };
        let mut all = self.releases().filter(begins);
        all.next().filter(|_| all.next().is_none())
    }
}

impl<'a> Known<'a> {
    /// What `upgrade` and `rollback` start from: the record, else the pin, else what runs.
    pub fn present(&self) -> Option<&'a Record> {
        self.recorded.or(self.pinned).or(self.deployed)
    }
}

impl Release {
    /// What is written down after it was deployed.
    pub fn record(&self) -> Record {
        Record::Release(self.version.clone())
    }

    fn target(&self) -> Target {
        if self.version.is_release() {
            Target::Release(self.clone())
        } else {
            Target::Commit(self.commit.clone())
        }
    }
}

impl Target {
    /// The commit whose files these are (under the working tree's).
    pub fn commit(&self) -> &Commit {
        match self {
            Self::Release(release) => &release.commit,
            Self::Commit(commit) | Self::WorkingTree { head: commit, .. } => commit,
        }
    }

    /// What is written down after it was deployed.
    pub fn record(&self) -> Record {
        match self {
            Self::Release(release) => Record::Release(release.version.clone()),
            Self::Commit(commit) => Record::Commit { commit: commit.clone(), dirty: false },
            Self::WorkingTree { head, dirty } => Record::Commit { commit: head.clone(), dirty: *dirty },
        }
    }
}

impl Why {
    /// Who says so, where that is not the operator of this run.
    fn which(self) -> &'static str {
        match self {
            Self::Recorded => " (which is recorded)",
            Self::Pinned => " (which is pinned)",
            Self::Deployed => " (which runs)",
            _ => "",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "asked for",
            Self::Chaos => "the working tree as it is",
            Self::Latest => "the newest release, as asked for",
            Self::Recorded => "the recorded version",
            Self::Pinned => "the pinned version",
            Self::Deployed => "the deployed version",
            Self::Newest => "the newest release",
            Self::NoReleases => "the commit that is checked out, as there are no releases",
            Self::Above => "the newest release above the present one",
            Self::Below => "the release just below the present one",
        })
    }
}

/// What `deploy` means: the version asked for; the working tree; the newest release; the record; the pin; what runs;
/// the newest release; HEAD. The first that applies.
///
/// # Errors
/// It doesn't exist, or can't be reproduced.
pub fn resolve(
    wish: &VersionWish,
    known: Known<'_>,
    state: &RecipeState,
) -> Result<Resolution, ResolveError> {
    let found = |record: &Record, why| state.find(record, why).map(|target| Resolution { target, why });
    match wish {
        VersionWish::Exactly(record) => found(record, Why::Asked),
        VersionWish::Chaos => Ok(Resolution { target: state.working_tree()?, why: Why::Chaos }),
        VersionWish::Latest => match state.newest() {
            Some(release) => Ok(Resolution { target: release.target(), why: Why::Latest }),
            None => Err(ResolveError::NoReleases),
        },
        VersionWish::Usual => {
            let written = [
                (known.recorded, Why::Recorded),
                (known.pinned, Why::Pinned),
                (known.deployed, Why::Deployed),
            ];
            if let Some((record, why)) = written.into_iter().find_map(|(record, why)| Some((record?, why))) {
                return found(record, why);
            }
            if let Some(release) = state.newest() {
                return Ok(Resolution { target: release.target(), why: Why::Newest });
            }
            let head = state.head.clone().ok_or(ResolveError::NoCommits)?;
            Ok(Resolution { target: Target::Commit(head), why: Why::NoReleases })
        }
    }
}

/// What `upgrade` means: the version asked for if it is newer than the present one, else the newest release above it.
/// `None`: nothing is newer, or what was asked for is the present one.
///
/// # Errors
/// There is nothing to start from, the version asked for doesn't exist or isn't newer.
pub fn upgrade(
    wish: Option<&Record>,
    known: Known<'_>,
    state: &RecipeState,
) -> Result<Option<Resolution>, ResolveError> {
    let above = |state: &RecipeState, present: &Record| {
        let is_above =
            |release: &&Release| state.order(&release.record(), present) == Some(Ordering::Greater);
        state.releases().rfind(is_above).cloned()
    };
    step(wish, known, state, Ordering::Greater, above)
}

/// What `rollback` means: the version asked for if it is older than the present one, else the release just below it.
/// `None`: nothing is older, or what was asked for is the present one.
///
/// # Errors
/// There is nothing to start from, the version asked for doesn't exist or isn't older.
pub fn rollback(
    wish: Option<&Record>,
    known: Known<'_>,
    state: &RecipeState,
) -> Result<Option<Resolution>, ResolveError> {
    let below = |state: &RecipeState, present: &Record| {
        let is_below = |release: &&Release| state.order(&release.record(), present) == Some(Ordering::Less);
        state.releases().rfind(is_below).cloned()
    };
    step(wish, known, state, Ordering::Less, below)
}

/// Away from the present version, in a direction.
fn step(
    wish: Option<&Record>,
    known: Known<'_>,
    state: &RecipeState,
    way: Ordering,
    usual: impl Fn(&RecipeState, &Record) -> Option<Release>,
) -> Result<Option<Resolution>, ResolveError> {
    let present = known.present().ok_or(ResolveError::NoStart)?;
    match wish {
        Some(wish) if wish.same(present) => Ok(None),
        Some(wish) => asked(wish, present, state, way).map(Some),
        None if !state.has_place(present) => Err(ResolveError::NoOrder { record: present.clone() }),
        None => {
            let why = if way == Ordering::Greater { Why::Above } else { Why::Below };
            Ok(usual(state, present).map(|release| Resolution { target: release.target(), why }))
        }
    }
}

/// What `sync` means: the record. `None`: there is none.
///
/// # Errors
/// It doesn't exist, or can't be reproduced.
pub fn sync(known: Known<'_>, state: &RecipeState) -> Result<Option<Resolution>, ResolveError> {
    let found =
        |record: &Record| Ok(Resolution { target: state.find(record, Why::Recorded)?, why: Why::Recorded });
    known.recorded.map(found).transpose()
}

/// The releases above `from` up to `to`, lowest first: those whose notes an operator should read. Without `from` only
/// `to` itself; going back passes over nothing.
pub fn passed_over<'a>(state: &'a RecipeState, from: Option<&Record>, to: &Target) -> Vec<&'a Version> {
    let to = to.record();
    let up_to = |release: &Record| state.order(release, &to).is_some_and(Ordering::is_le);
    let above = |release: &Record| match from {
        Some(from) => state.order(release, from).map_or_else(|| release.same(&to), Ordering::is_gt),
        None => release.same(&to),
    };
    let passed = state.releases().filter(|release| up_to(&release.record()) && above(&release.record()));
    passed.map(|release| &release.version).collect()
}

fn asked(
    wish: &Record,
    present: &Record,
    state: &RecipeState,
    way: Ordering,
) -> Result<Resolution, ResolveError> {
    let target = state.find(wish, Why::Asked)?;
    match (state.order(wish, present), wish) {
        (Some(order), _) if order == way => {}
        (Some(_), _) => {
            let (wanted, present) = (wish.clone(), present.clone());
            return Err(ResolveError::WrongWay { wanted, present, newer: way == Ordering::Greater });
        }
        // Where nothing tells the order, a release that the operator names goes: they know which way it leads.
        (None, Record::Release(version)) if version.is_release() => {}
        (None, _) => return Err(ResolveError::NoOrder { record: wish.clone() }),
    }
    Ok(Resolution { target, why: Why::Asked })
}

#[cfg(test)]
mod tests;
