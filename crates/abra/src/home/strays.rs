//! What looks like a server or an app, and can't be one: somebody has put it there, and should not have to guess why nothing
//! ever shows it.
use super::apps::entries;
use super::{Home, HomeError};
use abra_core::name::{AppName, ServerName};
use std::ffi::OsString;
use std::path::Path;

impl Home {
    /// What is passed over of all servers, each with the reason: links under `servers/` that lead nowhere, folders with env
    /// files whose names are no server's, and env files whose names are no app's. Hidden ones are nobody's concern.
    ///
    /// # Errors
    /// A folder can't be listed.
    pub fn strays(&self) -> Result<Vec<String>, HomeError> {
        let dir = self.servers_dir();
        let mut strays = Vec::new();
        for entry in visible(&dir)? {
            let (path, name) = (dir.join(&entry), entry.to_string_lossy());
            match ServerName::new(name.as_ref()) {
                _ if is_lost(&path) => strays.push(format!(
                    "{}: the link leads nowhere, so whatever server it stands for is passed over",
                    shown(&dir, &name)
                )),
                Err(error) if has_env_file(&path) => {
                    strays.push(format!("{}: {error}; its apps are passed over", shown(&dir, &name)));
                }
                Ok(server) if path.is_dir() => strays.extend(self.strays_of(&server)?),
                _ => {}
            }
        }
        Ok(strays)
    }

    /// The same of the env files of one server.
    ///
    /// # Errors
    /// Its folder can't be listed.
    pub fn strays_of(&self, server: &ServerName) -> Result<Vec<String>, HomeError> {
        let dir = self.server_dir(server);
        let stray = |entry: OsString| {
            let (path, name) = (dir.join(&entry), entry.to_string_lossy());
            let error = AppName::new(name.strip_suffix(".env")?).err()?;
            let is_one = path.is_file() || is_lost(&path);
            is_one.then(|| format!("{}: {error}; it is passed over", shown(&dir, &name)))
        };
        Ok(visible(&dir)?.into_iter().filter_map(stray).collect())
    }
}

/// What is in a folder and not hidden, in the order of the names.
fn visible(dir: &Path) -> Result<Vec<OsString>, HomeError> {
    let mut names = entries(dir)?;
    names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    names.sort();
    Ok(names)
}

fn is_lost(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

/// Nobody's folder may be unreadable.
fn has_env_file(path: &Path) -> bool {
    let is_env_file = |name: &OsString| name.as_encoded_bytes().ends_with(b".env");
    path.is_dir() && visible(path).is_ok_and(|names| names.iter().any(is_env_file))
}

fn shown(dir: &Path, name: &str) -> String {
    dir.join(name.escape_debug().to_string()).display().to_string()
}
