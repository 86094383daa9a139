//! What is written down after the work: the outcome in the journal, the record, and the lock given back.
//!
//! Not here: what surrounds a change before that ([`super::operation`]), and the verdict itself.
use super::apply::{StopCause, Stopped};
use super::deploy::{self, Done, Prepared};
use super::insist::Insistence;
use super::journal;
use super::lease::{Lease, LockError, Terms};
use super::operation::{Before, now};
use super::others;
use super::post::Ran;
use super::record::Recorded;
use super::rollout::{Event, Outcome, RolloutError};
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hold::{self, Place};
use abra_core::converge::{Kind, Verdict};
use abra_core::journal::{Entry, History, Logged, Outcome as Ended, word};

/// Where an operation stands in the journal.
#[derive(Debug)]
pub(super) enum Page {
    /// In an entry of its own.
    Own(Entry),
    /// It changes nothing, and decides what became of an operation before it, which nobody knows yet.
    Earlier(Entry),
    /// It changes nothing, and there is nothing to decide: what the last operation came to, where that is known.
    None(Option<String>),
}

impl Page {
    /// That of a run that changes nothing; `is_meant` tells whether it decides about an operation that is unfinished.
    /// `None`: it needs an entry of its own, as something else was begun.
    pub(super) fn unchanged(history: &History, is_meant: impl Fn(&Logged) -> bool) -> Option<Self> {
        match history.unfinished(None) {
            None => Some(Self::None(history.last_word().map(str::to_owned))),
            Some(earlier) if is_meant(earlier) => Some(Self::Earlier(earlier.entry.clone())),
            Some(_) => None,
        }
    }
}

/// Where and by whom something is written down.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) context: &'a Context,
    pub(super) engine: &'a Engine,
    pub(super) stack: &'a str,
    /// The operator.
    pub(super) operator: &'a str,
}

/// After the work: outcome, record, lock. Whoever lost the lock touches nothing any more.
pub(super) async fn end(
    context: &Context,
    prepared: &Prepared,
    before: &Before,
    lease: &Lease<'_>,
    page: &Page,
    result: Result<Outcome, RolloutError>,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<Done, Failure> {
    let result = match result {
        Err(error) if error.is_loss() => return Err(error.into()),
        result => result,
    };
    let insistence = Insistence::new(&context.interrupt);
    let confirmed =
        insistence.on(LockError::is_transient, async || lease.stage(stage_of(prepared)).await).await;
    if let Err(error) = confirmed {
        return unconfirmed(context, prepared, result, error);
    }
    hold::at(Place::Confirmed).await;
    let stack = prepared.app.stack.as_str();
    let (word, reason) = match &result {
        Ok(outcome) if deploy::is_success(outcome) && !prepared.post.commands.is_empty() => {
            (word_for(outcome), "commands after it were begun".to_owned())
        }
        Ok(outcome) => (word_for(outcome), reason(outcome, stack)),
        Err(error) => (word_for_error(error), error.to_string()),
    };
    let desk = Desk { context, engine: &prepared.engine, stack, operator: &before.operator };
    let stands = desk.write(page, word, reason, &insistence).await;
    if !stands && let Err(error @ LockError::Lost(_)) = lease.confirm().await {
        return Err(error.into());
    }
    hold::at(Place::OutcomeWritten).await;
    let known = prepared.staged.known();
    let mut done = match result {
        Ok(outcome) => Ok(deploy::concluded(context, prepared, outcome, on).await),
        Err(error) => Err(others::told(&prepared.engine, known, before, error).await),
    };
    // The commands after it may have taken long.
    let insistence = Insistence::new(&context.interrupt);
    if let Some(words) = done.as_ref().ok().and_then(|done| done.ran.words()) {
        desk.note(page, word, &words, &insistence).await;
    }
    give_back(context, lease, page, word, &insistence).await;
    hold::at(Place::LockFreed).await;
    if let Ok(done) = &mut done
        && word == word::OVERTAKEN
    {
        done.others = others::who(&prepared.engine, stack, known.services, before).await;
    }
    done
}

/// What is done under the lock after the verdict.
fn stage_of(prepared: &Prepared) -> &'static str {
    if prepared.post.commands.is_empty() { "recording" } else { "recording and running commands" }
}

