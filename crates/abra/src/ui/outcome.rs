//! How a deployment is announced and how it ended: for people on stderr, with `--machine` as one JSON document.
use super::{Text, Ui, text};
use crate::exit::Exit;
use crate::flow::deploy::{NoVersion, Prepared};
use crate::flow::post::Ran;
use crate::flow::recipe::Note;
use crate::flow::record::Recorded;
use crate::flow::rollout::Outcome;
use abra_core::app::App;
use abra_core::converge::{Kind, Verdict};
use abra_core::plan;
use abra_core::recipe::Record;
use abra_core::stack::state::ServiceState;
use serde_json::{Value, json};
use std::time::Duration;

/// What is needed to say how it ended.
#[derive(Debug)]
pub struct Ending<'a> {
    /// The app.
    pub app: &'a App,
    /// The version that was deployed.
    pub record: &'a Record,
    /// The version that was recorded before.
    pub last: Option<&'a Record>,
    /// Whether operator sync is on.
    pub sync: bool,
    /// What became of the record.
    pub recorded: &'a Recorded,
    /// What became of the commands after it.
    pub ran: &'a Ran,
    /// Whether there was nothing to do.
    pub noop: bool,
    /// What runs now, where that was looked at after an ending that is no success.
    pub runs: Option<&'a [ServiceState]>,
    /// Who overtook it, in lines.
    pub others: &'a [String],
}

impl Ui {
    /// The overview of a deployment.
    pub fn deployment(&self, prepared: &Prepared) {
        let (title, facts) = facts(prepared);
        self.overview(title, &facts, &prepared.staged.plan);
        self.planned_commands(prepared);
        self.release_notes(&prepared.notes);
    }

    /// The notes of the releases that an upgrade passes over, and nothing else of it.
    pub fn release_notes_alone(&self, prepared: &Prepared) {
        if self.machine {
            return self.json(&notes_json(&prepared.notes));
        }
        self.release_notes(&prepared.notes);
        if prepared.notes.is_empty() {
            self.say(format!("no release up to {} has notes", prepared.resolution.target.record()));
        }
    }

    /// The notes of releases, for people.
    fn release_notes(&self, notes: &[Note]) {
        for note in notes {
            self.out(Text::new().styled(text::STRONG, format!("  release notes of {}", note.version)));
            for line in note.text.trim_end().lines() {
                self.out(Text::from("    ").plain(line));
            }
        }
    }

    /// Says that there is no version to go to, in which direction, and from where. `named`: the version that was asked
    /// for, which is the present one.
    pub fn nothing(&self, none: &NoVersion, direction: &str, named: Option<&Record>) {
        let NoVersion { app, recorded, present, deployed, warnings } = none;
        let mut hint = None;
        let words = match (present, named) {
            (Some(present), Some(_)) if deployed.as_ref().is_some_and(|deployed| deployed.same(present)) => {
                format!("{}: {present} runs already", app.name)
            }
            (Some(present), Some(_)) => {
                let (word, command) = match recorded {
                    Some(_) => ("recorded", format!("abra app sync {}", app.name)),
                    None => ("pinned", format!("abra app deploy {}", app.name)),
                };
                hint = Some(format!("`{command}` makes the server run it"));
                format!("{}: {present} is {word} already, but does not run", app.name)
            }
            (present, _) => {
                let than = present.as_ref().map_or_else(String::new, |record| format!(" than {record}"));
                format!("{}: there is no {direction} release of {}{than}", app.name, app.recipe)
            }
        };
        if self.machine {
            let text = |record: &Option<Record>| record.as_ref().map(Record::to_string);
            self.json(
                &json!({ "app": app.name.as_str(), "recorded": text(recorded), "deployed": text(deployed),
                "target": null, "warnings": warnings, "done": words }),
            );
        } else {
            self.findings(warnings);
        }
        self.say(words);
        hint.iter().for_each(|hint| self.hint(hint));
    }

    /// Says that this was only a plan.
    pub fn planned(&self, prepared: &Prepared) {
        if self.machine {
            self.json(&report(prepared));
        } else {
            self.say("dry run: nothing was changed");
        }
    }

