//! Eight operators at one app, each with a home of their own, all at the same time, round after round.
//! `scripts/race` runs it in full; here it is short.
use crate::operator::{APP, Forge, Operator, Output, STACK};
use crate::rig::swarm;
use serde_json::Value;
use std::collections::BTreeMap;

const NAMES: [&str; 8] = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal"];
const RELEASES: [&str; 4] = ["1.0.0+1.0", "1.1.0+1.1", "1.2.0+1.2", "1.3.0+1.3"];
/// How many rounds the test suite runs; the variable says otherwise.
const ROUNDS: u64 = 4;
/// So many rounds without anybody who came too late are no race.
const MANY: u64 = 50;
/// In each round one operator acts, unless another one is faster; nobody can act more often than all of them.
const MOST: u64 = NAMES.len() as u64;
const ROUNDS_VARIABLE: &str = "ABRA_RACE_ROUNDS";
const SEED_VARIABLE: &str = "ABRA_RACE_SEED";

/// Numbers that look random and are the same for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn command(&mut self) -> String {
        let words = match self.below(6) {
            0 => "deploy -D",
            1 => {
                return format!(
                    "app deploy -D -n --stable 0s {APP} {}",
                    RELEASES[self.below(RELEASES.len())]
                );
            }
            2 => "upgrade -D",
            3 => "rollback -D",
            4 => "sync",
            _ => "sync --adopt",
        };
        let stable = if words == "sync --adopt" { "" } else { "--stable 0s" };
        format!("app {words} -n {stable} {APP}")
    }
}

/// An operation as the journal has it.
#[derive(Debug, Clone, PartialEq)]
struct Done {
    operator: String,
    to: String,
    outcome: String,
    start: String,
    end: String,
}

struct Race {
    rig: abra_rig::Engine,
    operators: Vec<Operator>,
    journal: BTreeMap<u64, Done>,
    dice: Dice,
    /// How often each exit code came.
    codes: BTreeMap<i32, u32>,
}

impl Race {
    fn new(seed: u64) -> Self {
        let (rig, forge) = (swarm(), Forge::new());
        for (index, release) in RELEASES.iter().enumerate() {
            // Most of the time nothing runs, so that a round is short.
            let (replicas, image) = (usize::from(index == 2), 1 + index % 2);
            let service = format!(
                "app: {{image: 'bb:{image}', stop_grace_period: 1s, \
                 deploy: {{replicas: {replicas}, update_config: {{monitor: 1s}}}}}}"
            );
            forge.release(release, &[&service]);
        }
        let operators: Vec<Operator> =
            NAMES.iter().map(|name| Operator::new(&forge, rig.address(), true).named(name)).collect();
        // Each one has the recipe before the forge goes.
        operators.iter().for_each(|operator| {
            operator.run(&format!("app deploy -D -n --dry-run {APP}")).is(0, &[]);
        });
        let (journal, codes) = (BTreeMap::new(), BTreeMap::new());
        Self { rig, operators, journal, dice: Dice(seed.max(1)), codes }
    }

    /// All at once. One of them knows what runs, wants something else and waits for the lock: so in every round
    /// somebody acts, however fast or slow the machine is.
    fn round(&mut self, number: u64) {
        let mut commands: Vec<String> = NAMES.iter().map(|_| self.dice.command()).collect();
        let (resolute, words) = self.resolute();
        commands[resolute] = words;
        let before = self.journal.len();
        let runs: Vec<_> =
            self.operators.iter().zip(&commands).map(|(operator, words)| operator.start(words)).collect();
        let ends: Vec<Output> = runs.into_iter().map(|run| run.end()).collect();
        let new = self.new_entries();
        for ((name, words), end) in NAMES.iter().zip(&commands).zip(&ends) {
            *self.codes.entry(end.code).or_default() += 1;
            let context = format!("round {number}, {name}: {words}\n{}\njournal: {new:#?}", end.text);
            judge(name, end, &new, &context);
        }
        self.settled(&new, number);
        let acted = (self.journal.len() - before) as u64;
        assert!((1..=MOST).contains(&acted), "round {number}: {acted} acted\n{commands:#?}\n{ends:#?}");
    }

