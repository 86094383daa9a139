//! A stack goes from docker's hands into ours and the other way round, each on an engine of its own. What must hold: no
//! task is replaced, we write no service that is as wanted, and both store the same, field by field.
//!
//! Not here: what a stack means (core), how it is deployed (the two programs, which are run as they are).
mod ground;
mod recipe;
mod stored;

pub use ground::{Tools, prepare};
pub use recipe::{Case, cases};
pub use stored::{differences, stored};

use crate::{Engine, EngineOptions, RigError};
use abra_core::stack::wanted::StackSpec;
use ground::{Ground, Tool};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Services of the stack.
    pub services: usize,
    /// Tasks that were seen to stay.
    pub tasks: usize,
    /// Services without a task that stays, whoever deploys them, and why. Their tasks say nothing.
    pub idle: BTreeMap<String, String>,
    /// Both programs refuse these files; this is what ours says first.
    pub refused: Option<String>,
    /// What must not be, in words.
    pub problems: Vec<String>,
}

/// What an engine is given beyond what the files ask of others.
pub type Further<'a> = &'a (dyn Fn(&mut Engine) -> Result<(), RigError> + Sync);

/// Tries both ways.
///
/// # Errors
/// An engine or a program can't be started: nothing is known then.
pub fn check(case: &Case, tools: &Tools) -> Result<Report, RigError> {
    check_with(case, tools, &|_| Ok(()))
}

/// The same on engines that get something more.
///
/// # Errors
/// As above.
pub fn check_with(case: &Case, tools: &Tools, further: Further<'_>) -> Result<Report, RigError> {
    let one = Engine::start(&EngineOptions::default())?;
    let wanted = match ground::wanted(case, &one)? {
        Ok(wanted) => wanted,
        Err(why) => return refused(&Ground { engine: &one, tools, case }, why),
    };
    let tried = |mut engine: Engine, first, then| {
        prepare(&mut engine, &wanted)?;
        further(&mut engine)?;
        exchange(&Ground { engine: &engine, tools, case }, first, then)
    };
    let (docker_first, abra_first) = thread::scope(|scope| {
        let docker_first = scope.spawn(|| tried(one, Tool::Docker, Tool::Abra));
        let abra_first =
            Engine::start(&EngineOptions::default()).and_then(|two| tried(two, Tool::Abra, Tool::Docker));
        (docker_first.join(), abra_first)
    });
    let docker_first = docker_first.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok(compared(&wanted, docker_first, abra_first?))
}

/// What both ways come to.
fn compared(wanted: &StackSpec, docker_first: Seen, abra_first: Seen) -> Report {
    let mut report = Report {
        services: wanted.services.len(),
        tasks: docker_first.tasks.min(abra_first.tasks),
        idle: docker_first.idle.into_iter().chain(abra_first.idle).collect(),
        refused: None,
        problems: [docker_first.problems, abra_first.problems].concat(),
    };
    if docker_first.stored.is_null() || abra_first.stored.is_null() {
        return report;
    }
    let own_subnets = wanted.networks.iter().filter(|(_, network)| network.spec.ipam.is_some());
    let own_subnets: BTreeSet<&str> = own_subnets.map(|(name, _)| name.as_str()).collect();
    let ours = |stored: &Value| stored::ours(stored, &wanted.name, &own_subnets);
    differences("", &ours(&docker_first.stored), &ours(&abra_first.stored), &mut report.problems);
    report
}

/// Files that we refuse: docker must, too, at the latest when the engine does.
fn refused(ground: &Ground<'_>, why: String) -> Result<Report, RigError> {
    let mut report = Report::default();
    for tool in [Tool::Abra, Tool::Docker] {
        if ground.deploy(tool)?.is_ok() {
            report.problems.push(format!("{} takes what the other refuses: {why}", tool.name()));
        }
    }
    report.refused = Some(why);
    Ok(report)
}

/// What one engine saw.
#[derive(Default)]
struct Seen {
    tasks: usize,
    idle: BTreeMap<String, String>,
    stored: Value,
    problems: Vec<String>,
}

/// Deploys with one program, with the other, and with the first again.
fn exchange(ground: &Ground<'_>, first: Tool, then: Tool) -> Result<Seen, RigError> {
    let mut seen = Seen::default();
    if let Err(said) = ground.deploy(first)? {
        seen.problems.push(format!("{} does not deploy it: {said}", first.name()));
        return Ok(seen);
    }
    let (mut tasks, idle) = ground.steady_tasks()?;
    seen.idle = idle;
    seen.tasks = tasks.values().map(BTreeSet::len).sum();
    seen.stored = stored(ground.engine)?;
    for tool in [then, first] {
        let versions = ground.versions()?;
        if let Err(said) = ground.deploy(tool)? {
            seen.problems.push(format!("{} does not take it over: {said}", tool.name()));
            return Ok(seen);
        }
        ground.settle()?;
        if tool == Tool::Abra && versions != ground.versions()? {
            seen.problems.push(format!("abra wrote a service that {} had deployed", first.name()));
        }
        let (mut now, _) = ground.steady_tasks()?;
        if tool == Tool::Docker {
            // It runs jobs anew with every deployment.
            let jobs = ground.jobs()?;
            tasks.retain(|service, _| !jobs.contains(service));
            now.retain(|service, _| !jobs.contains(service));
        }
        for (service, before) in &tasks {
            if now.get(service) != Some(before) {
                seen.problems.push(format!("{} replaced tasks of {service}", tool.name()));
            }
        }
        tasks = now;
    }
    Ok(seen)
}
