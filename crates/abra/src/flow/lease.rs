//! The lock of an app: its head record on the swarm, taken, renewed and given back by compare-and-set.
//!
//! Not here: what the record means and which steps there are (core `head`), the journal.
use crate::engine::{Engine, EngineError, FileKind};
use abra_core::head::{self, Claim, HeadRecord, Refusal, Standing};
use abra_core::stack::live::{FileObject, Version};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

/// Attempts at one write, while others write too or answers get lost.
const TRIES: usize = 20;
/// Before asking again after a lost answer.
const PAUSE: Duration = Duration::from_millis(300);
/// The content of a head record, which means nothing: engines want at least a byte.
const CONTENT: &str = "LQ==";

/// For how long a lock is taken.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Without a renewal for so long, anybody may take it over. Whole seconds.
    pub lease: Duration,
    /// Between two renewals.
    pub renew: Duration,
    /// The version of a record whose holder was seen to be silent: in a swarm of several managers only that one is taken
    /// over.
    pub silent: Option<Version>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { lease: Duration::from_secs(60), renew: Duration::from_secs(15), silent: None }
    }
}

/// A head record as it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The object's id.
    pub id: String,
    /// Its version: what a write must name.
    pub version: Version,
    /// The record.
    pub record: HeadRecord,
    /// When it was last written (the server's clock).
    pub updated: Option<Timestamp>,
    /// When it was looked at (the server's clock, whole seconds).
    pub now: Option<Timestamp>,
}

impl Seen {
    /// Reads an object of the engine.
    pub fn of(object: &FileObject, now: Option<Timestamp>) -> Self {
        let labels = object.spec.labels.clone().unwrap_or_default();
        let updated = object.updated_at.parse().ok();
        Self {
            id: object.id.clone(),
            version: object.version,
            record: HeadRecord::read(&labels),
            updated,
            now,
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.record.standing(self.updated, self.now)
    }

    /// That it is held, to somebody who wants it.
    pub fn busy(&self, operator: &str, host: &str) -> LockError {
        LockError::Busy {
            holder: Box::new(self.record.clone()),
            own: self.record.owner == operator && self.record.host == host,
            left: self.record.lease_left(self.updated, self.now),
        }
    }
}

/// The server's clock at its last answer.
pub fn server_time(engine: &Engine) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(&engine.date()?).ok()?;
    Some(date.timestamp())
}

/// Looks at a stack's head record; there is none before the first operation.
///
/// # Errors
/// The engine can't be asked.
pub async fn look(engine: &Engine, stack: &str) -> Result<Option<Seen>, EngineError> {
    match engine.file(FileKind::Config, &head::name_of(stack)).await {
        Ok(object) => Ok(Some(Seen::of(&object, server_time(engine)))),
        Err(EngineError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a lock can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("{} holds the lock", holder.owner)]
    Busy {
        /// Their record.
        holder: Box<HeadRecord>,
        /// Whether that is this operator on this workstation: another run of theirs, or one that was cut off.
        own: bool,
        /// Seconds until it frees itself, unless they renew it.
        left: Option<u64>,
    },
    /// Operations were begun since the plan was made.
    #[error("the app was changed since the plan was made")]
    Moved {
        /// The number of the last operation that the plan knew.
        planned: u64,
        /// The number now.
        now: u64,
    },
    /// It is somebody else's now, or gone: nothing may be touched any more.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The engine can't be asked, or does not say clearly.
    #[error("can't get or keep the lock")]
    Engine(#[from] EngineError),
    /// Its lease seems to have run out, by clocks of several managers that may differ.
    #[error("{} may hold the lock or not: the clocks of the managers may differ", .0.record.owner)]
    Unsure(Box<Seen>),
    /// The operator did not want to wait until that is sure.
    #[error("interrupted while waiting for the lock")]
    Interrupted,
    /// Others wrote it again and again.
    #[error("can't get the lock: others keep writing it")]
    Contended,
}

/// A lock that is held no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lock was lost: {}", match by { Some(owner) => format!("{owner} has it now"), None => "somebody freed it".to_owned() })]
pub struct Lost {
    /// Who has it now, if anybody.
    pub by: Option<String>,
}

impl LockError {
    /// Whether asking again later may help without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Engine(error) => error.is_transient() || matches!(error, EngineError::OutOfSequence { .. }),
            Self::Contended => true,
            Self::Busy { .. } | Self::Moved { .. } | Self::Lost(_) => false,
            Self::Unsure(_) | Self::Interrupted => false,
        }
    }
}