    /// Who surely acts unless somebody else does, and with which command.
    fn resolute(&mut self) -> (usize, String) {
        let chosen = self.dice.below(NAMES.len());
        let runs = self.journal.last_key_value().map(|(_, last)| (last.operator.clone(), last.to.clone()));
        let other = match runs {
            None => RELEASES[self.dice.below(RELEASES.len())],
            Some((winner, runs)) => {
                let winner = NAMES.iter().position(|name| *name == winner).unwrap();
                // As after a pull.
                self.operators[chosen].write_env(&self.operators[winner].env());
                let others: Vec<&str> = RELEASES.into_iter().filter(|release| *release != runs).collect();
                others[self.dice.below(others.len())]
            }
        };
        (chosen, format!("app deploy -D -n --stable 0s --wait=2m {APP} {other}"))
    }

    /// What the journal has got since the last look: numbers without a gap, one operation after the other.
    fn new_entries(&mut self) -> Vec<Done> {
        let said = self.operators[0].run(&format!("app history -m {APP}")).is(0, &[]).text;
        let listed: Value = serde_json::from_str(&said).unwrap();
        let mut new = Vec::new();
        for entry in listed.as_array().unwrap().iter().rev() {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let done = Done {
                operator: text("operator"),
                to: text("to"),
                outcome: text("outcome"),
                start: text("start"),
                end: text("end"),
            };
            let seq = entry["seq"].as_u64().unwrap();
            match self.journal.get(&seq) {
                Some(known) => assert_eq!(known, &done, "an entry has changed"),
                None => {
                    let last = self.journal.last_key_value();
                    assert_eq!(seq, last.map_or(1, |(last, _)| last + 1), "a gap: {said}");
                    if let Some((_, last)) = last {
                        assert!(last.end <= done.start, "two at once: {last:?} and {done:?}");
                    }
                    self.journal.insert(seq, done.clone());
                    new.push(done);
                }
            }
        }
        new
    }

    /// What runs is what the last operation deployed, and what its operator has recorded.
    fn settled(&self, new: &[Done], number: u64) {
        let Some((_, last)) = self.journal.last_key_value() else { return };
        let services = self.rig.json("/services").unwrap();
        let labels = &services[0]["Spec"]["Labels"];
        assert_eq!(labels[format!("coop-cloud.{STACK}.version")], *last.to, "round {number}: {new:#?}");
        let winner = NAMES.iter().position(|name| *name == last.operator).unwrap();
        let acted_now = new.iter().any(|done| done.operator == last.operator);
        if acted_now {
            let recorded = self.operators[winner].recorded();
            assert_eq!(recorded.as_deref(), Some(last.to.as_str()), "round {number}: {new:#?}");
        }
    }
}

/// Whoever acted is in the journal once, whoever was too late says who was first, and nobody says anything else.
#[track_caller]
fn judge(name: &str, end: &Output, new: &[Done], context: &str) {
    let own: Vec<&Done> = new.iter().filter(|done| done.operator == name).collect();
    let acted = end.text.contains("is deployed and runs");
    assert_eq!(own.len(), usize::from(acted), "{context}");
    assert!(own.iter().all(|done| done.outcome == "succeeded"), "{context}");
    assert!(!acted || end.code == 0, "{context}");
    if matches!(end.code, 6 | 7) {
        let mut others = NAMES.iter().filter(|other| **other != name);
        let says =
            |other: &&str| [format!("{other} ("), format!("by {other}")].iter().any(|w| end.text.contains(w));
        assert!(others.any(says), "no name: {context}");
    }
    // 1: there is nothing to go back to, or no record to go by.
    assert!(matches!(end.code, 0 | 1 | 6 | 7), "{context}");
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let set = std::env::var(variable).ok().filter(|text| !text.is_empty());
    set.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

#[test]
fn of_eight_operators_one_acts_at_a_time_and_the_others_learn_who() {
    let (rounds, seed) = (number(ROUNDS_VARIABLE, ROUNDS), number(SEED_VARIABLE, 20_261_122));
    eprintln!("{rounds} rounds, seed {seed}");
    let mut race = Race::new(seed);
    for round in 1..=rounds {
        race.round(round);
    }
    eprintln!("{} operations, exit codes {:?}", race.journal.len(), race.codes);
    let done: u32 = race.codes.values().sum();
    assert_eq!(u64::from(done), rounds * MOST, "everybody came to an end");
    let losers: u32 = [6, 7].iter().filter_map(|code| race.codes.get(code)).sum();
    assert!(losers > 0 || rounds < MANY, "nobody was ever too late: {:?}", race.codes);
}
