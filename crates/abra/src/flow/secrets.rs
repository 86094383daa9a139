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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was generated.
    New,
    /// It was there.
    Present,
    /// The recipe says that it can't be generated.
    ByHand,
    /// The server did not take the value that was made up, and has none.
    NotMade,
    /// The server did not answer: it may have the value that was made up.
    Unclear,
}

/// Shows secrets to the operator, each when there is something to show: no server gives a value back, so that one which is
/// not seen before it is sent would be lost with a run that is cut off.
pub trait Showcase {
    /// All that will be shown, by their names on the server.
    fn begin(&mut self, names: &[&str]);
    /// A value that is about to be sent. `false`: nobody reads it.
    fn made_up(&mut self, name: &str, value: &Secret<String>) -> bool;
    /// What became of a secret; that of a value follows on it.
    fn became(&mut self, name: &str, state: State);
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

/// Generates the secrets that are not on the server yet, one after the other: each is shown, then sent, then kept. The pass
/// store never holds a value that the server may not have.
///
/// # Errors
/// A secret was not made, or not kept, or the operator wanted to stop. Those before it are made.
pub(super) async fn generate(
    context: &Context,
    app: &App,
    ready: Ready,
    showcase: &mut dyn Showcase,
) -> Result<(), Failure> {
    let Ready { engine, wishes, there, pass } = ready;
    let _guard = context.interrupt.guard();
    showcase.begin(&wishes.iter().map(|wish| wish.name.as_str()).collect::<Vec<_>>());
    let (mut made, mut unkept) = (0, Vec::new());
    for wish in wishes {
        let name = &wish.name;
        let kind = match wish.kind {
            _ if there.contains(name) => {
                showcase.became(name, State::Present);
                continue;
            }
            Kind::ByHand => {
                showcase.became(name, State::ByHand);
                continue;
            }
            _ if context.interrupt.asked() => return Err(interrupted(app, name)),
            kind => kind,
        };
        let value = secrets::value(kind, &mut random)
            .map_err(|error| Failure::from_error(&error).exit(Exit::Failed))?;
        if !showcase.made_up(name, &value) && !pass {
            showcase.became(name, State::NotMade);
            return Err(unread(app, name, made));
        }
        let sent = context.finished(create(&engine, name, value.expose().as_bytes())).await;
        showcase.became(name, state_of(&sent));
        sent.map_err(|error| not_made(app, &wish, error))?;
        made += 1;
        if pass && let Err(reason) = keep(app, name, &value).await {
            unkept.push(format!("secret {name}: {reason}"));
        }
    }
    if unkept.is_empty() { Ok(()) } else { Err(not_kept(unkept)) }
}

/// What a server's answer says of a secret.
fn state_of(sent: &Result<(), EngineError>) -> State {
    match sent {
        Ok(()) => State::New,
        Err(error) if error.may_have_happened() => State::Unclear,
        Err(_) => State::NotMade,
    }
}

fn not_kept(unkept: Vec<String>) -> Failure {
    let mut failure = Failure::new("the secrets are on the server, but pass could not keep all of them")
        .exit(Exit::Failed)
        .hint("note the values above now: they can't be read back");
    failure.causes = unkept;
    failure
}

/// A value that nobody sees is of no use. `made`: how many were made before.
fn unread(app: &App, name: &str, made: usize) -> Failure {
    Failure::new(format!("nobody reads the values: secret {name} was not made, nor any after it"))
        .exit(if made == 0 { Exit::Refused } else { Exit::Failed })
        .hint(format!("`abra app secret generate {}` makes those that are missing", app.name))
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

/// Why a secret that was shown was not made.
fn not_made(app: &App, wish: &Wish, error: EngineError) -> Failure {
    let name = &wish.name;
    let of_no_use = "the value that was shown for it is of no use";
    match error {
        EngineError::NameTaken { .. } => {
            Failure::new(format!("somebody else made secret {name} at the same time"))
                .exit(Exit::Failed)
                .hint(of_no_use)
        }
        error if error.may_have_happened() => unclear(app, wish, error),
        error => Failure::from(error)
            .exit(Exit::Failed)
            .hint(format!("secret {name} is not there, nor are those after it: {of_no_use}")),
    }
}

/// The answer was lost, and no engine tells what a secret holds.
pub(super) fn unclear(app: &App, wish: &Wish, error: EngineError) -> Failure {
    Failure::from(error).exit(Exit::Undecided).hint(format!(
        "secret {} may be on the server, with this value: `abra app secret ls {1}` shows whether it is, and \
             `abra app secret rm {1} {2}` removes it",
        wish.name, app.name, wish.key
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
