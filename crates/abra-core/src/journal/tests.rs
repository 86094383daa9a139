use super::*;
use crate::head::{HeadRecord, State};
use crate::recipe::Record;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;

fn logged(seq: u64, operator: &str, from: &str, to: &str, word: &str) -> Logged {
    let mut entry = Entry::new("st", seq);
    entry.operator = operator.to_owned();
    entry.from = from.to_owned();
    entry.to = to.to_owned();
    entry.nonce = format!("n{seq}");
    let outcome = (!word.is_empty()).then(|| Outcome { word: word.to_owned(), ..Outcome::default() });
    Logged { entry, outcome, rest: BTreeMap::new() }
}

fn read_back(body: &serde_json::Value) -> Logged {
    let labels = serde_json::from_value(body["Labels"].clone()).unwrap();
    Logged::read(&labels, body["Data"].as_str())
}

#[test]
fn intent_and_outcome_are_read_as_they_were_written() {
    let mut written = logged(12, "Ann", "1.0.0+1", "1.1.0+1", "");
    let body = written.entry.body();
    assert!(body["Name"].as_str().unwrap().len() <= 64);
    assert_eq!(read_back(&body), written);
    written.outcome = Some(Outcome {
        word: "failed".to_owned(),
        end: "2026-01-01T00:00:00Z".to_owned(),
        reason: "x".repeat(500),
        services: [("app".to_owned(), "ab12".to_owned())].into(),
    });
    let read = Logged::read(&written.labels(), body["Data"].as_str());
    let outcome = read.outcome.unwrap();
    assert_eq!((outcome.word.as_str(), outcome.reason.len(), outcome.services.len()), ("failed", 200, 1));
}

#[test]
fn entries_of_newer_and_older_clients_are_read() {
    let newer = json!({ "format": 2, "seq": 5, "operator": "Ann", "to": "2.0.0+1", "backup": { "id": 7 } });
    let labels = BTreeMap::from([
        ("abra.sync.outcome".to_owned(), "half-done".to_owned()),
        ("abra.sync.mood".to_owned(), "good".to_owned()),
    ]);
    let read = Logged::read(&labels, Some(&STANDARD.encode(newer.to_string())));
    assert_eq!((read.entry.seq, &*read.entry.operator, read.word()), (5, "Ann", Some("half-done")));
    assert_eq!(read.entry.rest["backup"], json!({ "id": 7 }));
    assert_eq!(read.labels()["abra.sync.mood"], "good");
    assert_eq!(History::word(&read, None), "half-done");

    let older = Logged::read(&BTreeMap::new(), Some(&STANDARD.encode(r#"{"seq":4}"#)));
    assert_eq!((older.entry.seq, &*older.entry.command), (4, ""));
    let labels = BTreeMap::from([("abra.sync.seq".to_owned(), "3".to_owned())]);
    assert_eq!(Logged::read(&labels, Some("no base64!")).entry.seq, 3);
}

#[test]
fn an_entry_without_an_outcome_is_on_or_was_cut_off() {
    let open = logged(2, "Ann", "", "1.0.0+1", "");
    let head = HeadRecord { state: State::Busy, open: true, nonce: "n2".to_owned(), ..HeadRecord::new("st") };
    assert_eq!(History::word(&open, Some(&head)), "in-progress");
    assert_eq!(History::word(&open, None), "abandoned");
    let other = HeadRecord { nonce: "n3".to_owned(), ..head.clone() };
    assert_eq!(History::word(&open, Some(&other)), "abandoned");
    let history = History::new(vec![logged(1, "Bob", "", "0.9.0+1", "succeeded"), open]);
    assert_eq!(history.abandoned(None).unwrap().entry.seq, 2);
    assert_eq!(history.abandoned(Some(&head)), None);
}

#[test]
fn ten_are_kept_and_the_oldest_go() {
    for (present, gone) in [(0, vec![]), (9, vec![]), (10, vec![1]), (12, vec![3, 2, 1])] {
        let history = History::new((1..=present).map(|seq| logged(seq, "Ann", "", "", "")).collect());
        assert_eq!(history.too_many(), gone);
    }
}

#[test]
fn the_journal_knows_who_brought_a_version() {
    let history = History::new(vec![
        logged(1, "Ann", "", "1.0.0+1", "succeeded"),
        logged(2, "Bob", "1.0.0+1", "1.1.0+1", "succeeded"),
        logged(3, "Cid", "1.1.0+1", "1.1.0+1", "succeeded"),
    ]);
    assert_eq!(history.last_version().unwrap().entry.operator, "Bob");
    let record = |text: &str| Record::parse(text).unwrap();
    assert_eq!(history.who_deployed(&record("1.1.0+1")).unwrap().entry.operator, "Cid");
    assert_eq!(history.who_deployed(&record("1.0.0+1")).unwrap().entry.operator, "Ann");
    assert_eq!(history.who_deployed(&record("3.0.0+1")), None);
}
