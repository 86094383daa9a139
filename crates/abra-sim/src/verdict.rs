//! What must hold after a story.
use crate::operator::{RELEASES, STACK};
use crate::story::Told;
use crate::swarm::{What, Written};
use abra_core::head::{HEAD, HeadRecord, KIND_LABEL, State};
use abra_core::journal::{History, JOURNAL, Logged, word};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Clocks tell whole seconds.
const SECOND: Duration = Duration::from_secs(1);
/// How long a holder is silent before its lock is taken, whatever clocks say.
const SILENCE: Duration = Duration::from_secs(40);

/// What does not hold.
pub fn problems(told: &Told) -> Vec<String> {
    let entries = entries(&told.log);
    let mut problems = Vec::new();
    holders(told, &mut problems);
    changes(&told.log, &entries, &mut problems);
    numbers(&entries, &mut problems);
    records(told, &entries, &mut problems);
    ending(told, &entries, &mut problems);
    problems
}

/// A failing story, to be read.
pub fn report(told: &Told, problems: &[String]) -> String {
    let mut text = format!("seed {}: {:?}\n", told.seed, told.weather);
    for ran in told.ran.iter().chain([&told.last]) {
        let (began, ended) = ran.times;
        let _ = writeln!(
            text,
            "  {:8.3}–{:8.3} op{} {} → {:?} {:?} record {:?} {}",
            began.as_secs_f64(),
            ended.as_secs_f64(),
            ran.operator,
            ran.words,
            ran.exit,
            ran.faults,
            ran.record,
            ran.said
        );
    }
    for written in &told.log {
        let _ = writeln!(text, "  {:8.3} {}", written.at.as_secs_f64(), line(written));
    }
    for problem in problems {
        let _ = writeln!(text, "  PROBLEM: {problem}");
    }
    let _ = write!(text, "  again: scripts/simulate --seed {}", told.seed);
    text
}

fn line(written: &Written) -> String {
    let by = written.by.map_or_else(|| "the swarm".to_owned(), |by| format!("op{by}"));
    match &written.what {
        What::Service { name, plan, holder } => format!("{by}: {name} by plan {plan}, held by {holder:?}"),
        What::Runs { version } => format!("{version} runs"),
        What::Config { labels, data, .. } => match labels.get(KIND_LABEL).map(String::as_str) {
            Some(HEAD) => {
                let head = HeadRecord::read(labels);
                let HeadRecord { state, seq, open, owner, stage, plan, verdict, .. } = head;
                format!("{by}: head {state:?} {seq} open {open} {owner} {stage} plan {plan} {verdict}")
            }
            _ => {
                let logged = Logged::read(labels, data.as_deref());
                let entry = &logged.entry;
                format!(
                    "{by}: entry {} of {} {} plan {}: {:?}",
                    entry.seq,
                    entry.operator,
                    entry.to,
                    entry.plan,
                    logged.word()
                )
            }
        },
    }
}

/// The journal as it was in the end, by number; with what was kept no longer, too. Each with when it was created.
fn entries(log: &[Written]) -> BTreeMap<u64, (Duration, Logged)> {
    let mut entries: BTreeMap<u64, (Duration, Logged)> = BTreeMap::new();
    for (written, labels, data) in configs(log, JOURNAL) {
        let logged = Logged::read(labels, data);
        let first = entries.get(&logged.entry.seq).map_or(written.at, |(at, _)| *at);
        entries.insert(logged.entry.seq, (first, logged));
    }
    entries
}

type Config<'a> = (&'a Written, &'a BTreeMap<String, String>, Option<&'a str>);

fn configs<'a>(log: &'a [Written], kind: &'a str) -> impl Iterator<Item = Config<'a>> {
    log.iter().filter_map(move |written| match &written.what {
        What::Config { labels, data, .. } if labels.get(KIND_LABEL).is_some_and(|has| has == kind) => {
            Some((written, labels, data.as_deref()))
        }
        _ => None,
    })
}

/// The lock changes hands only when it is free, or its lease has run out (where clocks may differ: its holder is silent);
/// its number never falls.
fn holders(told: &Told, problems: &mut Vec<String>) {
    let log = &told.log;
    let mut last: Option<(Duration, HeadRecord)> = None;
    for (written, labels, _) in configs(log, HEAD) {
        let head = HeadRecord::read(labels);
        if let Some((at, before)) = &last {
            let age = written.at.saturating_sub(*at);
            let taken =
                before.state == State::Busy && head.state == State::Busy && before.nonce != head.nonce;
            let lease = Duration::from_secs(before.lease);
            let least = if told.swarm.clocks.managers > 1 { SILENCE.min(lease) } else { lease };
            if taken && age + SECOND < least {
                problems.push(format!("{} took the lock of {} after {age:?}", head.owner, before.owner));
            }
            if head.seq < before.seq {
                problems.push(format!("the head's number fell from {} to {}", before.seq, head.seq));
            }
        }
        last = Some((written.at, head));
    }
}

