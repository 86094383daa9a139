//! The verdict on a stack, in words: what happened, to which service, and why.
use super::progress::{failure_words, is_usual};
use super::{Text, Ui, text};
use abra_core::converge::{
    Cause, Failure, Kind, OldVersion, Outcome, Reason, ServiceVerdict, SlotState, Step, Undecided, Verdict,
    Waiting, Warning,
};
use std::collections::BTreeMap;

impl Ui {
    /// Says what became of every service that did not succeed, with the last lines that it wrote.
    pub fn verdict(&self, stack: &str, verdict: &Verdict, logs: &BTreeMap<String, Vec<String>>) {
        let prefix = format!("{stack}_");
        for service in &verdict.services {
            let name = service.service.strip_prefix(&prefix).unwrap_or(&service.service);
            self.service(name, service);
            for line in logs.get(&service.service).into_iter().flatten() {
                self.say(Text::new().styled(text::FAINT, "    | ").plain(line));
            }
        }
        if verdict.kind == Kind::Undecided && !verdict.absent.is_empty() {
            let nodes = verdict.absent.join(", ");
            self.warn(format!(
                "not ready: {nodes}; the swarm waits for the tasks there until it is back or removed"
            ));
        }
    }

    fn service(&self, name: &str, verdict: &ServiceVerdict) {
        let style = match verdict.outcome.kind() {
            Kind::Succeeded => return self.success(name, &verdict.outcome),
            Kind::Undecided => text::WARNING,
            _ => text::ERROR,
        };
        for (at, line) in outcome_lines(&verdict.outcome).into_iter().enumerate() {
            match at {
                0 => self.say(Text::new().styled(style, format!("{name}: ")).plain(line)),
                _ => self.say(Text::from("    ").plain(line)),
            }
        }
    }

    fn success(&self, name: &str, outcome: &Outcome) {
        if let Outcome::Succeeded { failures, warning, .. } = outcome {
            match failures {
                0 => {}
                1 => self.warn(format!("{name}: runs, after 1 failed attempt")),
                _ => self.warn(format!("{name}: runs, after {failures} failed attempts")),
            }
            if *warning == Some(Warning::NoNode) {
                self.warn(format!("{name}: runs nowhere, no node qualifies for this global service"));
            }
        }
    }
}

/// What became of a service, in lines; nothing after a success.
pub(super) fn outcome_lines(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Succeeded { .. } => vec![],
        Outcome::Failed(failure) => failure_lines(failure),
        Outcome::RolledBack { cause, old } => {
            let mut lines = vec!["the swarm went back to the old version".to_owned()];
            lines.extend(cause.as_ref().map(|cause| format!("because: {}", failure_words(cause))));
            lines.push(match old {
                OldVersion::Runs => "the old version runs".to_owned(),
                OldVersion::Fails(failure) => {
                    format!("the old version fails too: {}", failure_lines(failure).join("; "))
                }
                OldVersion::Unclear => "it is not clear yet whether the old version runs".to_owned(),
            });
            lines
        }
        Outcome::Overtaken { recreated, .. } => vec![match recreated {
            true => "somebody removed it and made it anew in the meantime".to_owned(),
            false => "somebody else's settings are there now".to_owned(),
        }],
        Outcome::Undecided(undecided) => undecided_lines(undecided),
    }
}

fn failure_lines(failure: &Failure) -> Vec<String> {
    let task = failure.task.as_ref();
    let mut lines = vec![match &failure.reason {
        Reason::Gone => "the service is gone".to_owned(),
        Reason::Paused { .. } => "the swarm stopped the update half-way".to_owned(),
        Reason::RollbackPaused { .. } => "the swarm stopped going back half-way".to_owned(),
        Reason::DeadSlot if task.is_some_and(|task| task.state == "complete") => {
            "it exited with code 0 and will not be restarted".to_owned()
        }
        Reason::DeadSlot => "it ended and will not be restarted".to_owned(),
        Reason::Unplaceable { err } => format!("no node takes it: {err}"),
        Reason::Permanent { err } => format!("it can't start, and trying again can't help: {err}"),
        Reason::CrashLoop => format!("it keeps failing ({} failures)", failure.failures),
        Reason::JobFailed { complete, wanted: Some(wanted) } => {
            format!("the job ended with {complete} of {wanted} tasks complete")
        }
        Reason::JobFailed { complete, wanted: None } => {
            format!("the job ended with {complete} tasks complete")
        }
    }];
    if let Reason::Paused { message } | Reason::RollbackPaused { message } = &failure.reason
        && !is_usual(message)
    {
        lines.push(format!("the engine says: {message}"));
    }
    let told = matches!(failure.reason, Reason::Unplaceable { .. } | Reason::Permanent { .. });
    if let Some(task) = task.filter(|_| !told) {
        lines.push(format!("slot {}: {}", task.slot, failure_words(task)));
    }
    if failure.may_roll_back {
        lines.push("the swarm may yet go back to the old version by itself".to_owned());
    }
    lines
}

fn undecided_lines(undecided: &Undecided) -> Vec<String> {
    let mut lines = vec![match &undecided.cause {
        Cause::Deadline(after) => {
            format!("not decided after {} s: {}", after.as_secs(), waiting_words(&undecided.waiting))
        }
        Cause::Unreachable { reason } => format!("the engine can't be reached any more: {reason}"),
        Cause::OthersWentWrong => {
            format!("not decided, as others went wrong: {}", waiting_words(&undecided.waiting))
        }
    }];
    lines.extend(undecided.slots.iter().filter(|slot| slot.step != Step::Running).map(slot_words));
    lines
}

fn waiting_words(waiting: &Waiting) -> String {
    match waiting {
        Waiting::Reading => "waiting for the engine to show what was sent".to_owned(),
        Waiting::Tasks => "waiting for its tasks".to_owned(),
        Waiting::OldTasks(count) => format!("{count} old tasks still run"),
        Waiting::Stopping(count) => format!("{count} tasks are still being stopped"),
        Waiting::Nodes(count) => format!("{count} nodes have no task yet"),
        Waiting::Update(state) => format!("the swarm's update is {state}"),
        Waiting::Window { held, window } => {
            format!("running for {} s, must be {} s", held.as_secs(), window.as_secs())
        }
        Waiting::Rollback => "the swarm is going back to the old version".to_owned(),
        Waiting::Others => "it runs as wanted".to_owned(),
        Waiting::Engine => "waiting for the engine".to_owned(),
    }
}

fn slot_words(slot: &SlotState) -> String {
    let step = match &slot.step {
        Step::Unplaced => "has no node".to_owned(),
        Step::Assigned => "has a node".to_owned(),
        Step::ImagePull => "pulls its image".to_owned(),
        Step::Ready => "waits to be started".to_owned(),
        Step::Starting { next_probe_in: Some(next) } => {
            format!("starts; its health check has not passed yet, next probe in {} s", next.as_secs())
        }
        Step::Starting { next_probe_in: None } => "starts".to_owned(),
        Step::Running => "runs".to_owned(),
        Step::Stopping => "stops".to_owned(),
        Step::Ended(state) => format!("is {state}"),
    };
    if slot.err.is_empty() {
        format!("slot {}: {step}", slot.slot)
    } else {
        format!("slot {}: {step} ({})", slot.slot, slot.err)
    }
}
