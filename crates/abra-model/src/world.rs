//! A world: the server, the runs of the operators, and requests on their way, as small as they can be while nothing that
//! decides is left out.
//!
//! Versions of objects are not counted: what matters is whether the version that somebody read is still the present
//! one, so each reader carries a flag for it. Times are not counted either but ages, as far as a lease reaches.
use crate::broken::Broken;

/// Services of the app.
pub const SERVICES: usize = 2;
/// The most runs.
pub const RUNS: usize = 3;
/// The most requests that are under way without anybody waiting for their answer.
pub const STRAYS: usize = 4;

/// What is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setting {
    /// Operators, each with one run; at most [`RUNS`].
    pub runs: usize,
    /// Faults, all kinds together: lost answers, late requests, refused connections, locks that a person frees. Runs that
    /// are killed need none: they are runs that take no further step, which every search holds at every place.
    pub faults: u8,
    /// A lease, in ticks; even.
    pub lease: u8,
    /// How far the clocks of two managers may be apart, in ticks.
    pub skew: u8,
    /// Whether plans may leave a service as it is.
    pub keeping: bool,
    /// A deliberate mistake.
    pub broken: Option<Broken>,
}

impl Setting {
    /// The age from which nothing changes any more.
    pub fn oldest(&self) -> u8 {
        self.lease + 1
    }
}

/// A run, by its number.
pub type Who = u8;
/// What a service is: by whose plan, or as it was before all of them.
pub type Spec = Option<Who>;

/// What came of an operation, in the journal's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Word {
    /// Nothing is said.
    #[default]
    None,
    /// `succeeded`
    Succeeded,
    /// `failed`, which stands for every ending that is no success
    Failed,
    /// `abandoned`
    Abandoned,
}

/// A head record, without what is there to be told only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Head {
    /// Whether somebody holds it.
    pub busy: bool,
    /// Whether operation `seq` is the holder's own and has not ended.
    pub open: bool,
    /// The number of the last operation that was begun.
    pub seq: u8,
    /// The holder.
    pub nonce: Option<Who>,
}

/// A journal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Note {
    /// Whose.
    pub run: Who,
    /// What came of it.
    pub word: Word,
}

/// A request that may still arrive, and whose answer nobody waits for. One that would be refused is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stray {
    /// A head write of that run: what it wants, by the step.
    Head(Who, HeadStep),
    /// Take the lock.
    Take(Who),
    /// An update of a service.
    Update(Who, u8),
    /// An entry of the journal.
    Create(Who, u8),
    /// An outcome in the journal, the run's own.
    Close(Who, u8),
    /// The mark of a run that was cut off.
    Mark(u8),
}

/// Why a holder writes the head record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeadStep {
    /// The operation begins.
    Begin,
    /// The lease must be renewed before a service is touched.
    Renew(u8),
    /// A number in the journal is taken: whether the lock is still held decides what that means.
    Confirm,
    /// Everything was sent.
    Watching,
    /// There is a verdict.
    Recording,
    /// The lock is given back.
    Release,
}

/// What a run does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// Read the head record, to plan.
    Ready,
    /// Read the services, to plan.
    Plan,
    /// Look at the lock.
    TakeLook,
    /// Take it.
    TakeWrite,
    /// Mark the run before, which was cut off.
    CutOff,
    /// Look whether the plan still holds.
    Holds,
    /// Write the intent.
    Open,
    /// Read whose the number is.
    OpenRead,
    /// Mark whose it is.
    OpenMark,
    /// A head write: look.
    Look(HeadStep),
    /// A head write: write.
    Write(HeadStep),
    /// Ask itself whether the lock may be relied on, before a service is touched.
    Check(u8),
    /// Update a service.
    Update(u8),
    /// Read the service again, whose version moved.
    Reread(u8),
    /// Look at the services.
    Watch,
    /// Write the outcome.
    Close,
    /// Write the env file.
    Record,
    /// Nothing: it has ended.
    Over,
}

/// How a run ended, as its operator was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Success.
    Succeeded,
    /// Somebody else is at work; nothing was changed.
    Busy,
    /// The plan does not hold any more; nothing was changed.
    Moved,
    /// The lock was lost.
    Lost,
    /// Something else.
    Failed,
}

/// A run of one operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// What it does next.
    pub at: At,
    /// The number of the last operation that its plan knew.
    pub planned: u8,
    /// The services as its plan saw them.
    pub seen: [Spec; SERVICES],
    /// Whether the plan leaves the last service as it was seen.
    pub keeps: bool,
    /// Whether the versions that it knows of the services are the present ones.
    pub known: [bool; SERVICES],
    /// Whether the version that it knows of the head record is the present one.
    pub fresh: bool,
    /// Whether an answer was lost on the way.
    pub unclear: bool,
    /// What it wanted to leave behind, where the answer to that was lost.
    pub wanted: Option<Head>,
    /// Time since the lock was last known to be its own, in ticks.
    pub age: u8,
    /// Time since the look that a head write is based on.
    pub sent: u8,
    /// Whether a renewal told it that the lock is lost.
    pub lost: bool,
    /// The number of its operation.
    pub seq: u8,
    /// The head record before it took it.
    pub before: Head,
    /// What came of it so far.
    pub result: Word,
    /// What really happened; no decision depends on it.
    pub truth: Truth,
}

