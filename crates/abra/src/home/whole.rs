//! Files that are there with all of their content, or as they were before: whatever cuts a run off.
use super::TEMPORARY;
use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use tempfile::NamedTempFile;

/// Makes a folder with those above it. Whatever the umask says, nobody but its owner and group may put other files into it:
/// they would be deployed.
pub(crate) fn folder(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o775).create(dir)
}

/// New bytes beside the file that they are for, for nobody else to read yet.
pub(crate) fn begun(dir: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Gives them their name when they are on the disk. `over`: in the place of what has it.
pub(crate) fn placed(file: NamedTempFile, path: &Path, over: bool) -> io::Result<()> {
    file.as_file().sync_all()?;
    let placed = if over { file.persist(path) } else { file.persist_noclobber(path) };
    placed.map_err(|error| error.error)?;
    // The name must last, too.
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}