impl Desk<'_> {
    /// Completes the journal; where that is not possible, that is said. `false`: somebody else has ended this operation.
    pub(super) async fn write(
        &self,
        page: &Page,
        word: &str,
        reason: String,
        insistence: &Insistence,
    ) -> bool {
        let (engine, stack) = (self.engine, self.stack);
        let (seq, is_own) = match page {
            Page::Own(entry) => (entry.seq, true),
            Page::Earlier(entry) if decides(word) => (entry.seq, false),
            Page::Earlier(_) | Page::None(_) => return true,
        };
        let passes = EngineError::is_transient;
        let ended = Ended { word: word.to_owned(), end: now(engine), reason };
        let by = format!("{} ({})", self.operator, self.context.host);
        let attempt = async || match is_own {
            true => journal::close_own(engine, stack, seq, &ended).await,
            false => journal::finish(engine, stack, seq, &ended, &by).await.map(|()| true),
        };
        insistence.on(passes, attempt).await.unwrap_or_else(|error| {
            self.context.ui.warn(format!("the journal could not be completed: {error}"));
            true
        })
    }
}

impl Desk<'_> {
    /// Adds to a completed entry what became of the commands after it.
    async fn note(&self, page: &Page, word: &str, words: &str, insistence: &Insistence) {
        let Page::Own(entry) = page else { return };
        let attempt = async || journal::note(self.engine, self.stack, entry.seq, word, words).await;
        if let Err(error) = insistence.on(EngineError::is_transient, attempt).await {
            self.context.ui.warn(format!("the journal could not be completed: {error}"));
        }
    }
}

/// Without a word whether the lock is still ours nothing is recorded; an ending that is no success stays what it is.
fn unconfirmed(
    context: &Context,
    prepared: &Prepared,
    result: Result<Outcome, RolloutError>,
    error: LockError,
) -> Result<Done, Failure> {
    if matches!(error, LockError::Lost(_)) {
        return Err(error.into());
    }
    let outcome = result?;
    let app = &prepared.app.name;
    if word_for(&outcome) == word::SUCCEEDED {
        return Err(Failure::from(error)
            .exit(Exit::Undecided)
            .hint(format!("everything runs as wanted; `abra app watch {app}` records it")));
    }
    frees_itself(context, &error);
    let ran = Ran::none(&prepared.post.commands);
    Ok(Done { outcome, recorded: Ok(Recorded::default()), ran, others: vec![] })
}

/// Gives the lock back, with what the operation that the page tells of came to.
pub(super) async fn give_back(
    context: &Context,
    lease: &Lease<'_>,
    page: &Page,
    word: &str,
    insistence: &Insistence,
) {
    let attempt = async || match page {
        Page::Own(_) => lease.release(word).await,
        Page::Earlier(_) if decides(word) => lease.settle(word).await,
        Page::None(Some(last)) => lease.settle(last).await,
        Page::Earlier(_) | Page::None(None) => lease.release("").await,
    };
    if let Err(error) = insistence.on(LockError::is_transient, attempt).await {
        frees_itself(context, &error);
    }
}

fn frees_itself(context: &Context, error: &LockError) {
    let seconds = Terms::default().lease.as_secs();
    context.ui.warn(format!("{error}; what is left of the lock frees itself after {seconds} s"));
}

/// Whether a word says what became of what is on the server now.
pub(super) fn decides(word: &str) -> bool {
    [word::SUCCEEDED, word::FAILED, word::ROLLED_BACK, word::ADOPTED].contains(&word)
}

pub(super) fn word_for(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::LeftRunning => word::UNWATCHED,
        Outcome::Interrupted => word::INTERRUPTED,
        Outcome::Verdict(verdict, _) => word_for_kind(verdict.kind),
    }
}

fn word_for_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Succeeded => word::SUCCEEDED,
        Kind::Failed => word::FAILED,
        Kind::RolledBack => word::ROLLED_BACK,
        Kind::Overtaken => word::OVERTAKEN,
        Kind::Undecided => word::UNDECIDED,
    }
}

fn word_for_error(error: &RolloutError) -> &'static str {
    match error {
        RolloutError::Gone(_) | RolloutError::Moved(_) => word::OVERTAKEN,
        RolloutError::ReadBack(_) | RolloutError::Look(_) => word::UNDECIDED,
        RolloutError::Stopped(Stopped { done: 0, cause: StopCause::Interrupted, .. }) => word::NOT_BEGUN,
        RolloutError::Stopped(_) | RolloutError::Lost(_) => word::STOPPED,
    }
}

/// Which services went wrong: names only, as an engine's or a container's words might quote a value.
pub(super) fn reason(outcome: &Outcome, stack: &str) -> String {
    let Outcome::Verdict(verdict, _) = outcome else { return String::new() };
    let prefix = format!("{stack}_");
    let wrong = |verdict: &Verdict| -> Vec<String> {
        let of = verdict.services.iter().filter(|service| service.outcome.kind() != Kind::Succeeded);
        of.map(|service| {
            let name = service.service.strip_prefix(&prefix).unwrap_or(&service.service);
            format!("{name}: {}", word_for_kind(service.outcome.kind()))
        })
        .collect()
    };
    wrong(verdict).join(", ")
}
