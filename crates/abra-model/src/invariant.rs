//! What must hold in every world, and what must happen in some: a search that reaches nothing proves nothing.
use crate::decide::{Decide, Shown};
use crate::world::{At, End, HeadStep, Run, SERVICES, Setting, Who, Word, World};

/// What must hold in every world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// See [`Invariant::words`].
    OneHolder,
    /// See [`Invariant::words`].
    OnlySuccessIsRecorded,
    /// See [`Invariant::words`].
    EveryChangeHasAnEntry,
    /// See [`Invariant::words`].
    NobodyAtWorkIsCalledCutOff,
    /// See [`Invariant::words`].
    JournalAndRecordAgree,
    /// See [`Invariant::words`].
    OldHolderIsDetected,
    /// See [`Invariant::words`].
    OnlyWhatWasPlannedIsReplaced,
    /// See [`Invariant::words`].
    NumbersHaveNoGaps,
    /// See [`Invariant::words`].
    LockComesFree,
}

impl Invariant {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::OneHolder => {
                "at most one run relies on holding the lock, and the head record names it (unless a person freed it)"
            }
            Self::OnlySuccessIsRecorded => {
                "an env file is written only by a run that saw every service as planned and running, and after that \
                 confirmed that it still held the lock"
            }
            Self::EveryChangeHasAnEntry => {
                "whoever changed a service has an entry in the journal, and once the run is over that has an outcome or \
                 shows as abandoned"
            }
            Self::NobodyAtWorkIsCalledCutOff => {
                "while a run holds the lock nobody writes into its entry that it was cut off"
            }
            Self::JournalAndRecordAgree => {
                "a run that wrote its outcome into the journal and then its env file is called succeeded there"
            }
            Self::OldHolderIsDetected => {
                "a run whose change arrived after it had lost the lock ends without success, in the journal, in its env \
                 file and for its operator"
            }
            Self::OnlyWhatWasPlannedIsReplaced => "a spec is replaced only by a plan that was made from it",
            Self::NumbersHaveNoGaps => {
                "operations are numbered without gaps, each run has at most one number, and the head record's never falls"
            }
            Self::LockComesFree => "a lock that nobody renews comes free",
        }
    }
}

/// What must happen in some world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// Every run succeeded, one after the other.
    AllSucceeded,
    /// A lock was taken over from a run whose operation was open.
    TakenOver,
    /// A run that was taken over still lives and believes in its lock.
    PausedHolder,
    /// A change arrived after its run had lost the lock.
    StaleChange,
    /// A run was told that it lost the lock.
    ToldLost,
    /// A run was refused because somebody was at work.
    ToldBusy,
    /// A run was refused because its plan was out of date.
    ToldMoved,
    /// A service was read again because its version had moved.
    VersionMoved,
    /// An entry says that its run was cut off.
    MarkedAbandoned,
    /// An entry shows as abandoned although nobody wrote that down.
    ShowsAbandoned,
    /// The answer to the taking of the lock was lost, and the run found out that it holds it.
    TakenUnheard,
    /// A number in the journal was taken already.
    NumberTaken,
    /// A person freed the lock.
    Freed,
}

impl Milestone {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::AllSucceeded,
        Self::TakenOver,
        Self::PausedHolder,
        Self::StaleChange,
        Self::ToldLost,
        Self::ToldBusy,
        Self::ToldMoved,
        Self::VersionMoved,
        Self::MarkedAbandoned,
        Self::ShowsAbandoned,
        Self::TakenUnheard,
        Self::NumberTaken,
        Self::Freed,
    ];
}

/// Tells of the milestones that a world has reached.
pub fn reached(world: &World, setting: &Setting, mut tell: impl FnMut(Milestone)) {
    let runs = &world.runs[..setting.runs];
    let any = |is: &dyn Fn(&Run) -> bool| runs.iter().any(is);
    let record = world.record();
    let ended = |end: End| world.ended == Some(end);
    let noted = |word: Word| world.journal.iter().flatten().any(|note| note.word == word);
    let paused = |(who, run): (Who, &Run)| run.holds_lock() && !run.lost && record.nonce != Some(who);
    let checks = [
        (
            Milestone::AllSucceeded,
            world.journal.iter().flatten().filter(|note| note.word == Word::Succeeded).count()
                == setting.runs,
        ),
        (Milestone::TakenOver, any(&|run| run.holds_lock() && run.before.busy && run.before.open)),
        (Milestone::PausedHolder, (0..).zip(runs).any(paused)),
        (Milestone::StaleChange, any(&|run| run.truth.stale)),
        (Milestone::ToldLost, ended(End::Lost)),
        (Milestone::ToldBusy, ended(End::Busy)),
        (Milestone::ToldMoved, ended(End::Moved)),
        (Milestone::VersionMoved, any(&|run| matches!(run.at, At::Reread(_)))),
        (Milestone::MarkedAbandoned, noted(Word::Abandoned)),
        (
            Milestone::ShowsAbandoned,
            world
                .journal
                .iter()
                .flatten()
                .any(|note| note.word == Word::None && record.nonce != Some(note.run)),
        ),
        (
            Milestone::TakenUnheard,
            (0..)
                .zip(runs)
                .any(|(who, run)| run.at == At::TakeLook && run.unclear && record.nonce == Some(who)),
        ),
        (Milestone::NumberTaken, any(&|run| run.at == At::OpenMark)),
        (Milestone::Freed, any(&|run| run.truth.freed)),
    ];
    checks.into_iter().filter(|(_, is)| *is).for_each(|(milestone, _)| tell(milestone));
}

