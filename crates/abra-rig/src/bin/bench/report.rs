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
    longest: Option<Duration>,
}

impl Row {
    pub(crate) fn new(what: &str, times: Pair<Duration>) -> Self {
        Self { what: what.to_owned(), times, requests: None, share: None, most_requests: None, longest: None }
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

    pub(crate) fn within(self, longest: Duration) -> Self {
        Self { longest: Some(longest), ..self }
    }

    fn ratio(&self) -> f64 {
        self.times[0].as_secs_f64() / self.times[1].as_secs_f64().max(f64::EPSILON)
    }

    fn goals(&self) -> Vec<(String, bool)> {
        let share = self.share.map(|share| (format!("≤ {share:.2}"), self.ratio() <= share));
        let requests = self.requests.zip(self.most_requests);
        let requests = requests.map(|(made, most)| (format!("≤ {most} requests"), made[0] <= most));
        let longest = self.longest.map(|most| (format!("≤ {} ms", most.as_millis()), self.times[0] <= most));
        share.into_iter().chain(requests).chain(longest).collect()
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
    /// Listing apps of many files, servers and services.
    pub fleet: Fleet,
    conditions: String,
}

/// What was measured of many apps and servers.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    /// Files of this workstation only.
    pub here: Vec<Row>,
    /// One server with so many services.
    pub services: Vec<Row>,
    /// So many servers.
    pub servers: Vec<Row>,
    /// All servers at once against the slowest alone: how many, all, the slowest.
    pub spread: Option<(usize, Duration, Duration)>,
    /// Plots, by file name.
    pub plots: Vec<(&'static str, String)>,
}

impl Fleet {
    /// The most that all servers may take, in times of the slowest alone.
    const SPREAD: f64 = 1.3;

    fn spread_ratio(&self) -> Option<f64> {
        self.spread.map(|(_, all, slowest)| all.as_secs_f64() / slowest.as_secs_f64().max(f64::EPSILON))
    }
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
        Ok(Self {
            load: vec![],
            growth: vec![],
            deploy: vec![],
            wait: vec![],
            fleet: Fleet::default(),
            conditions,
        })
    }

    /// Goals that were not reached, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        let Fleet { here, services, servers, .. } = &self.fleet;
        let rows =
            self.load.iter().chain(&self.deploy).chain(&self.wait).chain(here).chain(services).chain(servers);
        let spread = self.fleet.spread_ratio().filter(|ratio| *ratio > Fleet::SPREAD);
        let spread = spread.map(|ratio| format!("all servers: ≤ {}, is {ratio:.2}", Fleet::SPREAD));
        rows.flat_map(|row| {
            let missed = row.goals().into_iter().filter(|(_, met)| !met);
            missed.map(|(goal, _)| format!("{}: {goal}, is {:.2}", row.what, row.ratio())).collect::<Vec<_>>()
        })
        .chain(spread)
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
        self.fleet.markdown(&mut text);
        text
    }
}

impl Fleet {
    fn markdown(&self, text: &mut String) {
        *text += "\n## Many apps on this workstation\n\n";
        *text += HERE;
        table(text, &self.here);
        *text += "\n![Time of app ls against the number of apps](plots/apps.svg)\n";
        *text += "\n## A server with many services\n\n";
        *text += SERVICES;
        table(text, &self.services);
        *text += "\n![Time of app ls -S against the number of services](plots/services.svg)\n";
        *text += "\n## Many servers\n\n";
        *text += SERVERS;
        table(text, &self.servers);
        *text += "\n![Time of app ls -S against the number of servers](plots/servers.svg)\n";
        if let (Some((count, all, slowest)), Some(ratio)) = (self.spread, self.spread_ratio()) {
            let met = if ratio <= Self::SPREAD { "met" } else { "missed" };
            let (all, slowest) = (all.as_secs_f64() * 1e3, slowest.as_secs_f64() * 1e3);
            let _ = writeln!(
                text,
                "\nAll {count} servers take {all:.0} ms, the slowest of them alone {slowest:.0} ms: **{ratio:.2}** times as \
                 long (goal ≤ {}: {met}).",
                Self::SPREAD
            );
        }
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

const HERE: &str = "No server is asked. abra reads an env file for each app; docker, for comparison, lists its 20 contexts and \
    completes\ntheir names.\n\n";

const SERVICES: &str = "`app ls -S` compares what runs with what is recorded, content and all. docker's `service ls` only lists \
    services. \"50 ms\nfar\": every answer comes through a proxy that waits so long.\n\n";

const SERVERS: &str = "50 apps with 300 services on each server; every answer of every server takes 50 ms longer. The servers are one engine\n\
    behind a proxy each, so that the machine's two cores also do the work of all servers. docker: `service ls` for one\n\
    server after the other, as in a shell's loop.\n\n";
