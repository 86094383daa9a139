//! The private folder of one ssh: its control socket and the forwarded one. Names are short, for a socket's path may have
//! 104 bytes on some systems, and ssh itself adds 17 for a moment.
use super::LinkError;
use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// How all of them begin.
const PREFIX: &str = "abra-ssh-";
/// The longest path of a socket that leaves ssh its room.
const LONGEST: usize = 104 - 18;
/// A folder this young may be one that is just being locked.
const YOUNG: Duration = Duration::from_secs(60);
/// The most leftovers that one run looks at.
const MOST: usize = 100;

/// A folder that only this user can enter. While it lives, it is locked: so others can tell it from a leftover.
#[derive(Debug)]
pub(super) struct Folder {
    folder: TempDir,
    _lock: File,
}

/// The places where a run had folders so far.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeSet<PathBuf>>);

impl Places {
    /// Removes what other runs left there, once: each folder of this run would be one more to look at for the next.
    fn sweep(&self, base: &Path) {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(base.to_owned()) {
            sweep(base);
        }
    }
}

impl Folder {
    /// A new one, where the system keeps what lives as long as a login, else among temporary files.
    pub(super) fn new(places: &Places) -> Result<Self, LinkError> {
        let error = |error: std::io::Error| LinkError::Folder { reason: error.to_string() };
        let mut last = None;
        for base in bases() {
            places.sweep(&base);
            match tempfile::Builder::new().prefix(PREFIX).rand_bytes(8).tempdir_in(&base) {
                Ok(folder) if folder.path().join("engine").as_os_str().len() > LONGEST => {}
                Ok(folder) => {
                    let lock = locked(folder.path()).map_err(error)?;
                    return Ok(Self { folder, _lock: lock });
                }
                Err(error) => last = Some(error),
            }
        }
        let reason =
            last.map_or_else(|| "every place for it has too long a name".to_owned(), |e| e.to_string());
        Err(LinkError::Folder { reason })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// ssh's control socket.
    pub(super) fn control(&self) -> PathBuf {
        self.path().join("ctl")
    }

    /// The engine's socket, brought here.
    pub(super) fn engine(&self) -> PathBuf {
        self.path().join("engine")
    }

    /// Removes it before it is dropped. What is left of it is removed then, or by the keeper.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(self.path());
    }
}

/// The lock of a new folder. It gets its name when it is held: whoever sweeps takes one that nobody holds for a leftover.
fn locked(folder: &Path) -> std::io::Result<File> {
    let path = folder.join("new");
    let lock = File::create(&path)?;
    lock.lock()?;
    fs::rename(&path, folder.join("lock"))?;
    Ok(lock)
}

/// Where such folders may be, best first.
fn bases() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    runtime
        .into_iter()
        .filter(|path| path.is_dir())
        .chain([std::env::temp_dir(), PathBuf::from("/tmp")])
        .filter(|path| path.to_str().is_some_and(is_plain))
        .collect()
}

/// Whether ssh takes a path in its options as it is: `%` and blanks mean something there.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@,".contains(c))
}

/// Removes what runs left behind whose end nobody could clean up after, such as that of the machine.
fn sweep(base: &Path) {
    // Whatever goes wrong here is no matter of this run.
    let Ok(entries) = fs::read_dir(base) else { return };
    let ours = |entry: &DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
    for entry in entries.flatten().filter(ours).take(MOST) {
        let path = entry.path();
        if is_dead(&path) {
            if UnixStream::connect(path.join("ctl")).is_ok() {
                // A master that outlived its run.
                let _ = super::mux::terminate(&path.join("ctl"));
            }
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_dead(folder: &Path) -> bool {
    let Ok(facts) = fs::symlink_metadata(folder) else { return false };
    if !facts.is_dir() || facts.uid() != rustix::process::geteuid().as_raw() {
        return false;
    }
    match File::open(folder.join("lock")) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(_) => facts.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, is_plain};
    use std::fs::{self, File};

    #[test]
    fn what_other_runs_left_behind_is_looked_for_once_in_a_run() {
        let base = tempfile::tempdir().unwrap();
        let left = base.path().join("abra-ssh-left");
        let (one, other) = (Places::default(), Places::default());
        for (run, places, stays) in
            [("first", &one, false), ("the same again", &one, true), ("next", &other, false)]
        {
            fs::create_dir_all(&left).unwrap();
            File::create(left.join("lock")).unwrap();
            places.sweep(base.path());
            assert_eq!(left.exists(), stays, "{run}");
        }
    }

    #[test]
    fn what_ssh_would_read_otherwise_is_no_place_for_sockets() {
        for (path, expected) in [
            ("/run/user/1000", true),
            ("/tmp", true),
            ("/tmp/a b", false),
            ("/tmp/%h", false),
            ("/tmp/\"x", false),
            ("/tmp/${HOME}", false),
        ] {
            assert_eq!(is_plain(path), expected, "{path}");
        }
    }
}
