//! A connection to one engine: version, limits, counting, and the way a request goes.
use super::call::Call;
use super::election::{self, Election, Next};
use super::ssh::LinkError;
use super::transport::Connector;
use super::{ApiVersion, Endpoint, EngineError, refusal};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, header};
use hyper_util::client::legacy::{Client, Error as SendError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fmt, io};

/// Answers from so many bytes on take milliseconds to read: that is done beside everything else, since other servers may
/// have answered, too.
const LARGE: usize = 128 << 10;

/// Bounds of all requests to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To open a connection.
    pub connect: Duration,
    /// For one request with its whole answer.
    pub request: Duration,
    /// Of one answer, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(30), answer: 64 << 20 }
    }
}

/// One finished request, for `--debug`. Never holds a body or a header.
#[derive(Debug, Clone, Copy)]
pub struct RequestLog<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// Path and query as sent.
    pub target: &'a str,
    /// The HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What there is to tell of a connection.
#[derive(Debug, Clone, Copy)]
pub enum Notice<'a> {
    /// A request has finished.
    Request(RequestLog<'a>),
    /// The swarm has no leader; looks are taken again for so long.
    NoLeader(&'a Endpoint, Duration),
}

/// Is told of them.
pub type Observer = Box<dyn Fn(&Notice<'_>) + Send + Sync>;

/// One that several tell.
type Shared = Arc<dyn Fn(&Notice<'_>) + Send + Sync>;

/// An engine that answered.
pub struct Engine {
    http: Client<Connector, Full<Bytes>>,
    endpoint: Endpoint,
    limits: Limits,
    version: ApiVersion,
    manager_hint: Option<bool>,
    requests: AtomicU64,
    date: Mutex<Option<String>>,
    observer: Option<Shared>,
    election: Election,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("endpoint", &self.endpoint)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Asks the engine for its version, with one request, and settles on the older of its and ours.
    pub async fn connect(endpoint: &Endpoint, limits: &Limits) -> Result<Self, EngineError> {
        Self::connect_observed(endpoint, limits, None).await
    }

    /// The same, telling `observer` from the first request on.
    pub async fn connect_observed(
        endpoint: &Endpoint,
        limits: &Limits,
        observer: Option<Observer>,
    ) -> Result<Self, EngineError> {
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle(endpoint))
            .build(Connector::new(endpoint, limits.connect));
        let mut engine = Self {
            http,
            endpoint: endpoint.clone(),
            limits: *limits,
            version: ApiVersion::OURS,
            manager_hint: None,
            requests: AtomicU64::new(0),
            date: Mutex::new(None),
            observer: observer.map(Arc::from),
            election: Election::default(),
        };
        if let Endpoint::Ssh(behind) = endpoint {
            behind.log_in().await?;
        }
        engine.met().await?;
        Ok(engine)
    }

    /// Asks for its version; behind ssh by the other way, too, where the first one leads nowhere.
    async fn met(&mut self) -> Result<(), EngineError> {
        let Endpoint::Ssh(behind) = self.endpoint.clone() else { return self.negotiate().await };
        // Somebody else behind the same login may find out meanwhile.
        let dialled = behind.dials().await;
        match self.negotiate().await {
            Err(EngineError::Unreachable { .. }) if !dialled && behind.dial().await => self.negotiate().await,
            result => result,
        }
    }

    /// The same engine for another flow of things: connections are shared, nothing is asked again, and whether a leader is
    /// waited for is each one's own matter.
    pub fn another(&self) -> Self {
        Self {
            http: self.http.clone(),
            endpoint: self.endpoint.clone(),
            limits: self.limits,
            version: self.version,
            manager_hint: self.manager_hint,
            requests: AtomicU64::new(0),
            date: Mutex::new(self.date()),
            observer: self.observer.clone(),
            election: Election::default(),
        }
    }

    /// Nothing more is asked of it: where nobody else in this run is behind the same login, that ends.
    pub async fn leave(&self) {
        if let Endpoint::Ssh(behind) = &self.endpoint {
            behind.leave().await;
        }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The API version in use.
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// Whether the engine is a swarm manager, where `/_ping` says so (docker: header `Swarm`; Engine 26.1 sends it,
    /// 20.10 does not). `None`: ask [`Engine::info`].
    pub fn manager_hint(&self) -> Option<bool> {
        self.manager_hint
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The engine's clock at its last answer: the `Date` header, in whole seconds.
    pub fn date(&self) -> Option<String> {
        self.date.lock().ok()?.clone()
    }

    /// From now on nothing waits for a leader: whoever asks knows what to do without one.
    pub fn wait_for_no_leader(&self) {
        self.election.end();
    }

    async fn negotiate(&mut self) -> Result<(), EngineError> {
        let call = Call::get("/_ping", "the engine's version");
        let answer = self.sent(&call, "/_ping").await?;
        let bad =
            |reason: &str| EngineError::BadAnswer { what: call.what.clone(), reason: reason.to_owned() };
        let text = answer
            .headers
            .get("api-version")
            .ok_or_else(|| bad("no Api-Version; is this a Docker engine?"))?;
        let theirs = text
            .to_str()
            .ok()
            .and_then(|text| text.trim().parse::<ApiVersion>().ok())
            .ok_or_else(|| bad("unreadable Api-Version"))?;
        if theirs < ApiVersion::LEAST {
            return Err(EngineError::TooOld { version: theirs, least: ApiVersion::LEAST });
        }
        self.version = theirs.min(ApiVersion::OURS);
        self.manager_hint =
            answer.headers.get("swarm").map(|v| v.to_str().is_ok_and(|v| v.starts_with("active/manager")));
        Ok(())
    }

    /// Sends a call and reads its answer as JSON.
    pub(super) async fn json<T>(&self, call: Call<'_>) -> Result<T, EngineError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let answer = self.bytes(&call).await?;
        let length = answer.len();
        let read = move || serde_json::from_slice(&answer);
        let value = match length {
            0..LARGE => read(),
            _ => match tokio::task::spawn_blocking(read).await {
                Ok(value) => value,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
        };
        value
            .map_err(|e: serde_json::Error| EngineError::BadAnswer { what: call.what, reason: e.to_string() })
    }

    /// Sends a call whose answer has nothing to say.
    pub(super) async fn nothing(&self, call: Call<'_>) -> Result<(), EngineError> {
        self.bytes(&call).await.map(drop)
    }

    async fn bytes(&self, call: &Call<'_>) -> Result<Bytes, EngineError> {
        let target = self.versioned(call);
        if call.method != Method::GET {
            self.election.end();
        }
        loop {
            match self.sent(call, &target).await {
                Err(EngineError::NoLeader { .. }) if call.method == Method::GET && self.waits() => {
                    self.election.pause().await;
                }
                answer => return answer.map(|answer| answer.body),
            }
        }
    }

    /// Whether a look that found no leader is to be taken again.
    fn waits(&self) -> bool {
        let next = self.election.next();
        if let (Next::Told, Some(observer)) = (&next, &self.observer) {
            observer(&Notice::NoLeader(&self.endpoint, election::PATIENCE));
        }
        next != Next::GiveUp
    }

    pub(super) fn limit(&self, call: &Call<'_>) -> Duration {
        call.limit.unwrap_or(self.limits.request)
    }

    pub(super) fn versioned(&self, call: &Call<'_>) -> String {
        format!("/v{}{}", self.version, call.target())
    }

    async fn sent(&self, call: &Call<'_>, target: &str) -> Result<Answer, EngineError> {
        let start = Instant::now();
        let limit = self.limit(call);
        let result = match tokio::time::timeout(limit, self.exchanged(call, target)).await {
            Ok(result) => result,
            Err(_) => Err(EngineError::TimedOut { what: call.what.clone(), after: limit }),
        };
        self.observe(call, target, result.as_ref().ok().map(|answer| answer.status), start);
        let answer = result?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(answer.refusal(&call.what)) }
    }

    async fn exchanged(&self, call: &Call<'_>, target: &str) -> Result<Answer, EngineError> {
        let response = self.response(call, target).await?;
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, self.limits.answer).collect().await.map_err(|e| self.broken(call, &*e))?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
    }

    pub(super) async fn response(
        &self,
        call: &Call<'_>,
        target: &str,
    ) -> Result<Response<Incoming>, EngineError> {
        // Lets the pool see which idle connections have ended in the meantime.
        tokio::task::yield_now().await;
        let mut sent = self.attempt(call, target).await?;
        // One may still have been on its way down. Asking twice does no harm, so looks get a second chance.
        if call.method == Method::GET && sent.as_ref().is_err_and(|error| !error.is_connect()) {
            if let Endpoint::Ssh(behind) = &self.endpoint {
                behind.settle().await;
            }
            sent = self.attempt(call, target).await?;
        }
        let response = sent.map_err(|error| self.unanswered(&error))?;
        if let (Some(date), Ok(mut seen)) = (response.headers().get(header::DATE), self.date.lock()) {
            *seen = date.to_str().ok().map(str::to_owned);
        }
        Ok(response)
    }

    async fn attempt(&self, call: &Call<'_>, target: &str) -> Result<Sent, EngineError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let request = request(call, target)
            .map_err(|e| EngineError::BadAnswer { what: call.what.clone(), reason: e.to_string() })?;
        Ok(self.http.request(request).await)
    }

    pub(super) fn observe(&self, call: &Call<'_>, target: &str, status: Option<u16>, start: Instant) {
        if let Some(observer) = &self.observer {
            let elapsed = start.elapsed();
            let log = RequestLog { method: call.method.as_str(), target, status, elapsed };
            observer(&Notice::Request(log));
        }
    }

    fn unanswered(&self, error: &SendError) -> EngineError {
        let cause = root(error);
        let link = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        if let Some(link) = link.and_then(|link| link.downcast_ref::<LinkError>()) {
            return EngineError::Link(link.clone());
        }
        if cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied) {
            return EngineError::NoAccess { endpoint: self.endpoint.to_string() };
        }
        EngineError::Unreachable {
            endpoint: self.endpoint.to_string(),
            sent: !error.is_connect(),
            reason: cause.to_string(),
        }
    }

    fn broken(&self, call: &Call<'_>, error: &(dyn Error + 'static)) -> EngineError {
        if error.is::<LengthLimitError>() {
            let reason = format!("it is larger than {} bytes", self.limits.answer);
            return EngineError::BadAnswer { what: call.what.clone(), reason };
        }
        EngineError::Unreachable {
            endpoint: self.endpoint.to_string(),
            sent: true,
            reason: root(error).to_string(),
        }
    }
}

/// How long a connection is kept that nobody uses. Behind ssh each may hold one of few sessions.
fn idle(endpoint: &Endpoint) -> Duration {
    Duration::from_secs(if matches!(endpoint, Endpoint::Ssh(_)) { 1 } else { 60 })
}

/// What became of an attempt.
type Sent = Result<Response<Incoming>, SendError>;

/// A whole answer.
struct Answer {
    status: u16,
    headers: hyper::HeaderMap,
    body: Bytes,
}

impl Answer {
    fn refusal(&self, what: &str) -> EngineError {
        refusal::read(self.status, &self.body, what)
    }
}

fn request(call: &Call<'_>, target: &str) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    // The host means nothing on a unix socket, but engines want a well-formed one.
    let mut request = Request::builder().method(&call.method).uri(format!("http://docker{target}"));
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, call.content_type);
    }
    if call.upgrades {
        request = request.header(header::CONNECTION, "Upgrade").header(header::UPGRADE, "tcp");
    }
    if let Some(auth) = call.auth {
        request = request.header("X-Registry-Auth", auth.header()?);
    }
    request.body(Full::new(call.body.clone().unwrap_or_default()))
}

/// The innermost cause: what the system said.
fn root<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
