//! All services of a stack at once.
use super::event::Event;
use super::expectation::Expectation;
use super::service::{Course, Ending};
use super::settings::Settings;
use super::sight::Moment;
use super::since::Watched;
use super::snapshot::Snapshot;
use super::verdict::{Kind, Verdict};
use crate::stack::live::{Node, Task};
use std::collections::BTreeMap;
use std::time::Duration;

/// A watch over a stack: looks go in, changes come out, and in the end a verdict.
#[derive(Debug)]
pub struct Watch {
    courses: Vec<Course>,
    settle: Duration,
    watched: Watched,
    nodes: Option<Vec<Node>>,
    unreachable: Option<String>,
    first_bad: Option<Duration>,
    verdict: Option<Verdict>,
}

impl Watch {
    /// Begins. Time 0 is now: after the last post.
    pub fn new(expectations: Vec<Expectation>, settings: &Settings) -> Watch {
        Watch {
            courses: expectations.into_iter().map(|want| Course::new(want, settings)).collect(),
            settle: settings.settle,
            watched: Watched::default(),
            nodes: None,
            unreachable: None,
            first_bad: None,
            verdict: None,
        }
    }

    /// When the last of the services is given up, as far as can be told now, since the start of the watch.
    pub fn deadline(&self) -> Duration {
        self.courses.iter().map(Course::deadline).max().unwrap_or_default()
    }

    /// Takes in one look and says what has changed. After the verdict it does nothing.
    pub fn step(&mut self, snapshot: &Snapshot) -> Vec<Event> {
        if self.verdict.is_some() {
            return Vec::new();
        }
        let mut events = Vec::new();
        if self.unreachable.take().is_some() {
            events.push(Event::Reachable);
        }
        if snapshot.nodes.is_some() {
            self.nodes.clone_from(&snapshot.nodes);
        }
        self.watched.look(snapshot.at, snapshot.span);
        let now = Moment {
            at: snapshot.at,
            span: snapshot.span,
            watched: self.watched,
            nodes: self.nodes.as_deref(),
            server_time: snapshot.server_time,
        };
        let mut tasks: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        for task in &snapshot.tasks {
            tasks.entry(&task.service_id).or_default().push(task);
        }
        for course in &mut self.courses {
            events.append(&mut course.step(snapshot, &tasks, &now));
        }
        self.conclude(snapshot.at, &mut events);
        events
    }

    /// Takes in that a look was not possible. That is no verdict, but what was held to be stable must prove it again.
    pub fn unreachable(&mut self, at: Duration, reason: &str) -> Vec<Event> {
        let mut events = Vec::new();
        if self.verdict.is_some() {
            return events;
        }
        if self.unreachable.as_deref() != Some(reason) {
            events.push(Event::Unreachable { reason: reason.to_owned() });
        }
        self.unreachable = Some(reason.to_owned());
        self.watched.look(at, Duration::ZERO);
        for course in &mut self.courses {
            course.blink(at);
        }
        self.conclude(at, &mut events);
        events
    }

    /// The verdict, once there is one.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    fn conclude(&mut self, at: Duration, events: &mut Vec<Event>) {
        for course in &mut self.courses {
            course.expire(at, events);
        }
        if self.courses.iter().any(Course::is_bad) {
            self.first_bad.get_or_insert(at);
        }
        let settled = self.first_bad.is_some_and(|since| at.saturating_sub(since) >= self.settle);
        let ending = match &self.unreachable {
            Some(reason) => Ending::Unreachable(reason.clone()),
            None => Ending::Deadline,
        };
        if self.courses.iter().all(|course| course.is_at_rest(at)) {
            self.end(at, &ending);
        } else if settled {
            self.end(at, &Ending::Settled);
        }
    }

    fn end(&mut self, at: Duration, ending: &Ending) {
        let services: Vec<_> = self.courses.iter().map(|course| course.conclusion(ending)).collect();
        let kind = services.iter().map(|s| s.outcome.kind()).max().unwrap_or(Kind::Succeeded);
        let absent = self.nodes.iter().flatten().filter(|node| node.status.state != "ready");
        let absent = absent.map(|node| node.host_name().to_owned()).collect();
        self.verdict = Some(Verdict { kind, at, services, absent });
    }
}
