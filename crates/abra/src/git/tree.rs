//! The files of a commit, read out of git objects.
use super::run::Invocation;
use super::{Git, GitError};
use abra_core::compose::files::{FileError, Files};
use abra_core::recipe::Commit;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest file that is read, in bytes. Docker takes configs up to about one million.
pub(super) const LARGEST: u64 = 8 << 20;

/// All files of a commit together, in bytes.
const LARGEST_SUM: u64 = 64 << 20;

/// Most files of a commit.
const MOST: usize = 20_000;

/// Most links that are followed on the way to one file.
const MOST_LINKS: usize = 40;

/// A recipe at a commit. Its files appear below the recipe's folder, whatever lies there on the disk.
#[derive(Debug, Clone)]
pub struct RecipeTree {
    root: PathBuf,
    /// Shared by all who have the tree.
    entries: Arc<BTreeMap<String, Entry>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    File(Vec<u8>),
    Link(String),
    Folder,
    TooLarge(u64),
}

/// A file in the listing of a commit.
struct Listed {
    path: String,
    object: String,
    is_link: bool,
    size: u64,
}

impl Git {
    /// The files of a commit. Submodules, and names that are not UTF-8, are left out.
    ///
    /// # Errors
    /// There is no such commit, it is larger than recipes are, or git can't read it.
    pub async fn files_at(&self, dir: &Path, commit: &Commit) -> Result<RecipeTree, GitError> {
        let arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str()];
        let listing = self.data(&Invocation::local(arguments).at(dir)).await?;
        let listed: Vec<Listed> = listing.split(|byte| *byte == 0).filter_map(listed).collect();
        let too_much = |what, limit| GitError::TooMuch { what, dir: dir.to_owned(), limit };
        if listed.len() > MOST {
            return Err(too_much("too many files in", MOST as u64));
        }
        let wanted: BTreeMap<&str, u64> =
            readable(&listed).map(|file| (file.object.as_str(), file.size)).collect();
        if wanted.values().sum::<u64>() > LARGEST_SUM {
            return Err(too_much("too many bytes in the files of", LARGEST_SUM));
        }
        let objects: Vec<&str> = wanted.into_keys().collect();
        let contents = self.contents(dir, &objects).await?;
        Ok(RecipeTree { root: dir.to_owned(), entries: Arc::new(entries(&listed, &contents)) })
    }

    async fn contents(&self, dir: &Path, objects: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, GitError> {
        if objects.is_empty() {
            return Ok(BTreeMap::new());
        }
        let input = objects.iter().flat_map(|object| [object.as_bytes(), b"\n"].concat()).collect();
        let data = self.data(&Invocation::local(["cat-file", "--batch"]).at(dir).input(input)).await?;
        batch(&data).ok_or_else(|| GitError::Failed {
            command: "cat-file".to_owned(),
            dir: Some(dir.to_owned()),
            said: "objects are missing".to_owned(),
        })
    }
}

impl RecipeTree {
    /// The paths of all files and links, below the recipe's folder.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let is_folder = |entry: &Entry| matches!(entry, Entry::Folder);
        self.entries.iter().filter(move |(_, entry)| !is_folder(entry)).map(|(path, _)| path.as_str())
    }

    /// The recipe's folder, below which the files appear.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Files for RecipeTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let inside = inside(&self.root, Path::new(path)).ok_or(FileError::Outside)?;
        let path = resolved(&self.entries, &inside)?;
        match self.entries.get(&path) {
            Some(Entry::File(bytes)) => Ok(bytes.clone()),
            Some(Entry::TooLarge(size)) => Err(too_large(*size)),
            Some(Entry::Folder) => Err(FileError::Unreadable("this is a folder".to_owned())),
            Some(Entry::Link(_)) | None if path.is_empty() => {
                Err(FileError::Unreadable("this is a folder".to_owned()))
            }
            Some(Entry::Link(_)) | None => Err(FileError::Missing),
        }
    }
}

/// Why a file of this size is not read.
pub(super) fn too_large(size: u64) -> FileError {
    FileError::Unreadable(format!("the file has {size} bytes, at most {LARGEST} are read"))
}

/// The part of an absolute path below the root, `..` and all; `None` when it is elsewhere.
pub(super) fn inside(root: &Path, path: &Path) -> Option<PathBuf> {
    path.strip_prefix(root).map(Path::to_owned).ok()
}

/// The path without `.` and `..`, by its text alone.
pub(super) fn cleaned(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// The path behind all links. Every step stays in the tree.
fn resolved(entries: &BTreeMap<String, Entry>, path: &Path) -> Result<String, FileError> {
    let parts = |path: &str| path.split('/').rev().map(str::to_owned).collect::<Vec<_>>();
    let mut to_go = parts(path.to_str().ok_or(FileError::Missing)?);
    let (mut done, mut links): (Vec<String>, usize) = (Vec::new(), 0);
    while let Some(part) = to_go.pop() {
        match part.as_str() {
            "" | "." => {}
            ".." => {
                done.pop().ok_or(FileError::Outside)?;
            }
            _ => {
                done.push(part);
                let here = done.join("/");
                match entries.get(&here) {
                    Some(Entry::Link(target)) => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(FileError::Unreadable("too many symbolic links".to_owned()));
                        }
                        if target.starts_with('/') {
                            return Err(FileError::Outside);
                        }
                        done.pop();
                        to_go.extend(parts(target));
                    }
                    Some(Entry::Folder) => {}
                    // Nothing is below a file, and nothing is below what is not there.
                    _ if to_go.is_empty() => {}
                    _ => return Err(FileError::Missing),
                }
            }
        }
    }
    Ok(done.join("/"))
}

/// `<mode> <type> <object> <size>\t<path>`
fn listed(line: &[u8]) -> Option<Listed> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let facts: Vec<&str> = facts.split_whitespace().collect();
    let [mode, "blob", object, size] = facts[..] else { return None };
    Some(Listed {
        path: path.to_owned(),
        object: object.to_owned(),
        is_link: mode == "120000",
        size: size.parse().ok()?,
    })
}

fn readable(listed: &[Listed]) -> impl Iterator<Item = &Listed> {
    listed.iter().filter(|file| file.size <= LARGEST)
}

fn entries(listed: &[Listed], contents: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for file in listed {
        folders.extend(file.path.match_indices('/').map(|(i, _)| &file.path[..i]));
        let entry = match contents.get(&file.object) {
            None => Entry::TooLarge(file.size),
            Some(bytes) if file.is_link => Entry::Link(String::from_utf8_lossy(bytes).into_owned()),
            Some(bytes) => Entry::File(bytes.clone()),
        };
        entries.insert(file.path.clone(), entry);
    }
    for folder in folders {
        entries.entry(folder.to_owned()).or_insert(Entry::Folder);
    }
    entries
}

/// The answer of `cat-file --batch`: `<object> blob <size>\n<bytes>\n`, again and again.
fn batch(mut data: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut contents = BTreeMap::new();
    while !data.is_empty() {
        let end = data.iter().position(|byte| *byte == b'\n')?;
        let head: Vec<&str> = std::str::from_utf8(&data[..end]).ok()?.split(' ').collect();
        let [object, "blob", size] = head[..] else { return None };
        let (start, size) = (end + 1, size.parse::<usize>().ok()?);
        let bytes = data.get(start..start.checked_add(size)?)?;
        contents.insert(object.to_owned(), bytes.to_vec());
        data = data.get(start + size + 1..)?;
    }
    Some(contents)
}
