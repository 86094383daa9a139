//! Progress while a plan is carried out and watched: in place on a terminal, plain lines elsewhere.
use super::{Text, Ui, text};
use crate::flow::{apply, post, rollout};
use abra_core::converge::{Event, Kind, Phase, TaskFailure};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// Lines that move by themselves while nothing new is known; each costs a thread.
const MOVING: usize = 32;

/// Draws or writes what happens.
#[derive(Debug)]
pub struct Progress {
    ui: Ui,
    prefix: String,
    lead: String,
    bars: Option<MultiProgress>,
    lines: BTreeMap<String, Line>,
    kinds: BTreeMap<String, Kind>,
}

/// What stands for a service.
#[derive(Debug)]
struct Line {
    name: String,
    bar: ProgressBar,
    words: String,
}

impl Progress {
    /// Progress of a stack; its name is cut off the names of its services.
    pub fn new(ui: Ui, stack: &str) -> Self {
        let bars = ui.draws().then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8)));
        // Nothing is drawn on a terminal that can't move its cursor.
        let bars = bars.filter(|bars| !bars.is_hidden());
        Self { bars, ..Self::lines(ui, stack, "") }
    }

    /// Progress in plain lines, each with a lead: for several stacks at the same time.
    pub fn lines(ui: Ui, stack: &str, lead: &str) -> Self {
        Self {
            ui,
            prefix: format!("{stack}_"),
            lead: lead.to_owned(),
            bars: None,
            lines: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }

    /// Takes in whatever happens.
    pub fn event(&mut self, event: &rollout::Event<'_>) {
        match event {
            rollout::Event::Apply(apply::Event::Applying(action)) => {
                self.applying(action.verb(), action.noun(), action.name());
            }
            rollout::Event::Apply(apply::Event::Remark(words)) => self.remark(words),
            rollout::Event::Watch(event) => self.on(event),
            rollout::Event::Post(event) => self.post(event),
        }
    }

    /// Says how the commands after a deployment go.
    fn post(&self, event: &post::Event<'_>) {
        let text = match event {
            post::Event::Begins(command) => {
                Text::from(format!("running {} in {}", command.function, command.service))
            }
            post::Event::Line(line) => Text::new().styled(text::FAINT, "    | ").plain(line),
            post::Event::Good => return,
        };
        self.say(&text);
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
                self.figure(
                    service,
                    format!("{running}/{wanted} {}", self.phase_words(service, *phase)),
                    mark(*phase),
                );
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
                let words = "the swarm goes back to the old version";
                let words = if is_usual(message) { words.to_owned() } else { format!("{words}: {message}") };
                self.say(&Text::new().styled(text::WARNING, format!("{name}: ")).plain(words));
            }
            Event::Settled { service, outcome } => self.settled(service, outcome.kind()),
            Event::Unreachable { reason } => self.remark(&format!("the engine does not answer: {reason}")),
            Event::Begun { deadline } => {
                self.say(&Text::from(format!(
                    "watching, for {} at most (--timeout sets it)",
                    time(*deadline)
                )));
            }
            Event::Reachable => self.say(&Text::from("the engine answers again")),
            Event::Lost { service, .. } => drop(self.kinds.remove(service)),
            Event::Holding { .. } | Event::Waiting { .. } => {}
        }
    }

    /// Ends the drawing and leaves the last figures standing.
    pub fn finish(self) {
        for line in self.lines.into_values() {
            line.bar.abandon();
        }
    }

    fn short<'a>(&self, service: &'a str) -> &'a str {
        service.strip_prefix(&self.prefix).unwrap_or(service)
    }

    /// What became of a service. A last figure comes before or after this, and the word is said once.
    fn settled(&mut self, service: &str, kind: Kind) {
        self.kinds.insert(service.to_owned(), kind);
        let bad = phase_word(Phase::Bad);
        let shown = self.lines.get(service).and_then(|line| line.words.strip_suffix(bad));
        if let Some(figures) = shown.filter(|_| kind_word(kind) != bad) {
            self.figure(service, format!("{figures}{}", kind_word(kind)), mark(Phase::Bad));
        }
    }

    fn phase_words(&self, service: &str, phase: Phase) -> &'static str {
        match (phase, self.kinds.get(service)) {
            (Phase::Bad, Some(kind)) => kind_word(*kind),
            _ => phase_word(phase),
        }
    }

    fn figure(&mut self, service: &str, words: String, mark: &str) {
        let name = text::clean(self.short(service));
        let Some(bars) = &self.bars else {
            if self.lines.get(service).is_none_or(|line| line.words != words) {
                self.ui.say(format!("{}{name}: {words}", self.lead));
                self.lines.insert(service.to_owned(), Line { name, bar: ProgressBar::hidden(), words });
            }
            return;
        };
        let is_new = !self.lines.contains_key(service);
        let moving = self.lines.len() < MOVING;
        let line = self.lines.entry(service.to_owned()).or_insert_with(|| {
            let bar = bars.add(ProgressBar::new_spinner().with_style(style(" ")));
            if moving {
                bar.enable_steady_tick(Duration::from_millis(125));
            }
            Line { name, bar, words: String::new() }
        });
        line.bar.set_style(style(mark));
        line.bar.set_message(words.clone());
        line.words = words;
        if is_new {
            self.align();
        }
    }

    /// Gives every line's name the same width.
    fn align(&self) {
        let width = self.lines.values().map(|line| text::width(&line.name)).max().unwrap_or_default();
        for line in self.lines.values() {
            line.bar.set_prefix(text::padded(&line.name, width));
        }
    }

    fn say(&self, text: &Text) {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.ui.say(text.clone())),
            None => self.ui.say(Text::from(&self.lead).then(text)),
        }
    }
}

/// How a line looks; `mark` stands there once it has come to rest.
fn style(mark: &str) -> ProgressStyle {
    let plain = ProgressStyle::default_spinner();
    let style = plain.clone().template("  {spinner} {prefix}  {wide_msg}").unwrap_or(plain);
    match mark {
        " " => style.tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", " "]),
        mark => style.tick_strings(&[mark, mark]),
    }
}

/// A time in whole minutes, or seconds where it is short.
fn time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

fn phase_word(phase: Phase) -> &'static str {
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

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Succeeded => "good",
        Kind::Undecided => "undecided",
        Kind::Overtaken => "overtaken",
        Kind::RolledBack => "rolled back",
        Kind::Failed => "failed",
    }
}

fn mark(phase: Phase) -> &'static str {
    match phase {
        Phase::Good => "✔",
        Phase::Bad => "✘",
        _ => " ",
    }
}

/// docker's sentences for every update that it stops or takes back after failures, during it and afterwards; they only add
/// the id of a task.
pub(super) fn is_usual(message: &str) -> bool {
    message.contains("due to failure or early termination of task") || message == "rollback completed"
}

/// A failed task in words: the engine's error where there is one.
pub(super) fn failure_words(failure: &TaskFailure) -> String {
    let mut words = match (&failure.err, failure.exit) {
        (err, Some(code)) if err.is_empty() => format!("task {} with exit code {code}", failure.state),
        (err, _) if err.is_empty() => format!("task {}", failure.state),
        (err, _) => format!("task {}: {err}", failure.state),
    };
    // The codes of a process that was told to stop: without the engine's word, most likely for its health.
    let was_told = matches!(failure.exit, Some(0 | 137 | 143)) && !failure.err.contains("unhealthy");
    if failure.never_healthy && was_told {
        words += ", before its health check ever passed";
    }
    words
}
