use super::*;
use crate::head::{HeadRecord, Standing, State};
use crate::recipe::Record;
use crate::stack::live::Service;
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
    Logged { entry, outcome, ..Logged::default() }
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
    });
    let read = Logged::read(&written.labels(), body["Data"].as_str());
    let outcome = read.outcome.unwrap();
    assert_eq!((outcome.word.as_str(), outcome.reason.len()), ("failed", 200));
}

/// As this version writes it: the bytes are a promise to the clients of other operators.
const PRESENT: &str = r#"{"format":1,"seq":5,"stack":"st","operator":"Ann","host":"desk","start":"2026-01-01T00:00:00Z","command":"upgrade","from":"1.0.0+1","to":"2.0.0+1","commit":"c0ffee","env":"e1","plan":"p1","changes":["app","db"],"nonce":"n5"}"#;
/// From before formats were numbered.
const OLDER: &str = r#"{"seq":5,"operator":"Ann","command":"upgrade","to":"2.0.0+1"}"#;
/// From a client to come: with a field more, one of another shape, and one that is gone.
const NEWER: &str = r#"{"format":2,"seq":5,"stack":"st","operator":"Ann","host":{"name":"desk","os":"plan9"},"command":"upgrade","from":"1.0.0+1","to":"2.0.0+1","commit":"c0ffee","env":"e1","changes":[{"service":"app","kind":"update"}],"nonce":"n5","backup":{"id":7}}"#;

fn labels(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(key, value)| (format!("abra.sync.{key}"), (*value).to_owned())).collect()
}

#[test]
fn what_this_version_writes_stays_as_it_is() {
    let entry = Logged::read(&BTreeMap::new(), Some(&STANDARD.encode(PRESENT))).entry;
    assert_eq!((&*entry.host, entry.changes.len(), entry.rest.len()), ("desk", 2, 0));
    assert_eq!(serde_json::to_string(&entry).unwrap(), PRESENT);
    let body = entry.body();
    assert_eq!(STANDARD.decode(body["Data"].as_str().unwrap()).unwrap(), PRESENT.as_bytes());
    let kept = labels(&[("kind", "journal"), ("stack", "st"), ("seq", "5"), ("nonce", "n5")]);
    assert_eq!(body["Labels"], json!(kept));
}

#[test]
fn entries_of_newer_and_older_clients_are_read() {
    for content in [OLDER, PRESENT, NEWER] {
        let given = labels(&[("seq", "5"), ("stack", "st"), ("nonce", "n5"), ("outcome", "half-done")]);
        let read = Logged::read(&given, Some(&STANDARD.encode(content)));
        let entry = &read.entry;
        let told = (entry.seq, &*entry.stack, &*entry.nonce, &*entry.operator, &*entry.command, &*entry.to);
        assert_eq!(told, (5, "st", "n5", "Ann", "upgrade", "2.0.0+1"), "{content}");
        assert!(!read.unreadable);
        // A word of a newer client is shown, and nobody's verdict takes its place.
        assert_eq!(History::word(&read, None), "half-done");
        assert_eq!(read.finished(&Outcome { word: "failed".to_owned(), ..Outcome::default() }, "Bob"), None);
    }
    let newer = Logged::read(&BTreeMap::new(), Some(&STANDARD.encode(NEWER))).entry;
    assert_eq!((&*newer.host, newer.changes.len(), newer.format), ("", 0, 2));
    assert_eq!(newer.rest["backup"], json!({ "id": 7 }));
    assert_eq!(newer.rest["host"]["os"], json!("plan9"), "what has another shape is kept");
}

