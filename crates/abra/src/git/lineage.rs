//! Which commits go back to which: the place of a commit among the releases.
use super::run::Invocation;
use super::{Git, GitError, MOST_TAGS, tag};
use abra_core::recipe::Commit;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

impl Git {
    /// For the given commits (all digits) and the tagged ones: which of these each goes back to, as far as one of the
    /// given commits has to do with it.
    ///
    /// # Errors
    /// Git can't read the repository.
    pub async fn lineage(
        &self,
        dir: &Path,
        commits: &BTreeSet<Commit>,
    ) -> Result<BTreeMap<Commit, BTreeSet<Commit>>, GitError> {
        let mut lineage: BTreeMap<Commit, BTreeSet<Commit>> = BTreeMap::new();
        for commit in commits {
            let below = self.tagged(dir, "--merged", commit).await?;
            lineage.entry(commit.clone()).or_default().extend(below);
            for above in self.tagged(dir, "--contains", commit).await? {
                lineage.entry(above).or_default().insert(commit.clone());
            }
            for other in commits.iter().filter(|other| *other != commit) {
                let arguments = ["merge-base", "--is-ancestor", other.as_str(), commit.as_str()];
                if self.run(&Invocation::local(arguments).at(dir)).await?.success {
                    lineage.entry(commit.clone()).or_default().insert(other.clone());
                }
            }
        }
        Ok(lineage)
    }

    /// The tagged commits that a commit goes back to (`--merged`), or that go back to it (`--contains`).
    async fn tagged(&self, dir: &Path, way: &str, commit: &Commit) -> Result<BTreeSet<Commit>, GitError> {
        let (way, count) = (format!("{way}={commit}"), format!("--count={MOST_TAGS}"));
        let format = "--format=%(refname:lstrip=2) %(objecttype) %(objectname) %(*objecttype) %(*objectname)";
        let arguments = ["for-each-ref", &way, &count, format, "refs/tags"];
        let data = self.data(&Invocation::local(arguments).at(dir)).await?;
        let text = String::from_utf8_lossy(&data);
        Ok(text.lines().filter_map(tag).map(|tag| tag.commit).collect())
    }
}
