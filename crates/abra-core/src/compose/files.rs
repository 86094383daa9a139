//! How the loader and the conversion get at files that a document names.

/// Contents by absolute path: a recipe's tree at a version, or a directory on disk.
pub trait Files {
    /// The whole content of the file.
    ///
    /// # Errors
    /// Says in words why it can't be had.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;
}

/// Why a file can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("no such file")]
    Missing,
    /// The path, or a link on it, leads out of the recipe.
    #[error("the path leads out of the recipe")]
    Outside,
    /// A directory, or something else that can't be read as a file.
    #[error("{0}")]
    Unreadable(String),
}
