//! Whether the operator's ssh has to be asked what its settings mean for a target. Where its files hold nothing that matters
//! here ([`abra_core::ssh::plain`]), nobody has to, and each server costs a process less.
use abra_core::ssh::plain::includes;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Where most systems keep the settings for all users. Where they don't, ssh is asked.
const OF_ALL: &str = "/etc/ssh";
/// The program that reads those. Another one may have others: a script in front of it, or one built by somebody else.
const OF_SYSTEM: [&str; 2] = ["/usr/bin/ssh", "/bin/ssh"];
/// Where users and their homes stand: ssh heeds no `HOME`. Where a user is not listed there, ssh is asked.
const USERS: &str = "/etc/passwd";
/// More than this is not looked at, in files and in bytes of each.
const MOST: (usize, u64) = (64, 256 << 10);

/// Whether all settings of this program are plain, for any target.
pub(super) fn is_plain(program: &str) -> bool {
    let Some(home) = home() else { return false };
    is_of_system(program) && are_plain(&home.join(".ssh"), Path::new(OF_ALL))
}

/// Whether it is the system's ssh.
fn is_of_system(name: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    let real = found.and_then(|path| path.canonicalize().ok());
    real.is_some_and(|path| OF_SYSTEM.iter().any(|known| path == Path::new(known)) && !is_script(&path))
}

fn is_script(path: &Path) -> bool {
    let mut begin = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_err() || begin == *b"#!"
}

/// This user's home, as the system says.
fn home() -> Option<PathBuf> {
    let (users, id) = (fs::read_to_string(USERS).ok()?, rustix::process::getuid().as_raw().to_string());
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let home = lines.find(|fields| fields.get(2) == Some(&id.as_str()))?.get(5).map(PathBuf::from);
    home.filter(|home| home.is_absolute())
}

/// The same of the files in these two folders: the user's own, and those of all users.
fn are_plain(own: &Path, of_all: &Path) -> bool {
    let system = of_all.join("ssh_config");
    if !system.is_file() {
        return false;
    }
    let mut waiting = vec![(own.join("config"), own), (system, of_all)];
    let mut seen = 0;
    while let Some((path, folder)) = waiting.pop() {
        seen += 1;
        let Some(named) = (seen <= MOST.0).then(|| named_by(&path, folder, own)).flatten() else {
            return false;
        };
        waiting.extend(named.into_iter().map(|path| (path, folder)));
    }
    true
}

/// The files that a file includes; `None`: it can't be read, or ssh has to be asked. One that is not there says nothing.
fn named_by(path: &Path, folder: &Path, own: &Path) -> Option<Vec<PathBuf>> {
    let text = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(vec![]),
        Ok(file) if file.is_file() && file.len() <= MOST.1 => fs::read_to_string(path).ok()?,
        _ => return None,
    };
    let mut all = Vec::new();
    for pattern in includes(&text)? {
        let path = match pattern.strip_prefix("~/") {
            Some(rest) => own.parent()?.join(rest),
            // An absolute one stays as it is.
            None if !pattern.contains('~') => folder.join(pattern),
            None => return None,
        };
        all.extend(matching(&path)?);
    }
    Some(all)
}

/// The files of a pattern with at most one `*`, which stands in the file's name; `None`: it is another one.
fn matching(pattern: &Path) -> Option<Vec<PathBuf>> {
    let (folder, name) = (pattern.parent()?, pattern.file_name()?.to_str()?);
    if folder.to_str()?.contains('*') || name.matches('*').count() > 1 {
        return None;
    }
    let Some((before, after)) = name.split_once('*') else { return Some(vec![pattern.to_owned()]) };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(vec![]),
        entries => entries.ok()?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.ok()?.path();
        // A name that is no text may be meant, too.
        let name = path.file_name()?.to_str()?;
        if name.starts_with(before) && name.ends_with(after) {
            files.push(path);
        }
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::{are_plain, is_of_system, is_script};
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    /// Whether files are plain: `own/…` of a user at home, `all/…` of all users.
    fn check(files: &[(&str, &str)], expected: bool) {
        let folder = tempfile::tempdir().unwrap();
        let (own, all) = (folder.path().join("own/.ssh"), folder.path().join("all"));
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.replace("ALL", all.to_str().unwrap())).unwrap();
        }
        assert_eq!(are_plain(&own, &all), expected, "{files:?}");
    }

    #[test]
    fn all_files_are_looked_at_that_ssh_reads() {
        let slow = "ConnectTimeout 60\n";
        for (files, expected) in [
            (&[("all/ssh_config", "Host *\n  SendEnv LANG\n")][..], true),
            // Elsewhere there may be another one.
            (&[("own/.ssh/config", "User ada\n")], false),
            (&[("all/ssh_config", slow)], false),
            (&[("all/ssh_config", ""), ("own/.ssh/config", slow)], false),
            (&[("all/ssh_config", "Include ALL/more/*.conf\n")], true),
            (&[("all/ssh_config", "Include ALL/more/*.conf\n"), ("all/more/a.conf", slow)], false),
            (&[("all/ssh_config", "Include ALL/more/*.conf\n"), ("all/more/a.bak", slow)], true),
            (
                &[("all/ssh_config", "Include more\n"), ("all/more", "Include again\n"), ("all/again", slow)],
                false,
            ),
            (&[("all/ssh_config", ""), ("own/.ssh/config", "Include a\n"), ("own/.ssh/a", slow)], false),
            (&[("all/ssh_config", ""), ("own/.ssh/config", "Include ~/a ~/b\n"), ("own/b", slow)], false),
            (&[("all/ssh_config", ""), ("own/.ssh/config", "Include ~/a\n"), ("own/a", "User ada\n")], true),
            // Patterns that are not looked at.
            (&[("all/ssh_config", "Include */*.conf\n")], false),
            (&[("all/ssh_config", "Include a*b*\n")], false),
            (&[("all/ssh_config", "Include ~ada/config\n")], false),
            // For ever.
            (&[("all/ssh_config", "Include ssh_config\n")], false),
        ] {
            check(files, expected);
        }
    }

    #[test]
    fn a_file_whose_name_is_no_text_is_left_to_ssh() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("Include {}/more/*.conf\n", folder.path().display());
        fs::write(folder.path().join("ssh_config"), text).unwrap();
        let more = folder.path().join("more");
        fs::create_dir(&more).unwrap();
        assert!(are_plain(&folder.path().join(".ssh"), folder.path()));
        fs::write(more.join(OsStr::from_bytes(b"b\xfc.conf")), "ConnectTimeout 60\n").unwrap();
        assert!(!are_plain(&folder.path().join(".ssh"), folder.path()));
    }

    #[test]
    fn another_program_may_have_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let (script, copy) = (folder.path().join("ssh"), folder.path().join("copy"));
        fs::write(&script, "#!/bin/sh\nexec ssh -F other \"$@\"\n").unwrap();
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        for program in [script.to_str().unwrap(), copy.to_str().unwrap(), "sh", "no-such-program-anywhere"] {
            assert!(!is_of_system(program), "{program}");
        }
        assert!(is_script(&script) && !is_script(&copy) && is_script(Path::new("/nonexistent")));
    }
}
