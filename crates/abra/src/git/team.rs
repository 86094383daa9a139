//! The repository that holds the operators' env files. Looked at, and changed only where the operator switched that on;
//! never merged, never switched.
use super::run::Invocation;
use super::{Fetched, Git, GitError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time limit of a look at the remote, which is only worth a warning.
const FETCH: Duration = Duration::from_secs(30);

/// Time limit of a push.
const PUSH: Duration = Duration::from_secs(60);

/// Tries of a commit while another git has the index, and the time between two.
const TRIES: (u32, Duration) = (20, Duration::from_millis(250));

/// A file in a repository of the team's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamFile {
    pub(super) top: PathBuf,
    pub(super) path: String,
    pub(super) branch: Branch,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Branch {
    /// A branch that follows one of a remote.
    Following(Upstream),
    /// A branch that follows none, although there are remotes.
    Alone,
    /// A commit and no branch (HEAD is detached).
    Detached,
    /// There is no remote at all.
    NoRemote,
}

/// The remote branch that the checked-out one follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upstream {
    /// Where it is kept here: `refs/remotes/…`.
    pub(super) kept: String,
    remote: String,
    /// Its name there: `refs/heads/…`.
    branch: String,
}

/// A commit of a colleague's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    /// Who made it, as `name <email>`.
    pub author: String,
    /// When (RFC 3339).
    pub time: String,
}

impl TeamFile {
    /// The file itself.
    pub(super) fn whole(&self) -> PathBuf {
        self.top.join(&self.path)
    }

    /// Another file in the same folder: what is around one is around all of them.
    pub(super) fn beside(&self, real: &Path) -> Option<Self> {
        let path = real.strip_prefix(&self.top).ok()?.to_str()?.to_owned();
        Some(Self { path, ..self.clone() })
    }

    /// Where its repository is.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Why its repository's remote can't be asked although there is one.
    pub fn unasked(&self) -> Option<&'static str> {
        match self.branch {
            Branch::Detached => {
                Some("no branch is checked out in the servers' repository (HEAD is detached)")
            }
            Branch::Alone => {
                Some("the branch that is checked out in the servers' repository follows no remote one")
            }
            Branch::Following(_) | Branch::NoRemote => None,
        }
    }

    /// Whether its repository follows no remote branch.
    pub fn is_alone(&self) -> bool {
        self.upstream().is_none()
    }

    /// The remote branch that its repository follows.
    pub(super) fn upstream(&self) -> Option<&Upstream> {
        match &self.branch {
            Branch::Following(upstream) => Some(upstream),
            _ => None,
        }
    }
}

impl Git {
    /// The repository around a file (behind any link); `None` where there is none.
    ///
    /// # Errors
    /// The file is not there, or git can't be run.
    pub async fn team_file(&self, file: &Path) -> Result<Option<TeamFile>, GitError> {
        let find = |source| GitError::Io { doing: "find", path: file.to_owned(), source };
        let real = std::fs::canonicalize(file).map_err(find)?;
        let dir = real.parent().unwrap_or(Path::new("/"));
        let Some(top) =
            self.setting(&Invocation::local(["rev-parse", "--show-toplevel"]).anywhere(dir)).await?
        else {
            return Ok(None);
        };
        let top = PathBuf::from(top);
        let Some(path) = real.strip_prefix(&top).ok().and_then(Path::to_str) else { return Ok(None) };
        let branch = self.branch(&top).await?;
        Ok(Some(TeamFile { path: path.to_owned(), branch, top }))
    }

    /// Whether git knows a file.
    ///
    /// # Errors
    /// Git can't be run.
    pub async fn is_tracked(&self, file: &TeamFile) -> Result<bool, GitError> {
        let look = Invocation::local(["ls-files", "--", file.path.as_str()]);
        Ok(self.setting(&look.at(&file.top)).await?.is_some())
    }

    /// Fetches the branch that the file's repository follows. Nothing is merged.
    ///
    /// # Errors
    /// Git can't reach the remote; what is known of it is as good as before.
    pub async fn fetch_team(&self, file: &TeamFile) -> Result<Fetched, GitError> {
        let Some(upstream) = file.upstream() else { return Ok(Fetched::NoRemote) };
        let arguments = [
            "fetch",
            "--quiet",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--",
            upstream.remote.as_str(),
        ];
        self.data(&Invocation::remote(arguments, FETCH).at(&file.top)).await?;
        Ok(Fetched::Done)
    }

