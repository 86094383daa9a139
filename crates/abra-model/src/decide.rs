//! Core's decisions. The model's small values become core's, core decides, and what it says becomes small again. There
//! are few different questions, so each is asked once.
use crate::broken::Broken;
use crate::world::{Head, HeadStep, Note, SERVICES, Setting, Spec, Who, Word};
use abra_core::head::{self, Claim, HeadRecord, Refusal, Standing, State};
use abra_core::journal::{Entry, History, Logged, Outcome, word};
use abra_core::plan::{Basis, SeenService};
use abra_core::stack::digest;
use abra_core::stack::live::Service;
use abra_core::stack::normal::Names;
use jiff::Timestamp;
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

const STACK: &str = "app_example_com";
/// One tick, in seconds: half of the lease that operators get by default.
const TICK: i64 = 30;

/// Asks core, and remembers.
#[derive(Debug)]
pub struct Decide {
    /// What is explored.
    pub setting: Setting,
    taken: Memory<(Head, Option<i16>, Who, u8), Taken>,
    stepped: Memory<(Head, HeadStep, u8, Head, Word), Head>,
    held: Memory<[[Spec; SERVICES]; 2], bool>,
    words: Memory<(Note, u8, Head, bool), Shown>,
}

/// What was asked, and what core said.
type Memory<K, V> = RefCell<HashMap<K, V>>;

/// What became of a wish to take the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It may be written so.
    Yes(Head),
    /// Somebody holds it.
    Busy,
    /// The plan is out of date.
    Moved,
}

/// How an entry of the journal is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// With a word that was written down.
    Written,
    /// As going on.
    InProgress,
    /// As cut off, which nobody wrote down.
    Abandoned,
}

impl Decide {
    /// Asks nothing yet.
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            taken: RefCell::default(),
            stepped: RefCell::default(),
            held: RefCell::default(),
            words: RefCell::default(),
        }
    }

    /// The lease, in seconds.
    fn lease(&self) -> u64 {
        let ticks = match self.setting.broken {
            Some(Broken::NeverExpires) => u64::from(u8::MAX),
            _ => u64::from(self.setting.lease),
        };
        ticks * TICK.unsigned_abs()
    }

    /// Whether a record that seems so old may be taken (`age` in ticks, by the server's clocks; `None` while there is no
    /// record), and what is written then.
    pub fn take(&self, seen: Head, age: Option<i16>, who: Who, planned: u8) -> Taken {
        remembered(&self.taken, (seen, age, who, planned), || {
            let record = large(seen, self.lease());
            let standing = match age {
                Some(_) if self.setting.broken == Some(Broken::TakesWhatIsHeld) => Standing::Free,
                Some(age) => record.standing(Some(Timestamp::UNIX_EPOCH), Some(instant(age))),
                None => Standing::Free,
            };
            match head::take(&record, standing, &claim(who, self.lease()), Some(u64::from(planned))) {
                Ok(record) => Taken::Yes(small(&record)),
                Err(Refusal::Busy(_)) => Taken::Busy,
                Err(Refusal::Moved { .. }) => Taken::Moved,
            }
        })
    }

    /// The record after a step of its holder.
    pub fn stepped(&self, held: Head, step: HeadStep, seq: u8, before: Head, word: Word) -> Head {
        remembered(&self.stepped, (held, step, seq, before, word), || {
            let record = large(held, self.lease());
            small(&match step {
                HeadStep::Begin => head::begun(&record, u64::from(seq)),
                HeadStep::Renew(_) | HeadStep::Confirm => record,
                HeadStep::Watching => head::renewed(&record, "watching"),
                HeadStep::Recording => head::renewed(&record, "recording"),
                HeadStep::Release => head::released(&record, &large(before, self.lease()), text_of(word)),
            })
        })
    }

    /// The record after a person freed it.
    pub fn freed(&self, seen: Head) -> Head {
        small(&head::freed(&large(seen, self.lease())))
    }

    /// Whether somebody holds a record, at an age.
    pub fn is_held(&self, record: Head, age: u8) -> bool {
        let record = large(record, self.lease());
        let standing = record.standing(Some(Timestamp::UNIX_EPOCH), Some(instant(i16::from(age))));
        standing == Standing::Held
    }

    /// Whether the services are still as a plan saw them.
    pub fn holds(&self, seen: [Spec; SERVICES], now: [Spec; SERVICES]) -> bool {
        remembered(&self.held, [seen, now], || {
            basis(seen).moved("app", &[], &services(now), &Names::default()).is_empty()
        })
    }

    /// How an entry is shown beside a head record; `held`: whether somebody holds that.
    pub fn shown(&self, note: Note, seq: u8, record: Head, held: bool) -> Shown {
        remembered(&self.words, (note, seq, record, held), || {
            let entry = Entry { nonce: nonce(note.run), ..Entry::new(STACK, u64::from(seq)) };
            let outcome = (note.word != Word::None)
                .then(|| Outcome { word: text_of(note.word).to_owned(), ..Outcome::default() });
            let logged = Logged { entry, outcome, ..Logged::default() };
            let busy = held.then(|| large(record, self.lease()));
            match History::word(&logged, busy.as_ref()) {
                "in-progress" => Shown::InProgress,
                word::ABANDONED if note.word == Word::None => Shown::Abandoned,
                _ => Shown::Written,
            }
        })
    }
}

