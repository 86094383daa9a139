//! Docker's context store, `$DOCKER_CONFIG/contexts` or `~/.docker/contexts`: which engine a server's name leads to. Shared
//! with docker's own client and whatever else keeps servers there, so only the one document that is meant is touched.
//!
//! Not here: what the documents say (core), and how an address is reached ([`crate::engine`]).
use crate::home::whole;
use abra_core::docker_context::{self, DockerContext, DockerContextError};
use abra_core::name::ServerName;
use serde_json::Value;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Most bytes of a document. docker's own have a few hundred.
const LARGEST: u64 = 1 << 20;

/// The store.
#[derive(Debug, Clone)]
pub struct Contexts {
    docker: Option<PathBuf>,
}

/// Why a context can't be had or changed.
#[derive(Debug, thiserror::Error)]
pub enum ContextsError {
    /// A file or folder can't be read, written…
    #[error("can't {doing} {}", path.display())]
    Io {
        /// What was being done: a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The document can't be used.
    #[error("{error} ({})", path.display())]
    Document {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        error: DockerContextError,
    },
    /// Neither `DOCKER_CONFIG` nor `HOME` is set.
    #[error("neither DOCKER_CONFIG nor HOME says where docker keeps its contexts")]
    Nowhere,
}

impl Contexts {
    /// The store below docker's folder; `None`: there is none, and no context either.
    pub fn at(docker: Option<PathBuf>) -> Self {
        Self { docker }
    }

    /// The context of a server; `None` where docker knows none.
    ///
    /// # Errors
    /// It is there but can't be used.
    pub fn get(&self, server: &ServerName) -> Result<Option<DockerContext>, ContextsError> {
        let Ok(path) = self.path(server.as_str()) else { return Ok(None) };
        let text = match bounded(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ContextsError::Io { doing: "read", path, source }),
        };
        let context = DockerContext::parse(server.as_str(), &text);
        context.map(Some).map_err(|error| ContextsError::Document { path, error })
    }

    /// Writes a context all at once, as docker would, and returns its file.
    ///
    /// # Errors
    /// It can't be written; then the old one is still there.
    pub fn put(&self, context: &DockerContext) -> Result<PathBuf, ContextsError> {
        let path = self.path(context.name())?;
        let dir = path.parent().unwrap_or(Path::new("/"));
        let failed = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| ContextsError::Io { doing, path, source }
        };
        if let Some(docker) = &self.docker {
            // docker: its folder is the user's own, as credentials lie there, too.
            let mut own = fs::DirBuilder::new();
            own.recursive(true).mode(0o700).create(docker).map_err(failed("make", docker))?;
        }
        whole::folder(dir).map_err(failed("make", dir))?;
        let file = whole::begun(dir, context.text().as_bytes()).map_err(failed("write in", dir))?;
        let written = file
            .as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))
            .and_then(|()| whole::placed(file, &path, true));
        written.map_err(failed("write", &path))?;
        Ok(path)
    }

    /// Removes the context of a server, and nothing that anybody put beside it. Says whether there was one.
    ///
    /// # Errors
    /// It is there but can't be removed.
    pub fn remove(&self, server: &ServerName) -> Result<bool, ContextsError> {
        let Ok(path) = self.path(server.as_str()) else { return Ok(false) };
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(ContextsError::Io { doing: "remove", path, source }),
        }
        // A folder that is not empty holds what somebody else wants.
        let _ = path.parent().map(fs::remove_dir);
        Ok(true)
    }

    /// Whether docker's own commands go to this server unless told otherwise (`docker context use`). A configuration that
    /// can't be read says nothing.
    pub fn is_current(&self, server: &ServerName) -> bool {
        let text = self.docker.as_ref().and_then(|docker| bounded(&docker.join("config.json")).ok());
        let config: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        config.is_some_and(|config| config["currentContext"] == server.as_str())
    }

    fn path(&self, name: &str) -> Result<PathBuf, ContextsError> {
        let docker = self.docker.as_ref().ok_or(ContextsError::Nowhere)?;
        Ok(docker.join("contexts/meta").join(docker_context::folder(name)).join("meta.json"))
    }
}

/// The text of a file that should be small.
fn bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::Contexts;
    use abra_core::docker_context::DockerContext;
    use abra_core::name::ServerName;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_context_is_written_changed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let docker = folder.path().join("user/.docker");
        let (store, server) = (Contexts::at(Some(docker.clone())), ServerName::new("s.example").unwrap());
        assert_eq!(store.get(&server).unwrap(), None);
        let path = store.put(&DockerContext::new(&server, "ssh://a@s.example").unwrap()).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path.clone()), mode(docker.clone())), (0o644, 0o700));
        let there = store.get(&server).unwrap().unwrap();
        store.put(&there.leading_to("ssh://b@s.example")).unwrap();
        assert_eq!(store.get(&server).unwrap().unwrap().host(), Some("ssh://b@s.example"));
        fs::write(docker.join("config.json"), r#"{"currentContext":"s.example"}"#).unwrap();
        assert!(store.is_current(&server));
        assert!(store.remove(&server).unwrap() && !store.remove(&server).unwrap());
        assert_eq!(fs::read_dir(docker.join("contexts/meta")).unwrap().count(), 0);
    }

    #[test]
    fn a_context_that_cant_be_used_says_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (store, server) = (Contexts::at(Some(folder.path().into())), ServerName::new("sx").unwrap());
        let path = store.put(&DockerContext::new(&server, "ssh://sx").unwrap()).unwrap();
        fs::write(&path, "{\"Name\":\"other\"}").unwrap();
        let message = store.get(&server).unwrap_err().to_string();
        assert!(message.contains("it calls itself `other`") && message.contains("meta.json"), "{message}");
        fs::write(&path, [0xff]).unwrap();
        assert!(store.get(&server).unwrap_err().to_string().contains("can't read"));
        assert!(Contexts::at(None).put(&DockerContext::new(&server, "ssh://sx").unwrap()).is_err());
        assert_eq!(Contexts::at(None).get(&server).unwrap(), None);
    }
}
