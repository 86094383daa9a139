//! Connections to a simulated swarm, and what goes wrong on the way.
use crate::api::{self, Asked};
use crate::dice::Dice;
use crate::swarm::Swarm;
use abra::engine::{Endpoint, Inside};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::time::{Instant, Sleep, sleep};

/// Bytes that are on their way at once.
const ROOM: usize = 1 << 20;

/// How long an engine waits for a leader.
const NO_LEADER: Duration = Duration::from_secs(20);

/// How much goes wrong: chances in a thousand, for each request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// The answer is lost.
    pub lost: u64,
    /// The request arrives after its sender gave up.
    pub late: u64,
    /// The answer takes long.
    pub slow: u64,
    /// The process is killed, before or after the request is served.
    pub killed: u64,
    /// The process stands still for a while, as on a closed laptop.
    pub paused: u64,
}

/// One process of an operator, as seen from the other end of its connections.
#[derive(Debug, Clone)]
pub struct Process(Arc<Mutex<Fate>>);

#[derive(Debug)]
struct Fate {
    dice: Dice,
    weather: Weather,
    killed: bool,
    paused_until: Option<Instant>,
    /// How far the clock of the manager that answers is ahead.
    skew: SignedDuration,
    /// What went wrong so far.
    faults: Vec<&'static str>,
    waker: Option<std::task::Waker>,
}

impl Process {
    /// A process that begins now.
    pub fn new(dice: Dice, weather: Weather, skew: SignedDuration) -> Self {
        let fate =
            Fate { dice, weather, killed: false, paused_until: None, skew, faults: Vec::new(), waker: None };
        Self(Arc::new(Mutex::new(fate)))
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong.
    pub fn faults(&self) -> Vec<&'static str> {
        self.fate().faults.clone()
    }

    fn kill(&self) {
        let mut fate = self.fate();
        fate.killed = true;
        if let Some(waker) = fate.waker.take() {
            waker.wake();
        }
    }

    fn pause(&self, time: Duration) {
        self.fate().paused_until = Some(Instant::now() + time);
    }

    /// Runs a process's work; `None` when it is killed.
    pub fn runs<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        Living { process: self.clone(), work: Box::pin(work), pause: None }
    }

    fn chooses(&self) -> Fault {
        let mut fate = self.fate();
        let Weather { lost, late, slow, killed, paused } = fate.weather;
        let long = Duration::from_secs(40);
        let fault = if fate.dice.happens(lost) {
            Fault::AnswerLost
        } else if fate.dice.happens(late) {
            Fault::Late(fate.dice.between(Duration::from_secs(31), Duration::from_secs(120)))
        } else if fate.dice.happens(slow) {
            Fault::Slow(fate.dice.between(Duration::from_secs(1), Duration::from_secs(28)))
        } else if fate.dice.happens(killed) {
            if fate.dice.happens(500) { Fault::KilledBefore } else { Fault::KilledAfter }
        } else if fate.dice.happens(paused) {
            Fault::Paused(fate.dice.between(long, 3 * long), fate.dice.happens(500))
        } else {
            Fault::None
        };
        fate.faults.extend(fault.name());
        fault
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    AnswerLost,
    Late(Duration),
    Slow(Duration),
    KilledBefore,
    KilledAfter,
    /// For so long; whether before it is served.
    Paused(Duration, bool),
}

impl Fault {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::AnswerLost => Some("answer lost"),
            Self::Late(_) => Some("late"),
            Self::Slow(_) => Some("slow"),
            Self::KilledBefore | Self::KilledAfter => Some("killed"),
            Self::Paused(..) => Some("paused"),
        }
    }
}

/// Work that stops while its process is paused, and ends when that is killed.
struct Living<W> {
    process: Process,
    work: Pin<Box<W>>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<W: Future> Future for Living<W> {
    type Output = Option<W::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let paused_until = {
            let mut fate = self.process.fate();
            if fate.killed {
                return Poll::Ready(None);
            }
            fate.waker = Some(context.waker().clone());
            fate.paused_until.take()
        };
        if let Some(until) = paused_until {
            self.pause = Some(Box::pin(tokio::time::sleep_until(until)));
        }
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        self.work.as_mut().poll(context).map(Some)
    }
}

