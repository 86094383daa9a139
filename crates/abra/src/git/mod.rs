//! Git, through the `git` program with the operator's own settings, keys and helpers. The only room that runs it.
//!
//! Recipes are read out of git objects: nothing here switches a working tree. Not here: which version is meant
//! (`abra_core::recipe`) and where the folders are ([`crate::home`]).
mod clone;
mod disk;
mod files;
mod lineage;
mod once;
mod reads;
mod run;
mod team;
mod teams;
mod tree;

pub use clone::Fetched;
pub use disk::WorkingTree;
pub use files::RecipeFiles;
pub use once::Fetches;
pub use reads::Reads;
pub use team::{TeamFile, Theirs};
pub use tree::RecipeTree;

use abra_core::recipe::{Commit, RecipeState, Release, Version};
use run::Invocation;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time limit of calls that stay on this machine.
const LOCAL: Duration = Duration::from_secs(30);

/// Most tags that are read of one recipe.
const MOST_TAGS: usize = 10_000;

/// How git may be run.
#[derive(Debug, Clone, Copy)]
pub struct Git {
    /// Whether it may ask for passwords and host keys on the terminal.
    pub may_ask: bool,
    /// Answers in git's stead, given arguments, folder and input. For simulations, whose clock does not know how long a
    /// process takes.
    pub instead: Option<Instead>,
}

/// Answers to arguments, in a folder, with an input.
pub type Instead = fn(&[String], Option<&Path>, &[u8]) -> io::Result<Answer>;

/// What git answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it succeeded.
    pub success: bool,
    /// What it wrote to its standard output.
    pub data: Vec<u8>,
    /// What it said, without control characters.
    pub said: String,
}