    /// Says how it ended, and what fits now. Gives back the exit code for it.
    pub fn ending(&self, ending: &Ending<'_>, outcome: &Outcome, prepared: Option<&Prepared>) -> Exit {
        let exit = match outcome {
            Outcome::Verdict(verdict, logs) => {
                self.verdict(ending.app.stack.as_str(), verdict, logs);
                self.sentence(ending, verdict);
                Exit::of(verdict)
            }
            Outcome::LeftRunning => {
                self.say(format!("{} was sent and is not watched, so nothing is recorded", ending.record));
                self.hint(&format!(
                    "`abra app watch {}` finishes the verdict and records then",
                    ending.app.name
                ));
                Exit::Done
            }
            Outcome::Interrupted => {
                self.say(format!(
                    "interrupted: the watching ends here, the deployment of {} goes on; nothing is recorded",
                    ending.record
                ));
                self.hint(&format!("`abra app watch {}` takes the watching up again", ending.app.name));
                Exit::Interrupted
            }
        };
        let exit = match prepared {
            Some(prepared) => self.commands_ending(prepared, ending.ran, exit),
            None => {
                self.left(ending.app, &ending.ran.left);
                exit
            }
        };
        if self.machine {
            let mut document = prepared.map_or_else(|| json!({ "app": ending.app.name.as_str() }), report);
            document["commands"] = match prepared {
                Some(prepared) => super::post::report(prepared, Some(ending.ran)),
                None => json!({ "left": super::post::listed(&ending.ran.left) }),
            };
            document["outcome"] = outcome_json(outcome);
            if !ending.others.is_empty() {
                document["others"] = json!(ending.others);
            }
            document["record_written"] = json!(ending.recorded.is_written);
            document["exit"] = json!(exit as u8);
            self.json(&document);
        }
        exit
    }

    fn sentence(&self, ending: &Ending<'_>, verdict: &Verdict) {
        let (app, record) = (&ending.app.name, ending.record);
        match verdict.kind {
            Kind::Succeeded => self.success_sentence(ending, verdict),
            Kind::Failed => self.bad(&format!("the deployment of {record} failed; it is not recorded")),
            Kind::RolledBack => self.bad(&format!("the swarm rolled {record} back; it is not recorded")),
            Kind::Overtaken => {
                self.bad(&format!("somebody else deployed {app} in the meantime; {record} is not recorded"));
                ending.others.iter().for_each(|line| self.say(Text::from("    ").plain(line)));
            }
            Kind::Undecided => {
                self.bad(&format!("it is not decided whether {record} works; it is not recorded"));
                self.hint(&format!("`abra app watch {app}` takes the watching up again"));
            }
        }
        if verdict.kind != Kind::Succeeded {
            self.ways_out(ending, verdict);
        }
    }

    fn success_sentence(&self, ending: &Ending<'_>, verdict: &Verdict) {
        let done = if ending.noop { "was deployed already and runs" } else { "is deployed and runs" };
        let watched = stable_for(verdict)
            .map_or_else(String::new, |time| format!(" (stable for {} s)", time.as_secs()));
        self.say(Text::new().styled(text::GOOD, "✔ ").plain(format!("{} {done}{watched}", ending.record)));
        if ending.recorded.is_written {
            self.say(format!("recorded {} in {}", ending.record, ending.app.env.name()));
        }
        self.findings(&ending.recorded.said);
    }

    fn ways_out(&self, ending: &Ending<'_>, verdict: &Verdict) {
        let (app, record) = (&ending.app.name, ending.record);
        self.now(ending.runs);
        let wrong = |kind| matches!(kind, Kind::Failed | Kind::RolledBack | Kind::Undecided);
        let mut wrong = verdict.services.iter().filter(|service| wrong(service.outcome.kind()));
        match (wrong.next(), wrong.next()) {
            (Some(one), None) => {
                let prefix = format!("{}_", ending.app.stack);
                let short = one.service.strip_prefix(&prefix).unwrap_or(&one.service);
                self.hint(&format!("`abra app logs {app} {short}` shows what it wrote"));
            }
            (Some(_), Some(_)) => self.hint(&format!("`abra app logs {app}` shows what they wrote")),
            _ => {}
        }
        self.hint(&format!("`abra app ps {app}` shows what runs now"));
        match ending.last {
            Some(last) if ending.sync && !last.same(record) => {
                self.hint(&format!("`abra app sync {app}` goes back to the recorded version {last}"));
            }
            _ => self.hint(&format!("`abra app deploy {app} VERSION` deploys another version")),
        }
        if !matches!(record, Record::Commit { dirty: true, .. }) {
            self.hint(&format!("`abra app deploy {app} {record}` tries again"));
        }
        if ending.sync && verdict.kind != Kind::RolledBack {
            self.hint(&format!("`abra app sync --adopt {app}` records what runs all the same"));
        }
    }

