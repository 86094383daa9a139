//! Commands that an app's env file wants after a deployment: planned with it, run after its verdict and record.
use super::container::{self, Ended};
use super::deploy::Prepared;
use crate::context::Context;
use crate::engine::Stream;
use crate::failure::Failure;
use crate::git::RecipeFiles;
use crate::hold::{self, Place};
use abra_core::app::App;
use abra_core::commands::{self, AFTER_DEPLOY, AFTER_UPGRADE, Called, PostCommand};
use abra_core::finding::Finding;
use abra_core::plan::Plan;
use abra_core::recipe;
use abra_core::stack::wanted::StackSpec;
use std::time::Duration;

/// The longest that one command may take.
const LIMIT: Duration = Duration::from_secs(3600);
/// The longest part of a line that is shown, in bytes.
const LINE: usize = 4096;

/// The commands after a deployment.
#[derive(Debug, Default)]
pub struct Post {
    /// The commands, in order.
    pub commands: Vec<PostCommand>,
    abra_sh: String,
}

/// What there is to tell of them.
#[derive(Debug)]
pub enum Event<'a> {
    /// It begins.
    Begins(&'a PostCommand),
    /// It wrote a line.
    Line(&'a str),
    /// It ended well.
    Good,
}

/// What became of the commands.
#[derive(Debug, Default)]
pub struct Ran {
    /// How many ended well.
    pub good: usize,
    /// The one that did not.
    pub problem: Option<Problem>,
    /// Those that were not run.
    pub left: Vec<PostCommand>,
}

impl Ran {
    /// What became of them, for the journal: names of services and functions only, which are the recipe's; `None` where
    /// there were none.
    pub(super) fn words(&self) -> Option<String> {
        let commands = |count: usize| match count {
            1 => "1 command after it".to_owned(),
            count => format!("{count} commands after it"),
        };
        let left = (!self.left.is_empty()).then(|| format!("{} not run", commands(self.left.len())));
        let Some(Problem { command, why }) = &self.problem else {
            let good = (self.good > 0).then(|| format!("{} ended well", commands(self.good)));
            return good.or(left);
        };
        let why = match why {
            Why::Code(code) => format!("ended with exit code {code}"),
            Why::Broken(_) => "could not be run to its end".to_owned(),
            Why::Slow(_) => "took too long".to_owned(),
            Why::Interrupted => "was not waited for".to_owned(),
        };
        let bad = format!("after it, {} in {} {why}", command.function, command.service);
        Some([Some(bad), left].into_iter().flatten().collect::<Vec<_>>().join("; "))
    }

    /// None of them was run.
    pub fn none(commands: &[PostCommand]) -> Self {
        Self { left: commands.to_vec(), ..Self::default() }
    }
}

/// A command that did not end well.
#[derive(Debug)]
pub struct Problem {
    /// The command.
    pub command: PostCommand,
    /// Why.
    pub why: Why,
}

/// Why a command did not end well.
#[derive(Debug)]
pub enum Why {
    /// Its exit code.
    Code(i64),
    /// It could not be run, or not be watched to its end.
    Broken(Box<Failure>),
    /// It took too long; it may go on.
    Slow(Duration),
    /// The operator did not want to wait; it may go on.
    Interrupted,
}

/// The variable whose commands come after a command.
fn variable(command: &str) -> Option<&'static str> {
    match command {
        "deploy" | "sync" => Some(AFTER_DEPLOY),
        "upgrade" => Some(AFTER_UPGRADE),
        _ => None,
    }
}

/// The commands that would have come after a command that is over. Those that can't be read are left out: this only
/// reminds of them.
pub fn due(app: &App, command: &str) -> Vec<PostCommand> {
    let read = |variable: &str| {
        commands::post_commands(variable, app.env.get(variable).unwrap_or_default()).unwrap_or_default()
    };
    variable(command).map(read).unwrap_or_default()
}

