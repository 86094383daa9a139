//! What a run does next, as the program does it, and what comes of it.
//!
//! The order of requests, and what is made of each answer, is that of the rooms `operation`, `lease`, `journal`,
//! `rollout` and `apply` of the program; the decisions in between are core's.
mod server;

use crate::action::Action;
use crate::broken::Broken;
use crate::decide::{Decide, Taken};
use crate::world::{At, End, Head, HeadStep, Run, SERVICES, Setting, Stray, Truth, Who, Word, World};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Served and answered.
    Answered,
    /// Perhaps served.
    Unclear,
    /// Not served, and that is known.
    Unreachable,
}

impl Decide {
    /// The world after something happened that can happen in it.
    #[must_use]
    pub fn after(&self, world: &World, action: Action) -> World {
        let mut next = Next { world: *world, decide: self, setting: &self.setting };
        next.world.ended = None;
        match action {
            Action::Go(who) => next.go(who, Sent::Answered),
            Action::Plan(who, keeps) => next.plan(who, keeps),
            Action::Look(who, skew) => next.look(who, skew),
            Action::AnswerLost(who) => {
                next.fault();
                next.go(who, Sent::Unclear);
            }
            Action::Late(who) => {
                next.fault();
                next.late(who);
                next.go(who, Sent::Unclear);
            }
            Action::Unreachable(who) => {
                next.fault();
                next.go(who, Sent::Unreachable);
            }
            Action::Renewed(who) => next.renew(who, true),
            Action::RenewedUnheard(who) => {
                next.fault();
                next.renew(who, false);
            }
            Action::Fails(who) => next.judged(who, Word::Failed),
            Action::Arrives(number) => next.arrives(number),
            Action::VersionMoved(who) => next.run(who).known = [false; SERVICES],
            Action::Freed => next.freed(),
            Action::Tick => next.world = world.ticked(&self.setting),
        }
        next.world
    }
}

struct Next<'a> {
    world: World,
    decide: &'a Decide,
    setting: &'a Setting,
}