    fn now(&self, runs: Option<&[ServiceState]>) {
        let Some(runs) = runs else { return };
        let words: Vec<String> = runs.iter().map(running).collect();
        self.say(format!(
            "now running: {}",
            if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
        ));
    }

    fn bad(&self, words: &str) {
        self.say(Text::new().styled(text::ERROR, "✘ ").plain(words));
    }

    /// Says what can be done.
    pub fn hint(&self, words: &str) {
        self.say(Text::new().styled(text::HELP, "  hint: ").plain(words));
    }
}

/// Which app, and which versions: label and value.
pub(super) fn facts(prepared: &Prepared) -> (&str, Vec<(&'static str, String)>) {
    let versions = prepared.versions();
    let shown = |record: Option<&Record>| record.map_or_else(|| "–".to_owned(), Record::to_string);
    let deployed = match (versions.deployed(), prepared.services.is_empty()) {
        (None, false) => "several or unknown versions".to_owned(),
        (deployed, _) => shown(deployed.as_ref()),
    };
    let mut facts = vec![
        ("server", prepared.app.server.to_string()),
        ("recipe", prepared.app.recipe.to_string()),
        ("deployed", deployed),
        ("target", format!("{} ({})", prepared.resolution.target.record(), prepared.resolution.why)),
    ];
    if prepared.sync {
        facts.insert(2, ("recorded", shown(prepared.recorded.as_ref())));
    }
    (prepared.app.name.as_str(), facts)
}

/// A service and how much of it runs.
fn running(state: &ServiceState) -> String {
    let update = state.update.as_ref().filter(|update| *update != "completed");
    let update = update.map_or_else(String::new, |update| format!(" (update: {update})"));
    format!("{} {}/{}{update}", state.service, state.running, state.wanted)
}

/// The shortest time that a service was held to be stable.
fn stable_for(verdict: &Verdict) -> Option<Duration> {
    use abra_core::converge::Outcome as Of;
    let held = verdict.services.iter().filter_map(|service| match &service.outcome {
        Of::Succeeded { stable_for, .. } => Some(*stable_for),
        _ => None,
    });
    held.min().filter(|time| time.as_secs() > 0)
}

fn report(prepared: &Prepared) -> Value {
    let text = |record: Option<&Record>| record.map(Record::to_string);
    json!({
        "app": prepared.app.name.as_str(),
        "server": prepared.app.server.as_str(),
        "recipe": prepared.app.recipe.as_str(),
        "recorded": text(prepared.recorded.as_ref()),
        "deployed": text(prepared.versions().deployed().as_ref()),
        "target": prepared.resolution.target.record().to_string(),
        "why": prepared.resolution.why.to_string(),
        "warnings": prepared.warnings,
        "notes": notes_json(&prepared.notes),
        "plan": plan::report::report(&prepared.staged.plan),
        "commands": super::post::report(prepared, None),
    })
}

fn notes_json(notes: &[Note]) -> Vec<Value> {
    notes.iter().map(|note| json!({ "version": note.version, "text": note.text })).collect()
}

/// An outcome for other programs.
pub fn outcome_json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::LeftRunning => json!({ "verdict": null, "watched": false }),
        Outcome::Interrupted => json!({ "verdict": null, "interrupted": true }),
        Outcome::Verdict(verdict, logs) => json!({
            "verdict": kind_word(verdict.kind),
            "seconds": verdict.at.as_secs_f64(),
            "services": verdict.services.iter().map(|service| json!({
                "name": service.service,
                "verdict": kind_word(service.outcome.kind()),
                "reasons": super::verdict::outcome_lines(&service.outcome),
                "log": logs.get(&service.service).cloned().unwrap_or_default(),
            })).collect::<Vec<_>>(),
        }),
    }
}

/// A verdict as one word.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Succeeded => "succeeded",
        Kind::Failed => "failed",
        Kind::Undecided => "undecided",
        Kind::RolledBack => "rolled-back",
        Kind::Overtaken => "overtaken",
    }
}
