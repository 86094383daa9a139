//! The files of a recipe, wherever they come from.
use super::{Git, GitError, RecipeTree, WorkingTree};
use abra_core::compose::files::{FileError, Files};
use abra_core::recipe::Target;
use std::path::Path;

/// The files of a recipe at the version that is to be deployed.
#[derive(Debug, Clone)]
pub enum RecipeFiles {
    /// At a commit.
    Tree(RecipeTree),
    /// As they are on the disk.
    Disk(WorkingTree),
}

impl Git {
    /// The files of a version.
    ///
    /// # Errors
    /// Git can't read them.
    pub async fn files_of(&self, dir: &Path, target: &Target) -> Result<RecipeFiles, GitError> {
        match target {
            Target::WorkingTree { .. } => self.working_tree(dir).map(RecipeFiles::Disk),
            Target::Release(_) | Target::Commit(_) => {
                self.files_at(dir, target.commit()).await.map(RecipeFiles::Tree)
            }
        }
    }
}

impl RecipeFiles {
    /// The recipe's folder.
    pub fn root(&self) -> &Path {
        match self {
            Self::Tree(tree) => tree.root(),
            Self::Disk(disk) => disk.root(),
        }
    }

    /// A file by its path below the recipe's folder, as text; `None` when there is none.
    ///
    /// # Errors
    /// It is there but can't be read, or is not UTF-8.
    pub fn text(&self, path: &str) -> Result<Option<String>, FileError> {
        let full = self.root().join(path);
        let full = full
            .to_str()
            .ok_or_else(|| FileError::Unreadable("the folder's name is not UTF-8".to_owned()))?;
        match self.read(full) {
            Ok(bytes) => String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| FileError::Unreadable("this is not UTF-8 text".to_owned())),
            Err(FileError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Files for RecipeFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match self {
            Self::Tree(tree) => tree.read(path),
            Self::Disk(disk) => disk.read(path),
        }
    }
}
