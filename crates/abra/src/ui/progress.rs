//! Progress while a plan is carried out and watched: in place on a terminal, plain lines elsewhere.
use super::{Text, Ui, text};
use crate::flow::{apply, rollout};
use abra_core::converge::{Event, Phase};
use abra_core::converge::{Kind, TaskFailure};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;

/// Draws or writes what happens.
#[derive(Debug)]
pub struct Progress {
    ui: Ui,
    prefix: String,
    lead: String,
    bars: Option<MultiProgress>,
    lines: BTreeMap<String, (ProgressBar, String)>,
}

impl Progress {
    /// Progress of a stack; its name is cut off the names of its services.
    pub fn new(ui: Ui, stack: &str) -> Self {
        let bars = ui.draws().then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8)));
        Self { ui, prefix: format!("{stack}_"), lead: String::new(), bars, lines: BTreeMap::new() }
    }

    /// Progress in plain lines, each with a lead: for several stacks at the same time.
    pub fn lines(ui: Ui, stack: &str, lead: &str) -> Self {
        Self { ui, prefix: format!("{stack}_"), lead: lead.to_owned(), bars: None, lines: BTreeMap::new() }
    }

    /// Takes in whatever happens.
    pub fn event(&mut self, event: &rollout::Event<'_>) {
        match event {
            rollout::Event::Apply(apply::Event::Applying(action)) => {
                self.applying(action.verb(), action.noun(), action.name());
            }
            rollout::Event::Apply(apply::Event::Remark(words)) => self.remark(words),
            rollout::Event::Watch(event) => self.on(event),
        }
    }

    /// Says that a step is being done.
    pub fn applying(&self, verb: &str, noun: &str, name: &str) {
        let doing = match verb {
            "create" => "creating",
            "remove" => "removing",
            _ => "updating",
        };
        self.say(&Text::from(format!("{doing} {noun} {name}")));
    }

    /// Says what the engine remarked.
    pub fn remark(&self, words: &str) {
        self.say(&Text::new().styled(text::WARNING, "warning: ").plain(words));
    }

    /// Takes in an event of the watch.
    pub fn on(&mut self, event: &Event) {
        match event {
            Event::Progress { service, running, wanted, phase, .. } => {
                self.figure(service, format!("{running}/{wanted} {}", phase_words(*phase)));
            }
            Event::TaskFailed { service, failure, in_slot, .. } => {
                let name = self.short(service);
                self.say(
                    &Text::new()
                        .styled(text::WARNING, format!("{name}: "))
                        .plain(format!("{} (failure {in_slot} of this slot)", failure_words(failure))),
                );
            }
            Event::RollbackStarted { service, message } => {
                let name = self.short(service);
                self.say(
                    &Text::new()
                        .styled(text::WARNING, format!("{name}: "))
                        .plain(format!("the swarm goes back to the old version: {message}")),
                );
            }
            Event::Settled { service, outcome } => {
                let word = match outcome.kind() {
                    Kind::Succeeded => "good",
                    Kind::Undecided => "undecided",
                    Kind::Overtaken => "overtaken",
                    Kind::RolledBack => "rolled back",
                    Kind::Failed => "failed",
                };
                self.figure(service, word.to_owned());
            }
            Event::Unreachable { reason } => self.remark(&format!("the engine does not answer: {reason}")),
            Event::Reachable => self.say(&Text::from("the engine answers again")),
            Event::Holding { .. } | Event::Waiting { .. } | Event::Lost { .. } => {}
        }
    }

    /// Ends the drawing and leaves the last figures standing.
    pub fn finish(self) {
        for (bar, _) in self.lines.into_values() {
            bar.abandon();
        }
    }

    fn short<'a>(&self, service: &'a str) -> &'a str {
        service.strip_prefix(&self.prefix).unwrap_or(service)
    }

    fn figure(&mut self, service: &str, words: String) {
        let name = text::clean(self.short(service));
        let Some(bars) = &self.bars else {
            let last = self.lines.get(service).map(|(_, last)| last);
            if last != Some(&words) {
                self.ui.say(format!("{}{name}: {words}", self.lead));
                self.lines.insert(service.to_owned(), (ProgressBar::hidden(), words));
            }
            return;
        };
        let (bar, last) = self.lines.entry(service.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template("  {spinner} {prefix:<20} {msg}");
            let bar = bars.add(ProgressBar::new_spinner().with_prefix(name.clone()));
            (style.map_or(bar.clone(), |style| bar.with_style(style)), String::new())
        });
        bar.set_message(words.clone());
        bar.tick();
        *last = words;
    }

    fn say(&self, text: &Text) {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.ui.say(text.clone())),
            None => self.ui.say(Text::from(&self.lead).then(text)),
        }
    }
}

fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Placing => "looking for a node",
        Phase::Pulling => "pulling images",
        Phase::Starting => "starting",
        Phase::Updating => "replacing old tasks",
        Phase::Holding => "running, must stay up",
        Phase::RollingBack => "rolling back",
        Phase::Good => "good",
        Phase::Bad => "failed",
    }
}

/// A failed task in words: the engine's error where there is one.
pub(super) fn failure_words(failure: &TaskFailure) -> String {
    match (&failure.err, failure.exit) {
        (err, Some(code)) if err.is_empty() => format!("task {} with exit code {code}", failure.state),
        (err, _) if err.is_empty() => format!("task {}", failure.state),
        (err, _) => format!("task {}: {err}", failure.state),
    }
}
