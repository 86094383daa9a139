//! Lock and journal against a real engine: contention, lost answers, leases that run out.
use crate::rig::{connect, swarm, until};
use abra::engine::{Engine, EngineError, FileKind, Filters};
use abra::flow::journal;
use abra::flow::lease::{self, Lease, LockError, Terms};
use abra_core::head::{Claim, HeadRecord, Standing};
use abra_core::journal::{Entry, History, Outcome};
use abra_rig::{Fault, Proxy};
use std::cell::Cell;
use std::time::Duration;

/// As usual, but over sooner; not so soon that a busy machine misses every renewal.
const SHORT: Terms = Terms { lease: Duration::from_secs(6), renew: Duration::from_millis(500), silent: None };
const LONG: Terms = Terms { lease: Duration::from_secs(600), renew: Duration::from_secs(200), silent: None };

fn claim(who: &str, nonce: &str, terms: Terms) -> Claim {
    Claim {
        owner: who.to_owned(),
        host: "desk".to_owned(),
        nonce: nonce.to_owned(),
        now: None,
        lease: terms.lease.as_secs(),
        doing: "deploy 1.0.0+1".to_owned(),
        plan: nonce.to_owned(),
        version: "1.0.0+1".to_owned(),
    }
}

async fn acquire<'e>(
    engine: &'e Engine,
    who: &str,
    nonce: &str,
    terms: Terms,
) -> Result<Lease<'e>, LockError> {
    lease::acquire(engine, "st", &claim(who, nonce, terms), None, terms).await
}

fn entry(seq: u64, who: &str, nonce: &str) -> Entry {
    Entry { operator: who.to_owned(), nonce: nonce.to_owned(), ..Entry::new("st", seq) }
}

fn outcome(word: &str) -> Outcome {
    Outcome { word: word.to_owned(), ..Outcome::default() }
}

async fn record(engine: &Engine) -> HeadRecord {
    lease::look(engine, "st").await.unwrap().unwrap().record
}

