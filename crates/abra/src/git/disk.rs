//! The files of a working tree as they are on the disk (chaos).
use super::tree::{LARGEST, cleaned, inside, too_large};
use super::{Git, GitError};
use abra_core::compose::files::{FileError, Files};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// A recipe's folder on the disk. Read when asked for; nothing outside of it, and nothing of `.git`.
#[derive(Debug, Clone)]
pub struct WorkingTree {
    root: PathBuf,
    real: PathBuf,
}

impl Git {
    /// The working tree of a recipe.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn working_tree(&self, dir: &Path) -> Result<WorkingTree, GitError> {
        let real = std::fs::canonicalize(dir).map_err(|source| GitError::Io {
            doing: "find",
            path: dir.to_owned(),
            source,
        })?;
        Ok(WorkingTree { root: dir.to_owned(), real })
    }
}

impl WorkingTree {
    /// The recipe's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Files for WorkingTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let inside = inside(&self.root, Path::new(path)).ok_or(FileError::Outside)?;
        let path = self.real.join(inside);
        let real = std::fs::canonicalize(&path).map_err(|error| {
            // Where there is nothing, only the path's text says where it leads.
            if cleaned(&path).starts_with(&self.real) { unreadable(&error) } else { FileError::Outside }
        })?;
        let below = real.strip_prefix(&self.real).map_err(|_| FileError::Outside)?;
        if below.starts_with(".git") {
            return Err(FileError::Outside);
        }
        // Anything but a plain file could block or never end.
        let metadata = std::fs::metadata(&real).map_err(|error| unreadable(&error))?;
        match metadata.len() {
            _ if metadata.is_dir() => return Err(FileError::Unreadable("this is a folder".to_owned())),
            _ if !metadata.is_file() => {
                return Err(FileError::Unreadable("this is not a plain file".to_owned()));
            }
            size if size > LARGEST => return Err(too_large(size)),
            _ => {}
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&real).map_err(|error| unreadable(&error))?;
        file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok(bytes)
    }
}

fn unreadable(error: &std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::Missing,
        _ => FileError::Unreadable(error.to_string()),
    }
}
