//! A whole run: operators with their commands, what goes wrong, and what was written.
use crate::clocks::Clocks;
use crate::dice::Dice;
use crate::operator::{APP, Operator};
use crate::swarm::{Swarm, Written};
use crate::wire::{self, Outages, Process, Weather};
use std::io;
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

/// No command may take longer.
const LONGEST: Duration = Duration::from_secs(2 * 3600);
/// After this long nothing is on its way any more, and every lease has run out.
const QUIET: Duration = Duration::from_secs(600);
/// What operators do, and how often in a hundred.
const COMMANDS: [(u64, &[&str]); 10] = [
    (18, &["deploy", APP, "1.0.0+1", "-D", "--force"]),
    (18, &["deploy", APP, "2.0.0+1", "-D", "--force"]),
    (10, &["deploy", APP, "3.0.0+1", "-D", "--force"]),
    (8, &["deploy", APP, "4.0.0+1", "-D", "--force"]),
    (10, &["deploy", APP, "-D"]),
    (10, &["upgrade", APP, "-D"]),
    (8, &["rollback", APP, "-D"]),
    (8, &["sync", APP, "--converge", "-D"]),
    (4, &["sync", APP, "--adopt"]),
    (6, &["watch", APP]),
];

/// What a run came to.
#[derive(Debug)]
pub struct Told {
    /// Its seed.
    pub seed: u64,
    /// What went wrong how often.
    pub weather: Weather,
    /// Every command, by operator and in order.
    pub ran: Vec<Ran>,
    /// What was written on the server.
    pub log: Vec<Written>,
    /// How the last command ended, which nothing disturbed.
    pub last: Ran,
    /// What the server says in the end.
    pub swarm: Swarm,
}

/// A command that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// By whom.
    pub operator: usize,
    /// The command.
    pub words: String,
    /// When it began, and ended.
    pub times: (Duration, Duration),
    /// The exit code; `None`: it was killed.
    pub exit: Option<u8>,
    /// What it said when it failed.
    pub said: String,
    /// The record before, and after.
    pub record: (Option<String>, Option<String>),
    /// What went wrong on the way.
    pub faults: Vec<&'static str>,
    /// Whether it did not end in time.
    pub hung: bool,
}

/// Tells the story of a seed.
///
/// # Errors
/// Files of operators can't be written, or the clock can't be started.
pub fn tell(seed: u64) -> io::Result<Told> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    LocalSet::new().block_on(&runtime, told(seed))
}

async fn told(seed: u64) -> io::Result<Told> {
    let mut dice = Dice::new(seed, 1);
    let swarm = Swarm::new(seed, Clocks::of(&mut Dice::new(seed, 2)));
    let count = 2 + usize::try_from(dice.below(3)).unwrap_or_default();
    let weather = weather(&mut dice);
    let outages = outages(&mut dice);
    let mut works = Vec::new();
    for number in 0..count {
        let operator = Operator::new(number)?;
        let dice = Dice::new(seed, 10 + number as u64);
        let day = Day { operator, number, swarm: swarm.clone(), outages: outages.clone(), weather, dice };
        works.push(tokio::task::spawn_local(day.pass()));
    }
    let mut ran = Vec::new();
    for work in works {
        ran.extend(work.await.map_err(io::Error::other)?);
    }
    sleep(QUIET).await;
    let last = Operator::new(count)?;
    let mut calm = Day {
        operator: last,
        number: count,
        swarm: swarm.clone(),
        outages: Outages::default(),
        weather: Weather::default(),
        dice: Dice::new(seed, 99),
    };
    // By a clock that is behind, a lock may seem to be held for years.
    calm.command(&["lock", "release", APP, "--force"]).await;
    let last = calm.command(&["deploy", APP, "1.0.0+1", "-D", "--force"]).await;
    let log = swarm.state().log.clone();
    Ok(Told { seed, weather, ran, log, last, swarm })
}

fn weather(dice: &mut Dice) -> Weather {
    let mut some = |most: u64| if dice.happens(500) { dice.below(most) } else { 0 };
    Weather { lost: some(60), late: some(40), slow: some(60), killed: some(30), paused: some(40) }
}

fn outages(dice: &mut Dice) -> Outages {
    let mut all = Vec::new();
    for _ in 0..dice.below(3) {
        let from = dice.between(Duration::ZERO, Duration::from_secs(240));
        all.push((from, from + dice.between(Duration::from_secs(1), Duration::from_secs(40))));
    }
    Outages(all)
}

/// An operator's day.
struct Day {
    operator: Operator,
    number: usize,
    swarm: Swarm,
    outages: Outages,
    weather: Weather,
    dice: Dice,
}

impl Day {
    async fn pass(mut self) -> Vec<Ran> {
        let mut ran = Vec::new();
        for _ in 0..=self.dice.below(3) {
            sleep(self.dice.between(Duration::ZERO, Duration::from_secs(60))).await;
            let words = self.chooses();
            ran.push(self.command(words).await);
        }
        ran
    }

    fn chooses(&mut self) -> &'static [&'static str] {
        let mut left = self.dice.below(COMMANDS.iter().map(|(weight, _)| weight).sum());
        for (weight, words) in COMMANDS {
            if left < weight {
                return words;
            }
            left -= weight;
        }
        COMMANDS[0].1
    }

    async fn command(&mut self, words: &[&str]) -> Ran {
        let skew = self.swarm.clocks.answering(&mut self.dice);
        let process = Process::new(Dice::new(self.dice.below(u64::MAX), 0), self.weather, skew);
        let engine = wire::endpoint(&self.swarm, &process, self.number, &self.outages);
        let (began, before) = (self.swarm.age(), self.operator.record());
        let work = process.runs(self.operator.abra(words, engine));
        let ended = timeout(LONGEST, work).await;
        let hung = ended.is_err();
        let (exit, said) = match ended {
            Ok(Some(Ok(exit))) => (Some(exit as u8), String::new()),
            Ok(Some(Err(failure))) => {
                (Some(failure.exit as u8), format!("{}: {}", failure.message, failure.causes.join(": ")))
            }
            Ok(None) | Err(_) => (None, String::new()),
        };
        Ran {
            operator: self.number,
            words: words.join(" "),
            times: (began, self.swarm.age()),
            exit,
            said,
            record: (before, self.operator.record()),
            faults: process.faults(),
            hung,
        }
    }
}
