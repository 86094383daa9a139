//! With real repositories and the real `git`.
use super::{Fetched, Git, GitError};
use abra_core::compose::files::{FileError, Files};
use abra_core::recipe::{Commit, Record, Target, Version};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const GIT: Git = Git { may_ask: false, instead: None };

struct Repository {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Repository {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wiki");
        fs::create_dir(&path).unwrap();
        let repository = Self { _dir: dir, path };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.path, arguments)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, subject: &str) -> Commit {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
        Commit::parse(&self.git(&["rev-parse", "HEAD"])).unwrap()
    }

    /// A file's content at a commit, or the error in words.
    async fn read_at(&self, commit: &Commit, path: &str) -> String {
        let tree = GIT.files_at(&self.path, commit).await.unwrap();
        read(&tree, &self.path.join(path))
    }

    /// The same from the disk.
    fn read_disk(&self, path: &str) -> String {
        read(&GIT.working_tree(&self.path).unwrap(), &self.path.join(path))
    }
}

pub(super) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "tag.gpgSign=false"])
        .args([
            "-c",
            "commit.gpgSign=false",
            "-c",
            "protocol.file.allow=always",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(arguments)
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn read(files: &dyn Files, path: &Path) -> String {
    match files.read(path.to_str().unwrap()) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("! {error}"),
    }
}

#[tokio::test]
async fn a_survey_names_tags_head_dirt_and_origin() {
    let repository = Repository::new();
    let state = GIT.survey(&repository.path, &[]).await.unwrap();
    assert_eq!((state.head, state.dirty, state.tags.len(), state.remote), (None, false, 0, None));

    repository.write("compose.yml", "a");
    let first = repository.commit("first");
    repository.git(&["tag", "1.10.0+2"]);
    repository.git(&["tag", "--annotate", "--message=x", "1.2.0+1"]);
    repository.git(&["tag", "folder/1.0.0+1"]);
    let blob = repository.git(&["rev-parse", "HEAD:compose.yml"]);
    repository.git(&["tag", "3.0.0+1", &blob]);
    let second = repository.commit("second");
    repository.git(&["tag", "nightly"]);
    repository.git(&["remote", "add", "origin", "https://me:hunter2@git.example/wiki.git"]);
    let state = GIT.survey(&repository.path, &[]).await.unwrap();
    let tags: Vec<(&str, &Commit)> =
        state.tags.iter().map(|tag| (tag.version.as_str(), &tag.commit)).collect();
    assert_eq!(tags, [("nightly", &second), ("1.2.0+1", &first), ("1.10.0+2", &first)]);
    assert_eq!((state.head.as_ref(), state.dirty), (Some(&second), false));
    assert_eq!(state.remote.as_deref(), Some("https://git.example/wiki.git"));

    repository.write("untracked", "");
    assert!(GIT.survey(&repository.path, &[]).await.unwrap().dirty);
    repository.write(".gitignore", "untracked\n");
    repository.commit("third");
    assert!(!GIT.survey(&repository.path, &[]).await.unwrap().dirty);
    repository.write("compose.yml", "b");
    assert!(GIT.survey(&repository.path, &[]).await.unwrap().dirty);
}

#[tokio::test]
async fn short_commits_are_looked_up_and_branches_of_like_name_are_not() {
    let repository = Repository::new();
    let first = repository.commit("first");
    let second = repository.commit("second");
    let short = Commit::parse(&first.as_str()[..7]).unwrap();
    repository.git(&["branch", "deadbeef"]);
    let none = Commit::parse("deadbeef").unwrap();
    let state = GIT.survey(&repository.path, &[short.clone(), none.clone()]).await.unwrap();
    assert_eq!(state.commits, [(short.clone(), first.clone())].into());
    repository.git(&["branch", short.as_str(), second.as_str()]);
    assert_ne!(GIT.commit(&repository.path, &short).await.unwrap(), Some(second));
}

#[tokio::test]
async fn files_of_a_commit_come_from_its_objects_and_not_from_the_disk() {
    let repository = Repository::new();
    repository.write("compose.yml", "one");
    repository.write("a/b/c.yml", "deep");
    repository.write("binary", b"\0\xff");
    repository.write("empty", "");
    let first = repository.commit("first");
    repository.write("compose.yml", "two");
    repository.commit("second");
    repository.write("compose.yml", "three, not committed");
    let before = repository.git(&["status", "--porcelain"]);
    for (path, expected) in [
        ("compose.yml", "one"),
        ("./a/../compose.yml", "one"),
        ("a/b/c.yml", "deep"),
        ("binary", "\0\u{fffd}"),
        ("empty", ""),
        ("a/b", "! this is a folder"),
        ("", "! this is a folder"),
        ("none", "! no such file"),
        ("compose.yml/x", "! no such file"),
        ("none/../compose.yml", "! no such file"),
        ("../wiki/compose.yml", "! the path leads out of the recipe"),
        ("../secret", "! the path leads out of the recipe"),
        ("/etc/passwd", "! the path leads out of the recipe"),
        ("a/../../secret", "! the path leads out of the recipe"),
    ] {
        assert_eq!(repository.read_at(&first, path).await, expected, "{path}");
    }
    let tree = GIT.files_at(&repository.path, &first).await.unwrap();
    assert_eq!(tree.paths().collect::<Vec<_>>(), ["a/b/c.yml", "binary", "compose.yml", "empty"]);
    assert_eq!(repository.git(&["status", "--porcelain"]), before);
    assert_eq!(fs::read_to_string(repository.path.join("compose.yml")).unwrap(), "three, not committed");
}

#[tokio::test]
async fn links_are_followed_inside_of_the_recipe_only() {
    let repository = Repository::new();
    repository.write("real/file", "here");
    repository.write("../secret", "not yours");
    for (target, link) in [
        ("real/file", "link"),
        ("../real", "sub/folder"),
        ("../secret", "out"),
        ("sub/../../secret", "out2"),
        ("/etc/passwd", "absolute"),
        ("loop2", "loop1"),
        ("loop1", "loop2"),
        ("gone", "dangling"),
        (".git/config", "config"),
    ] {
        fs::create_dir_all(repository.path.join(link).parent().unwrap()).unwrap();
        symlink(target, repository.path.join(link)).unwrap();
    }
    let commit = repository.commit("links");
    let outside = "! the path leads out of the recipe";
    for (path, at_commit, on_disk) in [
        ("link", "here", "here"),
        ("sub/folder/file", "here", "here"),
        ("sub/folder/../link", "here", "here"),
        ("out", outside, outside),
        ("out2", outside, outside),
        ("absolute", outside, outside),
        ("dangling", "! no such file", "! no such file"),
        ("config", "! no such file", outside),
        (".git/config", "! no such file", outside),
        ("../secret", outside, outside),
        ("real", "! this is a folder", "! this is a folder"),
    ] {
        assert_eq!(repository.read_at(&commit, path).await, at_commit, "{path} at the commit");
        assert_eq!(repository.read_disk(path), on_disk, "{path} on the disk");
    }
    assert_eq!(repository.read_at(&commit, "loop1").await, "! too many symbolic links");
    assert!(repository.read_disk("loop1").starts_with("! "));
}

#[tokio::test]
async fn submodules_are_skipped_and_large_files_are_told_but_not_read() {
    let (repository, other) = (Repository::new(), Repository::new());
    other.commit("other");
    repository.write("large", vec![b'x'; (8 << 20) + 1]);
    repository.write("compose.yml", "a");
    repository.git(&["submodule", "--quiet", "add", other.path.to_str().unwrap(), "sub"]);
    let commit = repository.commit("all");
    let tree = GIT.files_at(&repository.path, &commit).await.unwrap();
    assert_eq!(tree.paths().collect::<Vec<_>>(), [".gitmodules", "compose.yml", "large"]);
    let expected = "! the file has 8388609 bytes, at most 8388608 are read";
    assert_eq!(read(&tree, &repository.path.join("large")), expected);
    assert_eq!(repository.read_disk("large"), expected);
    assert_eq!(read(&tree, &repository.path.join("compose.yml")), "a");
    for i in 0..9_u8 {
        repository.write(&format!("part{i}"), vec![i; 8 << 20]);
    }
    let commit = repository.commit("too much");
    assert!(matches!(GIT.files_at(&repository.path, &commit).await, Err(GitError::TooMuch { .. })));
}

#[tokio::test]
async fn the_files_of_a_target_are_read_where_it_says() {
    let repository = Repository::new();
    repository.write("release/1.0.0+1", "notes");
    let head = repository.commit("first");
    repository.write("release/1.0.0+1", "changed");
    for (target, expected) in
        [(Target::Commit(head.clone()), "notes"), (Target::WorkingTree { head, dirty: true }, "changed")]
    {
        let files = GIT.files_of(&repository.path, &target).await.unwrap();
        let notes = abra_core::recipe::notes_path(&Version::parse("1.0.0+1").unwrap());
        assert_eq!(files.text(&notes).unwrap().as_deref(), Some(expected));
        assert_eq!(files.text("abra.sh").unwrap(), None);
        assert_eq!(files.text("../x"), Err(FileError::Outside));
    }
}

#[tokio::test]
async fn a_folder_inside_of_another_repository_is_not_taken_for_it() {
    let repository = Repository::new();
    repository.commit("outer");
    for inner in ["plain", "broken"] {
        fs::create_dir(repository.path.join(inner)).unwrap();
    }
    fs::create_dir(repository.path.join("broken/.git")).unwrap();
    for dir in ["plain", "broken", "missing"] {
        let result = GIT.survey(&repository.path.join(dir), &[]).await;
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("not a git repository"), "{dir}: {error}");
    }
}