impl Next<'_> {
    fn is(&self, broken: Broken) -> bool {
        self.setting.broken == Some(broken)
    }

    fn run(&mut self, who: Who) -> &mut Run {
        &mut self.world.runs[usize::from(who)]
    }

    fn fault(&mut self) {
        self.world.faults = self.world.faults.saturating_sub(1);
    }

    /// A run is over; what can't matter any more is forgotten, so that worlds are the same that go on in the same way.
    fn end(&mut self, who: Who, end: End) {
        self.world.ended = Some(end);
        let is_waited_for = self.world.strays.iter().flatten().any(|stray| stray.is_of(who));
        let run = self.run(who);
        let kept = *run;
        *run = Run { at: At::Over, ..World::blank() };
        if is_waited_for {
            let Truth { stale, recorded, .. } = kept.truth;
            let truth = Truth { stale, recorded, ..Truth::default() };
            *run = Run { truth, seq: kept.seq, before: kept.before, result: kept.result, ..*run };
        }
    }

    fn goes_to(&mut self, who: Who, at: At) {
        let run = self.run(who);
        *run = Run { at, unclear: false, wanted: None, fresh: false, sent: 0, ..*run };
    }

    fn go(&mut self, who: Who, sent: Sent) {
        match self.run(who).at {
            At::Ready => {
                let seq = self.world.record().seq;
                let run = self.run(who);
                *run = Run { planned: seq, at: At::Plan, ..*run };
            }
            At::TakeLook => self.end(who, End::Failed),
            At::TakeWrite => self.take(who, sent),
            At::CutOff => {
                let seq = self.run(who).before.seq;
                self.put_word(seq, Word::Abandoned);
                self.goes_to(who, At::Holds);
            }
            At::Holds => self.holds(who, sent),
            At::Open => self.open(who, sent),
            At::OpenRead => self.open_read(who, sent),
            At::OpenMark => {
                let seq = self.run(who).seq;
                self.put_word(seq, Word::Abandoned);
                self.run(who).seq += 1;
                self.goes_to(who, At::Open);
            }
            At::Look(step) => self.head_look(who, step, sent),
            At::Write(step) => self.head_write(who, step, sent),
            At::Check(service) => self.check(who, service),
            At::Update(service) => self.send_update(who, service, sent),
            At::Reread(service) => self.reread(who, service, sent),
            At::Watch => self.watch(who),
            At::Close => self.close(who, sent),
            At::Record => {
                self.run(who).truth.recorded = true;
                self.goes_to(who, At::Look(HeadStep::Release));
            }
            At::Plan | At::Over => {}
        }
    }

    fn plan(&mut self, who: Who, keeps: bool) {
        let seen = self.world.services;
        let run = self.run(who);
        *run = Run { at: At::TakeLook, seen, keeps, known: [true, !keeps], ..*run };
    }

    /// Looks at the lock before taking it, and after: what bears its nonce is its own, however it came about.
    fn look(&mut self, who: Who, skew: i8) {
        let record = self.world.record();
        let from_look = self.is(Broken::CountsFromLook);
        if record.nonce == Some(who) {
            let run = self.run(who);
            run.planned = 0;
            if from_look {
                run.age = 0;
            }
            let next = if run.before.open { At::CutOff } else { At::Holds };
            return self.goes_to(who, next);
        }
        let age = self.world.head.map(|(_, age)| i16::from(age) + i16::from(skew));
        let planned = self.run(who).planned;
        match self.decide.take(record, age, who, planned) {
            Taken::Yes(_) => {
                let run = self.run(who);
                let before = Head { nonce: None, ..record };
                *run = Run { at: At::TakeWrite, before, seq: record.seq + 1, fresh: true, ..*run };
            }
            Taken::Busy => self.end(who, End::Busy),
            Taken::Moved => self.end(who, End::Moved),
        }
    }

    fn write_take(&mut self, who: Who) {
        let planned = self.world.record().seq;
        let age = self.world.head.map(|_| i16::from(self.setting.oldest()) * 2);
        if let Taken::Yes(record) = self.decide.take(self.world.record(), age, who, planned) {
            self.put_head(record);
        }
    }

    fn take(&mut self, who: Who, sent: Sent) {
        if sent == Sent::Unreachable {
            return self.end(who, End::Failed);
        }
        if self.run(who).fresh || self.is(Broken::WritesHeadBlindly) && sent == Sent::Answered {
            self.write_take(who);
        }
        let run = self.run(who);
        *run = Run { at: At::TakeLook, unclear: run.unclear || sent == Sent::Unclear, fresh: false, ..*run };
    }

    fn give_up(&mut self, who: Who) {
        self.run(who).result = Word::None;
        self.goes_to(who, At::Look(HeadStep::Release));
    }

    fn holds(&mut self, who: Who, sent: Sent) {
        let now = self.world.services;
        let seen = self.run(who).seen;
        let holds = self.decide.holds(seen, now) || self.is(Broken::IgnoresPlan);
        if sent == Sent::Unreachable || !holds {
            return self.give_up(who);
        }
        if self.is(Broken::ReusesNumber) {
            let run = self.run(who);
            run.seq = run.before.seq.max(1);
        }
        let next = if self.is(Broken::ActsBeforeIntent) { At::Check(0) } else { At::Open };
        self.goes_to(who, next);
    }

    fn open(&mut self, who: Who, sent: Sent) {
        let seq = self.run(who).seq;
        if sent == Sent::Unreachable {
            return self.give_up(who);
        }
        let is_late = self.world.strays.iter().flatten().any(|stray| *stray == Stray::Create(who, seq));
        let created = !(sent == Sent::Unclear && is_late) && self.create_note(seq, who);
        let next = if created && sent == Sent::Answered { At::Look(HeadStep::Begin) } else { At::OpenRead };
        self.goes_to(who, next);
    }

    fn open_read(&mut self, who: Who, sent: Sent) {
        let seq = self.run(who).seq;
        let next = match self.world.note(seq) {
            _ if sent == Sent::Unreachable => return self.give_up(who),
            None => At::Open,
            Some(note) if note.run == who => At::Look(HeadStep::Begin),
            Some(_) if self.is(Broken::ReusesNumber) => At::Look(HeadStep::Begin),
            Some(_) if self.is(Broken::MarksWithoutAsking) => At::OpenMark,
            Some(_) => At::Look(HeadStep::Confirm),
        };
        self.goes_to(who, next);
    }

    fn head_look(&mut self, who: Who, step: HeadStep, sent: Sent) {
        let run = *self.run(who);
        if sent == Sent::Unreachable {
            if !run.unclear {
                self.head_failed(who, step);
            }
            return;
        }
        let record = self.world.record();
        let is_mine = record.busy && (record.nonce == Some(who) || self.is(Broken::IgnoresNonce));
        if is_mine {
            *self.run(who) = Run { at: At::Write(step), fresh: true, sent: 0, ..run };
        } else if run.unclear && run.wanted == Some(record) {
            self.head_written(who, step);
        } else {
            self.run(who).lost = true;
            self.head_lost(who, step);
        }
    }

    fn head_write(&mut self, who: Who, step: HeadStep, sent: Sent) {
        let run = *self.run(who);
        let is_served = run.fresh || self.is(Broken::WritesHeadBlindly) && sent == Sent::Answered;
        match sent {
            Sent::Unreachable => self.head_failed(who, step),
            Sent::Unclear => {
                let record = self.world.record();
                let wanted = self.decide.stepped(record, step, run.seq, run.before, run.result);
                if is_served {
                    self.write_head(who, step);
                }
                let run = self.run(who);
                *run = Run { at: At::Look(step), unclear: true, fresh: false, sent: 0, ..*run };
                run.wanted = (step == HeadStep::Release).then_some(wanted);
            }
            Sent::Answered if is_served => {
                self.write_head(who, step);
                let run = self.run(who);
                run.age = run.sent;
                self.head_written(who, step);
            }
            Sent::Answered => {
                let run = self.run(who);
                *run = Run { at: At::Look(step), fresh: false, sent: 0, ..*run };
            }
        }
    }

    fn head_written(&mut self, who: Who, step: HeadStep) {
        match step {
            HeadStep::Begin => {
                // What was before matters to those who begin nothing.
                let run = self.run(who);
                *run = Run { before: Head::default(), ..*run };
                self.next_service(who, 0);
            }
            HeadStep::Renew(service) => self.goes_to(who, At::Update(service)),
            HeadStep::Confirm => self.goes_to(who, At::OpenMark),
            HeadStep::Watching => self.goes_to(who, At::Watch),
            HeadStep::Recording => self.goes_to(who, At::Close),
            HeadStep::Release => {
                let succeeded = self.run(who).result == Word::Succeeded;
                self.end(who, if succeeded { End::Succeeded } else { End::Failed });
            }
        }
    }

    /// The server can't be asked.
    fn head_failed(&mut self, who: Who, step: HeadStep) {
        match step {
            HeadStep::Begin | HeadStep::Confirm => self.give_up(who),
            HeadStep::Renew(_) => self.judged(who, Word::Failed),
            HeadStep::Watching => self.goes_to(who, At::Watch),
            HeadStep::Recording => self.end(who, End::Failed),
            HeadStep::Release => self.head_written(who, step),
        }
    }

    /// It is somebody else's.
    fn head_lost(&mut self, who: Who, step: HeadStep) {
        let trusts = self.is(Broken::TrustsItself);
        match step {
            HeadStep::Begin | HeadStep::Confirm => self.give_up(who),
            HeadStep::Release => self.head_written(who, step),
            HeadStep::Watching | HeadStep::Recording if trusts => {
                self.run(who).truth.confirmed = true;
                self.head_written(who, step);
            }
            HeadStep::Recording if self.is(Broken::RecordsUnasked) => self.goes_to(who, At::Close),
            HeadStep::Watching if self.is(Broken::RecordsUnasked) => self.goes_to(who, At::Watch),
            HeadStep::Renew(_) | HeadStep::Watching | HeadStep::Recording => self.end(who, End::Lost),
        }
    }

    fn next_service(&mut self, who: Who, from: usize) {
        let run = self.run(who);
        let next = (from..SERVICES).find(|service| !run.leaves(*service));
        for passed in 0..from.min(SERVICES) {
            run.seen[passed] = None;
            run.known[passed] = false;
        }
        match next {
            Some(service) => self.goes_to(who, At::Check(number(service))),
            None => self.goes_to(who, At::Look(HeadStep::Watching)),
        }
    }

    /// Without asking anybody: what was confirmed a while ago is confirmed again.
    fn check(&mut self, who: Who, service: u8) {
        let relies = self.run(who).age < self.setting.lease / 2 || self.is(Broken::NeverAsksAgain);
        if self.run(who).lost {
            self.end(who, End::Lost);
        } else if relies {
            self.goes_to(who, At::Update(service));
        } else {
            self.goes_to(who, At::Look(HeadStep::Renew(service)));
        }
    }

    fn send_update(&mut self, who: Who, service: u8, sent: Sent) {
        let number = usize::from(service);
        let accepted = self.run(who).known[number] || self.is(Broken::IgnoresPlan) && sent == Sent::Answered;
        if accepted && sent != Sent::Unreachable {
            self.update(who, number);
        }
        match sent {
            Sent::Answered if accepted => self.next_service(who, number + 1),
            Sent::Answered => self.goes_to(who, At::Reread(service)),
            Sent::Unclear | Sent::Unreachable => self.judged(who, Word::Failed),
        }
    }

    fn reread(&mut self, who: Who, service: u8, sent: Sent) {
        let number = usize::from(service);
        let now = self.world.services[number];
        let is_same = now == self.run(who).seen[number] || self.is(Broken::TakesNewestVersion);
        if sent == Sent::Unreachable || !is_same {
            return self.judged(who, Word::Failed);
        }
        self.run(who).known[number] = true;
        self.check(who, service);
    }

    /// Everything may run, or not: where it does, success depends on what it is.
    fn watch(&mut self, who: Who) {
        let run = *self.run(who);
        if run.lost {
            return self.end(who, End::Lost);
        }
        let looked_at = if self.is(Broken::LooksAtOneService) { 1 } else { SERVICES };
        let is_as_planned =
            (0..looked_at).all(|number| self.world.services[number] == run.wants(who, number));
        self.judged(who, if is_as_planned { Word::Succeeded } else { Word::Failed });
    }

    fn judged(&mut self, who: Who, word: Word) {
        let services = self.world.services;
        let run = self.run(who);
        run.result = word;
        run.truth.succeeded =
            word == Word::Succeeded && (0..SERVICES).all(|number| services[number] == run.wants(who, number));
        *run = Run { seen: [None; SERVICES], known: [false; SERVICES], keeps: false, ..*run };
        self.goes_to(who, At::Look(HeadStep::Recording));
    }

    fn close(&mut self, who: Who, sent: Sent) {
        let run = *self.run(who);
        let records = run.result == Word::Succeeded || self.is(Broken::RecordsAnything);
        if sent != Sent::Unreachable {
            let is_free = self.put_word(run.seq, run.result);
            // What others wrote there means that they hold the lock, or did.
            if !is_free && !self.is(Broken::RecordsRegardless) {
                return self.end(who, End::Lost);
            }
            self.run(who).truth.closed = true;
        }
        self.goes_to(who, if records { At::Record } else { At::Look(HeadStep::Release) });
    }

    fn renew(&mut self, who: Who, heard: bool) {
        let record = self.world.record();
        if !record.busy || record.nonce != Some(who) {
            self.run(who).lost = true;
            return;
        }
        self.put_head(record);
        if heard {
            self.run(who).age = 0;
        }
    }
}

fn number(service: usize) -> u8 {
    u8::try_from(service).unwrap_or(u8::MAX)
}
