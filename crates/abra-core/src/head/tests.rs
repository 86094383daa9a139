use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn at(seconds: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(1_700_000_000 + seconds).ok()
}

fn claim(nonce: &str) -> Claim {
    Claim {
        owner: format!("op {nonce}"),
        host: "desk".to_owned(),
        nonce: nonce.to_owned(),
        now: at(0),
        lease: 60,
        doing: "deploy 1.0.0+1".to_owned(),
        plan: "p".to_owned(),
        version: "1.0.0+1".to_owned(),
    }
}

fn held(nonce: &str) -> HeadRecord {
    take(&HeadRecord::new("st"), Standing::Free, &claim(nonce), Some(0)).unwrap()
}

#[test]
fn names_are_legal_for_any_stack_and_differ_in_more_than_case() {
    for stack in ["a", "A", "matrix_example_com", &"x".repeat(64), "ä/ö"] {
        let name = name_of(stack);
        assert!(
            name.len() <= 64
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
    }
    assert_ne!(name_of("a"), name_of("A"));
}

#[test]
fn what_is_written_is_read_and_what_is_not_known_survives() {
    let mut record = begun(&held("n"), 7);
    assert_eq!(HeadRecord::read(&record.labels()), record);
    record.rest.insert("abra.sync.colour".to_owned(), "blue".to_owned());
    record.format = 2;
    let labels = renewed(&HeadRecord::read(&record.labels()), "watching").labels();
    assert_eq!(labels["abra.sync.colour"], "blue");
    assert_eq!(labels["abra.sync.format"], "2");
    assert!(!labels.contains_key("com.docker.stack.namespace"));
}

#[test]
fn a_record_that_makes_no_sense_is_nobody_elses() {
    let labels = |text: &str| -> BTreeMap<String, String> {
        text.split_whitespace()
            .filter_map(|part| part.split_once('='))
            .map(|(key, value)| (format!("abra.sync.{key}"), value.to_owned()))
            .collect()
    };
    let old = at(0);
    for (text, now, expected) in [
        ("state=idle", 0, Standing::Free),
        ("state=idle seq=x", 0, Standing::Held),
        ("state=idle seq=-1", 9999, Standing::Held),
        ("state=busy seq=1e3 lease=1", 9999, Standing::Held),
        ("state=busy lease=60", 60, Standing::Held),
        ("state=busy lease=60", 61, Standing::Abandoned),
        ("state=busy lease=nonsense", 61, Standing::Abandoned),
        ("state=busy lease=999999999999", 3_601, Standing::Abandoned),
        ("state=frozen lease=1", 9_999, Standing::Held),
        ("", 9_999, Standing::Held),
    ] {
        assert_eq!(HeadRecord::read(&labels(text)).standing(old, at(now)), expected, "{text} after {now} s");
    }
    let busy = HeadRecord::read(&labels("state=busy lease=60"));
    for (now, left) in [(0, 61), (45, 16), (60, 1), (99, 1), (-5, 61)] {
        assert_eq!(busy.lease_left(old, at(now)), Some(left), "after {now} s");
        assert_eq!(busy.standing(old, at(now)) == Standing::Held, now <= 60);
    }
    assert_eq!(HeadRecord::new("st").lease_left(old, at(1)), None);
    assert_eq!(busy.lease_left(None, at(1)), None);
    let busy = HeadRecord::read(&labels("state=busy lease=1"));
    assert_eq!(busy.standing(None, at(100)), Standing::Held, "no time of the record");
    assert_eq!(busy.standing(at(0), None), Standing::Held, "no present");
}

#[test]
fn taking_names_the_holder_or_what_moved() {
    let free = HeadRecord { seq: 3, ..HeadRecord::new("st") };
    assert!(take(&free, Standing::Free, &claim("a"), Some(3)).is_ok());
    assert!(take(&free, Standing::Free, &claim("a"), None).is_ok());
    let moved = take(&free, Standing::Free, &claim("a"), Some(2)).unwrap_err();
    assert!(matches!(moved, Refusal::Moved { planned: 2, now } if now.seq == 3));
    let busy = take(&held("b"), Standing::Held, &claim("a"), Some(0)).unwrap_err();
    assert!(matches!(busy, Refusal::Busy(holder) if holder.owner == "op b"));
    assert_eq!(take(&held("b"), Standing::Abandoned, &claim("a"), Some(0)).unwrap().nonce, "a");
}

#[test]
fn giving_back_tells_what_came_of_it_and_no_more() {
    let before =
        HeadRecord { owner: "last".to_owned(), verdict: "failed".to_owned(), ..HeadRecord::new("st") };
    let mine = take(&before, Standing::Free, &claim("a"), None).unwrap();
    let unused = released(&mine, &before, "");
    assert_eq!((&*unused.owner, &*unused.verdict, unused.seq), ("last", "failed", 0));
    let used = released(&begun(&mine, 1), &before, "succeeded");
    assert_eq!((&*used.owner, &*used.verdict, used.seq, used.open), ("op a", "succeeded", 1, false));
    assert_eq!(used.state, State::Idle);
    let cut_off = begun(&mine, 1);
    assert_eq!(freed(&cut_off).verdict, "abandoned");
    let after = take(&cut_off, Standing::Abandoned, &claim("b"), Some(1)).unwrap();
    let unused = released(&after, &cut_off, "");
    assert_eq!((&*unused.verdict, unused.seq, &*unused.owner), ("abandoned", 1, "op a"));
    let looked = settled(&after, &cut_off, "succeeded");
    assert_eq!((&*looked.verdict, looked.seq, &*looked.owner, looked.open), ("succeeded", 1, "op a", false));
    assert_eq!((looked.state, &*looked.nonce), (State::Idle, ""));
}

/// The server's object: a version, the record, when it was written.
#[derive(Debug, Clone)]
struct Object {
    version: u64,
    record: HeadRecord,
    updated: i64,
}

/// What a client knows.
#[derive(Debug, Clone, Default)]
struct Client {
    read: Option<Object>,
    /// The nonce of its holding, if it believes to have one.
    believes: Option<String>,
    before: Option<HeadRecord>,
    holdings: u32,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Read,
    Take,
    Renew,
    Begin,
    Release,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step, bool, i64)>> {
    let step = prop_oneof![
        3 => Just(Step::Read), 3 => Just(Step::Take), 2 => Just(Step::Renew), 2 => Just(Step::Begin), 1 => Just(Step::Release)
    ];
    // Client, step, whether the answer gets lost, seconds that pass.
    prop::collection::vec((0..4_usize, step, prop::bool::weighted(0.2), 0..40_i64), 1..120)
}

proptest! {
    /// Whatever the order, with stale reads and lost answers: a compare-and-set that succeeds for a holder finds its own
    /// nonce on the server, numbers rise by one for each operation begun, and none is begun by two.
    #[test]
    fn of_many_clients_one_holds(steps in steps()) {
        let mut server = Object { version: 1, record: HeadRecord::new("st"), updated: 0 };
        let mut clients = vec![Client::default(); 4];
        let mut now = 0;
        let mut begun_by: Vec<String> = Vec::new();
        for (index, step, lost, seconds) in steps {
            now += seconds;
            let client = &mut clients[index];
            if matches!(step, Step::Read) {
                client.read = Some(server.clone());
                // A lost answer is settled by reading back.
                let own = client.believes.clone().unwrap_or_default();
                if !server.record.is_held_with(&own) {
                    client.believes = None;
                }
                continue;
            }
            let Some(read) = client.read.clone() else { continue };
            let next = match (step, &client.believes) {
                (Step::Take, None) => {
                    let nonce = format!("{index}-{}", client.holdings);
                    let standing = read.record.standing(at(read.updated), at(now));
                    match take(&read.record, standing, &claim(&nonce), None) {
                        Ok(record) => record,
                        Err(_) => continue,
                    }
                }
                (Step::Renew, Some(own)) if read.record.is_held_with(own) => renewed(&read.record, "watching"),
                (Step::Begin, Some(own)) if read.record.is_held_with(own) && !read.record.open => {
                    begun(&read.record, read.record.seq + 1)
                }
                (Step::Release, Some(own)) if read.record.is_held_with(own) => {
                    released(&read.record, client.before.as_ref().unwrap(), "succeeded")
                }
                _ => continue,
            };
            let accepted = read.version == server.version;
            if accepted {
                if let (Step::Renew | Step::Begin | Step::Release, Some(own)) = (step, &client.believes) {
                    prop_assert!(server.record.is_held_with(own), "a late holder wrote");
                }
                if matches!(step, Step::Begin) {
                    prop_assert_eq!(next.seq, server.record.seq + 1);
                    begun_by.push(next.nonce.clone());
                }
                server = Object { version: server.version + 1, record: next.clone(), updated: now };
            }
            if let Step::Take = step {
                // Also where the answer was lost, the next read tells.
                client.believes = (accepted || lost).then(|| next.nonce.clone());
                client.before = Some(read.record.clone());
                client.holdings += 1;
            }
            // Without a fresh read the old version is of no use.
            client.read = None;
        }
        prop_assert_eq!(server.record.seq, begun_by.len() as u64);
        let mut unique = begun_by.clone();
        unique.dedup();
        prop_assert_eq!(unique.len(), begun_by.len(), "one holding began two operations");
    }
}
