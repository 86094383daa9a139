//! New files and folders.
use super::{Home, HomeError, io_error, whole};
use abra_core::name::{AppName, ServerName};
use std::fs;
use std::path::{Path, PathBuf};

impl Home {
    /// Makes a server's folder. Says whether it is new.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn create_server(&self, server: &ServerName) -> Result<bool, HomeError> {
        let dir = self.server_dir(server);
        let is_new = !dir.is_dir();
        whole::folder(&dir).map_err(io_error("make", &dir))?;
        Ok(is_new)
    }

    /// Removes a server's folder, which must be empty; of a link only the link.
    ///
    /// # Errors
    /// There is no such server, something lies in the folder, or it can't be removed.
    pub fn remove_server(&self, server: &ServerName) -> Result<(), HomeError> {
        self.known_server(server)?;
        let dir = self.server_dir(server);
        let entries = fs::read_dir(&dir).map_err(io_error("list", &dir))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(io_error("list", &dir))?;
        names.sort();
        if !names.is_empty() {
            return Err(HomeError::NotEmpty { path: dir, names });
        }
        let removed = if dir.is_symlink() { fs::remove_file(&dir) } else { fs::remove_dir(&dir) };
        removed.map_err(io_error("remove", &dir))
    }

    /// Writes the env file of a new app, for the operator's eyes only, and returns its path.
    ///
    /// # Errors
    /// There is no such server, the file is there already, or it can't be written.
    pub fn create_app(&self, server: &ServerName, app: &AppName, bytes: &[u8]) -> Result<PathBuf, HomeError> {
        self.known_server(server)?;
        let path = self.env_path(server, app);
        write_new(&path, bytes, false)?;
        Ok(path)
    }

    /// Writes the settings' file and returns its path.
    ///
    /// # Errors
    /// The file is there already and `force` is not given, or it can't be written.
    pub fn create_config(&self, text: &str, force: bool) -> Result<PathBuf, HomeError> {
        let path = self.config_path();
        whole::folder(&self.root).map_err(io_error("make", &self.root))?;
        write_new(&path, text.as_bytes(), force)?;
        Ok(path)
    }
}

/// A whole new file or none, under its name only when its content is on the disk.
fn write_new(path: &Path, bytes: &[u8], force: bool) -> Result<(), HomeError> {
    let real =
        if force { fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() };
    let dir = real.parent().unwrap_or(Path::new("/"));
    let file = whole::begun(dir, bytes).map_err(io_error("write in", dir))?;
    whole::placed(file, &real, force).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => HomeError::Exists { path: path.to_owned() },
        _ => io_error("write", path)(error),
    })
}