#[tokio::test]
async fn nothing_of_a_repository_is_run() {
    let repository = Repository::new();
    let trace = repository.path.join("../ran");
    let script = format!("#!/bin/sh\ntouch {}\n", trace.display());
    repository.write("hook.sh", &script);
    repository.git(&["config", "core.fsmonitor", &format!("sh {}/hook.sh", repository.path.display())]);
    repository.git(&["config", "core.hooksPath", repository.path.to_str().unwrap()]);
    let first = repository.commit("first");
    fs::remove_file(&trace).ok();
    GIT.survey(&repository.path, std::slice::from_ref(&first)).await.unwrap();
    GIT.files_at(&repository.path, &first).await.unwrap();
    assert!(!trace.exists());
}

#[tokio::test]
async fn a_clone_appears_whole_or_not_at_all() {
    let source = Repository::new();
    source.write("compose.yml", "a");
    source.commit("first");
    source.git(&["tag", "1.0.0+1"]);
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("recipes/wiki");
    let url = source.path.to_str().unwrap();
    GIT.clone_to(url, &dir).await.unwrap();
    assert_eq!(GIT.survey(&dir, &[]).await.unwrap().newest().unwrap().version.as_str(), "1.0.0+1");
    fs::write(dir.join("compose.yml"), "mine").unwrap();
    GIT.clone_to("/nowhere", &dir).await.unwrap();
    assert_eq!(fs::read_to_string(dir.join("compose.yml")).unwrap(), "mine", "what is there stays");

    let none = home.path().join("recipes/none");
    let error = GIT.clone_to("/nowhere/at/all.git", &none).await.unwrap_err().to_string();
    assert!(error.starts_with("`git clone` failed: ") && error.contains("does not exist"), "{error}");
    assert!(matches!(GIT.clone_to("ext::true", &none).await, Err(GitError::Url { .. })));
    let left: Vec<_> =
        fs::read_dir(home.path().join("recipes")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["wiki"]);
}

