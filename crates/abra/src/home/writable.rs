//! Whether an env file could be changed now, found out without a trace: a file without a name takes what would be written,
//! and goes with the process, however that ends.
use super::rewrite::{keep_owner, lock_paths};
use super::{Home, HomeError, io_error};
use abra_core::name::{AppName, ServerName};
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, StatxAttributes, StatxFlags};
use rustix::io::Errno;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Of a folder in which everybody may remove only what is theirs.
const STICKY: u32 = 0o1000;

impl Home {
    /// Whether [`Home::rewrite_env`] could put these bytes in the place of an app's env file now. Nothing is changed, and
    /// nobody is waited for.
    ///
    /// # Errors
    /// What it would fail with, as far as that can be known before.
    pub fn can_rewrite_env(&self, server: &ServerName, app: &AppName, bytes: &[u8]) -> Result<(), HomeError> {
        self.can_lock()?;
        let path = self.env_path(server, app);
        let real = fs::canonicalize(&path).map_err(io_error("find", &path))?;
        let old = fs::metadata(&real).map_err(io_error("read", &path))?;
        let dir = real.parent().unwrap_or(Path::new("/"));
        can_be_replaced(&real, &old, dir, &path)?;
        match unnamed(dir).map_err(io_error("write in", dir))? {
            Some(mut file) => {
                file.write_all(bytes).map_err(io_error("write in", dir))?;
                keep_owner(&file, &old, &path)
            }
            None => could_write(dir, &old, &path, bytes.len()),
        }
    }

    /// Whether the lock could be had, but for others who have it.
    fn can_lock(&self) -> Result<(), HomeError> {
        let paths = lock_paths(self.root());
        let is_whole = fs::metadata(&paths.ignore).is_ok_and(|file| file.len() > 0);
        if is_whole && paths.lock.exists() {
            return File::options()
                .write(true)
                .open(&paths.lock)
                .map(drop)
                .map_err(io_error("write", &paths.lock));
        }
        let dir = if paths.dir.exists() { paths.dir.as_path() } else { self.root() };
        match unnamed(dir).map_err(io_error("write in", dir))? {
            Some(_) => Ok(()),
            None => access(dir).map_err(io_error("write in", dir)),
        }
    }
}

/// Whether another file may take a file's name.
fn can_be_replaced(real: &Path, old: &Metadata, dir: &Path, path: &Path) -> Result<(), HomeError> {
    let unfit = |what| Err(HomeError::Unfit { path: path.to_owned(), what });
    // Kernels that don't know say nothing: then it is found out afterwards.
    let known = rustix::fs::statx(CWD, real, AtFlags::empty(), StatxFlags::empty());
    let attributes = known.map_or(StatxAttributes::empty(), |known| known.stx_attributes);
    if attributes.intersects(StatxAttributes::IMMUTABLE | StatxAttributes::APPEND) {
        return unfit("marked as not to be changed (`lsattr` shows it, `chattr -ia` takes the mark away)");
    }
    if attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return unfit("mounted as a single file, which nothing can take the place of: mount its folder");
    }
    let folder = fs::metadata(dir).map_err(io_error("read", dir))?;
    let us = rustix::process::geteuid().as_raw();
    if folder.mode() & STICKY != 0 && ![0, old.uid(), folder.uid()].contains(&us) {
        return Err(others(path));
    }
    Ok(())
}

/// A file in a folder that has no name; `None` where the file system has no such files.
fn unnamed(dir: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(dir, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The same question where nothing can be tried.
fn could_write(dir: &Path, old: &Metadata, path: &Path, size: usize) -> Result<(), HomeError> {
    access(dir).map_err(io_error("write in", dir))?;
    let us = rustix::process::geteuid();
    if !us.is_root() && old.uid() != us.as_raw() {
        return Err(others(path));
    }
    match rustix::fs::statvfs(dir) {
        Ok(stat) if stat.f_blocks > 0 && stat.f_bavail.saturating_mul(stat.f_frsize) < size as u64 => {
            Err(io_error("write in", dir)(Errno::NOSPC.into()))
        }
        _ => Ok(()),
    }
}

/// Whether files can be made in a folder, as far as its file system says.
fn access(dir: &Path) -> io::Result<()> {
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    Ok(rustix::fs::accessat(CWD, dir, wanted, AtFlags::EACCESS)?)
}

fn others(path: &Path) -> HomeError {
    HomeError::Owner { path: path.to_owned(), source: Errno::PERM.into() }
}

#[cfg(test)]
mod tests {
    use super::{HomeError, could_write};
    use std::fs;

    #[test]
    fn where_nothing_can_be_tried_the_file_system_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wiki.env");
        fs::write(&path, "TYPE=wiki\n").unwrap();
        let old = fs::metadata(&path).unwrap();
        could_write(dir.path(), &old, &path, 100).unwrap();
        let full = could_write(dir.path(), &old, &path, usize::MAX).unwrap_err();
        assert!(matches!(&full, HomeError::Io { doing: "write in", .. }), "{full}");
        // Nobody can write there, whoever they are.
        let proc = could_write("/proc/self".as_ref(), &old, &path, 100).unwrap_err();
        assert!(matches!(&proc, HomeError::Io { doing: "write in", .. }), "{proc}");
    }
}
