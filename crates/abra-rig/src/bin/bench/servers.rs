//! More and more servers, each behind an sshd of its own and 50 ms far: all at once, and each alone.
use crate::bare;
use crate::fleet::{Fleet, Spread};
use crate::ground::{Ground, NOWHERE, Reach, STEP, Server};
use crate::plot::{Line, plot};
use crate::say;
use crate::tool::{cost, median};
use abra_rig::RigError;
use std::time::{Duration, Instant};

pub(crate) const SERVERS: usize = 20;
pub(crate) const APPS: usize = 50;

/// What so many servers take.
#[derive(Debug)]
pub(crate) struct Many {
    pub servers: usize,
    pub abra: Duration,
    /// docker for one server after the other.
    pub in_turn: Duration,
    /// docker started for all servers at the same time.
    pub at_once: Duration,
    /// The workstation's processor time for all of them, of abra and of docker, each with its ssh.
    pub cost: [Duration; 2],
    /// Logins that abra made on all servers.
    pub logins: usize,
}

/// By which of its names a server is reached.
type NameOf = fn(&Server) -> &String;

/// Measures servers that each have the same apps, deployed already.
pub(crate) fn measure(ground: &Ground<'_>, reach: &Reach, report: &mut Fleet) -> Result<(), RigError> {
    for count in [1, 5, 10, SERVERS] {
        say(&format!("{count} servers"));
        let servers = &reach.servers[..count];
        known(ground, servers, |server| &server.far)?;
        report.servers.push(many(ground, servers)?);
    }
    forget(ground, &reach.servers, |server| &server.far);
    let (nearest, farthest) = (STEP.as_millis(), STEP.as_millis() * SERVERS as u128);
    let mut places: Vec<(String, bool, NameOf)> = vec![
        (format!("50 ms far, `{}`", reach.exchange), true, |server| &server.far),
        (format!("50 ms far, `{}`", reach.other), false, |server| &server.other),
        (format!("from {nearest} to {farthest} ms far, `{}`", reach.exchange), true, |server| &server.away),
        (format!("next door, `{}`", reach.exchange), false, |server| &server.near),
    ];
    if reach.has_small() {
        places.insert(
            1,
            (format!("50 ms far, `{}`, small sshd", reach.exchange), false, |server| &server.small),
        );
    }
    for (place, counts, name) in places {
        say(&format!("each server alone, {place}"));
        known(ground, &reach.servers, name)?;
        report.spreads.push(Spread { place, counts, ..spread(ground, &reach.servers, name)? });
        forget(ground, &reach.servers, name);
    }
    let line =
        |time: fn(&Many) -> Duration| report.servers.iter().map(|row| (row.servers, time(row))).collect();
    let lines = [
        Line::abra(line(|row| row.abra)),
        Line::docker("docker, all at once", line(|row| row.at_once)),
        Line::docker("docker, in turn", line(|row| row.in_turn)).dashed(),
    ];
    let title = "Time until it is known how all apps of all servers are, over ssh";
    let unit = format!("servers with {APPS} apps each, 50 ms far");
    report.plots.push(("servers.svg", plot(title, &unit, &lines)));
    Ok(())
}

/// Makes the servers the operator's by those names.
fn known(ground: &Ground<'_>, servers: &[Server], name: NameOf) -> Result<(), RigError> {
    servers
        .iter()
        .try_for_each(|server| (0..APPS).try_for_each(|app| ground.env(name(server), app).map(drop)))
}

fn forget(ground: &Ground<'_>, servers: &[Server], name: NameOf) {
    servers.iter().for_each(|server| ground.forget(name(server)));
}

fn many(ground: &Ground<'_>, servers: &[Server]) -> Result<Many, RigError> {
    let names: Vec<&str> = servers.iter().map(|server| server.far.as_str()).collect();
    let all = || abra(ground);
    let at_once =
        || ground.tools.all_at_once(1, NOWHERE, &names.iter().map(|name| docker(name)).collect::<Vec<_>>());
    let [abra, at_once_took] = ground.tools.in_turn(5, |which| if which == 0 { all() } else { at_once() })?;
    let one_by_one = || {
        let start = Instant::now();
        names.iter().try_for_each(|name| ground.tools.run(1, NOWHERE, &docker(name)).map(drop))?;
        Ok(start.elapsed())
    };
    // It is long, and so more of an average than the others already.
    let [in_turn] = ground.tools.in_turn(if servers.len() > 5 { 1 } else { 3 }, |_| one_by_one())?;
    let logins = || servers.iter().map(|server| server.sshd.logins()).sum::<usize>();
    let before = logins();
    all()?;
    let logins = logins() - before;
    Ok(Many {
        servers: servers.len(),
        abra,
        in_turn,
        at_once: at_once_took,
        cost: [cost(2, all)?.own, cost(2, at_once)?.own],
        logins,
    })
}

/// All servers, and each alone, in turn.
fn spread(ground: &Ground<'_>, servers: &[Server], name: NameOf) -> Result<Spread, RigError> {
    let (mut all, mut bare) = (Vec::new(), Vec::new());
    let names: Vec<&str> = servers.iter().map(|server| name(server).as_str()).collect();
    let folder = ground.engine.folder();
    let mut alone = vec![Vec::new(); servers.len()];
    for _ in 0..ground.tools.rounds(3) {
        for (server, times) in servers.iter().zip(&mut alone) {
            times.push(ground.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o", "-s", name(server)])?);
        }
        for _ in 0..2 {
            all.push(abra(ground)?);
            bare.push(bare::look(folder, &names)?);
        }
    }
    let alone: Vec<Duration> = alone.into_iter().map(median).collect();
    let slowest = alone.iter().max().copied().unwrap_or_default();
    let (cost, count) = (cost(3, || abra(ground))?, u32::try_from(servers.len()).unwrap_or(1));
    let costs = [cost.own / count, cost.others / count];
    let [all, bare] = [all, bare].map(median);
    Ok(Spread { all, bare, slowest, usual: median(alone), costs, ..Spread::default() })
}

fn abra(ground: &Ground<'_>) -> Result<Duration, RigError> {
    ground.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o"])
}

fn docker(server: &str) -> Vec<&str> {
    vec!["-c", server, "service", "ls"]
}