/// Takes the lock, however long that takes, and does an operation under it.
async fn operate(engine: &Engine, who: &str, nonce: &str, inside: &Cell<u32>) -> u64 {
    let lease = loop {
        match acquire(engine, who, nonce, LONG).await {
            Ok(lease) => break lease,
            Err(LockError::Busy { holder, .. }) => assert!(!holder.owner.is_empty()),
            Err(LockError::Contended) => {}
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    };
    inside.set(inside.get() + 1);
    assert_eq!(inside.get(), 1, "two hold it");
    let entry = journal::open(engine, entry(lease.before.seq + 1, who, nonce), "", &lease).await.unwrap();
    lease.begin(entry.seq).await.unwrap();
    lease.check().await.unwrap();
    journal::close(engine, "st", entry.seq, &outcome("succeeded")).await.unwrap();
    assert_eq!(inside.get(), 1, "two hold it");
    inside.set(0);
    lease.release("succeeded").await.unwrap();
    entry.seq
}

#[tokio::test]
async fn of_eight_operators_one_works_at_a_time_and_numbers_have_no_gap() {
    const ROUNDS: usize = 12;
    let rig = swarm();
    let mut engines = Vec::new();
    for _ in 0..8 {
        engines.push(connect(&rig.socket()).await.unwrap());
    }
    let inside = &Cell::new(0);
    let works = engines.iter().enumerate().map(|(index, engine)| async move {
        let mut numbers = Vec::new();
        for round in 0..ROUNDS {
            let nonce = format!("{index}-{round}");
            numbers.push(operate(engine, &format!("op {index}"), &nonce, inside).await);
        }
        numbers
    });
    let mut numbers: Vec<u64> = futures_util::future::join_all(works).await.concat();
    numbers.sort_unstable();
    let all = 8 * ROUNDS as u64;
    assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
    assert_eq!(record(&engines[0]).await.seq, all);
    let history = journal::history(&engines[0], "st").await.unwrap();
    let kept: Vec<u64> = history.entries().iter().map(|logged| logged.entry.seq).collect();
    assert_eq!(kept, (all - 9..=all).rev().collect::<Vec<_>>());
    assert!(history.entries().iter().all(|logged| logged.word() == Some("succeeded")));
    // Nothing of it is docker's to remove with the stack.
    assert_eq!(engines[0].files(FileKind::Config, &Filters::stack("st")).await.unwrap(), []);
}

#[tokio::test]
async fn whatever_answer_gets_lost_the_lock_is_had_once_and_given_back() {
    let rig = swarm();
    let proxy = Proxy::start(&rig.folder().join("proxy.sock"), &rig.socket()).unwrap();
    let engine = connect(proxy.socket()).await.unwrap();
    let sure = connect(&rig.socket()).await.unwrap();
    for (round, fault) in
        [Fault::AnswerLost, Fault::Unsent, Fault::AnswerLost, Fault::Unsent].into_iter().enumerate()
    {
        let nonce = format!("n{round}");
        // The first time the object is created, later it is updated.
        let path = if round < 1 { "/configs/create" } else { "/update" };
        proxy.break_next("POST", path, fault);
        let lease = acquire(&engine, "Ann", &nonce, LONG).await.unwrap();
        assert!(record(&sure).await.is_held_with(&nonce));
        proxy.break_next("POST", "/configs/create", fault);
        let number = round as u64 + 1;
        let opened = journal::open(&engine, entry(number, "Ann", &nonce), "", &lease).await.unwrap();
        assert_eq!(opened.seq, number);
        proxy.break_next("POST", "/update", fault);
        lease.begin(number).await.unwrap();
        proxy.break_next("POST", "/update", fault);
        journal::close(&engine, "st", number, &outcome("failed")).await.unwrap();
        proxy.break_next("POST", "/update", fault);
        lease.release("failed").await.unwrap();
        let after = record(&sure).await;
        assert_eq!((after.seq, after.verdict.as_str(), after.nonce.as_str()), (number, "failed", ""));
    }
    let history = journal::history(&sure, "st").await.unwrap();
    assert_eq!(history.entries().len(), 4);
    assert!(history.entries().iter().all(|logged| logged.word() == Some("failed")));
}

#[tokio::test]
async fn a_holder_that_renews_keeps_it_and_one_that_does_not_loses_it() {
    let rig = swarm();
    let (one, two) = (connect(&rig.socket()).await.unwrap(), connect(&rig.socket()).await.unwrap());
    let held = acquire(&one, "Ann", "a", SHORT).await.unwrap();
    journal::open(&one, entry(1, "Ann", "a"), "", &held).await.unwrap();
    held.begin(1).await.unwrap();
    let twice_the_lease = async {
        let begun = std::time::Instant::now();
        while begun.elapsed() < 2 * SHORT.lease + Duration::from_secs(1) {
            let refused = acquire(&two, "Bob", "b", SHORT).await;
            assert!(
                matches!(&refused, Err(LockError::Busy { holder, .. }) if holder.owner == "Ann"),
                "{refused:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    held.hold(twice_the_lease).await;
    held.check().await.unwrap();

    // From here on nobody renews, as after a kill.
    let taken = until("the lease's end", async || acquire(&two, "Bob", "b", SHORT).await.ok()).await;
    assert!(taken.before.open && taken.before.owner == "Ann" && taken.before.seq == 1);
    let lost = held.check().await.unwrap_err();
    assert!(matches!(&lost, LockError::Lost(lost) if lost.by.as_deref() == Some("Bob")), "{lost:?}");
    for late in [held.begin(2).await, held.stage("watching").await, held.release("succeeded").await] {
        assert!(matches!(late, Err(LockError::Lost(_))), "{late:?}");
    }
    assert!(record(&two).await.is_held_with("b"), "the late holder changed nothing");
    journal::cut_off(&two, "st", taken.before.seq, "", "while applying").await.unwrap();
    journal::close(&one, "st", 1, &outcome("succeeded")).await.unwrap();
    let history = journal::history(&two, "st").await.unwrap();
    assert_eq!(history.entries()[0].word(), Some("abandoned"), "what was written first stays");
    assert!(
        !journal::close_own(&one, "st", 1, &outcome("succeeded")).await.unwrap(),
        "and whose run it was learns it"
    );

    // One that was paused before it wrote its intent finds the number taken, by whoever holds the lock now.
    journal::open(&two, entry(2, "Bob", "b"), "", &taken).await.unwrap();
    let late = journal::open(&one, entry(2, "Ann", "a"), "", &held).await.unwrap_err();
    assert!(matches!(&late, LockError::Lost(lost) if lost.by.as_deref() == Some("Bob")), "{late:?}");
    let history = journal::history(&two, "st").await.unwrap();
    assert_eq!((history.entries()[0].entry.seq, history.entries()[0].word()), (2, None), "Bob's is going on");
}

#[tokio::test]
async fn a_holder_whose_lock_is_freed_is_told() {
    let rig = swarm();
    let (one, two) = (connect(&rig.socket()).await.unwrap(), connect(&rig.socket()).await.unwrap());
    let held = acquire(&one, "Ann", "a", SHORT).await.unwrap();
    let work = async {
        let seen = lease::look(&two, "st").await.unwrap().unwrap();
        lease::free(&two, &seen).await.unwrap();
        held.lost().await
    };
    assert_eq!(held.hold(work).await.by, None);
    assert!(matches!(held.check().await, Err(LockError::Lost(_))));
}

#[tokio::test]
async fn a_plan_is_bound_to_the_last_operation() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    operate(&engine, "Ann", "a", &Cell::new(0)).await;
    let moved = lease::acquire(&engine, "st", &claim("Bob", "b", LONG), Some(0), LONG).await.unwrap_err();
    assert!(matches!(moved, LockError::Moved { planned: 0, now: 1 }), "{moved:?}");
    let lease = lease::acquire(&engine, "st", &claim("Bob", "b", LONG), Some(1), LONG).await.unwrap();
    lease.release("").await.unwrap();
    let after = record(&engine).await;
    assert_eq!((after.seq, after.owner.as_str(), after.verdict.as_str()), (1, "Ann", "succeeded"));
}

#[tokio::test]
async fn an_intent_whose_run_never_began_keeps_its_number() {
    let rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    // Killed between writing the intent and beginning: the head does not know it.
    let cut_off = acquire(&engine, "Ann", "a", SHORT).await.unwrap();
    journal::open(&engine, entry(1, "Ann", "a"), "", &cut_off).await.unwrap();
    let next = operate(&engine, "Bob", "b", &Cell::new(0)).await;
    assert_eq!((next, record(&engine).await.seq), (2, 2));
    let history = journal::history(&engine, "st").await.unwrap();
    let words: Vec<&str> = history.entries().iter().map(|logged| History::word(logged, None)).collect();
    assert_eq!(words, ["succeeded", "not-begun"]);
}

#[tokio::test]
async fn while_the_engine_is_gone_the_lock_is_neither_had_nor_lost() {
    let mut rig = swarm();
    let engine = connect(&rig.socket()).await.unwrap();
    let held = acquire(&engine, "Ann", "a", LONG).await.unwrap();
    rig.kill().unwrap();
    assert!(matches!(held.stage("watching").await, Err(LockError::Engine(_))));
    rig.start_again().unwrap();
    until("the swarm's return", async || held.stage("watching").await.ok()).await;
    let seen = lease::look(&engine, "st").await.unwrap().unwrap();
    assert_eq!((seen.standing(), seen.record.stage.as_str()), (Standing::Held, "watching"));
    let gone = engine.remove_file(FileKind::Config, &seen.id).await;
    assert_eq!(gone, Ok::<(), EngineError>(()));
    assert!(
        matches!(held.stage("watching").await, Err(LockError::Lost(_))),
        "a removed record is a lost one"
    );
}
