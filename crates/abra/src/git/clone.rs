//! Getting recipes and their news from elsewhere.
use super::run::Invocation;
use super::{Git, GitError};
use std::path::Path;
use std::time::Duration;

/// Time limit of a first clone.
const CLONE: Duration = Duration::from_secs(300);

/// Time limit of a fetch.
const FETCH: Duration = Duration::from_secs(60);

/// How a fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// The news are here.
    Done,
    /// The repository has nowhere to fetch from.
    NoRemote,
}

impl Git {
    /// Clones a repository. The folder appears whole or not at all; where it is there already, nothing is done.
    ///
    /// # Errors
    /// The address is not one of a repository, or git can't clone it.
    pub async fn clone_to(&self, url: &str, dir: &Path) -> Result<(), GitError> {
        check_url(url)?;
        if dir.exists() {
            return Ok(());
        }
        let io = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| GitError::Io { doing, path, source }
        };
        let parent = dir.parent().unwrap_or(Path::new("/"));
        crate::home::whole::folder(parent).map_err(io("make", parent))?;
        let temporary =
            tempfile::Builder::new().prefix(".clone-").tempdir_in(parent).map_err(io("write in", parent))?;
        let place = temporary.path().join("recipe");
        let place_text = place.to_str().ok_or_else(|| GitError::Io {
            doing: "use",
            path: place.clone(),
            source: std::io::Error::other("the folder's name is not UTF-8"),
        })?;
        let arguments = [
            "clone",
            "--quiet",
            "--origin=origin",
            "--template=",
            "--no-recurse-submodules",
            "--",
            url,
            place_text,
        ];
        self.data(&Invocation::remote(arguments, CLONE)).await?;
        match std::fs::rename(&place, dir) {
            Err(_) if dir.exists() => Ok(()),
            renamed => renamed.map_err(io("make", dir)),
        }
    }

    /// Fetches branches and tags of `origin`. Only objects and remote refs are added; the working tree, the branches and
    /// tags that are there already stay as they are.
    ///
    /// # Errors
    /// Git can't reach the remote. What is here is as good as before, so this is worth a warning only.
    pub async fn fetch(&self, dir: &Path) -> Result<Fetched, GitError> {
        let Some(url) = self.origin(dir).await? else { return Ok(Fetched::NoRemote) };
        check_url(&url)?;
        let arguments = [
            "fetch",
            "--quiet",
            "--tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--",
            "origin",
        ];
        self.data(&Invocation::remote(arguments, FETCH).at(dir)).await?;
        Ok(Fetched::Done)
    }
}

/// Refuses what git would read as an option or as a program to run.
fn check_url(url: &str) -> Result<(), GitError> {
    let refused = |why| Err(GitError::Url { url: url.to_owned(), why });
    if url.is_empty() {
        return refused("it is empty");
    }
    if url.starts_with('-') {
        return refused("it begins with `-`");
    }
    if url.chars().any(char::is_control) {
        return refused("it has control characters");
    }
    let helper =
        url.split_once("::").is_some_and(|(helper, _)| helper.chars().all(|c| c.is_ascii_alphanumeric()));
    if helper {
        return refused("only https, http, ssh, git and files are allowed");
    }
    match url.split_once("://") {
        Some((scheme, rest))
            if !["https", "http", "ssh", "git", "file"].contains(&scheme) || rest.is_empty() =>
        {
            refused("only https, http, ssh, git and files are allowed")
        }
        Some((_, rest)) if rest.starts_with('-') || rest.contains("@-") => {
            refused("the host begins with `-`")
        }
        None if url.split_once(':').is_some_and(|(host, _)| host.contains("@-")) => {
            refused("the host begins with `-`")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check_url;

    #[test]
    fn addresses_that_would_run_something_are_refused() {
        for (url, expected) in [
            ("https://git.example/org/wiki.git", ""),
            ("ssh://git@git.example:2222/org/wiki.git", ""),
            ("git@git.example:org/wiki.git", ""),
            ("/srv/recipes/wiki.git", ""),
            ("file:///srv/my recipes/wiki.git", ""),
            ("https://[::1]/wiki.git", ""),
            ("", "it is empty"),
            ("--upload-pack=touch x", "it begins with `-`"),
            ("ext::sh -c touch% x", "only https, http, ssh, git and files are allowed"),
            ("ext::sh", "only https, http, ssh, git and files are allowed"),
            ("fd::3", "only https, http, ssh, git and files are allowed"),
            ("ftp://x/y", "only https, http, ssh, git and files are allowed"),
            ("ssh://-oProxyCommand=x/y", "the host begins with `-`"),
            ("ssh://me@-oProxyCommand=x/y", "the host begins with `-`"),
            ("me@-oProxyCommand=x:y", "the host begins with `-`"),
            ("https://x/\n", "it has control characters"),
        ] {
            let refusal = check_url(url).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                refusal.ends_with(expected) && refusal.is_empty() == expected.is_empty(),
                "{url}: {refusal}"
            );
        }
    }
}