impl Lost {
    fn to(record: Option<&HeadRecord>) -> Self {
        let holder = record.filter(|record| record.state != head::State::Idle);
        Self { by: holder.map(|record| record.owner.clone()) }
    }
}

/// When something was last known. Of two clocks the one that went further counts: one stands still while the machine
/// sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
struct Moment(Instant, SystemTime);

impl Moment {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn age(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}

/// A lock that is held. Dropping it gives nothing back: that takes [`Lease::release`], or time.
#[derive(Debug)]
pub struct Lease<'e> {
    engine: &'e Engine,
    stack: String,
    nonce: String,
    terms: Terms,
    /// The id of its object.
    pub id: String,
    /// The record as it was before: tells whose run was cut off.
    pub before: HeadRecord,
    confirmed: Mutex<Moment>,
    lost: watch::Sender<Option<Lost>>,
}

/// Takes a stack's lock. `planned` is the number of the last operation that the plan knew.
///
/// # Errors
/// Somebody holds it, the plan is out of date, or the engine can't be asked.
pub async fn acquire<'e>(
    engine: &'e Engine,
    stack: &str,
    claim: &Claim,
    planned: Option<u64>,
    terms: Terms,
) -> Result<Lease<'e>, LockError> {
    let mut before = HeadRecord::new(stack);
    let mut unclear = None;
    // The lease counts from when it was written, not from the look that shows that it was.
    let begun = Moment::now();
    for _ in 0..TRIES {
        let seen = match (look(engine, stack).await, &unclear) {
            (Ok(seen), _) => seen,
            (Err(error), Some(_)) if error.is_transient() => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            (Err(error), _) => return Err(error.into()),
        };
        if let Some(mine) = seen.as_ref().filter(|seen| seen.record.is_held_with(&claim.nonce)) {
            return Ok(Lease {
                engine,
                stack: stack.to_owned(),
                nonce: claim.nonce.clone(),
                terms,
                id: mine.id.clone(),
                before,
                confirmed: Mutex::new(begun),
                lost: watch::Sender::new(None),
            });
        }
        if let Some(seen) = seen.as_ref().filter(|seen| seen.standing() == Standing::Abandoned)
            && terms.silent != Some(seen.version)
            && engine.info().await?.swarm.managers > 1
        {
            return Err(LockError::Unsure(Box::new(seen.clone())));
        }
        let written = attempt(engine, stack, seen, claim, planned, &mut before).await;
        match written {
            Ok(())
            | Err(LockError::Engine(EngineError::OutOfSequence { .. } | EngineError::NameTaken { .. })) => {}
            // It may have been taken all the same: the next look tells, by the nonce.
            Err(LockError::Engine(error)) if error.may_have_happened() => unclear = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(unclear.map_or(LockError::Contended, LockError::Engine))
}

/// One attempt at taking a record that was just looked at.
async fn attempt(
    engine: &Engine,
    stack: &str,
    seen: Option<Seen>,
    claim: &Claim,
    planned: Option<u64>,
    before: &mut HeadRecord,
) -> Result<(), LockError> {
    let standing = seen.as_ref().map_or(Standing::Free, Seen::standing);
    *before = seen.as_ref().map_or_else(|| HeadRecord::new(stack), |seen| seen.record.clone());
    let claim = Claim { now: server_time(engine), ..claim.clone() };
    let record = head::take(before, standing, &claim, planned).map_err(|refusal| match refusal {
        Refusal::Busy(holder) => {
            let own = holder.owner == claim.owner && holder.host == claim.host;
            let left = seen.as_ref().and_then(|seen| holder.lease_left(seen.updated, seen.now));
            LockError::Busy { holder, own, left }
        }
        Refusal::Moved { planned, now } => LockError::Moved { planned, now: now.seq },
    })?;
    match seen {
        Some(seen) => {
            engine.update_file(FileKind::Config, &seen.id, seen.version, &body(&record, false)).await?;
        }
        None => drop(engine.create_file(FileKind::Config, &body(&record, true)).await?),
    }
    Ok(())
}

fn body(record: &HeadRecord, with_content: bool) -> Value {
    let mut body = json!({ "Name": head::name_of(&record.stack), "Labels": record.labels() });
    if with_content {
        body["Data"] = json!(CONTENT);
    }
    body
}

/// Frees a record that was just seen, whoever holds it.
///
/// # Errors
/// It has been written since, or the engine can't be asked.
pub async fn free(engine: &Engine, seen: &Seen) -> Result<(), EngineError> {
    let freed = head::freed(&seen.record);
    engine.update_file(FileKind::Config, &seen.id, seen.version, &body(&freed, false)).await
}

impl Lease<'_> {
    /// Runs some work while renewing in the background. Where a renewal is refused, [`Lease::check`] and [`Lease::lost`]
    /// tell the work, which stops by itself: only it knows where.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            result = work => result,
            never = self.keep() => match never {},
        }
    }

    async fn keep(&self) -> std::convert::Infallible {
        let mut pause = self.terms.renew;
        loop {
            tokio::time::sleep(pause).await;
            pause = match self.confirm().await {
                Ok(()) => self.terms.renew,
                Err(LockError::Lost(_)) => std::future::pending().await,
                // Out of reach is not refused: whoever looks must find the lease renewed as soon as that can be.
                Err(_) => self.terms.renew / 3,
            };
        }
    }

    /// What tells this holding from every other.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Whether it may be acted upon: to be asked before every change. One that was not renewed for half its time is
    /// renewed first, so that a run that was paused (a closed laptop) learns what happened meanwhile.
    ///
    /// # Errors
    /// It is lost, or can't be renewed.
    pub async fn check(&self) -> Result<(), LockError> {
        let lost = self.lost.borrow().clone();
        if let Some(lost) = lost {
            return Err(lost.into());
        }
        let age = self.confirmed.lock().await.age();
        if age < self.terms.lease / 2 { Ok(()) } else { self.confirm().await }
    }

    /// Asks the server whether it is held, and renews it by that.
    ///
    /// # Errors
    /// It is lost, or can't be renewed.
    pub async fn confirm(&self) -> Result<(), LockError> {
        self.write(HeadRecord::clone).await
    }

    /// Waits until it is lost.
    pub async fn lost(&self) -> Lost {
        let mut changes = self.lost.subscribe();
        loop {
            if let Some(lost) = changes.borrow_and_update().clone() {
                return lost;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Begins operation `seq`, whose intent stands in the journal.
    ///
    /// # Errors
    /// It is lost, or can't be written.
    pub async fn begin(&self, seq: u64) -> Result<(), LockError> {
        self.write(|held| head::begun(held, seq)).await
    }

    /// Says how far the work is, and renews.
    ///
    /// # Errors
    /// It is lost, or can't be written.
    pub async fn stage(&self, stage: &str) -> Result<(), LockError> {
        self.write(|held| head::renewed(held, stage)).await
    }

    /// Gives it back, with what came of the operation; empty where none was begun.
    ///
    /// # Errors
    /// It is lost, or can't be written: then it frees itself when its lease runs out.
    pub async fn release(&self, verdict: &str) -> Result<(), LockError> {
        self.write(|held| head::released(held, &self.before, verdict)).await
    }

    /// Gives it back after looking only, saying what the last operation, whosever it was, came to.
    ///
    /// # Errors
    /// It is lost, or can't be written.
    pub async fn settle(&self, verdict: &str) -> Result<(), LockError> {
        self.write(|held| head::settled(held, &self.before, verdict)).await
    }

    /// Takes a step from the record as it is to another, by compare-and-set, and renews by that.
    async fn write(&self, step: impl Fn(&HeadRecord) -> HeadRecord) -> Result<(), LockError> {
        // One at a time: the lock is also the order.
        let mut confirmed = self.confirmed.lock().await;
        let mut unclear: Option<(HeadRecord, EngineError)> = None;
        for _ in 0..TRIES {
            let begun = Moment::now();
            let seen = match look(self.engine, &self.stack).await {
                Err(error) if unclear.is_some() && error.is_transient() => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                seen => seen?,
            };
            let Some(seen) = seen else { return Err(self.lose(None)) };
            if !seen.record.is_held_with(&self.nonce) {
                return match unclear {
                    Some((wanted, _)) if wanted == seen.record => Ok(()),
                    _ => Err(self.lose(Some(&seen.record))),
                };
            }
            let wanted = step(&seen.record);
            match self
                .engine
                .update_file(FileKind::Config, &seen.id, seen.version, &body(&wanted, false))
                .await
            {
                Ok(()) => {
                    *confirmed = begun;
                    return Ok(());
                }
                Err(EngineError::OutOfSequence { .. } | EngineError::NotFound { .. }) => {}
                Err(error) if error.may_have_happened() => unclear = Some((wanted, error)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(unclear.map_or(LockError::Contended, |(_, error)| LockError::Engine(error)))
    }

    fn lose(&self, record: Option<&HeadRecord>) -> LockError {
        let lost = Lost::to(record);
        self.lost.send_replace(Some(lost.clone()));
        lost.into()
    }
}