#[test]
fn labels_of_newer_clients_survive_a_verdict_of_this_one() {
    let given =
        labels(&[("seq", "5"), ("outcome", "unwatched"), ("mood", "good"), ("services", "see elsewhere")]);
    let mut read = Logged::read(&given, Some("no base64!"));
    assert!(read.unreadable);
    assert_eq!((read.entry.seq, read.word()), (5, Some("unwatched")));
    let verdict = Outcome { word: "succeeded".to_owned(), ..Outcome::default() };
    read.outcome = read.finished(&verdict, "Bob");
    let written = read.labels();
    let label = |key: &str| written[&format!("abra.sync.{key}")].as_str();
    assert_eq!((label("mood"), label("services")), ("good", "see elsewhere"));
    assert_eq!((label("outcome"), label("reason"), label("seq")), ("succeeded", "verdict by Bob", "5"));
}

#[test]
fn a_verdict_takes_the_place_of_what_left_it_open_and_of_nothing_else() {
    let verdict = Outcome { word: "succeeded".to_owned(), ..Outcome::default() };
    for (word, finished) in [
        ("", true),
        ("unwatched", true),
        ("interrupted", true),
        ("undecided", true),
        ("abandoned", true),
        ("succeeded", false),
        ("failed", false),
        ("rolled-back", false),
        ("overtaken", false),
        ("stopped", false),
        ("not-begun", false),
        ("a-newer-word", false),
    ] {
        let logged = logged(1, "Ann", "", "1.0.0+1", word);
        assert_eq!(logged.finished(&verdict, "Bob").is_some(), finished, "{word}");
        let history = History::new(vec![logged]);
        assert_eq!(history.unfinished(None).is_some(), finished, "{word}");
    }
    let mut cut_off = logged(1, "Ann", "", "1.0.0+1", "abandoned");
    cut_off.outcome.as_mut().unwrap().reason = "the run was cut off while watching".to_owned();
    let reason = cut_off.finished(&verdict, "Bob").unwrap().reason;
    assert_eq!(reason, "the run was cut off while watching; verdict by Bob");
}

#[test]
fn the_head_record_tells_what_an_entry_leaves_out() {
    let open = |seq| logged(seq, "Ann", "", "1.0.0+1", "");
    let head = |seq, state, verdict: &str| HeadRecord {
        seq,
        state,
        nonce: "n2".to_owned(),
        verdict: verdict.to_owned(),
        ..HeadRecord::new("st")
    };
    for (head, standing, expected) in [
        // The outcome could not be written into the entry, but the lock could be given back with it.
        (head(2, State::Idle, "failed"), Standing::Free, "failed"),
        (head(2, State::Busy, ""), Standing::Abandoned, "abandoned"),
        (head(1, State::Idle, "succeeded"), Standing::Free, "not-begun"),
        (head(1, State::Busy, ""), Standing::Abandoned, "not-begun"),
        // Just about to begin.
        (head(1, State::Busy, ""), Standing::Held, "abandoned"),
        (head(3, State::Idle, "succeeded"), Standing::Free, "abandoned"),
    ] {
        let history = History::new(vec![open(2)]).under(&head, standing);
        assert_eq!(History::word(&history.entries()[0], None), expected, "{head:?}");
    }
    let begun = History::new(vec![open(2), logged(1, "Bob", "", "1.0.0+1", "abandoned")])
        .under(&head(1, State::Idle, ""), Standing::Free);
    assert_eq!(begun.abandoned(None).unwrap().entry.seq, 1, "what never began hides nothing");
}

#[test]
fn it_is_told_whether_an_operation_was_sent_as_a_whole() {
    let service = |short: &str, plan: &str| -> Service {
        let spec = json!({ "Name": format!("st_{short}"), "Labels": { "coop-cloud.st.plan": plan } });
        serde_json::from_value(json!({ "ID": short, "Spec": spec })).unwrap()
    };
    let mut cut_off = logged(1, "Ann", "", "1.0.0+1", "");
    cut_off.entry.plan = "p".to_owned();
    cut_off.entry.changes = vec!["app".to_owned(), "db".to_owned()];
    for (services, expected) in [
        (vec![service("app", "p"), service("db", "p"), service("old", "o")], true),
        (vec![service("app", "p"), service("db", "o")], false),
        (vec![service("app", "p")], false),
        (vec![], false),
    ] {
        assert_eq!(cut_off.is_sent(&services), expected);
    }
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
