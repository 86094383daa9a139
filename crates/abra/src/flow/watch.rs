//! Watching: look at the stack again and again until core knows the verdict.
use crate::engine::{Engine, EngineError, Filters, LogLine, LogQuery};
use crate::hold::{self, Place};
use crate::interrupt::Interrupt;
use abra_core::converge::{
    Change, Event, Expectation, Kind, ServiceVerdict, Settings, Sighting, Snapshot, Verdict, Watch,
};
use abra_core::stack::digest::of_service;
use abra_core::stack::live::Service;
use abra_core::stack::normal::Names;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Between two looks.
const TICK: Duration = Duration::from_millis(300);
/// Between two looks at the nodes, which matter to global services and messages only.
const NODES: Duration = Duration::from_secs(3);
/// Lines shown of a service that failed.
const TAIL: u32 = 10;

/// How long an operator wants to watch; `None`: as derived from the stack.
#[derive(Debug, Clone, Copy, Default)]
pub struct Patience {
    /// Give up after this long.
    pub timeout: Option<Duration>,
    /// How long everything must stay up.
    pub stable: Option<Duration>,
}

impl Patience {
    /// The watch's settings, with the recipe's own wish.
    pub fn settings(self, recipe_timeout: Option<Duration>) -> Settings {
        let mut settings = Settings { deadline: self.timeout, recipe_timeout, ..Settings::default() };
        settings.stable = self.stable.unwrap_or(settings.stable);
        settings
    }
}

/// How a watch ended.
#[derive(Debug)]
pub enum Ended {
    /// With a verdict.
    Verdict(Verdict),
    /// The operator had enough. The deployment goes on.
    Interrupted,
}

/// What is watched.
#[derive(Debug)]
pub struct Watched<'a> {
    /// The stack.
    pub stack: &'a str,
    /// What its services must come to.
    pub expectations: Vec<Expectation>,
    /// How patient.
    pub settings: Settings,
    /// Names of what specs refer to by id.
    pub names: &'a Names,
    /// Labels of a run, which don't count as differences.
    pub volatile: &'a BTreeSet<String>,
}

/// Watches until there is a verdict, or the operator interrupts.
pub async fn watch(
    engine: &Engine,
    watched: Watched<'_>,
    interrupt: &Interrupt,
    on: &mut dyn FnMut(&Event),
) -> Ended {
    let Watched { stack, expectations, mut settings, names, volatile } = watched;
    engine.wait_for_no_leader();
    settings.nodes = node_count(engine, &expectations).await.unwrap_or(settings.nodes);
    let mut looks = Looks {
        engine,
        stack,
        names,
        volatile,
        begun: Instant::now(),
        nodes_at: None,
        digests: BTreeMap::new(),
    };
    // Where nothing was sent, one more look decides as a rule: then there is nothing to be patient for.
    let mut is_told = !expectations.iter().all(|want| want.change == Change::Unchanged);
    let mut watch = Watch::new(expectations, &settings);
    if is_told {
        on(&Event::Begun { deadline: watch.deadline() });
    }
    loop {
        hold::at(Place::Watching).await;
        let next = Instant::now() + TICK;
        let look = tokio::select! {
            biased;
            look = looks.look() => look,
            () = interrupt.wait() => return Ended::Interrupted,
        };
        let events = match look {
            Ok(snapshot) => watch.step(&snapshot),
            Err(error) => watch.unreachable(looks.begun.elapsed(), &error.to_string()),
        };
        if watch.verdict().is_none() && !is_told {
            is_told = true;
            on(&Event::Begun { deadline: watch.deadline() });
        }
        events.iter().for_each(&mut *on);
        if let Some(verdict) = watch.verdict() {
            return Ended::Verdict(verdict.clone());
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(next) => {}
            () = interrupt.wait() => return Ended::Interrupted,
        }
    }
}

/// How many nodes there are, where a deadline depends on it: a global service is updated node after node.
async fn node_count(engine: &Engine, expectations: &[Expectation]) -> Option<u64> {
    let by_node = |want: &Expectation| want.mode.is_global() && want.change == Change::Updated;
    if !expectations.iter().any(by_node) {
        return None;
    }
    let nodes = engine.nodes().await.ok()?;
    Some(nodes.len() as u64)
}

