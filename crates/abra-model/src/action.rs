//! Everything that can happen.
use crate::world::{At, HeadStep, Setting, Who, World};

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A run's next request is served and answered, or its next step on its own is taken.
    Go(Who),
    /// A run has looked at the services and planned; perhaps it leaves the last one as it is.
    Plan(Who, bool),
    /// A run looks at the lock; the clock of the manager that answers is so far ahead of that of the one that wrote, in
    /// ticks. One that is behind only makes a lease last longer.
    Look(Who, i8),
    /// A run's next request is served, and the answer is lost.
    AnswerLost(Who),
    /// A run's next request is given up, but still on its way.
    Late(Who),
    /// A run's next request can't be sent.
    Unreachable(Who),
    /// A run's lease is renewed in the background; or it learns that it is lost.
    Renewed(Who),
    /// The same, and the answer is lost.
    RenewedUnheard(Who),
    /// A run that watches comes to something else than success.
    Fails(Who),
    /// A request that nobody waits for arrives.
    Arrives(u8),
    /// The version of the service that a run is about to update has moved since it was read: the swarm wrote down how the
    /// tasks are.
    VersionMoved(Who),
    /// A person frees the lock.
    Freed,
    /// Time passes.
    Tick,
}

impl World {
    /// Everything that can happen now.
    pub fn actions(&self, setting: &Setting, into: &mut Vec<Action>) {
        let faulty = self.faults > 0;
        for who in 0..u8::try_from(setting.runs).unwrap_or_default() {
            self.actions_of(who, setting, into);
        }
        let strays = self.strays.iter().flatten().count();
        into.extend((0..).take(strays).map(Action::Arrives));
        if faulty && self.record().busy {
            into.push(Action::Freed);
        }
        if self.ticked(setting) != *self {
            into.push(Action::Tick);
        }
    }

    fn actions_of(&self, who: Who, setting: &Setting, into: &mut Vec<Action>) {
        let run = &self.runs[usize::from(who)];
        let skew = i8::try_from(setting.skew).unwrap_or_default();
        match run.at {
            At::Over => return,
            At::Plan if setting.keeping => into.extend([Action::Plan(who, false), Action::Plan(who, true)]),
            At::Plan => into.push(Action::Plan(who, false)),
            At::TakeLook if self.record().busy && self.record().nonce != Some(who) => {
                into.extend([0, skew].map(|skew| Action::Look(who, skew)));
            }
            At::TakeLook => into.push(Action::Look(who, 0)),
            At::Watch => into.extend([Action::Go(who), Action::Fails(who)]),
            At::Update(service) if run.known[usize::from(service)] => {
                into.extend([Action::Go(who), Action::VersionMoved(who)]);
            }
            _ => into.push(Action::Go(who)),
        }
        let is_mine = self.record().nonce == Some(who);
        let in_head_write = matches!(run.at, At::Look(_) | At::Write(_));
        // Renewing what was just written changes nothing that can be told.
        let worth = !is_mine || self.head.is_some_and(|(_, age)| age > 0);
        // Being told of the loss matters where the lock is relied on without asking.
        let hears = is_mine || matches!(run.at, At::Check(_) | At::Update(_) | At::Reread(_));
        let renews = run.holds_lock() && !in_head_write && !run.lost && worth && hears;
        if renews {
            into.push(Action::Renewed(who));
        }
        if self.faults == 0 {
            return;
        }
        if renews && is_mine {
            into.push(Action::RenewedUnheard(who));
        }
        if run.at.asks() {
            into.push(Action::Unreachable(who));
        }
        if run.at.writes() {
            into.extend([Action::AnswerLost(who), Action::Late(who)]);
        }
    }

    /// After a tick.
    pub(crate) fn ticked(&self, setting: &Setting) -> Self {
        let mut world = *self;
        if let Some((record, age)) = &mut world.head
            && record.busy
        {
            *age = (*age + 1).min(setting.oldest());
        }
        for run in &mut world.runs {
            if run.holds_lock() || run.is_taking() {
                run.age = (run.age + 1).min(setting.lease / 2);
            }
            if matches!(run.at, At::Write(_)) {
                run.sent = (run.sent + 1).min(setting.lease / 2);
            }
        }
        world
    }
}

impl At {
    /// Whether the next request changes the server.
    pub fn writes(self) -> bool {
        matches!(self, Self::TakeWrite | Self::Open | Self::Write(_) | Self::Update(_) | Self::Close)
    }

    /// Whether there is a next request. Marks of runs that were cut off are left out: whoever can't make one gives up as
    /// before the intent is written, which [`Self::Open`] shows.
    pub fn asks(self) -> bool {
        self.writes()
            || matches!(self, Self::TakeLook | Self::Holds | Self::OpenRead | Self::Look(_) | Self::Reread(_))
    }

    /// Whether it writes the head record for this.
    pub fn head_step(self) -> Option<HeadStep> {
        match self {
            Self::Look(step) | Self::Write(step) => Some(step),
            _ => None,
        }
    }
}
