//! What a run's requests change on the server, and what arrives there late.
use super::Next;
use crate::broken::Broken;
use crate::world::{At, Head, HeadStep, Note, Spec, Stray, Who, Word};

impl Next<'_> {
    pub(super) fn put_head(&mut self, record: Head) {
        self.world.head = Some((record, 0));
        self.world.runs.iter_mut().for_each(|run| run.fresh = false);
        self.world.forget(|stray| matches!(stray, Stray::Head(..) | Stray::Take(_)));
    }

    pub(super) fn put_service(&mut self, number: usize, spec: Spec) {
        self.world.services[number] = spec;
        for run in &mut self.world.runs {
            run.known[number] = false;
        }
        self.world.forget(|stray| matches!(stray, Stray::Update(_, i) if usize::from(*i) == number));
    }

    /// Whether it was free.
    pub(super) fn create_note(&mut self, seq: u8, run: Who) -> bool {
        let Some(place) = self.world.journal.get_mut(usize::from(seq).wrapping_sub(1)) else { return false };
        if place.is_some() {
            return false;
        }
        *place = Some(Note { run, word: Word::None });
        self.world.forget(|stray| matches!(stray, Stray::Create(_, i) if *i == seq));
        true
    }

    /// Writes an outcome where there is none; gives back whether there was none.
    pub(super) fn put_word(&mut self, seq: u8, word: Word) -> bool {
        let place = self.world.journal.get_mut(usize::from(seq).wrapping_sub(1)).and_then(Option::as_mut);
        let Some(note) = place.filter(|note| note.word == Word::None) else { return false };
        note.word = word;
        self.world.forget(|stray| matches!(stray, Stray::Close(_, i) | Stray::Mark(i) if *i == seq));
        true
    }

    pub(super) fn update(&mut self, who: Who, number: usize) {
        let holder = self.world.record().nonce;
        let seen = self.world.services[number];
        let run = self.run(who);
        run.truth.wrote = true;
        run.truth.stale |= holder != Some(who);
        run.truth.blind |= matches!(run.at, At::Update(_)) && seen != run.seen[number];
        self.put_service(number, Some(who));
    }

    pub(super) fn write_head(&mut self, who: Who, step: HeadStep) {
        let run = *self.run(who);
        let record = self.decide.stepped(self.world.record(), step, run.seq, run.before, run.result);
        self.put_head(record);
        self.run(who).truth.confirmed |= step == HeadStep::Recording;
    }

    pub(super) fn arrives(&mut self, number: u8) {
        let Some(stray) = self.world.strays[usize::from(number)].take() else { return };
        match stray {
            Stray::Head(who, step) => self.write_head(who, step),
            Stray::Take(who) => self.write_take(who),
            Stray::Update(who, service) => self.update(who, usize::from(service)),
            Stray::Create(who, seq) => drop(self.create_note(seq, who)),
            Stray::Close(who, seq) => {
                let word = self.run(who).result;
                self.put_word(seq, word);
            }
            Stray::Mark(seq) => drop(self.put_word(seq, Word::Abandoned)),
        }
        self.world.forget(|_| false);
    }

    pub(super) fn late(&mut self, who: Who) {
        let run = *self.run(who);
        let on_its_way = match run.at {
            At::TakeWrite => run.fresh.then_some(Stray::Take(who)),
            At::Write(step) => {
                (run.fresh || self.is(Broken::WritesHeadBlindly)).then_some(Stray::Head(who, step))
            }
            At::Open => self.world.note(run.seq).is_none().then_some(Stray::Create(who, run.seq)),
            At::Update(i) => run.known[usize::from(i)].then_some(Stray::Update(who, i)),
            At::Close => Some(Stray::Close(who, run.seq)),
            _ => None,
        };
        if let Some(stray) = on_its_way {
            self.world.stray(stray);
            // It is not served now.
            let run = self.run(who);
            run.fresh = false;
            if let At::Update(i) = run.at {
                run.known[usize::from(i)] = false;
            }
        }
    }

    pub(super) fn freed(&mut self) {
        self.fault();
        let record = self.world.record();
        if let Some(holder) = record.nonce {
            self.run(holder).truth.freed = true;
        }
        let freed = self.decide.freed(record);
        self.put_head(freed);
        // Written afterwards, if the person's own process lives so long.
        if record.open && self.world.note(record.seq).is_some_and(|note| note.word == Word::None) {
            self.world.stray(Stray::Mark(record.seq));
        }
    }

    // What a run does.
}