/// Why git could not do it. Text from git is bounded and has no control characters and no passwords of addresses.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git`, or it can't be started.
    #[error("can't run git")]
    Start {
        /// The system's reason.
        source: io::Error,
    },
    /// The folder is not there, or is no git repository of its own.
    #[error("{} is not a git repository", dir.display())]
    NoRepository {
        /// The folder.
        dir: PathBuf,
    },
    /// Git ended with an error.
    #[error("`git {command}` failed{}: {said}", at(dir.as_deref()))]
    Failed {
        /// The subcommand.
        command: String,
        /// Where.
        dir: Option<PathBuf>,
        /// Its words.
        said: String,
    },
    /// Git did not end in time.
    #[error("`git {command}` did not end within {seconds} s{}", at(dir.as_deref()))]
    TooSlow {
        /// The subcommand.
        command: String,
        /// Where.
        dir: Option<PathBuf>,
        /// The limit.
        seconds: u64,
    },
    /// More data than a recipe has.
    #[error("{what} {}: at most {limit} are read", dir.display())]
    TooMuch {
        /// What there is too much of, with a preposition.
        what: &'static str,
        /// The recipe.
        dir: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// Several commits begin with these digits.
    #[error("several commits of {} begin with {commit}", dir.display())]
    Ambiguous {
        /// The recipe.
        dir: PathBuf,
        /// The digits.
        commit: Commit,
    },
    /// The remote has commits that are not here, so it takes no push.
    #[error("the remote has commits that {} lacks", dir.display())]
    Behind {
        /// The repository.
        dir: PathBuf,
    },
    /// A file that is not to be committed as things are.
    #[error("{}: {why}", path.display())]
    Uncommitted {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// An address that git must not be given.
    #[error("`{}` is no address to clone from: {why}", run::harmless(url))]
    Url {
        /// The address.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// A file or folder can't be had or made.
    #[error("can't {doing} {}", path.display())]
    Io {
        /// What was being done: a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Git {
    /// What git says about a recipe; `wanted` are the commits that this run may need.
    ///
    /// # Errors
    /// It is no repository, or git can't read it.
    pub async fn survey(&self, dir: &Path, wanted: &[Commit]) -> Result<RecipeState, GitError> {
        let (head, tags, remote) = tokio::join!(self.head(dir), self.tags(dir), self.origin(dir));
        let (head, dirty) = head?;
        let remote = remote?.map(|url| run::harmless(&url));
        let mut state = RecipeState { tags: tags?, head, dirty, remote, ..RecipeState::default() };
        for commit in wanted {
            if let Some(full) = self.commit(dir, commit).await? {
                state.commits.insert(commit.clone(), full);
            }
        }
        Ok(state)
    }

    /// All digits of the commit that begins with these; `None` when there is none.
    ///
    /// # Errors
    /// Several begin so, or git can't read the repository.
    pub async fn commit(&self, dir: &Path, commit: &Commit) -> Result<Option<Commit>, GitError> {
        let name = format!("{commit}^{{commit}}");
        let call = Invocation::local(["rev-parse", "--verify", "--quiet", "--end-of-options", name.as_str()]);
        let output = self.run(&call.at(dir)).await?;
        if output.said.contains("ambiguous") {
            return Err(GitError::Ambiguous { dir: dir.to_owned(), commit: commit.clone() });
        }
        // A branch or tag may be named like a commit: then the answer is something else.
        let found = Commit::parse(String::from_utf8_lossy(&output.data).trim());
        Ok(found.filter(|full| output.success && full.as_str().starts_with(commit.as_str())))
    }

    /// Who the operator is by git's settings, as `name <email>`; `None` when it has neither. `dir` may be any folder,
    /// also one that is not there.
    ///
    /// # Errors
    /// Git can't be run.
    pub async fn identity(&self, dir: &Path) -> Result<Option<String>, GitError> {
        let look = |key| Invocation::local(["config", "--get", key]).anywhere(dir);
        let (name, email) = (look("user.name"), look("user.email"));
        let (name, email) = tokio::join!(self.setting(&name), self.setting(&email));
        Ok(match (name?, email?) {
            (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
            (Some(name), None) => Some(name),
            (None, email) => email,
        })
    }

    /// The commit that is checked out, and whether anything is uncommitted or untracked.
    async fn head(&self, dir: &Path) -> Result<(Option<Commit>, bool), GitError> {
        let arguments = [
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=normal",
            "--ignore-submodules=none",
        ];
        let data = self.data(&Invocation::local(arguments).at(dir)).await?;
        let text = String::from_utf8_lossy(&data);
        let head = text.split('\0').find_map(|entry| Commit::parse(entry.strip_prefix("# branch.oid ")?));
        let dirty = text.split('\0').any(|entry| !entry.is_empty() && !entry.starts_with("# "));
        Ok((head, dirty))
    }

    /// All tags of commits, lowest first. Tags that can't be versions are passed over.
    async fn tags(&self, dir: &Path) -> Result<Vec<Release>, GitError> {
        let count = format!("--count={}", MOST_TAGS + 1);
        let format = "--format=%(refname:lstrip=2) %(objecttype) %(objectname) %(*objecttype) %(*objectname)";
        let data =
            self.data(&Invocation::local(["for-each-ref", &count, format, "refs/tags"]).at(dir)).await?;
        let text = String::from_utf8_lossy(&data);
        if text.lines().count() > MOST_TAGS {
            return Err(GitError::TooMuch {
                what: "too many tags in",
                dir: dir.to_owned(),
                limit: MOST_TAGS as u64,
            });
        }
        let mut tags: Vec<Release> = text.lines().filter_map(tag).collect();
        tags.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(tags)
    }

    /// The address of `origin`, as it is configured.
    async fn origin(&self, dir: &Path) -> Result<Option<String>, GitError> {
        self.setting(&Invocation::local(["config", "--get", "remote.origin.url"]).at(dir)).await
    }

    async fn setting(&self, call: &Invocation) -> Result<Option<String>, GitError> {
        let output = self.run(call).await?;
        let value = String::from_utf8_lossy(&output.data).trim().to_owned();
        Ok((output.success && !value.is_empty()).then_some(value))
    }
}

/// A line of `for-each-ref`: the tag and, where it is annotated, what it stands for.
fn tag(line: &str) -> Option<Release> {
    let words: Vec<&str> = line.split(' ').collect();
    let ([name, "commit", commit, ..] | [name, "tag", _, "commit", commit]) = words[..] else { return None };
    Some(Release { version: Version::parse(name).ok()?, commit: Commit::parse(commit)? })
}

fn at(dir: Option<&Path>) -> String {
    dir.map_or_else(String::new, |dir| format!(" in {}", dir.display()))
}

#[cfg(test)]
mod tests;
