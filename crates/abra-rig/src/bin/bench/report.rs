//! What was measured, as Markdown.
use crate::fleet::Fleet;
use crate::table::{Row, table};
use crate::tool::{Pair, Tools};
use abra_rig::{Engine, RigError};
use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

/// All comparisons.
#[derive(Debug)]
pub(crate) struct Report {
    /// Start-up and `stack config`.
    pub load: Vec<Row>,
    /// Time for so many services, without start-up.
    pub growth: Vec<(usize, Pair<Duration>)>,
    /// `stack deploy` that does not wait.
    pub deploy: Vec<Row>,
    /// `stack deploy` that does not wait, over ssh.
    pub ssh: Vec<Row>,
    /// `stack deploy` that waits.
    pub wait: Vec<Row>,
    /// Listing apps of many files, servers and services.
    pub fleet: Fleet,
    conditions: String,
}

/// `ssh -V`'s line, without the libraries'.
fn ssh() -> Result<String, RigError> {
    let output = Command::new("ssh").arg("-V").output().map_err(RigError::io("ssh"))?;
    let line = String::from_utf8_lossy(&output.stderr);
    Ok(line.split(',').next().unwrap_or_default().trim().to_owned())
}

impl Report {
    pub(crate) fn new(tools: &Tools, engine: &Engine) -> Result<Self, RigError> {
        let version = engine.json("/version")?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let conditions = format!(
            "Compared: `{}` (as it is installed) and `{}`, both on Docker Engine {} and with `{}`, {cores} cores.",
            tools.version(0)?,
            tools.version(1)?,
            version["Version"].as_str().unwrap_or("?"),
            ssh()?,
        );
        Ok(Self {
            load: vec![],
            growth: vec![],
            deploy: vec![],
            ssh: vec![],
            wait: vec![],
            fleet: Fleet::default(),
            conditions,
        })
    }

    /// Goals that were not reached, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        let Self { load, deploy, ssh, wait, .. } = self;
        let rows = [load, deploy, ssh, wait].into_iter().flatten();
        rows.flat_map(Row::missed).chain(self.fleet.missed()).collect()
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
        text += "\n## Deploying over ssh, without waiting\n\n";
        text += OVER_SSH;
        table(&mut text, &self.ssh);
        text += "\n## Deploying, until it is known whether it works\n\n";
        text += WAITING;
        table(&mut text, &self.wait);
        self.fleet.markdown(&mut text);
        text
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

const OVER_SSH: &str = "The same with `DOCKER_HOST=ssh://…`: both run the same `ssh` and reach a real sshd, next door or through a relay that\n\
    holds bytes back for 25 ms each way, and a new connection for 50 ms.\n\n";

const WAITING: &str = "docker: `--detach=false`, which looks at one service after the other, for 5 s each. abra: its default, all services at\n\
    once, with tasks watched until they are stable.\n\n";