fn remembered<K: Hash + Eq + Copy, V: Copy>(memory: &Memory<K, V>, key: K, ask: impl FnOnce() -> V) -> V {
    let known = memory.borrow().get(&key).copied();
    known.unwrap_or_else(|| {
        let answer = ask();
        memory.borrow_mut().insert(key, answer);
        answer
    })
}

fn instant(age: i16) -> Timestamp {
    Timestamp::from_second(i64::from(age) * TICK).unwrap_or_default()
}

fn nonce(who: Who) -> String {
    format!("nonce-{who}")
}

fn claim(who: Who, lease: u64) -> Claim {
    Claim {
        owner: format!("operator-{who}"),
        host: "workstation".to_owned(),
        nonce: nonce(who),
        now: None,
        lease,
        doing: format!("deploy {who}"),
        plan: format!("plan-{who}"),
        version: format!("{who}"),
    }
}

fn large(small: Head, lease: u64) -> HeadRecord {
    let by = small.nonce.map(|who| claim(who, lease));
    let of = |take: fn(&Claim) -> &String| by.as_ref().map(take).cloned().unwrap_or_default();
    HeadRecord {
        state: if small.busy { State::Busy } else { State::Idle },
        seq: u64::from(small.seq),
        open: small.open,
        owner: of(|claim| &claim.owner),
        host: of(|claim| &claim.host),
        nonce: small.nonce.map(nonce).unwrap_or_default(),
        lease,
        doing: of(|claim| &claim.doing),
        plan: of(|claim| &claim.plan),
        version: of(|claim| &claim.version),
        ..HeadRecord::new(STACK)
    }
}

fn small(large: &HeadRecord) -> Head {
    Head {
        busy: large.state == State::Busy,
        open: large.open,
        seq: u8::try_from(large.seq).unwrap_or(u8::MAX),
        nonce: large.nonce.strip_prefix("nonce-").and_then(|rest| rest.parse().ok()),
    }
}

fn text_of(said: Word) -> &'static str {
    match said {
        Word::None => "",
        Word::Succeeded => word::SUCCEEDED,
        Word::Failed => word::FAILED,
        Word::Abandoned => word::ABANDONED,
    }
}

/// The services as the engine lists them.
fn services(specs: [Spec; SERVICES]) -> Vec<Service> {
    let service = |(number, spec): (usize, &Spec)| {
        let image = spec.map_or_else(|| "before".to_owned(), |who| format!("image:{who}"));
        let body = json!({
            "ID": format!("id{number}"), "Version": { "Index": 1 },
            "Spec": { "Name": format!("{STACK}_s{number}"), "TaskTemplate": { "ContainerSpec": { "Image": image } } },
        });
        serde_json::from_value(body).ok()
    };
    specs.iter().enumerate().filter_map(service).collect()
}

fn basis(specs: [Spec; SERVICES]) -> Basis {
    let seen = |service: &Service| {
        let digest = digest::of_service(&service.spec, &Names::default(), &BTreeSet::new());
        let seen = SeenService { id: service.id.clone(), version: service.version, digest };
        (service.name().to_owned(), seen)
    };
    Basis { services: services(specs).iter().map(seen).collect(), ..Basis::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_records_lose_nothing_that_decides() {
        for (busy, open, nonce) in [(false, false, None), (true, false, Some(1)), (true, true, Some(2))] {
            let head = Head { busy, open, seq: 2, nonce };
            assert_eq!(small(&large(head, 60)), head);
        }
    }

    #[test]
    fn services_are_there() {
        assert_eq!(services([None, Some(1)]).len(), SERVICES);
    }
}
