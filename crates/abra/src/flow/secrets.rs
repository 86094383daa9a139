//! An app's secrets: which its recipe wants, and generating those that are not there.
use super::render::{self, Source};
use crate::engine::{Engine, EngineError, FileKind, Filters};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::secret::Secret;
use abra_core::secrets::{self, Kind, Wish};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use rand::TryRng as _;
use rand::rngs::SysRng;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The longest that `pass` may take; it may ask for the passphrase of a key.
const PASS_LIMIT: Duration = Duration::from_secs(60);

/// What became of a secret.
#[derive(Debug)]
pub struct Generated {
    /// Its name on the server.
    pub name: String,
    /// What became of it.
    pub state: State,
}

/// What became of a secret.
#[derive(Debug)]
pub enum State {
    /// It was generated; shown once.
    New(Secret<String>),
    /// It was there.
    Present,
    /// The recipe says that it can't be generated.
    ByHand,
}

/// The secrets that an app's recipe wants.
///
/// # Errors
/// The recipe can't be loaded.
pub(super) fn wanted(app: &App, source: Source<'_>) -> Result<Vec<Wish>, Failure> {
    let what = format!("recipe {}", app.recipe);
    let refused = |findings| Failure::refused(&what, findings);
    let named = render::load(app, source, false).map_err(refused)?;
    let raw = render::load(app, source, true).map_err(refused)?;
    Ok(secrets::wishes(&named.document, &raw.document, &app.env))
}

/// Generates the secrets that are not on the server yet.
///
/// # Errors
/// The engine refuses one, or the pass store can't keep it. Those before it are there.
pub(super) async fn generate(
    engine: &Engine,
    app: &App,
    wishes: Vec<Wish>,
    pass: bool,
) -> Result<Vec<Generated>, Failure> {
    let there = engine.files(FileKind::Secret, &Filters::none()).await?;
    let mut generated = Vec::new();
    for wish in wishes {
        let state = if there.iter().any(|secret| secret.spec.name == wish.name) {
            State::Present
        } else {
            match wish.kind {
                Kind::ByHand => State::ByHand,
                kind => State::New(create(engine, app, &wish.name, kind, pass).await?),
            }
        };
        generated.push(Generated { name: wish.name, state });
    }
    Ok(generated)
}

async fn create(
    engine: &Engine,
    app: &App,
    name: &str,
    kind: Kind,
    pass: bool,
) -> Result<Secret<String>, Failure> {
    let value = secrets::value(kind, &mut random).map_err(|error| Failure::from_error(&error))?;
    let data = BASE64_STANDARD.encode(value.expose());
    let body = json!({ "Name": name, "Labels": {}, "Data": data });
    match engine.create_file(FileKind::Secret, &body).await {
        Ok(_) => {}
        Err(EngineError::NameTaken { .. }) => {
            return Err(Failure::new(format!("somebody else made secret {name} at the same time")));
        }
        Err(error) => return Err(error.into()),
    }
    if pass {
        keep(app, name, &value).await?;
    }
    Ok(value)
}

/// Random bytes from the operating system.
fn random(bytes: &mut [u8]) -> Result<(), String> {
    SysRng.try_fill_bytes(bytes).map_err(|error| error.to_string())
}

/// Keeps a secret in the pass store, under server, app and name. The value goes through a pipe: arguments can be seen.
async fn keep(app: &App, name: &str, value: &Secret<String>) -> Result<(), Failure> {
    let entry = format!("{}/{}/{name}", app.server, app.name);
    let failed = |reason: String| {
        Failure::new(format!("secret {name} is on the server, but pass could not keep it: {reason}"))
            .hint("the value is lost to you: remove the secret and generate it again once pass works")
    };
    let mut child = Command::new("pass")
        .args(["insert", "--multiline", "--force", &entry])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut pipe = child.stdin.take().ok_or_else(|| failed("no way to hand over the value".to_owned()))?;
    let handed = pipe.write_all(format!("{}\n", value.expose()).as_bytes()).await;
    drop(pipe);
    handed.map_err(|error| failed(error.to_string()))?;
    match tokio::time::timeout(PASS_LIMIT, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(status.to_string())),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("it took more than {} s", PASS_LIMIT.as_secs()))),
    }
}
