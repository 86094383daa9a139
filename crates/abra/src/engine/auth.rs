//! Credentials for registries, from where `docker login` left them.
use abra_core::secret::Secret;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, Engine as _};
use hyper::header::{HeaderValue, InvalidHeaderValue};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{fmt, io};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// Where docker's own client keeps the credentials of its default registry (docker: index server address).
const HUB: &str = "https://index.docker.io/v1/";
/// The longest that a credential helper may take; it may ask for a finger on a key.
const HELPER_LIMIT: Duration = Duration::from_secs(30);
/// The most that is read of `config.json` or from a helper, in bytes.
const MOST: u64 = 1 << 20;

/// Credentials for one registry, ready for the header `X-Registry-Auth`.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryAuth(Secret<String>);

impl RegistryAuth {
    pub(super) fn header(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(self.0.expose())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for RegistryAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryAuth(hidden)")
    }
}

/// Why credentials could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The file is there but can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is not what docker writes. The parser's words are left out: they may quote a password.
    #[error("{} is not a docker configuration (line {line}, column {column})", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake, from 1.
        column: usize,
    },
    /// `auth` of a registry is not "user:password" in base64.
    #[error("the credentials for {registry} in {} are garbled", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// The registry.
        registry: String,
    },
    /// A credential helper can't be run, failed, or took too long.
    #[error("docker-credential-{helper} gave no credentials for {registry}: {reason}")]
    Helper {
        /// Its name.
        helper: String,
        /// The registry.
        registry: String,
        /// What went wrong.
        reason: String,
    },
}

/// Docker's configuration, as far as credentials go.
#[derive(Default)]
pub struct Credentials {
    path: PathBuf,
    file: ConfigFile,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigFile {
    #[serde(default)]
    auths: BTreeMap<String, Stored>,
    #[serde(default)]
    creds_store: String,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Stored {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    identitytoken: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Helped {
    username: String,
    secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Credentials {
    /// The folder of docker's configuration: `$DOCKER_CONFIG`, else `~/.docker`; `None` where there is no home either.
    pub fn folder() -> Option<PathBuf> {
        let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        given("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(given("HOME")?).join(".docker")))
    }

    /// Reads `config.json` in that folder. No file: no credentials.
    pub fn read(folder: &Path) -> Result<Self, AuthError> {
        let path = folder.join("config.json");
        let text = match bounded(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(AuthError::Unreadable { path, source }),
        };
        match serde_json::from_str(&text) {
            Ok(file) => Ok(Self { path, file }),
            Err(e) => Err(AuthError::Malformed { path, line: e.line(), column: e.column() }),
        }
    }

    /// Credentials for the registry of an image; `None` when none are known (send no header then: an empty one would
    /// overwrite what the swarm keeps).
    pub async fn for_image(&self, image: &str) -> Result<Option<RegistryAuth>, AuthError> {
        let registry = registry_of(image);
        let helper = self.file.cred_helpers.get(registry).unwrap_or(&self.file.creds_store);
        if helper.is_empty() {
            return self.stored(registry);
        }
        let program = format!("docker-credential-{helper}");
        asked(program.as_ref(), registry).await.map_err(|reason| AuthError::Helper {
            helper: helper.clone(),
            registry: registry.to_owned(),
            reason,
        })
    }

    fn stored(&self, registry: &str) -> Result<Option<RegistryAuth>, AuthError> {
        let auths = &self.file.auths;
        let by_host = || auths.iter().find(|(key, _)| host_of(key) == registry).map(|(_, stored)| stored);
        let Some(stored) = auths.get(registry).or_else(by_host) else { return Ok(None) };
        if !stored.identitytoken.is_empty() {
            return Ok(Some(token(registry, &stored.identitytoken)));
        }
        if stored.auth.is_empty() {
            return Ok(None);
        }
        let garbled = || AuthError::Garbled { path: self.path.clone(), registry: registry.to_owned() };
        let text = BASE64_STANDARD.decode(&stored.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (user, word) = text.as_deref().and_then(|text| text.split_once(':')).ok_or_else(garbled)?;
        // docker: old clients padded with zeros.
        Ok(Some(password(registry, user, word.trim_end_matches('\0'))))
    }
}

fn bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    io::Read::read_to_string(&mut io::Read::take(std::fs::File::open(path)?, MOST), &mut text)?;
    Ok(text)
}

fn password(registry: &str, user: &str, word: &str) -> RegistryAuth {
    encoded(&serde_json::json!({ "username": user, "password": word, "serveraddress": registry }))
}

fn token(registry: &str, token: &str) -> RegistryAuth {
    encoded(&serde_json::json!({ "identitytoken": token, "serveraddress": registry }))
}

fn encoded(value: &serde_json::Value) -> RegistryAuth {
    RegistryAuth(Secret::new(BASE64_URL_SAFE.encode(value.to_string())))
}

/// Asks a helper (docker: `docker-credential-NAME get`, the registry on stdin, JSON on stdout).
async fn asked(program: &OsStr, registry: &str) -> Result<Option<RegistryAuth>, String> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| e.to_string())?;
    let answered = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A helper may answer without reading.
            let _ = stdin.write_all(registry.as_bytes()).await;
        }
        let mut text = String::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST).read_to_string(&mut text).await?;
        }
        Ok::<_, io::Error>((child.wait().await?, text))
    };
    let (status, text) = match tokio::time::timeout(HELPER_LIMIT, answered).await {
        Ok(answer) => answer.map_err(|e| e.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", HELPER_LIMIT.as_secs())),
    };
    if !status.success() {
        // docker: this text, on stdout, stands for "none".
        let none = text.contains("credentials not found");
        return if none { Ok(None) } else { Err(format!("it failed ({status})")) };
    }
    let helped: Helped = serde_json::from_str(&text).map_err(|_| "its answer makes no sense".to_owned())?;
    Ok(Some(match helped.username.as_str() {
        "<token>" => token(registry, &helped.secret),
        user => password(registry, user, &helped.secret),
    }))
}

