//! What was measured, as Markdown.
use crate::tool::{Pair, Tools};
use abra_rig::{Engine, RigError};
use std::fmt::Write as _;
use std::time::Duration;

/// One comparison.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    times: Pair<Duration>,
    requests: Option<Pair<usize>>,
    /// The largest share of docker's time that is good enough.
    share: Option<f64>,
    most_requests: Option<usize>,
}

impl Row {
    pub(crate) fn new(what: &str, times: Pair<Duration>) -> Self {
        Self { what: what.to_owned(), times, requests: None, share: None, most_requests: None }
    }

    pub(crate) fn named(self, what: &str) -> Self {
        Self { what: what.to_owned(), ..self }
    }

    pub(crate) fn requests(self, requests: Pair<usize>) -> Self {
        Self { requests: Some(requests), ..self }
    }

    pub(crate) fn at_most(self, share: f64) -> Self {
        Self { share: Some(share), ..self }
    }

    pub(crate) fn requests_at_most(self, most: usize) -> Self {
        Self { most_requests: Some(most), ..self }
    }

    fn ratio(&self) -> f64 {
        self.times[0].as_secs_f64() / self.times[1].as_secs_f64().max(f64::EPSILON)
    }

    fn goals(&self) -> Vec<(String, bool)> {
        let share = self.share.map(|share| (format!("≤ {share:.2}"), self.ratio() <= share));
        let requests = self.requests.zip(self.most_requests);
        let requests = requests.map(|(made, most)| (format!("≤ {most} requests"), made[0] <= most));
        share.into_iter().chain(requests).collect()
    }
}

/// All comparisons.
#[derive(Debug)]
pub(crate) struct Report {
    /// Start-up and `stack config`.
    pub load: Vec<Row>,
    /// Time for so many services, without start-up.
    pub growth: Vec<(usize, Pair<Duration>)>,
    /// `stack deploy` that does not wait.
    pub deploy: Vec<Row>,
    /// `stack deploy` that waits.
    pub wait: Vec<Row>,
    conditions: String,
}

impl Report {
    pub(crate) fn new(tools: &Tools, engine: &Engine) -> Result<Self, RigError> {
        let version = engine.json("/version")?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let conditions = format!(
            "Compared: `{}` (release build) and `{}`, both on Docker Engine {}, {cores} cores.",
            tools.version(0)?,
            tools.version(1)?,
            version["Version"].as_str().unwrap_or("?"),
        );
        Ok(Self { load: vec![], growth: vec![], deploy: vec![], wait: vec![], conditions })
    }

    /// Goals that were not reached, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        let rows = self.load.iter().chain(&self.deploy).chain(&self.wait);
        rows.flat_map(|row| {
            let missed = row.goals().into_iter().filter(|(_, met)| !met);
            missed.map(|(goal, _)| format!("{}: {goal}, is {:.2}", row.what, row.ratio())).collect::<Vec<_>>()
        })
        .collect()
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{HEAD}{}\n", self.conditions);
        text += "\n## Start-up and loading\n\n";
        text += LOADING;
        table(&mut text, &self.load);
        text += "\nTime per service, without start-up: it must not grow with the stack.\n\n\
                 | services | abra, µs each | docker, µs each |\n| ---: | ---: | ---: |\n";
        for (services, times) in &self.growth {
            let each =
                times.map(|time| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(*services).unwrap_or(1)));
            let _ = writeln!(text, "| {services} | {:.0} | {:.0} |", each[0], each[1]);
        }
        text += "\n## Deploying, without waiting\n\n";
        text += DEPLOYING;
        table(&mut text, &self.deploy);
        text += "\n## Deploying, until it is known whether it works\n\n";
        text += WAITING;
        table(&mut text, &self.wait);
        text
    }
}

fn table(text: &mut String, rows: &[Row]) {
    let counted = rows.iter().any(|row| row.requests.is_some());
    let requests = if counted { " requests abra | requests docker |" } else { "" };
    let line = if counted { " ---: | ---: |" } else { "" };
    let _ = writeln!(text, "| what | abra ÷ docker | abra, ms | docker, ms |{requests} goal |");
    let _ = writeln!(text, "| --- | ---: | ---: | ---: |{line} --- |");
    for row in rows {
        let [ours, theirs] = row.times.map(|time| time.as_secs_f64() * 1e3);
        let requests = match row.requests {
            Some([ours, theirs]) => format!(" {ours} | {theirs} |"),
            None => String::new(),
        };
        let goals: Vec<_> = row
            .goals()
            .into_iter()
            .map(|(goal, met)| format!("{goal}: {}", if met { "met" } else { "missed" }))
            .collect();
        let goals = goals.join(", ");
        let _ = writeln!(
            text,
            "| {} | **{:.2}** | {ours:.1} | {theirs:.1} |{requests} {goals} |",
            row.what,
            row.ratio()
        );
    }
}

const HEAD: &str = "# Benchmarks\n\n\
    `scripts/bench` measures abra's hidden `stack` commands against docker's own, on a throwaway engine, and writes this\n\
    file. Runs of the two alternate; numbers are medians of wall time, from the start of the process to its end. The\n\
    ratio is what counts: it is much the same on other machines, the milliseconds are not.\n\n";

const LOADING: &str = "`stack config` reads, merges and prints three files per stack: a base with anchors, merge keys and variables, and two\n\
    overlays. No engine takes part.\n\n";

const DEPLOYING: &str = "`stack deploy --detach --resolve-image never`, one replica per service. Requests are those that reach the engine.\n\
    \"No change\" is the same files once more: docker sends every service again, abra compares first and sends nothing.\n\n";

const WAITING: &str = "docker: `--detach=false`, which looks at one service after the other, for 5 s each. abra: its default, all services at\n\
    once, with tasks watched until they are stable.\n\n";