/// The first invariant that a world breaks.
pub fn broken(decide: &Decide, before: &World, world: &World) -> Option<Invariant> {
    let holds = [
        (Invariant::OneHolder, one_holder(world, &decide.setting)),
        (Invariant::OnlySuccessIsRecorded, only_success(world)),
        (Invariant::EveryChangeHasAnEntry, every_change(decide, world)),
        (Invariant::NobodyAtWorkIsCalledCutOff, nobody_at_work(world)),
        (Invariant::JournalAndRecordAgree, agree(world)),
        (Invariant::OldHolderIsDetected, old_holder(world)),
        (Invariant::OnlyWhatWasPlannedIsReplaced, world.runs.iter().all(|run| !run.truth.blind)),
        (Invariant::NumbersHaveNoGaps, numbers(before, world)),
        (Invariant::LockComesFree, comes_free(decide, world)),
    ];
    holds.into_iter().find(|(_, holds)| !holds).map(|(invariant, _)| invariant)
}

fn each(world: &World) -> impl Iterator<Item = (Who, &Run)> {
    (0..).zip(&world.runs)
}

fn one_holder(world: &World, setting: &Setting) -> bool {
    let relies =
        |run: &Run| run.holds_lock() && !run.lost && (run.age < setting.lease / 2 || setting.trusts());
    let relying = each(world).filter(|(_, run)| relies(run) && !run.truth.freed);
    // Whoever gives it back relies on nothing any more.
    let mut at_work = relying.filter(|(_, run)| run.at.head_step() != Some(HeadStep::Release));
    at_work.all(|(who, _)| world.record().busy && world.record().nonce == Some(who))
}

impl Setting {
    fn trusts(&self) -> bool {
        self.broken == Some(crate::broken::Broken::NeverAsksAgain)
    }
}

fn only_success(world: &World) -> bool {
    let at_work = world.runs.iter().filter(|run| !run.is_over());
    at_work.filter(|run| run.truth.recorded).all(|run| run.truth.succeeded && run.truth.confirmed)
}

fn every_change(decide: &Decide, world: &World) -> bool {
    let record = world.record();
    let oldest = decide.setting.oldest();
    let entry = |who: Who| {
        let mut noted = (1_u8..).zip(&world.journal);
        noted.find_map(|(seq, note)| note.filter(|note| note.run == who).map(|note| (seq, note)))
    };
    each(world).filter(|(_, run)| run.truth.wrote).all(|(who, _)| {
        let Some((seq, note)) = entry(who) else { return false };
        // Were it killed now: when its lease is over.
        let held = decide.is_held(record, oldest);
        decide.shown(note, seq, record, held) != Shown::InProgress
    })
}

fn nobody_at_work(world: &World) -> bool {
    let record = world.record();
    world.journal.iter().flatten().all(|note| {
        let run = &world.runs[usize::from(note.run)];
        let is_at_work = record.busy && record.nonce == Some(note.run) && !run.truth.freed && !run.is_over();
        !is_at_work || note.word != Word::Abandoned
    })
}

fn agree(world: &World) -> bool {
    let word = |who: Who| world.journal.iter().flatten().find(|note| note.run == who).map(|note| note.word);
    each(world)
        .filter(|(_, run)| run.truth.recorded && run.truth.closed)
        .all(|(who, _)| word(who) == Some(Word::Succeeded))
}

fn old_holder(world: &World) -> bool {
    each(world).filter(|(_, run)| run.truth.stale).all(|(who, run)| {
        let said = world.journal.iter().flatten().any(|note| note.run == who && note.word == Word::Succeeded);
        !said && !run.truth.recorded
    })
}

fn numbers(before: &World, world: &World) -> bool {
    let count = world.journal.iter().take_while(|note| note.is_some()).count();
    let is_whole = world.journal.iter().flatten().count() == count;
    let own = |who: Who| world.journal.iter().flatten().filter(|note| note.run == who).count();
    let record = world.record();
    let is_open_its_own =
        !record.open || world.note(record.seq).is_some_and(|note| Some(note.run) == record.nonce);
    is_whole
        && each(world).all(|(who, _)| own(who) <= 1)
        && usize::from(record.seq) <= count
        && before.record().seq <= record.seq
        && is_open_its_own
}

fn comes_free(decide: &Decide, world: &World) -> bool {
    // By then everybody's clock says that it has run out.
    !decide.is_held(world.record(), decide.setting.oldest() + decide.setting.skew)
}

impl Run {
    /// Whether it has ended or was killed.
    pub fn is_over(&self) -> bool {
        self.at == At::Over
    }
}

const _: () = assert!(SERVICES == 2, "a plan leaves the last service as it is, and must have another one");