/// The key of an image's registry in docker's configuration. The first part of a name is a host if it has a dot or a
/// colon, or is `localhost`.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some(("docker.io" | "index.docker.io", _)) | None => HUB,
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        Some(_) => HUB,
    }
}

/// The host in a key that was written as a URL.
fn host_of(key: &str) -> &str {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    bare.split_once('/').map_or(bare, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn shown(auth: Option<RegistryAuth>) -> Option<serde_json::Value> {
        auth.map(|auth| serde_json::from_slice(&BASE64_URL_SAFE.decode(auth.0.expose()).unwrap()).unwrap())
    }

    fn credentials(json: &str) -> Result<Credentials, AuthError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), json).unwrap();
        Credentials::read(folder.path())
    }

    #[test]
    fn an_images_registry() {
        for (image, registry) in [
            ("nginx:1", HUB),
            ("library/nginx", HUB),
            ("docker.io/library/nginx", HUB),
            ("localhost/x", "localhost"),
            ("git.coopcloud.tech/a/b:1", "git.coopcloud.tech"),
            ("127.0.0.1:5000/bb:1", "127.0.0.1:5000"),
        ] {
            assert_eq!(registry_of(image), registry, "{image}");
        }
    }

    #[tokio::test]
    async fn stored_credentials_are_found() {
        let all = credentials(
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOjE="},"https://r.example/v2/":{"auth":"YTpi"},
                "t.example":{"identitytoken":"tok"},"empty.example":{}}}"#,
        )
        .unwrap();
        for (image, expected) in [
            ("nginx", Some(serde_json::json!({"username":"u","password":"p:1","serveraddress":HUB}))),
            (
                "r.example/x",
                Some(serde_json::json!({"username":"a","password":"b","serveraddress":"r.example"})),
            ),
            ("t.example/x", Some(serde_json::json!({"identitytoken":"tok","serveraddress":"t.example"}))),
            ("empty.example/x", None),
            ("other.example/x", None),
        ] {
            assert_eq!(shown(all.for_image(image).await.unwrap()), expected, "{image}");
        }
    }

    #[tokio::test]
    async fn no_file_means_no_credentials() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Credentials::read(folder.path()).unwrap().for_image("nginx").await.unwrap(), None);
    }

    #[tokio::test]
    async fn broken_files_are_refused_without_quoting_them() {
        let error = credentials(r#"{"auths":{"x":{"auth":hunter2}}}"#).unwrap_err().to_string();
        assert!(error.contains("line 1, column") && !error.contains("hunter2"), "{error}");
        let garbled = credentials(r#"{"auths":{"r.example":{"auth":"aHVudGVyMg=="}}}"#).unwrap();
        let error = garbled.for_image("r.example/x").await.unwrap_err().to_string();
        assert!(error.contains("r.example") && !error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn helpers_are_asked() {
        let folder = tempfile::tempdir().unwrap();
        for (name, script, expected) in [
            (
                "user",
                r#"read r; printf '{"ServerURL":"%s","Username":"u","Secret":"s"}' "$r""#,
                Ok(Some(serde_json::json!({"username":"u","password":"s","serveraddress":"r.example"}))),
            ),
            (
                "token",
                r#"printf '{"ServerURL":"x","Username":"<token>","Secret":"s"}'"#,
                Ok(Some(serde_json::json!({"identitytoken":"s","serveraddress":"r.example"}))),
            ),
            ("none", "echo credentials not found in native keychain; exit 1", Ok(None)),
            ("fails", "echo no keyring; exit 3", Err("it failed (exit status: 3)".to_owned())),
            ("garbage", "echo hunter2", Err("its answer makes no sense".to_owned())),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(asked(path.as_os_str(), "r.example").await.map(shown), expected, "{name}");
        }
        assert!(asked(folder.path().join("absent").as_os_str(), "r.example").await.is_err());
    }

    #[test]
    fn credentials_do_not_print() {
        let auth = password("r", "u", "hunter2");
        assert_eq!(format!("{auth:?}"), "RegistryAuth(hidden)");
        assert!(auth.header().unwrap().is_sensitive());
    }
}