    /// The file as the remote branch had it when it was last fetched; `None` where it has none, or where no remote branch
    /// is followed.
    ///
    /// # Errors
    /// Git can't read it.
    pub async fn team_version(&self, file: &TeamFile) -> Result<Option<Vec<u8>>, GitError> {
        let Some(upstream) = file.upstream() else { return Ok(None) };
        let name = format!("{}:{}", upstream.kept, file.path);
        let call = Invocation::local(["rev-parse", "--verify", "--quiet", "--end-of-options", name.as_str()]);
        match self.setting(&call.at(&file.top)).await? {
            Some(object) => {
                self.data(&Invocation::local(["cat-file", "blob", &object]).at(&file.top)).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// The newest commit of the remote branch that changes the file and that this checkout lacks.
    ///
    /// # Errors
    /// Git can't be run.
    pub async fn team_news(&self, file: &TeamFile) -> Result<Option<Theirs>, GitError> {
        let Some(upstream) = file.upstream() else { return Ok(None) };
        let range = format!("HEAD..{}", upstream.kept);
        let arguments = ["log", "-1", "--format=%an <%ae>%x09%cI", range.as_str(), "--", file.path.as_str()];
        let line = self.setting(&Invocation::local(arguments).at(&file.top)).await?;
        Ok(line.and_then(|line| {
            let (author, time) = line.split_once('\t')?;
            Some(Theirs { author: author.to_owned(), time: time.to_owned() })
        }))
    }

    /// Commits this one file and nothing else, with the repository's own hooks. Says whether there was anything to
    /// commit.
    ///
    /// # Errors
    /// The file is ignored, no branch is checked out, or git or a hook refuses.
    pub async fn commit_file(&self, file: &TeamFile, message: &str) -> Result<bool, GitError> {
        let path = file.path.as_str();
        let unfit = |why| GitError::Uncommitted { path: file.top.join(path), why };
        let is_tracked = self.is_tracked(file).await?;
        if !is_tracked {
            let ignored = ["ls-files", "--others", "--ignored", "--exclude-standard", "--", path];
            if self.setting(&Invocation::local(ignored).at(&file.top)).await?.is_some() {
                return Err(unfit("git ignores it"));
            }
        }
        let look = Invocation::local(["status", "--porcelain", "-z", "--untracked-files=all", "--", path]);
        if self.data(&look.at(&file.top)).await?.is_empty() {
            return Ok(false);
        }
        if file.branch == Branch::Detached {
            return Err(unfit("no branch is checked out (HEAD is detached), so the commit would get lost"));
        }
        if !is_tracked {
            // Only its name: a hook that refuses the commit leaves nothing staged.
            let name = Invocation::local(["add", "--intent-to-add", "--", path]);
            self.patient(&name.at(&file.top)).await?;
        }
        let commit = Invocation::local(["commit", "--quiet", "--only", "--message", message, "--", path]);
        self.patient(&commit.at(&file.top).with_hooks()).await?;
        Ok(true)
    }

    /// Pushes the checked-out commit to the branch that is followed, with the repository's own hooks.
    ///
    /// # Errors
    /// Git can't reach the remote, or the remote refuses: most often it has commits that are not here.
    pub async fn push_team(&self, file: &TeamFile) -> Result<Fetched, GitError> {
        let Some(upstream) = file.upstream() else { return Ok(Fetched::NoRemote) };
        let what = format!("HEAD:{}", upstream.branch);
        let arguments =
            ["push", "--quiet", "--no-recurse-submodules", "--", upstream.remote.as_str(), what.as_str()];
        match self.data(&Invocation::remote(arguments, PUSH).at(&file.top).with_hooks()).await {
            Err(GitError::Failed { said, .. }) if said.contains("[rejected]") => {
                Err(GitError::Behind { dir: file.top.clone() })
            }
            pushed => pushed.map(|_| Fetched::Done),
        }
    }

    /// A change of the index, tried again while another git has it.
    async fn patient(&self, call: &Invocation) -> Result<(), GitError> {
        let (tries, pause) = TRIES;
        for _ in 1..tries {
            match self.data(call).await {
                Err(GitError::Failed { said, .. }) if said.contains("index.lock") => {
                    tokio::time::sleep(pause).await;
                }
                done => return done.map(drop),
            }
        }
        self.data(call).await.map(drop)
    }

    async fn branch(&self, top: &Path) -> Result<Branch, GitError> {
        let Some(head) =
            self.setting(&Invocation::local(["symbolic-ref", "--quiet", "HEAD"]).at(top)).await?
        else {
            return Ok(Branch::Detached);
        };
        if self.setting(&Invocation::local(["remote"]).at(top)).await?.is_none() {
            return Ok(Branch::NoRemote);
        }
        let format = "--format=%(upstream) %(upstream:remotename) %(upstream:remoteref)";
        let data = self.data(&Invocation::local(["for-each-ref", format, head.as_str()]).at(top)).await?;
        let text = String::from_utf8_lossy(&data);
        let words: Vec<&str> = text.lines().next().unwrap_or_default().split(' ').collect();
        Ok(match words[..] {
            // `.` stands for a branch of the same repository.
            [kept, remote, branch] if !kept.is_empty() && !remote.is_empty() && remote != "." => {
                let [kept, remote, branch] = [kept, remote, branch].map(str::to_owned);
                Branch::Following(Upstream { kept, remote, branch })
            }
            _ => Branch::Alone,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GIT, git};
    use super::{Fetched, GitError};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};

    /// A bare repository with one env file, and checkouts of two operators.
    struct Team {
        _dir: tempfile::TempDir,
        bare: PathBuf,
        ada: PathBuf,
        bob: PathBuf,
    }

    fn team() -> Team {
        let dir = tempfile::tempdir().unwrap();
        let [bare, ada, bob] = ["servers.git", "ada", "bob"].map(|name| dir.path().join(name));
        git(dir.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "servers.git"]);
        git(dir.path(), &["clone", "--quiet", "servers.git", "ada"]);
        fs::create_dir(ada.join("one.example")).unwrap();
        fs::write(ada.join("one.example/wiki.env"), "TYPE=wiki\n").unwrap();
        git(&ada, &["add", "--all"]);
        git(&ada, &["commit", "--quiet", "--message=first"]);
        git(&ada, &["push", "--quiet", "--set-upstream", "origin", "HEAD:main"]);
        git(dir.path(), &["clone", "--quiet", "servers.git", "bob"]);
        for checkout in [&ada, &bob] {
            git(checkout, &["config", "user.name", "Test"]);
            git(checkout, &["config", "user.email", "test@example.com"]);
            git(checkout, &["config", "commit.gpgSign", "false"]);
        }
        Team { _dir: dir, bare, ada, bob }
    }

    fn env(checkout: &Path) -> PathBuf {
        checkout.join("one.example/wiki.env")
    }

    #[tokio::test]
    async fn what_the_remote_has_is_seen_after_a_fetch_and_nothing_is_merged() {
        let team = team();
        let file = GIT.team_file(&env(&team.bob)).await.unwrap().unwrap();
        fs::write(env(&team.ada), "TYPE=wiki\nA=1\n").unwrap();
        let ours = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        assert!(GIT.commit_file(&ours, "wiki: 1.0.0+1").await.unwrap());
        assert_eq!(GIT.push_team(&ours).await.unwrap(), Fetched::Done);

        assert_eq!(GIT.team_version(&file).await.unwrap().unwrap(), b"TYPE=wiki\n");
        assert_eq!(GIT.fetch_team(&file).await.unwrap(), Fetched::Done);
        assert_eq!(GIT.team_version(&file).await.unwrap().unwrap(), b"TYPE=wiki\nA=1\n");
        assert_eq!(fs::read_to_string(env(&team.bob)).unwrap(), "TYPE=wiki\n");

        // Bob's push is refused while he lacks Ada's commit, and says so.
        fs::write(env(&team.bob), "TYPE=wiki\nB=1\n").unwrap();
        assert!(GIT.commit_file(&file, "wiki: 2.0.0+1").await.unwrap());
        let news = GIT.team_news(&file).await.unwrap().unwrap();
        assert_eq!(news.author, "Test <test@example.com>");
        assert_eq!(GIT.team_news(&ours).await.unwrap(), None, "one's own commit is no news");
        assert!(matches!(GIT.push_team(&file).await, Err(GitError::Behind { .. })));
        fs::remove_dir_all(&team.bare).unwrap();
        assert!(matches!(GIT.fetch_team(&file).await, Err(GitError::Failed { .. })));
    }

    #[tokio::test]
    async fn only_the_one_file_is_committed() {
        let team = team();
        fs::write(team.ada.join("other"), "x").unwrap();
        git(&team.ada, &["add", "other"]);
        let file = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        assert!(!GIT.commit_file(&file, "nothing").await.unwrap());
        fs::write(env(&team.ada), "TYPE=wiki\nA=1\n").unwrap();
        assert!(GIT.commit_file(&file, "wiki: 1.0.0+1").await.unwrap());
        assert_eq!(
            git(&team.ada, &["show", "--format=%s", "--name-only", "HEAD"]),
            "wiki: 1.0.0+1\n\none.example/wiki.env"
        );
        assert_eq!(git(&team.ada, &["status", "--porcelain"]), "A  other");
        fs::write(team.ada.join("one.example/new.env"), "TYPE=wiki\n").unwrap();
        let new = GIT.team_file(&team.ada.join("one.example/new.env")).await.unwrap().unwrap();
        assert!(GIT.commit_file(&new, "new").await.unwrap(), "a file that git does not know yet");
        assert_eq!(GIT.team_version(&new).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_ignored_or_would_get_lost_is_not_committed() {
        let team = team();
        fs::write(team.ada.join(".gitignore"), "new.env\n").unwrap();
        fs::write(team.ada.join("one.example/new.env"), "TYPE=wiki\n").unwrap();
        let new = GIT.team_file(&team.ada.join("one.example/new.env")).await.unwrap().unwrap();
        let refused = GIT.commit_file(&new, "x").await.unwrap_err().to_string();
        assert!(refused.contains("git ignores it"), "{refused}");
        git(&team.ada, &["checkout", "--quiet", "--detach"]);
        fs::write(env(&team.ada), "TYPE=wiki\nA=1\n").unwrap();
        let file = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        assert!(file.unasked().is_some_and(|why| why.contains("detached")));
        assert!(GIT.commit_file(&file, "x").await.unwrap_err().to_string().contains("get lost"));
        assert_eq!(git(&team.ada, &["status", "--porcelain", "-uno"]), "M one.example/wiki.env");
    }

    #[tokio::test]
    async fn a_commit_waits_for_another_git_at_work() {
        let team = team();
        fs::write(env(&team.ada), "TYPE=wiki\nA=1\n").unwrap();
        let file = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        let lock = team.ada.join(".git/index.lock");
        fs::write(&lock, "").unwrap();
        let (committed, ()) = tokio::join!(GIT.commit_file(&file, "x"), async {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            fs::remove_file(&lock).unwrap();
        });
        assert!(committed.unwrap());
    }

    #[tokio::test]
    async fn the_teams_own_hooks_are_heard() {
        let team = team();
        let hook = team.ada.join(".git/hooks/pre-commit");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, "#!/bin/sh\necho no secrets please >&2\nexit 1\n").unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(env(&team.ada), "TYPE=wiki\nA=1\n").unwrap();
        let file = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        let error = GIT.commit_file(&file, "x").await.unwrap_err().to_string();
        assert!(error.contains("no secrets please"), "{error}");
    }

    #[tokio::test]
    async fn files_behind_links_and_outside_of_repositories_are_told_apart() {
        let team = team();
        let outside = tempfile::tempdir().unwrap();
        let link = outside.path().join("wiki.env");
        symlink(env(&team.ada), &link).unwrap();
        assert_eq!(GIT.team_file(&link).await.unwrap(), GIT.team_file(&env(&team.ada)).await.unwrap());
        fs::write(outside.path().join("plain.env"), "").unwrap();
        assert_eq!(GIT.team_file(&outside.path().join("plain.env")).await.unwrap(), None);
        git(&team.ada, &["checkout", "--quiet", "-b", "local"]);
        let file = GIT.team_file(&env(&team.ada)).await.unwrap().unwrap();
        assert_eq!(GIT.fetch_team(&file).await.unwrap(), Fetched::NoRemote);
        assert_eq!(GIT.team_version(&file).await.unwrap(), None);
    }
}
