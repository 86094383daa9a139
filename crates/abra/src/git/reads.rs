//! What git said in this run: each thing is asked once, however many apps want to know it. Files of a commit never change;
//! all else holds until time has passed.
use super::{Git, GitError, RecipeFiles, RecipeTree, TeamFile};
use abra_core::recipe::{Commit, RecipeState, Target};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Answers by what was asked. Only answers are kept: what failed is tried again by whoever asks next.
#[derive(Debug)]
struct Answers<K, V>(Mutex<BTreeMap<K, Arc<OnceCell<V>>>>);

/// What git said in this run.
#[derive(Debug, Default)]
pub struct Reads {
    states: Answers<PathBuf, RecipeState>,
    commits: Answers<(PathBuf, Commit), Option<Commit>>,
    trees: Answers<(PathBuf, Commit), RecipeTree>,
    folders: Answers<PathBuf, Option<TeamFile>>,
    versions: Answers<PathBuf, Option<Vec<u8>>>,
    identity: Answers<PathBuf, Option<String>>,
}

impl Reads {
    /// As [`Git::survey`].
    ///
    /// # Errors
    /// As there.
    pub async fn survey(&self, git: Git, dir: &Path, wanted: &[Commit]) -> Result<RecipeState, GitError> {
        let mut state = self.states.once(dir.to_owned(), async || git.survey(dir, &[]).await).await?;
        for commit in wanted {
            if let Some(full) = self.commit(git, dir, commit).await? {
                state.commits.insert(commit.clone(), full);
            }
        }
        Ok(state)
    }

    /// As [`Git::commit`].
    ///
    /// # Errors
    /// As there.
    pub async fn commit(&self, git: Git, dir: &Path, commit: &Commit) -> Result<Option<Commit>, GitError> {
        let key = (dir.to_owned(), commit.clone());
        self.commits.once(key, async || git.commit(dir, commit).await).await
    }

    /// As [`Git::files_of`]; a working tree is looked at anew every time.
    ///
    /// # Errors
    /// As there.
    pub async fn files_of(&self, git: Git, dir: &Path, target: &Target) -> Result<RecipeFiles, GitError> {
        match target {
            Target::WorkingTree { .. } => git.files_of(dir, target).await,
            Target::Release(_) | Target::Commit(_) => {
                self.files_at(git, dir, target.commit()).await.map(RecipeFiles::Tree)
            }
        }
    }

    /// As [`Git::files_at`].
    ///
    /// # Errors
    /// As there.
    pub async fn files_at(&self, git: Git, dir: &Path, commit: &Commit) -> Result<RecipeTree, GitError> {
        let key = (dir.to_owned(), commit.clone());
        self.trees.once(key, async || git.files_at(dir, commit).await).await
    }

    /// As [`Git::team_file`]: git is asked once per folder.
    ///
    /// # Errors
    /// As there.
    pub async fn team_file(&self, git: Git, file: &Path) -> Result<Option<TeamFile>, GitError> {
        let find = |source| GitError::Io { doing: "find", path: file.to_owned(), source };
        let real = std::fs::canonicalize(file).map_err(find)?;
        let folder = real.parent().unwrap_or(Path::new("/")).to_owned();
        let first = self.folders.once(folder, async || git.team_file(file).await).await?;
        Ok(first.and_then(|first| first.beside(&real)))
    }

    /// As [`Git::team_version`].
    ///
    /// # Errors
    /// As there.
    pub async fn team_version(&self, git: Git, file: &TeamFile) -> Result<Option<Vec<u8>>, GitError> {
        self.versions.once(file.whole(), async || git.team_version(file).await).await
    }

    /// Asks for many files of one repository with one call, so that [`Reads::team_version`] knows them.
    ///
    /// # Errors
    /// As [`Git::team_versions`].
    pub async fn team_versions(&self, git: Git, files: &[&TeamFile]) -> Result<(), GitError> {
        let versions = git.team_versions(files).await?;
        for (file, version) in files.iter().zip(versions) {
            self.versions.once(file.whole(), async || Ok::<_, GitError>(version)).await?;
        }
        Ok(())
    }

    /// As [`Git::identity`].
    ///
    /// # Errors
    /// As there.
    pub async fn identity(&self, git: Git, dir: &Path) -> Result<Option<String>, GitError> {
        self.identity.once(dir.to_owned(), async || git.identity(dir).await).await
    }

    /// From now on everything that may have changed is asked anew: time has passed.
    pub fn forget(&self) {
        self.states.all().clear();
        self.commits.all().clear();
        self.folders.all().clear();
        self.versions.all().clear();
    }
}

impl<K: Ord, V: Clone> Answers<K, V> {
    /// The answer: the first one's. Whoever asks meanwhile waits for it.
    async fn once<E, F>(&self, key: K, ask: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let answer = Arc::clone(self.all().entry(key).or_default());
        answer.get_or_try_init(ask).await.cloned()
    }
}

impl<K, V> Answers<K, V> {
    fn all(&self) -> MutexGuard<'_, BTreeMap<K, Arc<OnceCell<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for Answers<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GIT, git};
    use super::Reads;
    use abra_core::recipe::Commit;
    use std::fs;

    #[tokio::test]
    async fn git_is_asked_once_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "--quiet", "--initial-branch=main", "one"]);
        let one = dir.path().join("one");
        fs::write(one.join("a"), "first").unwrap();
        git(&one, &["add", "--all"]);
        git(&one, &["commit", "--quiet", "--message=first"]);
        let reads = Reads::default();
        let before = reads.survey(GIT, &one, &[]).await.unwrap();
        let head = before.head.unwrap();
        let short = Commit::parse(head.short()).unwrap();
        fs::write(one.join("a"), "second").unwrap();
        git(&one, &["commit", "--quiet", "--all", "--message=second"]);
        let again = reads.survey(GIT, &one, std::slice::from_ref(&short)).await.unwrap();
        assert_eq!((again.head.as_ref(), again.commits.get(&short)), (Some(&head), Some(&head)));
        reads.forget();
        let after = reads.survey(GIT, &one, &[]).await.unwrap().head.unwrap();
        assert_ne!(after, head);
        for _ in 0..2 {
            assert_eq!(reads.files_at(GIT, &one, &head).await.unwrap().paths().collect::<Vec<_>>(), ["a"]);
        }
        // What failed is not kept.
        let elsewhere = dir.path().join("two");
        assert!(reads.survey(GIT, &elsewhere, &[]).await.is_err());
        git(dir.path(), &["clone", "--quiet", "one", "two"]);
        assert_eq!(reads.survey(GIT, &elsewhere, &[]).await.unwrap().head, Some(after));
    }
}
