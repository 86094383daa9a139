//! Places between a plan and its record at which a test can hold a run: to kill it there, to interrupt it, or to take its
//! engine away. Builds without debug assertions, which all releases are, have nothing of it.
//!
//! A test names a place in [`VARIABLE`], as `PLACE:FILE` or `PLACE#2:FILE` for the second time that it is reached. The run
//! says `held at PLACE` and goes on when the file is gone. With `PLACE:!WORDS` it panics there, with these words.

#[cfg(debug_assertions)]
use std::time::Instant;

/// The environment variable.
pub const VARIABLE: &str = "ABRA_HOLD";

/// A place, in the order in which a deployment comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The operator has agreed.
    Agreed,
    /// The lock is had.
    LockTaken,
    /// The plan still holds.
    PlanChecked,
    /// The intent is in the journal.
    IntentWritten,
    /// The head record says that the operation has begun.
    Begun,
    /// A step of the plan is about to be taken.
    Applying,
    /// A step of the plan was taken.
    Applied,
    /// All steps were taken, and the head record says so.
    Sent,
    /// The stack is about to be looked at.
    Watching,
    /// There is a verdict.
    Judged,
    /// The lock was confirmed after the verdict.
    Confirmed,
    /// The outcome is in the journal.
    OutcomeWritten,
    /// The new env file is on the disk, under another name.
    EnvWritten,
    /// The new env file has taken the place of the old one.
    EnvReplaced,
    /// The env file is committed, where that is wanted.
    Committed,
    /// The commit is pushed, where that is wanted.
    Pushed,
    /// A command after the deployment is about to be run.
    Commanding,
    /// A command after the deployment has ended well.
    Commanded,
    /// The lock is given back.
    LockFreed,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Agreed,
        Self::LockTaken,
        Self::PlanChecked,
        Self::IntentWritten,
        Self::Begun,
        Self::Applying,
        Self::Applied,
        Self::Sent,
        Self::Watching,
        Self::Judged,
        Self::Confirmed,
        Self::OutcomeWritten,
        Self::EnvWritten,
        Self::EnvReplaced,
        Self::Committed,
        Self::Pushed,
        Self::Commanding,
        Self::Commanded,
        Self::LockFreed,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::LockTaken => "lock-taken",
            Self::PlanChecked => "plan-checked",
            Self::IntentWritten => "intent-written",
            Self::Begun => "begun",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Sent => "sent",
            Self::Watching => "watching",
            Self::Judged => "judged",
            Self::Confirmed => "confirmed",
            Self::OutcomeWritten => "outcome-written",
            Self::EnvWritten => "env-written",
            Self::EnvReplaced => "env-replaced",
            Self::Committed => "committed",
            Self::Pushed => "pushed",
            Self::Commanding => "commanding",
            Self::Commanded => "commanded",
            Self::LockFreed => "lock-freed",
        }
    }
}

/// Holds the run at a place, if a test wants that.
pub async fn at(place: Place) {
    #[cfg(debug_assertions)]
    if let Some(file) = wanted::file(place) {
        let until = wanted::limit();
        while file.exists() && Instant::now() < until {
            tokio::time::sleep(wanted::TICK).await;
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}

/// The same where nothing else may happen meanwhile.
pub fn firmly_at(place: Place) {
    #[cfg(debug_assertions)]
    if let Some(file) = wanted::file(place) {
        let until = wanted::limit();
        while file.exists() && Instant::now() < until {
            std::thread::sleep(wanted::TICK);
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}

/// The run has noted that it is told to stop. A test that holds it waits for that word before it lets it go on: signals
/// are noted a moment after they were sent.
pub fn told_to_stop() {
    #[cfg(debug_assertions)]
    if std::env::var_os(VARIABLE).is_some() {
        crate::ui::Ui::default().say("told to stop");
    }
}

#[cfg(debug_assertions)]
mod wanted {
    use super::{Place, VARIABLE};
    use crate::ui::Ui;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    /// When a run goes on although nobody let it: its test is gone.
    pub(super) fn limit() -> Instant {
        Instant::now() + Duration::from_secs(600)
    }

    /// Between two looks at the file.
    pub(super) const TICK: Duration = Duration::from_millis(10);

    /// How often the place that is meant was reached.
    static REACHED: AtomicU32 = AtomicU32::new(0);

    /// The file that holds the run here and now.
    pub(super) fn file(place: Place) -> Option<PathBuf> {
        let text = std::env::var(VARIABLE).ok()?;
        let (meant, file) = text.split_once(':')?;
        let (name, time) = meant.split_once('#').unwrap_or((meant, "1"));
        if name != place.name() {
            return None;
        }
        let reached = REACHED.fetch_add(1, Ordering::SeqCst) + 1;
        if time.parse() != Ok(reached) {
            return None;
        }
        if let Some(words) = file.strip_prefix('!') {
            panic!("{words}");
        }
        Ui::default().say(format!("held at {meant}"));
        Some(file.into())
    }
}
