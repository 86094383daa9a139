//! A registry on an engine's loopback, which engines take for safe without TLS.
use crate::http::Body;
use crate::{Engine, RigError, needs};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, Engine as _};
use serde_json::json;
use std::fs;

/// The password `throwaway`, hashed (bcrypt).
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuu1rw1ZN9Y2ZfNG/QsRObpVyXOyKYNRH2";
/// The name of [`Registry::named`]; `engine.sh` makes it known.
const NAME: &str = "registry.coop.example";
const USER: &str = "rig";
const PASSWORD: &str = "throwaway";

/// A registry; it ends with its engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// `127.0.0.1:5000`, or its name: the first part of its images' names, as the engine sees it.
    pub address: String,
    /// User and password, where it wants them.
    pub login: Option<(String, String)>,
}

impl Registry {
    /// Starts one on the given port.
    pub fn start(engine: &mut Engine, port: u16, password: bool) -> Result<Self, RigError> {
        let Some(program) = needs::program("docker-registry") else {
            return Err(RigError::Missing(vec!["docker-registry (package docker-registry)".to_owned()]));
        };
        let folder = engine.folder().join(format!("registry-{port}"));
        let (config, users, ready) = (folder.join("config.yml"), folder.join("users"), folder.join("ready"));
        fs::create_dir(&folder).map_err(RigError::io("the registry's folder"))?;
        let mut text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            folder.join("data").display()
        );
        if password {
            fs::write(&users, format!("{USER}:{HASH}\n")).map_err(RigError::io("the registry's users"))?;
            text += &format!("auth:\n  htpasswd:\n    realm: rig\n    path: {}\n", users.display());
        }
        fs::write(&config, text).map_err(RigError::io("the registry's configuration"))?;
        let script = format!(
            "{} serve {} &\nuntil (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.02; done\ntouch {}\nwait\n",
            program.display(),
            config.display(),
            ready.display()
        );
        engine.run_inside(&format!("registry-{port}.sh"), &script)?;
        engine.wait_for("the registry's start", || ready.exists())?;
        let login = password.then(|| (USER.to_owned(), PASSWORD.to_owned()));
        Ok(Self { address: format!("127.0.0.1:{port}"), login })
    }

    /// Starts one without a password that the engine knows as [`NAME`]: images have names as they have elsewhere.
    pub fn named(engine: &mut Engine) -> Result<Self, RigError> {
        Ok(Self { address: NAME.to_owned(), ..Self::start(engine, 80, false)? })
    }

    /// Puts an image of the engine into it, under the same name and tag; gives back its full name.
    pub fn push(&self, engine: &Engine, name: &str, tag: &str) -> Result<String, RigError> {
        let repository = format!("{}/{name}", self.address);
        let tagging = format!("/images/{name}:{tag}/tag?repo={repository}&tag={tag}");
        engine.request("POST", &tagging, None)?.accepted(&tagging)?;
        let auth = BASE64_URL_SAFE.encode(match &self.login {
            Some((user, password)) => {
                json!({ "username": user, "password": password, "serveraddress": self.address }).to_string()
            }
            None => "{}".to_owned(),
        });
        let pushing = format!("/images/{repository}/push?tag={tag}");
        let body = Body { kind: "application/json", bytes: b"", auth: Some(&auth) };
        let answer = engine.request("POST", &pushing, Some(&body))?.accepted(&pushing)?;
        if answer.text().contains("errorDetail") {
            return Err(RigError::Refused { what: pushing, status: 200, text: answer.text() });
        }
        Ok(format!("{repository}:{tag}"))
    }

    /// What docker's `config.json` says after a login; without a password an empty document.
    pub fn docker_config(&self) -> String {
        match &self.login {
            Some((user, password)) => {
                let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
                json!({ "auths": { &self.address: { "auth": auth } } }).to_string()
            }
            None => "{}".to_owned(),
        }
    }
}
