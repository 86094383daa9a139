//! Many files of teams' repositories at once: git is run per folder and per repository, not per file.
use super::run::Invocation;
use super::team::TeamFile;
use super::{Git, GitError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

impl Git {
    /// The repositories around files, in their order; `None` where there is none.
    ///
    /// # Errors
    /// A file is not there, or git can't be run.
    pub async fn team_files(&self, files: &[PathBuf]) -> Result<Vec<Option<TeamFile>>, GitError> {
        let mut by_folder: BTreeMap<PathBuf, Option<TeamFile>> = BTreeMap::new();
        let mut found = Vec::with_capacity(files.len());
        for file in files {
            let find = |source| GitError::Io { doing: "find", path: file.clone(), source };
            let real = std::fs::canonicalize(file).map_err(find)?;
            let folder = real.parent().unwrap_or(Path::new("/")).to_owned();
            if !by_folder.contains_key(&folder) {
                by_folder.insert(folder.clone(), self.team_file(file).await?);
            }
            found.push(by_folder[&folder].as_ref().and_then(|first| first.beside(&real)));
        }
        Ok(found)
    }

    /// The files of one repository as the remote branch had them when it was last fetched, in their order; `None` where
    /// it has none, or where no remote branch is followed.
    ///
    /// # Errors
    /// Git can't read them.
    pub async fn team_versions(&self, files: &[&TeamFile]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        let asked = |file: &TeamFile| {
            let kept = &file.upstream()?.kept;
            (!file.path.contains('\n')).then(|| format!("{kept}:{}\n", file.path))
        };
        let input: String = files.iter().filter_map(|file| asked(file)).collect();
        let Some(first) = files.first().filter(|_| !input.is_empty()) else {
            return Ok(vec![None; files.len()]);
        };
        let call = Invocation::local(["cat-file", "--batch"]).at(&first.top).input(input.into_bytes());
        let data = self.data(&call).await?;
        let mut rest = data.as_slice();
        let answers = files.iter().map(|file| match asked(file) {
            Some(_) => answer(&mut rest),
            None => Some(None),
        });
        answers.collect::<Option<Vec<_>>>().ok_or_else(|| GitError::Failed {
            command: "cat-file".to_owned(),
            dir: Some(first.top.clone()),
            said: "the answer ends early".to_owned(),
        })
    }
}

/// The next answer of `cat-file --batch`: `<object> blob <size>\n<bytes>\n`, or a line that says that it is missing.
fn answer(rest: &mut &[u8]) -> Option<Option<Vec<u8>>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = &rest[end + 1..];
    let words: Vec<&str> = head.split(' ').collect();
    let [_, kind, size] = words[..] else { return Some(None) };
    let Ok(size) = size.parse::<usize>() else { return Some(None) };
    let bytes = rest.get(..size)?.to_vec();
    *rest = rest.get(size + 1..)?;
    Some((kind == "blob").then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GIT, git};
    use super::answer;
    use std::fs;

    #[test]
    fn answers_are_read_one_after_the_other() {
        let mut rest = b"main:a b.env missing\n0123 blob 3\na\nb\n4567 tree 2\nxx\n".as_slice();
        assert_eq!(answer(&mut rest), Some(None));
        assert_eq!(answer(&mut rest), Some(Some(b"a\nb".to_vec())));
        assert_eq!(answer(&mut rest), Some(None));
        assert_eq!(answer(&mut rest), None, "there is no more");
    }

    #[tokio::test]
    async fn files_of_several_repositories_are_read_together() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "team.git"]);
        git(dir.path(), &["clone", "--quiet", "team.git", "team"]);
        let (team, plain) = (dir.path().join("team"), dir.path().join("plain"));
        fs::create_dir_all(team.join("one")).unwrap();
        fs::create_dir_all(&plain).unwrap();
        for name in ["one/a.env", "one/b c.env"] {
            fs::write(team.join(name), name).unwrap();
        }
        git(&team, &["add", "--all"]);
        git(&team, &["commit", "--quiet", "--message=first"]);
        git(&team, &["push", "--quiet", "--set-upstream", "origin", "HEAD:main"]);
        fs::write(team.join("one/new.env"), "new").unwrap();
        fs::write(plain.join("d.env"), "d").unwrap();
        let paths =
            [team.join("one/a.env"), team.join("one/new.env"), plain.join("d.env"), team.join("one/b c.env")];
        let files = GIT.team_files(&paths).await.unwrap();
        assert_eq!(files.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, true]);
        for (path, file) in paths.iter().zip(&files) {
            assert_eq!(&GIT.team_file(path).await.unwrap(), file);
        }
        let files: Vec<_> = files.iter().flatten().collect();
        let texts = GIT.team_versions(&files).await.unwrap();
        let expected = [Some(b"one/a.env".to_vec()), None, Some(b"one/b c.env".to_vec())];
        assert_eq!(texts, expected);
    }
}