#[tokio::test]
async fn a_fetch_brings_tags_and_leaves_the_working_tree_alone() {
    let source = Repository::new();
    source.write("compose.yml", "a");
    source.commit("first");
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("wiki");
    GIT.clone_to(source.path.to_str().unwrap(), &dir).await.unwrap();
    fs::write(dir.join("compose.yml"), "mine").unwrap();
    let head = git(&dir, &["rev-parse", "HEAD"]);
    source.write("compose.yml", "b");
    let second = source.commit("second");
    source.git(&["tag", "2.0.0+1"]);
    assert_eq!(GIT.fetch(&dir).await.unwrap(), Fetched::Done);
    let state = GIT.survey(&dir, &[]).await.unwrap();
    assert_eq!(state.newest().unwrap().commit, second);
    assert_eq!(
        (git(&dir, &["rev-parse", "HEAD"]), fs::read_to_string(dir.join("compose.yml")).unwrap()),
        (head, "mine".to_owned())
    );
    assert!(!dir.join(".git/FETCH_HEAD").exists());

    fs::remove_dir_all(&source.path).unwrap();
    assert!(matches!(GIT.fetch(&dir).await, Err(GitError::Failed { .. })));
    git(&dir, &["remote", "remove", "origin"]);
    assert_eq!(GIT.fetch(&dir).await.unwrap(), Fetched::NoRemote);
}

#[tokio::test]
async fn a_remote_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("git://127.0.0.1:{}/wiki.git", listener.local_addr().unwrap().port());
    let call = super::run::Invocation::remote(
        ["ls-remote", "--", url.as_str()],
        std::time::Duration::from_millis(300),
    );
    assert!(matches!(GIT.data(&call).await, Err(GitError::TooSlow { .. })));
}

#[tokio::test]
async fn the_operator_is_who_git_says() {
    let repository = Repository::new();
    repository.git(&["config", "user.name", "Ada"]);
    repository.git(&["config", "user.email", "ada@example.com"]);
    assert_eq!(GIT.identity(&repository.path).await.unwrap().as_deref(), Some("Ada <ada@example.com>"));
    assert!(GIT.identity(&repository.path.join("none")).await.is_ok());
}

#[test]
fn what_git_says_is_shown_without_passwords_and_control_characters() {
    for (text, expected) in [
        ("fatal: 'https://me:pw@x.example/a' not\nfound", "fatal: 'https://x.example/a' not found"),
        ("https://x.example/a@b", "https://x.example/a@b"),
        ("\u{1b}[31mred\u{7}", "[31mred"),
        ("ssh://git@x/a", "ssh://x/a"),
    ] {
        assert_eq!(super::run::harmless(text), expected);
    }
}

#[test]
fn a_record_of_a_target_is_its_short_commit() {
    let head = Commit::parse(&"a".repeat(40)).unwrap();
    let record = Target::WorkingTree { head, dirty: true }.record();
    assert_eq!(record, Record::parse(&format!("{}+U", "a".repeat(40))).unwrap());
    assert_eq!(record.to_string(), "aaaaaaaa+U");
}
