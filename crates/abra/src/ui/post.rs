//! The commands after a deployment: announced with it, and how they ended.
use super::{Text, Ui, text};
use crate::exit::Exit;
use crate::flow::deploy::Prepared;
use crate::flow::post::{Problem, Ran, Why};
use abra_core::app::App;
use abra_core::commands::PostCommand;
use serde_json::{Value, json};

impl Ui {
    /// The commands that will be run after a deployment, for the overview.
    pub(super) fn planned_commands(&self, prepared: &Prepared) {
        if prepared.post.commands.is_empty() {
            return;
        }
        self.out(Text::new().styled(text::STRONG, "  afterwards, if it succeeds"));
        for command in &prepared.post.commands {
            self.out(Text::from("    run ").plain(shown(&prepared.app, command)));
        }
    }

    /// Says how the commands ended. Gives back the exit code with that in mind.
    pub fn commands_ending(&self, prepared: &Prepared, ran: &Ran, exit: Exit) -> Exit {
        let Some(problem) = &ran.problem else {
            self.left(&prepared.app, &ran.left);
            return exit;
        };
        let why = match &problem.why {
            Why::Code(code) => format!("ended with exit code {code}"),
            Why::Broken(failure) => format!("could not be run to its end: {}", failure.message),
            Why::Slow(limit) => format!("did not end within {} min; it may go on", limit.as_secs() / 60),
            Why::Interrupted => "is not watched any more, as interrupted; it may go on".to_owned(),
        };
        let words = format!("after the deployment, {} {why}", shown(&prepared.app, &problem.command));
        self.say(Text::new().styled(text::ERROR, "✘ ").plain(words));
        self.say("the deployment itself succeeded, and what is recorded stays so");
        if let Why::Broken(failure) = &problem.why {
            failure.hints.iter().for_each(|hint| self.hint(hint));
        }
        self.hint(&format!("`{}` runs it again", line(&prepared.app, &problem.command)));
        self.left(&prepared.app, &ran.left);
        match problem.why {
            Why::Interrupted => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    /// Names the commands that were not run.
    pub fn left(&self, app: &App, left: &[PostCommand]) {
        for command in left {
            self.warn(format!("not run: {}", shown(app, command)));
            self.hint(&format!("`{}` runs it", line(app, command)));
        }
    }
}

fn shown(app: &App, command: &PostCommand) -> String {
    let words = command.shown_words(&app.env);
    format!("{} in {}", [command.function.as_str(), &words].join(" ").trim_end(), command.service)
}

/// What an operator types to run it.
fn line(app: &App, command: &PostCommand) -> String {
    let words = command.shown_words(&app.env);
    let words = if words.is_empty() { words } else { format!(" -- {words}") };
    format!("abra app cmd {} {} {}{words}", app.name, command.service, command.function)
}

/// Commands for other programs.
pub(super) fn listed(commands: &[PostCommand]) -> Vec<Value> {
    commands.iter().map(of).collect()
}

fn of(command: &PostCommand) -> Value {
    json!({ "service": command.service, "function": command.function })
}

/// The commands for other programs; `ran`: what became of them.
pub(super) fn report(prepared: &Prepared, ran: Option<&Ran>) -> Value {
    let all = listed(&prepared.post.commands);
    let Some(ran) = ran else { return json!(all) };
    let failed = ran.problem.as_ref().map(|Problem { command, why }| {
        let mut value = of(command);
        value["exit_code"] = match why {
            Why::Code(code) => json!(code),
            _ => Value::Null,
        };
        value
    });
    json!({ "planned": all, "good": ran.good, "failed": failed, "left": listed(&ran.left) })
}
