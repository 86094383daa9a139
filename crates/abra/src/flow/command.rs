//! Functions of a recipe's `abra.sh` and other commands that an operator asks for: what is run, where, and its end.
use super::container::{self, Ended};
use super::deploy::recorded;
use super::recipe::{self, Recipe};
use super::{post, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, Exec, Filters, Running};
use crate::failure::Failure;
use crate::ui::terminal::{self, Passage, RawMode};
use abra_core::app::App;
use abra_core::commands::{self, Called, Script, near};
use abra_core::recipe::{AbraSh, Known, Record, VersionWish, abra_sh, resolve};
use abra_core::status::{ServiceFacts, common};
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How a command is run.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// As this user.
    pub user: Option<String>,
    /// With a terminal.
    pub tty: bool,
    /// With what comes on standard input.
    pub input: bool,
}

/// An app and the `abra.sh` of one version of its recipe.
#[derive(Debug)]
pub struct Functions {
    /// The app.
    pub app: App,
    /// The version.
    pub version: Record,
    /// What it holds.
    pub read: AbraSh,
    text: String,
}

/// The `abra.sh` of the version that runs; else of the one that a deployment would take. `chaos`: of the working tree.
/// Without an engine the server is not asked.
///
/// # Errors
/// There is no such app or version, or the server can't be asked.
pub async fn functions(
    context: &Context,
    app: App,
    engine: Option<&Engine>,
    chaos: bool,
) -> Result<Functions, Failure> {
    let deployed = match engine {
        Some(engine) if !chaos => deployed(engine, &app).await?,
        _ => None,
    };
    let recorded = recorded(context, &app)?;
    let wanted: Vec<&Record> = recorded.iter().chain(&app.pin).chain(&deployed).collect();
    let recipe: Recipe = recipe::ready(context, &app.recipe, &wanted).await?;
    context.ui.findings(&recipe.warnings);
    let wish = match (chaos, &deployed) {
        (true, _) => VersionWish::Chaos,
        (_, Some(deployed)) => VersionWish::Exactly(deployed.clone()),
        _ => VersionWish::Usual,
    };
    let known = Known { recorded: recorded.as_ref(), pinned: app.pin.as_ref(), deployed: deployed.as_ref() };
    let resolution = resolve(&wish, known, &recipe.state)
        .map_err(|error| Failure::from(error).hint("--chaos takes abra.sh from the recipe's working tree"))?;
    let files = recipe::files(context, &recipe, &resolution.target).await?;
    let text = post::text(&app, &files)?;
    Ok(Functions { app, version: resolution.target.record(), read: abra_sh(&text), text })
}

/// The one version that runs.
async fn deployed(engine: &Engine, app: &App) -> Result<Option<Record>, EngineError> {
    let services = engine.services(&Filters::stack(app.stack.as_str())).await?;
    let facts: Vec<ServiceFacts> =
        services.iter().map(|service| ServiceFacts::of(service, &app.stack)).collect();
    Ok(common(&facts).cloned())
}

impl Functions {
    /// Whether there is such a function.
    ///
    /// # Errors
    /// There is none; those that there are.
    pub fn require(&self, name: &str) -> Result<(), Failure> {
        if self.read.functions.iter().any(|function| function == name) {
            return Ok(());
        }
        let text = format!("abra.sh of {} at {} has no function {name}", self.app.recipe, self.version);
        Err(Failure::new(text).hint(near(name, self.read.functions.iter().map(String::as_str), "functions")))
    }
}

/// Runs a function in the container of a service.
///
/// # Errors
/// It can't be run, or not be watched to its end.
pub async fn call(
    context: &Context,
    functions: &Functions,
    service: &str,
    function: &[String],
    manner: &Manner,
) -> Result<Ended, Failure> {
    let app = &functions.app;
    let engine = server::connect(context, &app.server).await?;
    let container = container::find(&engine, app, service).await?;
    let script = container::ship(&engine, &container, &functions.text).await?;
    let exec = container::exec(app, &container, commands::arguments(script, called(function)));
    session(context, &engine, &container.id, exec, manner).await
}