/// Every change of a service has an entry from before; whoever made one without holding the lock did not succeed.
fn changes(log: &[Written], entries: &BTreeMap<u64, (Duration, Logged)>, problems: &mut Vec<String>) {
    for written in log {
        let What::Service { name, plan, holder } = &written.what else { continue };
        let Some((at, logged)) = entries.values().find(|(_, logged)| logged.entry.plan == *plan) else {
            problems.push(format!("{name} was changed by plan {plan}, of which the journal knows nothing"));
            continue;
        };
        if *at > written.at {
            problems.push(format!("{name} was changed before the intent was written (plan {plan})"));
        }
        if holder.as_ref() != Some(plan) && logged.word() == Some(word::SUCCEEDED) {
            problems
                .push(format!("plan {plan} changed {name} without the lock, and is said to have succeeded"));
        }
    }
}

fn numbers(entries: &BTreeMap<u64, (Duration, Logged)>, problems: &mut Vec<String>) {
    let wanted: Vec<u64> = (1..=entries.len() as u64).collect();
    let numbers: Vec<u64> = entries.keys().copied().collect();
    if numbers != wanted {
        problems.push(format!("the journal has gaps: {numbers:?}"));
    }
    let mut nonces: Vec<&str> = entries.values().map(|(_, logged)| logged.entry.nonce.as_str()).collect();
    nonces.sort_unstable();
    nonces.dedup();
    if nonces.len() != entries.len() {
        problems.push("a run has two entries".to_owned());
    }
}

fn ran_before(log: &[Written], version: &str, at: Duration) -> bool {
    log.iter().any(|written| {
        written.at <= at && matches!(&written.what, What::Runs { version: ran } if ran == version)
    })
}

/// Only what ran is recorded, and called a success.
fn records(told: &Told, entries: &BTreeMap<u64, (Duration, Logged)>, problems: &mut Vec<String>) {
    for ran in &told.ran {
        // Adopting writes down what is there, by an operator's decision and not by a verdict.
        let judged = !ran.words.contains("--adopt");
        let (before, after) = &ran.record;
        if let Some(version) = after
            && judged
            && before != after
            && !ran_before(&told.log, version, ran.times.1)
        {
            problems.push(format!("op{} recorded {version}, which never ran", ran.operator));
        }
        if let Some(version) = after
            && judged
            && before != after
            && version == RELEASES[2].0
        {
            problems.push(format!("op{} recorded {version}, which does not work", ran.operator));
        }
        if ran.hung {
            problems.push(format!("op{} never ended: {}", ran.operator, ran.words));
        }
    }
    for (_, logged) in entries.values().filter(|(_, logged)| logged.word() == Some(word::SUCCEEDED)) {
        let to = &logged.entry.to;
        if !ran_before(&told.log, to, Duration::MAX) {
            problems.push(format!("entry {} says that {to} succeeded, which never ran", logged.entry.seq));
        }
    }
}

/// In the end nothing is held, nothing is going on, and what is recorded runs.
fn ending(told: &Told, entries: &BTreeMap<u64, (Duration, Logged)>, problems: &mut Vec<String>) {
    if told.last.exit != Some(0) {
        problems
            .push(format!("the last deployment, which nothing disturbed, ended with {:?}", told.last.exit));
    }
    let runs = told.log.iter().rev().find_map(|written| match &written.what {
        What::Runs { version } => Some(version.clone()),
        _ => None,
    });
    if told.last.record.1 != runs {
        problems.push(format!("{:?} is recorded in the end, {runs:?} runs in {STACK}", told.last.record.1));
    }
    let head = configs(&told.log, HEAD).last().map(|(_, labels, _)| HeadRecord::read(labels));
    if head.as_ref().is_some_and(|head| head.state != State::Idle) {
        problems.push("the lock is still held in the end".to_owned());
    }
    let open = entries.values().filter(|(_, logged)| History::word(logged, None) == "in-progress");
    problems.extend(open.map(|(_, logged)| format!("entry {} is still going on", logged.entry.seq)));
}