/// When the engine is away.
#[derive(Debug, Clone, Default)]
pub struct Outages(pub Vec<(Duration, Duration)>);

impl Outages {
    fn is_on(&self, age: Duration) -> bool {
        self.0.iter().any(|(from, to)| (*from..*to).contains(&age))
    }
}

/// Where a process of an operator finds the swarm.
pub fn endpoint(swarm: &Swarm, process: &Process, operator: usize, outages: &Outages) -> Endpoint {
    let (swarm, process, outages) = (swarm.clone(), process.clone(), outages.clone());
    Endpoint::Inside(Inside::new(move || {
        if outages.is_on(swarm.age()) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (near, far) = tokio::io::duplex(ROOM);
        tokio::spawn(serve(swarm.clone(), process.clone(), operator, outages.clone(), far));
        Ok(near)
    }))
}

async fn serve(swarm: Swarm, process: Process, operator: usize, outages: Outages, stream: DuplexStream) {
    let service = service_fn(|request| exchanged(&swarm, &process, operator, &outages, request));
    // A connection that breaks off is one of the things that happen.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn exchanged(
    swarm: &Swarm,
    process: &Process,
    operator: usize,
    outages: &Outages,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let broken = || io::Error::from(io::ErrorKind::ConnectionReset);
    let asked = read(operator, request).await?;
    let fault = process.chooses();
    let way = Duration::from_millis(process.fate().dice.below(20) + 1);
    sleep(way).await;
    if outages.is_on(swarm.age()) {
        return Err(broken());
    }
    match fault {
        Fault::KilledBefore => {
            process.kill();
            return Err(broken());
        }
        Fault::Late(after) => {
            let swarm = swarm.clone();
            // It arrives although nobody waits any more.
            let arrives = tokio::spawn(async move {
                sleep(after).await;
                api::answer(&swarm, &asked)
            });
            let _ = arrives.await;
            return Err(broken());
        }
        Fault::Paused(time, true) => process.pause(time),
        Fault::Slow(time) => sleep(time).await,
        _ => {}
    }
    let answer = led(swarm, process, asked).await;
    match fault {
        Fault::AnswerLost => return Err(broken()),
        Fault::KilledAfter => {
            process.kill();
            return Err(broken());
        }
        Fault::Paused(time, false) => process.pause(time),
        _ => {}
    }
    written(swarm, process.fate().skew, &answer)
}

/// The answer; where nobody leads that is said, at once or after waiting for it. A write may be carried out all the same
/// by whoever leads next.
async fn led(swarm: &Swarm, process: &Process, asked: Asked) -> api::Answer {
    let again = swarm.clocks.leads_again(swarm.age()).filter(|_| !api::needs_no_leader(&asked));
    let Some(again) = again else { return api::answer(swarm, &asked) };
    let (waits, is_done, after) = {
        let dice = &mut process.fate().dice;
        (dice.happens(500), dice.happens(500), dice.between(Duration::ZERO, Duration::from_secs(5)))
    };
    if waits && is_done && asked.method != "GET" {
        let (swarm, after) = (swarm.clone(), again.saturating_sub(swarm.age()) + after);
        tokio::spawn(async move {
            sleep(after).await;
            api::answer(&swarm, &asked)
        });
    }
    if waits {
        sleep(NO_LEADER).await;
    }
    api::no_leader(!waits)
}

async fn read(by: usize, request: Request<Incoming>) -> io::Result<Asked> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let path = head.uri.path();
    let path = match path.strip_prefix("/v").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => format!("/{rest}"),
        None => path.to_owned(),
    };
    let pairs = head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<String, String> =
        pairs.map(|(key, value)| (key.to_owned(), unescaped(value))).collect();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Asked { by, method: head.method.to_string(), path: unescaped(&path), query, body })
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn written(swarm: &Swarm, skew: SignedDuration, answer: &api::Answer) -> io::Result<Response<Full<Bytes>>> {
    let (status, body) = answer;
    let date = swarm.now_ahead(skew).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let text = if body.is_null() { String::new() } else { body.to_string() };
    Response::builder()
        .status(*status)
        .header("Api-Version", "1.41")
        .header("Date", date)
        .body(Full::new(Bytes::from(text)))
        .map_err(io::Error::other)
}
