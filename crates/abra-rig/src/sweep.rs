//! Leftovers of engines whose janitor was killed too.
use crate::RigError;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Where engines keep their files. Not `/tmp`, which may be memory.
pub(crate) const BASE: &str = "/var/tmp";
/// How the folder and the cgroup of every engine begin.
pub(crate) const PREFIX: &str = "abra-rig-";
/// A folder or lock file this young may be one whose janitor is just taking its lock.
const YOUNG: Duration = Duration::from_secs(20);

/// Removes what dead engines left behind; gives back what was removed.
pub fn sweep() -> Result<Vec<PathBuf>, RigError> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(BASE).map_err(RigError::io(BASE))? {
        let path = entry.map_err(RigError::io(BASE))?.path();
        let ours =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
        if ours && path.is_dir() && is_dead(&path) {
            for group in cgroups(&path) {
                remove_cgroup(&group);
            }
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(RigError::Io { what: path.display().to_string(), source: e });
                }
                _ => removed.push(path),
            }
        }
    }
    Ok(removed)
}

/// What there still is of an engine, by its folder: processes, mounts, cgroups, files, in words. Empty is what it
/// should be once the engine is gone.
pub fn left_of(folder: &Path) -> Vec<String> {
    let mut left = Vec::new();
    let name = folder.to_string_lossy();
    left.extend(processes_naming(&name).into_iter().map(|pid| format!("process {pid}")));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    left.extend(mounts.lines().filter(|line| line.contains(&*name)).map(|line| format!("mount {line}")));
    left.extend(cgroups(folder).iter().map(|group| format!("cgroup {}", group.display())));
    if folder.exists() {
        left.push(format!("folder {name}"));
    }
    left
}

/// Processes that have `text` in their command line or environment. Zombies have neither.
fn processes_naming(text: &str) -> Vec<i32> {
    let own = i32::try_from(std::process::id()).ok();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let names = |pid: i32, file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    pids.filter(|pid| Some(*pid) != own && (names(*pid, "cmdline") || names(*pid, "environ"))).collect()
}

/// An engine is alive as long as its janitor, or the process that holds its namespaces, has the lock.
fn is_dead(folder: &Path) -> bool {
    let alive = folder.join("alive");
    match File::open(&alive) {
        Ok(file) => !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) && !is_young(&alive),
        Err(_) => !is_young(folder),
    }
}

fn is_young(path: &Path) -> bool {
    let made = fs::metadata(path).and_then(|data| data.modified());
    made.ok().and_then(|time| time.elapsed().ok()).is_none_or(|age| age < YOUNG)
}

/// The cgroups of an engine: one below each controller (version 1), or one in all (version 2).
fn cgroups(folder: &Path) -> Vec<PathBuf> {
    let Some(name) = folder.file_name() else { return Vec::new() };
    let root = Path::new("/sys/fs/cgroup");
    let controllers = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let places = controllers.chain([root.to_owned()]).map(|place| place.join(name));
    places.filter(|place| place.is_dir()).collect()
}

/// Removes a cgroup with all below it; the kernel frees them a moment after their last process.
fn remove_cgroup(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path());
        }
    }
    for _ in 0..50 {
        match fs::remove_dir(group) {
            Err(e) if e.kind() == io::ErrorKind::ResourceBusy => sleep(Duration::from_millis(20)),
            _ => return,
        }
    }
}