/// Runs a command in the container of a service.
///
/// # Errors
/// It can't be run, or not be watched to its end.
pub async fn run(
    context: &Context,
    app: &App,
    service: &str,
    arguments: Vec<String>,
    manner: &Manner,
) -> Result<Ended, Failure> {
    let engine = server::connect(context, &app.server).await?;
    let container = container::find(&engine, app, service).await?;
    session(context, &engine, &container.id, Exec { arguments, ..Exec::default() }, manner).await
}

fn called(words: &[String]) -> Called<'_> {
    match words {
        [function, words @ ..] => Called::Exactly(function, words),
        [] => Called::Exactly("", &[]),
    }
}

/// Runs a function on this machine, in the recipe's folder, with the app's variables.
///
/// # Errors
/// There is no shell, or it can't be started.
pub async fn call_here(
    context: &Context,
    functions: &Functions,
    function: &[String],
    manner: &Manner,
) -> Result<Ended, Failure> {
    let app = &functions.app;
    let arguments = commands::arguments(Script::Text(&functions.text), called(function));
    let mut variables = app.variables(&functions.read);
    variables.insert("APP_NAME".to_owned(), app.name.to_string());
    variables.insert("TARGET".to_owned(), "local".to_owned());
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]).envs(variables).current_dir(context.home.recipe_dir(&app.recipe));
    if !manner.input {
        command.stdin(Stdio::null());
    }
    let _guard = context.interrupt.guard();
    // It is of our process group, so Ctrl-C reaches it by itself.
    let status = command.status().await;
    let status = status.map_err(|error| Failure::new(format!("can't run a shell: {error}")))?;
    if context.interrupt.asked() {
        return Ok(Ended::Interrupted);
    }
    Ok(Ended::Code(status.code().map_or(1, i64::from)))
}

/// A command with whatever of input and terminal it wants.
async fn session(
    context: &Context,
    engine: &Engine,
    container: &str,
    mut exec: Exec,
    manner: &Manner,
) -> Result<Ended, Failure> {
    exec.user.clone_from(&manner.user);
    exec.tty = manner.tty;
    exec.input = manner.input;
    let _guard = context.interrupt.guard();
    let mut running = engine.exec(container, &exec).await?;
    let mut passage = Passage::new(manner.tty);
    if !manner.input {
        let pass = &mut |stream, bytes: &[u8]| passage.pass(stream, bytes);
        return Ok(container::finish(engine, running, &context.interrupt, pass).await?);
    }
    let raw = if manner.tty { Some(RawMode::enter().map_err(|error| no_terminal(&error))?) } else { None };
    if let Some(mut input) = running.input() {
        let mut typed = terminal::input();
        tokio::spawn(async move {
            while let Some(bytes) = typed.recv().await {
                if input.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            // Where the command has ended meanwhile nobody misses the end of its input.
            let _ = input.shutdown().await;
        });
    }
    let ended = attached(context, engine, running, &mut passage, manner.tty).await;
    drop(raw);
    ended
}

fn no_terminal(error: &std::io::Error) -> Failure {
    Failure::new(format!("standard input is no terminal: {error}")).hint("--no-tty does without")
}

/// Waits for the end of a command that gets input, and tells it the size of its terminal.
async fn attached(
    context: &Context,
    engine: &Engine,
    mut running: Running,
    passage: &mut Passage,
    tty: bool,
) -> Result<Ended, Failure> {
    let mut sizes = terminal::sizes().map_err(|error| no_terminal(&error))?;
    let id = running.id().to_owned();
    // Beside the output: where connections are few, it may have to wait for one. Given up before the last question,
    // which would wait behind it.
    let resizing = async {
        loop {
            let (rows, columns) = sizes.next().await;
            // A command that has ended already needs no size.
            let _ = engine.exec_resize(&id, rows, columns).await;
        }
    };
    let passing = async {
        while let Some((stream, bytes)) = running.next().await? {
            passage.pass(stream, &bytes);
        }
        Ok::<(), EngineError>(())
    };
    tokio::select! {
        passed = passing => passed?,
        () = resizing, if tty => {}
        () = context.interrupt.wait() => return Ok(Ended::Interrupted),
    }
    Ok(Ended::Code(engine.exec_code(&running).await?))
}