/// The commands that come after a deployment. What keeps them from being run goes into its plan; where that changes
/// nothing, nothing comes after it.
///
/// # Errors
/// The recipe's `abra.sh` can't be read.
pub fn planned(
    app: &App,
    command: &str,
    files: &RecipeFiles,
    wanted: &StackSpec,
    plan: &mut Plan,
) -> Result<Post, Failure> {
    let Some(variable) = variable(command).filter(|_| !plan.is_noop()) else { return Ok(Post::default()) };
    let placed = |finding: Finding| match app.env.location(variable) {
        Some(location) => finding.at(location),
        None => finding,
    };
    let commands = match commands::post_commands(variable, app.env.get(variable).unwrap_or_default()) {
        Ok(commands) if commands.is_empty() => return Ok(Post::default()),
        Ok(commands) => commands,
        Err(findings) => {
            plan.findings.extend(findings.into_iter().map(placed));
            return Ok(Post::default());
        }
    };
    let abra_sh = text(app, files)?;
    let services = wanted.services.values().map(|service| service.short.as_str()).collect();
    let findings = commands::check(variable, &commands, &services, &recipe::abra_sh(&abra_sh).functions);
    plan.findings.extend(findings.into_iter().map(placed));
    Ok(Post { commands, abra_sh })
}

/// The recipe's `abra.sh`; empty where it has none.
///
/// # Errors
/// It can't be read.
pub fn text(app: &App, files: &RecipeFiles) -> Result<String, Failure> {
    let text = files.text("abra.sh");
    let text = text.map_err(|error| Failure::new(format!("abra.sh of recipe {}: {error}", app.recipe)))?;
    Ok(text.unwrap_or_default())
}

/// Runs the commands one after the other; the first that does not end well is the last.
pub async fn run(context: &Context, prepared: &Prepared, on: &mut dyn FnMut(Event<'_>)) -> Ran {
    let mut ran = Ran::default();
    let commands = &prepared.post.commands;
    for (at, command) in commands.iter().enumerate() {
        on(Event::Begins(command));
        hold::at(Place::Commanding).await;
        let why = match tokio::time::timeout(LIMIT, one(context, prepared, command, on)).await {
            Ok(Ok(Ended::Code(0))) => {
                on(Event::Good);
                ran.good += 1;
                hold::at(Place::Commanded).await;
                continue;
            }
            Ok(Ok(Ended::Code(code))) => Why::Code(code),
            Ok(Ok(Ended::Interrupted)) => Why::Interrupted,
            Ok(Err(failure)) => Why::Broken(Box::new(failure)),
            Err(_) => Why::Slow(LIMIT),
        };
        ran.problem = Some(Problem { command: command.clone(), why });
        ran.left = commands[at + 1..].to_vec();
        break;
    }
    ran
}

async fn one(
    context: &Context,
    prepared: &Prepared,
    command: &PostCommand,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Ended, Failure> {
    let (engine, app) = (&prepared.engine, &prepared.app);
    let container = container::find(engine, app, &command.service).await?;
    let script = container::ship(engine, &container, &prepared.post.abra_sh).await?;
    let arguments = commands::arguments(script, Called::Read(&command.function, &command.words));
    let running = engine.exec(&container.id, &container::exec(app, &container, arguments)).await?;
    let mut lines = Lines::default();
    let mut take = |_: Stream, bytes: &[u8]| lines.take(bytes, &mut |line| on(Event::Line(line)));
    let ended = container::finish(engine, running, &context.interrupt, &mut take).await?;
    lines.end(&mut |line| on(Event::Line(line)));
    Ok(ended)
}

/// Makes lines of what comes in pieces.
#[derive(Debug, Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, bytes: &[u8], on: &mut dyn FnMut(&str)) {
        self.0.extend_from_slice(bytes);
        while let Some(end) = self.0.iter().position(|byte| *byte == b'\n').or(self.too_long()) {
            let line: Vec<u8> = self.0.drain(..=end).collect();
            on(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
    }

    fn too_long(&self) -> Option<usize> {
        (self.0.len() > LINE).then_some(LINE - 1)
    }

    fn end(&mut self, on: &mut dyn FnMut(&str)) {
        if !self.0.is_empty() {
            on(String::from_utf8_lossy(&std::mem::take(&mut self.0)).trim_end_matches('\r'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn pieces_become_lines() {
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for piece in ["on", "e\r\ntwo\n\nth", "ree"] {
            lines.take(piece.as_bytes(), &mut |line| found.push(line.to_owned()));
        }
        lines.end(&mut |line| found.push(line.to_owned()));
        assert_eq!(found, ["one", "two", "", "three"]);
        let mut count = 0;
        lines.take(&vec![b'x'; 10_000], &mut |_| count += 1);
        assert_eq!(count, 2);
    }
}
