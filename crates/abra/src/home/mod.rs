//! The operator's home, `$ABRA_DIR`: servers, apps, recipes' folders, settings. The only room that writes files.
//!
//! Not here: what the files mean (core) and what git knows about them ([`crate::git`]).
mod apps;
mod create;
mod rewrite;
mod strays;
pub(crate) mod whole;
mod writable;

pub use apps::{Listing, Place};

use abra_core::env::EnvFile;
use abra_core::finding::Finding;
use abra_core::name::{AppName, NameError, RecipeName, ServerName};
use std::io;
use std::path::{Path, PathBuf};

/// How names of files begin that are not whole yet.
const TEMPORARY: &str = ".abra-";

/// The operator's home.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

/// Why something in the home can't be had or changed. The paths are as the operator would write them.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file or folder can't be read, listed, written…
    #[error("can't {doing} {}", path.display())]
    Io {
        /// What was being done: a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No app of this name.
    #[error("there is no app `{app}` under {}", servers.display())]
    NoApp {
        /// The name.
        app: AppName,
        /// The folder that was searched.
        servers: PathBuf,
        /// Names that come near, best first.
        nearest: Vec<String>,
    },
    /// The same name on several servers.
    #[error("there are several apps `{app}`: on {}", servers.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", "))]
    Several {
        /// The name.
        app: AppName,
        /// The servers that have it.
        servers: Vec<ServerName>,
    },
    /// No server of this name.
    #[error("there is no server `{server}` under {}", servers.display())]
    NoServer {
        /// The name.
        server: ServerName,
        /// The folder that was searched.
        servers: PathBuf,
        /// Names that come near, best first.
        nearest: Vec<String>,
    },
    /// The file is there already.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to somebody else, or to a group that we are not in, and a new file would be ours.
    #[error("{} belongs to another user or group, and would not any more after writing it", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is not a plain file, or larger than is read.
    #[error("{} is {what}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The file is a link, and what it leads to is not there.
    #[error("{} is a link to {}, which is not there", path.display(), target.display())]
    Dangling {
        /// The link.
        path: PathBuf,
        /// Where it leads, as it stands in the link.
        target: PathBuf,
    },
    /// Something lies in a folder that is to be removed.
    #[error("{} is not empty: it holds {}", path.display(), names.join(", "))]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What lies in it.
        names: Vec<String>,
    },
    /// Another process holds the lock for too long.
    #[error("another abra is writing env files and doesn't come to an end (lock {})", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// The env file has errors.
    #[error("{} has errors", path.display())]
    Findings {
        /// The file.
        path: PathBuf,
        /// All of them.
        findings: Vec<Finding>,
    },
    /// Neither `ABRA_DIR` nor `HOME` is set.
    #[error("neither ABRA_DIR nor HOME says where abra's folder is")]
    Nowhere,
}

impl Home {
    /// The home at a folder, which need not be there yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The home of this process: `abra_dir` (`$ABRA_DIR`) unless it is empty, else `.abra` below `home` (`$HOME`).
    ///
    /// # Errors
    /// Neither is given, or the present folder can't be found out.
    pub fn of(abra_dir: Option<PathBuf>, home: Option<PathBuf>) -> Result<Self, HomeError> {
        let given = abra_dir.filter(|path| !path.as_os_str().is_empty());
        let usual = home.filter(|path| !path.as_os_str().is_empty()).map(|path| path.join(".abra"));
        let root = given.or(usual).ok_or(HomeError::Nowhere)?;
        let root = std::path::absolute(&root).map_err(io_error("find", &root))?;
        Ok(Self { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the servers' folders.
    pub fn servers_dir(&self) -> PathBuf {
        self.root.join("servers")
    }

    /// The folder of a server.
    pub fn server_dir(&self, server: &ServerName) -> PathBuf {
        self.servers_dir().join(server.as_str())
    }

    /// The env file of an app.
    pub fn env_path(&self, server: &ServerName, app: &AppName) -> PathBuf {
        self.server_dir(server).join(format!("{app}.env"))
    }

    /// The folder of a recipe.
    pub fn recipe_dir(&self, recipe: &RecipeName) -> PathBuf {
        self.root.join("recipes").join(recipe.folder())
    }

    /// The settings' file.
    pub fn config_path(&self) -> PathBuf {
        self.root.join("config.yml")
    }

    /// The text of the settings' file; `None` when there is none.
    ///
    /// # Errors
    /// It is there but can't be read.
    pub fn config_text(&self) -> Result<Option<String>, HomeError> {
        let path = self.config_path();
        if !path.try_exists().map_err(io_error("read", &path))? {
            return Ok(None);
        }
        let bytes = read_bounded(&path, 1 << 20)?;
        let text = String::from_utf8(bytes).map_err(|_| HomeError::Unfit { path, what: "not UTF-8 text" })?;
        Ok(Some(text))
    }

    /// Reads the env file of an app.
    ///
    /// # Errors
    /// It can't be read, or has errors.
    pub fn env(&self, server: &ServerName, app: &AppName) -> Result<EnvFile, HomeError> {
        read_env(&self.env_path(server, app))
    }
}

fn read_env(path: &Path) -> Result<EnvFile, HomeError> {
    let bytes = read_bounded(path, abra_core::env::LARGEST as u64)?;
    EnvFile::parse(&path.display().to_string(), &bytes)
        .map_err(|findings| HomeError::Findings { path: path.to_owned(), findings })
}

/// The whole of a plain file of at most `limit` bytes.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, HomeError> {
    use io::Read as _;
    let metadata = std::fs::metadata(path).map_err(|error| not_seen(path, error))?;
    let unfit = |what| HomeError::Unfit { path: path.to_owned(), what };
    if !metadata.is_file() {
        return Err(unfit("not a plain file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(io_error("read", path))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    if bytes.len() as u64 > limit { Err(unfit("too large")) } else { Ok(bytes) }
}

/// Why nothing can be said of a file.
fn not_seen(path: &Path, error: io::Error) -> HomeError {
    match std::fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => {
            HomeError::Dangling { path: path.to_owned(), target }
        }
        _ => io_error("read", path)(error),
    }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    let path = path.to_owned();
    move |source| HomeError::Io { doing, path, source }
}

/// A name on disk that is no name of ours; such files are passed over.
fn checked<T>(name: &str, check: fn(&str) -> Result<T, NameError>) -> Option<T> {
    check(name).ok()
}

#[cfg(test)]
mod tests;
