//! An app's secrets: which its recipe wants, and generating those that are not there.
use super::render::{self, Source};
use crate::context::Context;
use crate::engine::{Engine, EngineError, FileKind, Filters};
use crate::exit::Exit;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::secret::Secret;
use abra_core::secrets::{self, Kind, Wish};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use rand::TryRng as _;
use rand::rngs::SysRng;
use serde_json::json;
use std::collections::BTreeSet;
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

/// What generating needs, looked at before anything is changed.
#[derive(Debug)]
pub(super) struct Ready {
    engine: Engine,
    wishes: Vec<Wish>,
    /// Names of the secrets that are on the server.
    there: BTreeSet<String>,
    pass: bool,
}

/// Looks at the server and, where values shall be kept there, at the pass store.
///
/// # Errors
/// The engine can't be asked, or there is no pass store.
pub(super) async fn ready(engine: Engine, wishes: Vec<Wish>, pass: bool) -> Result<Ready, Failure> {
    let there = engine.files(FileKind::Secret, &Filters::none()).await?;
    if pass {
        check_pass().await?;
    }
    Ok(Ready { engine, wishes, there: there.into_iter().map(|secret| secret.spec.name).collect(), pass })
}

/// Generates the secrets that are not on the server yet; those that were, also where a later one failed or the operator
/// wanted to stop: their values can't be had a second time.
pub(super) async fn generate(
    context: &Context,
    app: &App,
    ready: Ready,
) -> (Vec<Generated>, Option<Failure>) {
    let Ready { engine, wishes, there, pass } = ready;
    let _guard = context.interrupt.guard();
    let mut generated = Vec::new();
    let mut unkept = Vec::new();
    for wish in wishes {
        let state = match wish.kind {
            _ if there.contains(&wish.name) => State::Present,
            Kind::ByHand => State::ByHand,
            _ if context.interrupt.asked() => return (generated, Some(interrupted(app, &wish.name))),
            kind => match context.finished(make_up(app, &engine, &wish, kind)).await {
                Ok(value) => State::New(value),
                Err(failure) => return (generated, Some(failure)),
            },
        };
        if let (true, State::New(value)) = (pass, &state)
            && let Err(reason) = keep(app, &wish.name, value).await
        {
            unkept.push(format!("secret {}: {reason}", wish.name));
        }
        generated.push(Generated { name: wish.name, state });
    }
    let problem = (!unkept.is_empty()).then(|| {
        let mut failure = Failure::new("the secrets are on the server, but pass could not keep all of them")
            .exit(Exit::Failed)
            .hint("note the values above now: they can't be read back");
        failure.causes = unkept;
        failure
    });
    (generated, problem)
}

/// Puts a secret onto the server.
pub(super) async fn create(engine: &Engine, name: &str, value: &[u8]) -> Result<(), EngineError> {
    let body = json!({ "Name": name, "Labels": {}, "Data": BASE64_STANDARD.encode(value) });
    engine.create_file(FileKind::Secret, &body).await.map(drop)
}

fn interrupted(app: &App, name: &str) -> Failure {
    Failure::new(format!("interrupted: secret {name} was not made, nor any after it"))
        .exit(Exit::Interrupted)
        .hint(format!("`abra app secret generate {}` makes those that are missing", app.name))
}

async fn make_up(app: &App, engine: &Engine, wish: &Wish, kind: Kind) -> Result<Secret<String>, Failure> {
    let name = &wish.name;
    let value =
        secrets::value(kind, &mut random).map_err(|error| Failure::from_error(&error).exit(Exit::Failed))?;
    match create(engine, name, value.expose().as_bytes()).await {
        Ok(()) => Ok(value),
        Err(EngineError::NameTaken { .. }) => {
            Err(Failure::new(format!("somebody else made secret {name} at the same time")).exit(Exit::Failed))
        }
        Err(error) if error.may_have_happened() => Err(unclear(app, wish, error)),
        Err(error) => Err(Failure::from(error)
            .exit(Exit::Failed)
            .hint(format!("secret {name} is not there, nor are those after it"))),
    }
}

/// The answer was lost: no engine tells what a secret holds, so what may be there is of no use.
pub(super) fn unclear(app: &App, wish: &Wish, error: EngineError) -> Failure {
    Failure::from(error)
        .exit(Exit::Undecided)
        .hint(format!("secret {} may be on the server, with a value that nobody saw confirmed", wish.name))
        .hint(format!(
            "`abra app secret ls {0}` shows whether it is; `abra app secret rm {0} {1}` removes it",
            app.name, wish.key
        ))
}

/// Random bytes from the operating system.
fn random(bytes: &mut [u8]) -> Result<(), String> {
    SysRng.try_fill_bytes(bytes).map_err(|error| error.to_string())
}

/// Whether there is a pass store that can be written to.
async fn check_pass() -> Result<(), Failure> {
    let listed = Command::new("pass")
        .arg("ls")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match listed.await {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new("there is no pass store")
            .hint("`pass init KEY` makes one; leave out --pass to do without")),
        Err(error) => Err(Failure::new(format!("can't run pass: {error}"))
            .hint("install it (https://www.passwordstore.org), or leave out --pass")),
    }
}

/// Keeps a secret in the pass store, under server, app and name. The value goes through a pipe: arguments can be seen.
async fn keep(app: &App, name: &str, value: &Secret<String>) -> Result<(), String> {
    let entry = format!("{}/{}/{name}", app.server, app.name);
    let mut child = Command::new("pass")
        .args(["insert", "--multiline", "--force", &entry])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut pipe = child.stdin.take().ok_or("no way to hand over the value")?;
    let handed = pipe.write_all(format!("{}\n", value.expose()).as_bytes()).await;
    drop(pipe);
    handed.map_err(|error| error.to_string())?;
    match tokio::time::timeout(PASS_LIMIT, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(status.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("it took more than {} s", PASS_LIMIT.as_secs())),
    }
}
