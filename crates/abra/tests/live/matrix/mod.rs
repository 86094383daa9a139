//! The matrix of verdicts: every way a deployment can go, what abra says of it, and how soon. The table in
//! `docs/verdict-matrix.md` is made of it: `ABRA_UPDATE_DOCS=1` writes it, otherwise all but the times is compared.
mod cases;

use crate::operator::{Forge, Operator, PATIENT};
use crate::rig::swarm;
use cases::{CASES, Case};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Cases at a time: they wait more than they work.
const WORKERS: usize = 5;
const DOCUMENT: &str = "../../docs/verdict-matrix.md";
const HEAD: &str =
    "| situation | verdict | exit | what abra says | after |\n| --- | --- | --- | --- | --- |\n";

/// Deploys a case as an app of its own; gives back how long the deciding command took.
fn check(case: &Case, number: usize, address: &str) -> Result<Duration, String> {
    let forge = Forge::new();
    for name in ["one", "two"] {
        forge.file(name, name);
    }
    let is_first = case.before.is_empty();
    forge.release("1.0.0+1.0", &[if is_first { case.service } else { case.before }]);
    let operator = Operator::new(&forge, address.to_owned(), true);
    let app = format!("case{number}.example.com");
    let file = operator.home().join(format!("abra/servers/default/{app}.env"));
    std::fs::write(&file, format!("TYPE=demo\nDOMAIN={app}\n")).map_err(|error| error.to_string())?;
    if !is_first {
        // Whatever comes of it: some start from a version that is bad already.
        operator.run(&format!("app deploy -n -D --stable 1s {app}"));
        forge.release("1.1.0+1.1", &[case.service]);
    }
    let before = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let patient = if matches!(case.exit, 3 | 5) { PATIENT } else { "" };
    let begun = Instant::now();
    let end = operator.run(&format!("app deploy -n -D -l {patient} {app}"));
    let took = begun.elapsed();
    let said = end.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if end.code != case.exit || !said.contains(case.says) {
        return Err(format!(
            "{}: exit code {}, wanted {}; said:\n{}",
            case.what, end.code, case.exit, end.text
        ));
    }
    let after = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let version = if is_first { "1.0.0+1.0" } else { "1.1.0+1.1" };
    let is_recorded = after.contains(&format!("OPERATOR_SYNC_VERSION={version} "));
    match (case.exit == 0, is_recorded, after == before) {
        (true, true, _) | (false, false, true) => Ok(took),
        _ => Err(format!("{}: the record is wrong:\n{after}", case.what)),
    }
}

fn verdict(exit: i32) -> &'static str {
    match exit {
        0 => "succeeded",
        1 => "refused, nothing changed",
        3 => "failed",
        4 => "undecided",
        5 => "rolled back",
        _ => "overtaken",
    }
}

fn row(case: &Case, after: &str) -> String {
    let (what, says) = (case.what, case.says);
    format!("| {what} | {} | {} | {says} | {after} |\n", verdict(case.exit), case.exit)
}

/// The document's part before the table, and its rows without the times.
fn parts(document: &str) -> (String, Vec<String>) {
    let (start, rows) = document.split_once(HEAD).expect("the table's head");
    let without_time =
        |row: &str| row.trim_end_matches('|').rsplit_once('|').map(|(start, _)| start.to_owned());
    (start.to_owned(), rows.lines().filter_map(without_time).collect())
}

#[test]
fn every_situation_comes_to_its_verdict() {
    let rig = swarm();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((number, case)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, CASES.get(n)?)))
                {
                    let result = check(case, number, &rig.address());
                    results.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(number, _)| *number);
    let wrong: Vec<&str> =
        results.iter().filter_map(|(_, result)| result.as_ref().err().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n---\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let document = std::fs::read_to_string(&path).unwrap();
    let (start, rows) = parts(&document);
    if std::env::var_os("ABRA_UPDATE_DOCS").is_some() {
        let times =
            results.iter().map(|(_, result)| format!("{} s", result.as_ref().unwrap().as_secs_f64().round()));
        let rows: String = CASES.iter().zip(times).map(|(case, time)| row(case, &time)).collect();
        std::fs::write(&path, format!("{start}{HEAD}{rows}")).unwrap();
        return;
    }
    let expected: Vec<String> = CASES.iter().map(|case| row(case, "")).collect();
    assert_eq!(
        rows,
        parts(&format!("{HEAD}{}", expected.concat())).1,
        "ABRA_UPDATE_DOCS=1 writes the table anew"
    );
}
