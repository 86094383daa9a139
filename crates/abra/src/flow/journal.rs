//! The journal's entries on the server: written before the first change, completed after the verdict.
use super::lease::{Lease, LockError};
use crate::engine::{Engine, EngineError, FileKind, Filters};
use abra_core::head::{KIND_LABEL, STACK_LABEL};
use abra_core::journal::{Entry, History, JOURNAL, Logged, Outcome, name_of, word};
use abra_core::stack::live::FileObject;
use serde_json::json;

/// Attempts at one write.
const TRIES: usize = 20;

/// The entries of a stack. They are small and at most ten.
///
/// # Errors
/// The engine can't be asked.
pub async fn history(engine: &Engine, stack: &str) -> Result<History, EngineError> {
    let objects = objects(engine, stack).await?;
    Ok(History::new(objects.iter().map(logged).collect()))
}

async fn objects(engine: &Engine, stack: &str) -> Result<Vec<FileObject>, EngineError> {
    let of_stack =
        Filters::label(format!("{KIND_LABEL}={JOURNAL}")).and("label", format!("{STACK_LABEL}={stack}"));
    engine.files(FileKind::Config, &of_stack).await
}

/// An entry, as its object has it.
pub(super) fn logged(object: &FileObject) -> Logged {
    let labels = object.spec.labels.clone().unwrap_or_default();
    Logged { written: object.version.index, ..Logged::read(&labels, object.spec.data.as_deref()) }
}

/// Writes an intent as the first entry whose number is free, from the entry's own upwards, and makes room for it. A
/// number that is taken belongs to a run that was cut off before it began, if the lock is still held after it was found
/// taken: it is marked so. Otherwise it is that of whoever holds the lock now.
///
/// # Errors
/// The engine can't be asked, or refuses; the lock is lost.
pub async fn open(
    engine: &Engine,
    mut entry: Entry,
    now: &str,
    lease: &Lease<'_>,
) -> Result<Entry, LockError> {
    make_room(engine, &entry.stack).await?;
    let mut tries = 0;
    loop {
        tries += 1;
        match engine.create_file(FileKind::Config, &entry.body()).await {
            Ok(_) => return Ok(entry),
            Err(error) if tries > TRIES => return Err(error.into()),
            Err(EngineError::NameTaken { .. }) => {}
            Err(error) if error.may_have_happened() => {}
            Err(error) => return Err(error.into()),
        }
        match engine.file(FileKind::Config, &name_of(&entry.stack, entry.seq)).await {
            Ok(object) if logged(&object).entry.nonce == entry.nonce => return Ok(entry),
            Ok(_) => {
                lease.confirm().await?;
                not_begun(engine, &entry.stack, entry.seq, now).await?;
                entry.seq += 1;
            }
            Err(EngineError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn make_room(engine: &Engine, stack: &str) -> Result<(), EngineError> {
    let objects = objects(engine, stack).await?;
    let too_many = History::new(objects.iter().map(logged).collect()).too_many();
    for object in objects.iter().filter(|object| too_many.contains(&logged(object).entry.seq)) {
        remove(engine, &object.id).await?;
    }
    Ok(())
}

/// Removes an entry by its id. Where the answer is lost, asking again does no harm.
async fn remove(engine: &Engine, id: &str) -> Result<(), EngineError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match engine.remove_file(FileKind::Config, id).await {
            Ok(()) | Err(EngineError::NotFound { .. }) => return Ok(()),
            Err(error) if error.may_have_happened() && tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes down what came of an operation. An outcome that is there already stays; so does an entry that is gone.
///
/// # Errors
/// The engine can't be asked.
pub async fn close(engine: &Engine, stack: &str, seq: u64, outcome: &Outcome) -> Result<(), EngineError> {
    amend(engine, stack, seq, |logged| logged.outcome.is_none().then(|| outcome.clone())).await.map(drop)
}

/// The same by the run whose operation it is; gives back whether the entry says so now. Where it says something else,
/// somebody else has ended the operation.
///
/// # Errors
/// The engine can't be asked.
pub async fn close_own(
    engine: &Engine,
    stack: &str,
    seq: u64,
    outcome: &Outcome,
) -> Result<bool, EngineError> {
    let stands =
        amend(engine, stack, seq, |logged| logged.outcome.is_none().then(|| outcome.clone())).await?;
    // An answer that was lost may have been a yes.
    Ok(stands.is_none_or(|stands| stands.word == outcome.word && stands.end == outcome.end))
}

/// Writes down more of an operation that came to `word`: another reason in the place of the one before.
///
/// # Errors
/// The engine can't be asked.
pub async fn note(
    engine: &Engine,
    stack: &str,
    seq: u64,
    word: &str,
    reason: &str,
) -> Result<(), EngineError> {
    let change = |logged: &Logged| {
        let outcome =
            logged.outcome.as_ref().filter(|outcome| outcome.word == word && outcome.reason != reason)?;
        Some(Outcome { reason: reason.to_owned(), ..outcome.clone() })
    };
    amend(engine, stack, seq, change).await.map(drop)
}

/// Writes down the verdict of `by` on an operation, where nobody knew yet how it ended.
///
/// # Errors
/// The engine can't be asked.
pub async fn finish(
    engine: &Engine,
    stack: &str,
    seq: u64,
    verdict: &Outcome,
    by: &str,
) -> Result<(), EngineError> {
    amend(engine, stack, seq, |logged| logged.finished(verdict, by)).await.map(drop)
}

/// Writes another outcome into an entry by compare-and-set, if `change` gives one for what stands there; gives back what
/// stands there otherwise.
async fn amend(
    engine: &Engine,
    stack: &str,
    seq: u64,
    change: impl Fn(&Logged) -> Option<Outcome>,
) -> Result<Option<Outcome>, EngineError> {
    let name = name_of(stack, seq);
    let mut unclear = None;
    for _ in 0..TRIES {
        let object = match engine.file(FileKind::Config, &name).await {
            Err(EngineError::NotFound { .. }) => return Ok(None),
            object => object?,
        };
        let mut logged = logged(&object);
        let Some(outcome) = change(&logged) else { return Ok(logged.outcome) };
        logged.outcome = Some(outcome);
        let body = json!({ "Name": name, "Labels": logged.labels() });
        match engine.update_file(FileKind::Config, &object.id, object.version, &body).await {
            Ok(()) => return Ok(None),
            Err(error @ EngineError::OutOfSequence { .. }) => unclear = Some(error),
            Err(error) if error.may_have_happened() => unclear = Some(error),
            Err(error) => return Err(error),
        }
    }
    unclear.map_or(Ok(None), Err)
}

/// Marks an operation whose intent was written down, and that changed nothing.
///
/// # Errors
/// The engine can't be asked.
pub async fn not_begun(engine: &Engine, stack: &str, seq: u64, now: &str) -> Result<(), EngineError> {
    let outcome = Outcome {
        word: word::NOT_BEGUN.to_owned(),
        end: now.to_owned(),
        reason: "nothing was changed".to_owned(),
    };
    close(engine, stack, seq, &outcome).await
}

/// Marks an operation whose run was cut off.
///
/// # Errors
/// The engine can't be asked.
pub async fn cut_off(
    engine: &Engine,
    stack: &str,
    seq: u64,
    now: &str,
    how_far: &str,
) -> Result<(), EngineError> {
    let outcome = Outcome {
        word: word::ABANDONED.to_owned(),
        end: now.to_owned(),
        reason: format!("the run was cut off {how_far}"),
    };
    close(engine, stack, seq, &outcome).await
}