/// What really happened in a run, for the invariants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Truth {
    /// It changed a service.
    pub wrote: bool,
    /// It did so when somebody else, or nobody, held the lock.
    pub stale: bool,
    /// It replaced a spec that its plan had not seen.
    pub blind: bool,
    /// All services were as planned, and up, when it looked.
    pub succeeded: bool,
    /// The server took its word that it records.
    pub confirmed: bool,
    /// The journal said it as it wanted.
    pub closed: bool,
    /// It wrote the env file.
    pub recorded: bool,
    /// A person freed its lock.
    pub freed: bool,
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    /// The head record and the time since it was written; `None` before it is created.
    pub head: Option<(Head, u8)>,
    /// The journal; numbers begin at 1.
    pub journal: [Option<Note>; RUNS + 1],
    /// The services: what each is.
    pub services: [Spec; SERVICES],
    /// The runs.
    pub runs: [Run; RUNS],
    /// Requests on their way, in order.
    pub strays: [Option<Stray>; STRAYS],
    /// Faults that may still happen.
    pub faults: u8,
    /// How a run ended in the step that led here.
    pub ended: Option<End>,
}

impl World {
    /// An app that was deployed before anybody used the lock.
    pub fn new(setting: &Setting) -> Self {
        let mut runs = [Self::blank(); RUNS];
        runs.iter_mut().skip(setting.runs).for_each(|run| run.at = At::Over);
        Self {
            head: None,
            journal: [None; RUNS + 1],
            services: [None; SERVICES],
            runs,
            strays: [None; STRAYS],
            faults: setting.faults,
            ended: None,
        }
    }

    /// A run that has not begun.
    pub(crate) fn blank() -> Run {
        Run {
            at: At::Ready,
            planned: 0,
            seen: [None; SERVICES],
            keeps: false,
            known: [false; SERVICES],
            fresh: false,
            unclear: false,
            wanted: None,
            age: 0,
            sent: 0,
            lost: false,
            seq: 0,
            before: Head::default(),
            result: Word::None,
            truth: Truth::default(),
        }
    }

    /// The same with other numbers for the runs: `order[old] = new`.
    #[must_use]
    pub fn renamed(&self, order: &[u8; RUNS]) -> Self {
        let to = |who: Option<Who>| who.map(|who| order[usize::from(who)]);
        let head = |head: Head| Head { nonce: to(head.nonce), ..head };
        let mut world = *self;
        world.head = self.head.map(|(record, age)| (head(record), age));
        for note in world.journal.iter_mut().flatten() {
            note.run = order[usize::from(note.run)];
        }
        world.services = self.services.map(to);
        world.ended = None;
        for (old, run) in self.runs.iter().enumerate() {
            let new = &mut world.runs[usize::from(order[old])];
            *new = Run { before: head(run.before), wanted: run.wanted.map(head), ..*run };
            new.seen = run.seen.map(to);
        }
        for stray in world.strays.iter_mut().flatten() {
            stray.rename(order);
        }
        world.sort();
        world
    }

    /// Adds a request that is on its way.
    pub(crate) fn stray(&mut self, stray: Stray) {
        let free = self.strays.iter_mut().find(|place| place.is_none());
        if let Some(place) = free {
            *place = Some(stray);
        }
        self.sort();
    }

    /// Their order means nothing.
    fn sort(&mut self) {
        self.strays.sort_by_key(|stray| (stray.is_none(), *stray));
    }

    /// Takes away those that would be refused.
    pub(crate) fn forget(&mut self, refused: impl Fn(&Stray) -> bool) {
        for place in &mut self.strays {
            *place = place.filter(|stray| !refused(stray));
        }
        self.sort();
    }

    /// The entry of a number.
    pub fn note(&self, seq: u8) -> Option<&Note> {
        self.journal.get(usize::from(seq).checked_sub(1)?)?.as_ref()
    }

    /// The head record; before it is created: what one reads then.
    pub fn record(&self) -> Head {
        self.head.map_or_else(Head::default, |(head, _)| head)
    }
}

impl Stray {
    /// Whether a run sent it, and what it means depends on that run.
    pub(crate) fn is_of(&self, run: Who) -> bool {
        match self {
            Self::Head(who, _)
            | Self::Take(who)
            | Self::Update(who, _)
            | Self::Create(who, _)
            | Self::Close(who, _) => *who == run,
            Self::Mark(_) => false,
        }
    }

    fn rename(&mut self, order: &[u8; RUNS]) {
        match self {
            Self::Head(who, _)
            | Self::Take(who)
            | Self::Update(who, _)
            | Self::Create(who, _)
            | Self::Close(who, _) => *who = order[usize::from(*who)],
            Self::Mark(_) => {}
        }
    }
}

impl Run {
    /// Whether it holds the lock, as far as it knows.
    pub fn holds_lock(&self) -> bool {
        !matches!(self.at, At::Ready | At::Plan | At::TakeLook | At::TakeWrite | At::Over)
    }

    /// Whether it has tried to take the lock, and may have it already.
    pub fn is_taking(&self) -> bool {
        matches!(self.at, At::TakeLook | At::TakeWrite) && self.seq > 0
    }

    /// What it wants a service to be.
    pub fn wants(&self, who: Who, service: usize) -> Spec {
        if self.leaves(service) { self.seen[service] } else { Some(who) }
    }

    /// Whether its plan leaves a service as it is.
    pub fn leaves(&self, service: usize) -> bool {
        self.keeps && service + 1 == SERVICES
    }
}
