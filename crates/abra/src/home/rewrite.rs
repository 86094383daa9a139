//! Changing an env file: the newest bytes, under a lock, all at once or not at all.
use super::{Home, HomeError, TEMPORARY, io_error, read_env, whole};
use crate::hold::{self, Place};
use abra_core::env::EnvFile;
use abra_core::name::{AppName, ServerName};
use std::fs::{self, File, Metadata, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest wait for another process that is writing. A write takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// A temporary file that is older than that was left by a run that was cut off.
const STALE: Duration = Duration::from_secs(1);

impl Home {
    /// Changes the env file of an app: `change` gets the file as it is now, under a lock that every abra of this home
    /// takes, and gives back the new bytes (`None`: leave it). Says whether the file was written.
    ///
    /// Mode, owner and a symbolic link are kept. A crash leaves the old or the new file.
    ///
    /// # Errors
    /// The file can't be read, has errors, or can't be replaced.
    pub fn rewrite_env(
        &self,
        server: &ServerName,
        app: &AppName,
        change: impl FnOnce(&EnvFile) -> Option<Vec<u8>>,
    ) -> Result<bool, HomeError> {
        let path = self.env_path(server, app);
        let _lock = self.lock()?;
        let env = read_env(&path)?;
        match change(&env) {
            Some(bytes) if bytes != env.bytes() => replace(&path, &bytes).map(|()| true),
            _ => Ok(false),
        }
    }

    /// One lock for all env files of this home, outside of `servers/`, which is most often a git repository. The system
    /// lets it go when the process ends, however it ends.
    fn lock(&self) -> Result<File, HomeError> {
        let LockPaths { dir, ignore, lock: path } = lock_paths(&self.root);
        whole::folder(&dir).map_err(io_error("make", &dir))?;
        // It is empty where a disk was full.
        if fs::metadata(&ignore).map_or(true, |file| file.len() == 0) {
            fs::write(&ignore, "*\n").map_err(io_error("write", &ignore))?;
        }
        let file = File::options().create(true).truncate(false).write(true).mode(0o664).open(&path);
        let file = file.map_err(io_error("write", &path))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(HomeError::Busy { path }),
                Err(TryLockError::Error(source)) => return Err(io_error("lock", &path)(source)),
            }
        }
    }
}

/// What belongs to the lock.
pub(super) struct LockPaths {
    /// Its folder.
    pub(super) dir: PathBuf,
    /// What keeps it out of git.
    pub(super) ignore: PathBuf,
    /// The lock itself.
    pub(super) lock: PathBuf,
}

/// What belongs to the lock of a home.
pub(super) fn lock_paths(root: &Path) -> LockPaths {
    let dir = root.join("locks");
    LockPaths { ignore: dir.join(".gitignore"), lock: dir.join("env.lock"), dir }
}

/// Puts new bytes in the place of a file. The temporary file is a neighbour of the real one, behind any link.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let real: PathBuf = fs::canonicalize(path).map_err(io_error("find", path))?;
    let dir = real.parent().unwrap_or(Path::new("/"));
    remove_leftovers(dir);
    let old = fs::metadata(&real).map_err(io_error("read", path))?;
    let file = whole::begun(dir, bytes).map_err(io_error("write in", dir))?;
    keep_owner(file.as_file(), &old, path)?;
    let mode = fs::Permissions::from_mode(old.mode() & 0o7777);
    file.as_file().set_permissions(mode).map_err(io_error("write", path))?;
    hold::firmly_at(Place::EnvWritten);
    whole::placed(file, &real, true).map_err(io_error("replace", path))?;
    hold::firmly_at(Place::EnvReplaced);
    Ok(())
}

/// Removes what writes that were cut off left. Nobody else is writing: the lock is held.
fn remove_leftovers(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_old =
            |data: Metadata| data.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > STALE));
        let name = entry.file_name();
        // Of another home that shares this folder by a link, a write may be under way: it takes milliseconds.
        if name.to_string_lossy().starts_with(TEMPORARY) && entry.metadata().is_ok_and(is_old) {
            // In nobody's way where it can't be removed: no env file has such a name.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives a new file the owner of the old one.
pub(super) fn keep_owner(file: &File, old: &Metadata, path: &Path) -> Result<(), HomeError> {
    let new = file.metadata().map_err(io_error("write", path))?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    let owner = (new.uid() != old.uid()).then_some(old.uid());
    fchown(file, owner, Some(old.gid())).map_err(|source| HomeError::Owner { path: path.to_owned(), source })
}