/// Takes looks, each with the same few list calls whatever the size of the stack.
struct Looks<'a> {
    engine: &'a Engine,
    stack: &'a str,
    names: &'a Names,
    volatile: &'a BTreeSet<String>,
    begun: Instant,
    nodes_at: Option<Instant>,
    /// Digests by service id and version: a spec is looked at once.
    digests: BTreeMap<(String, u64), String>,
}

impl Looks<'_> {
    /// The first look, often the only one, asks everything at once; the others keep to one connection.
    async fn look(&mut self) -> Result<Snapshot, EngineError> {
        let (engine, of_stack) = (self.engine, Filters::stack(self.stack));
        let of_spec = of_stack.clone().and("_up-to-date", "true");
        let wants_nodes = self.nodes_at.is_none_or(|at| at.elapsed() >= NODES);
        let nodes = async { if wants_nodes { engine.nodes().await.map(Some) } else { Ok(None) } };
        let asked = self.begun.elapsed();
        let (services, tasks) = (engine.services(&of_stack), engine.tasks(&of_stack));
        let fresh = engine.tasks(&of_spec);
        let (services, tasks, fresh, nodes) = match self.nodes_at {
            None => tokio::try_join!(services, tasks, fresh, nodes)?,
            Some(_) => (services.await?, tasks.await?, fresh.await?, nodes.await?),
        };
        if wants_nodes {
            self.nodes_at = Some(Instant::now());
        }
        let at = self.begun.elapsed();
        Ok(Snapshot {
            at,
            span: at.saturating_sub(asked),
            services: services.into_iter().map(|service| self.sighting(service)).collect(),
            tasks,
            up_to_date: Some(fresh.into_iter().map(|task| task.id).collect::<BTreeSet<_>>()),
            nodes,
            server_time: self.server_time(),
        })
    }

    /// The engine's clock at its last answer.
    fn server_time(&self) -> Option<jiff::Timestamp> {
        let date = jiff::fmt::rfc2822::parse(&self.engine.date()?).ok()?;
        Some(date.timestamp())
    }

    fn sighting(&mut self, service: Service) -> Sighting {
        let key = (service.id.clone(), service.version.index);
        let (names, volatile) = (self.names, self.volatile);
        let digest =
            self.digests.entry(key).or_insert_with(|| of_service(&service.spec, names, volatile)).clone();
        Sighting { service, digest }
    }
}

/// The last lines of every service that went wrong, by full name: those of the tasks that can explain it, not of the
/// version before. What can't be had is left out: it must not hide the verdict.
pub async fn last_words(engine: &Engine, stack: &str, verdict: &Verdict) -> BTreeMap<String, Vec<String>> {
    let silent = |kind| matches!(kind, Kind::Succeeded | Kind::Overtaken);
    let wrong = verdict.services.iter().filter(|service| !silent(service.outcome.kind()));
    let wrong: Vec<&ServiceVerdict> = wrong.collect();
    if wrong.is_empty() {
        return BTreeMap::new();
    }
    let of_stack = Filters::stack(stack);
    let services = engine.services(&of_stack).await.unwrap_or_default();
    let fresh = engine.tasks(&of_stack.and("_up-to-date", "true")).await.ok();
    let fresh: Option<BTreeSet<String>> = fresh.map(|tasks| tasks.into_iter().map(|task| task.id).collect());
    let mut words = BTreeMap::new();
    for verdict in wrong {
        let tty = services.iter().any(|service| service.name() == verdict.service && service.has_terminal());
        let query = LogQuery { tail: Some(TAIL), tty, ..LogQuery::default() };
        let Ok(logs) = engine.service_logs(&verdict.service, &query).await else { continue };
        let explains = |line: &LogLine| {
            let is_fresh = fresh.as_ref().map(|fresh| fresh.contains(&line.task_id));
            line.task_id.is_empty() || verdict.outcome.is_explained_by(&line.task_id, is_fresh)
        };
        let lines: Vec<String> = logs.lines.into_iter().filter(explains).map(|line| line.text).collect();
        let from = lines.len().saturating_sub(TAIL as usize);
        words.insert(verdict.service.clone(), lines[from..].to_vec());
    }
    words
}
