//! Answers that may be cut short (what came within the limits is what there is), and answers that go on for as long as
//! somebody reads them.
use super::call::Call;
use super::{Engine, EngineError, refusal};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::upgrade::Upgraded;
use hyper::{Response, StatusCode, header};
use std::time::{Duration, Instant};

/// What came of a stream.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub bytes: Vec<u8>,
    /// Whether the engine ended it, rather than our limits or a broken connection.
    pub complete: bool,
    pub content_type: String,
}

impl Partial {
    async fn fill(&mut self, mut body: Incoming, most: usize) -> bool {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let Some(data) = frame.data_ref() else { continue };
            let room = most - self.bytes.len();
            self.bytes.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return false;
            }
        }
        true
    }
}

/// An answer that goes on.
#[derive(Debug)]
pub(super) struct Opened {
    body: Incoming,
    endpoint: String,
    pub content_type: String,
}

impl Opened {
    /// What came next; `None` when the engine has ended it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, EngineError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| EngineError::Unreachable {
                endpoint: self.endpoint.clone(),
                sent: true,
                reason: error.to_string(),
            })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// The most of a refusal that is read, in bytes.
const REFUSAL: usize = 64 << 10;

/// The beginning of an answer, and how much time is left for the rest.
struct Begun<'a> {
    call: &'a Call<'a>,
    response: Response<Incoming>,
    target: String,
    start: Instant,
    limit: Duration,
}

impl Begun<'_> {
    fn rest(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Why the engine refused the call.
    async fn refusal(self) -> EngineError {
        let (rest, status) = (self.rest(), self.response.status().as_u16());
        let mut refused = Partial::default();
        let _ = tokio::time::timeout(rest, refused.fill(self.response.into_body(), REFUSAL)).await;
        refusal::read(status, &refused.bytes, &self.call.what)
    }
}

impl Engine {
    /// Sends a call whose answer goes on: the time limit counts for its beginning only.
    pub(super) async fn open(&self, call: &Call<'_>) -> Result<Opened, EngineError> {
        let begun = self.begin(call).await?;
        self.answered(&begun);
        if !begun.response.status().is_success() {
            return Err(begun.refusal().await);
        }
        let content_type = content_type(begun.response.headers());
        Ok(Opened { body: begun.response.into_body(), endpoint: self.endpoint().to_string(), content_type })
    }

    /// Sends a call after which the connection is a stream in both directions. The time limit counts for its beginning.
    pub(super) async fn upgraded(&self, call: &Call<'_>) -> Result<Upgraded, EngineError> {
        let begun = self.begin(call).await?;
        self.answered(&begun);
        let bad = |reason: String| EngineError::BadAnswer { what: call.what.clone(), reason };
        match begun.response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {
                hyper::upgrade::on(begun.response).await.map_err(|error| bad(error.to_string()))
            }
            status if status.is_success() => Err(bad("it takes no input".to_owned())),
            _ => Err(begun.refusal().await),
        }
    }

    /// Sends a call whose answer is a stream that may be cut: hands on what came within the time limit and `most`
    /// bytes, with the content type and whether that was all.
    pub(super) async fn stream(&self, call: &Call<'_>, most: usize) -> Result<Partial, EngineError> {
        let begun = self.begin(call).await?;
        let (rest, status) = (begun.rest(), begun.response.status());
        let content_type = content_type(begun.response.headers());
        let mut partial = Partial { content_type, ..Partial::default() };
        let ended = tokio::time::timeout(rest, partial.fill(begun.response.into_body(), most)).await;
        partial.complete = ended.unwrap_or(false);
        self.observe(call, &begun.target, Some(status.as_u16()), begun.start);
        if status.is_success() {
            Ok(partial)
        } else {
            Err(refusal::read(status.as_u16(), &partial.bytes, &call.what))
        }
    }

    /// Sends a call and waits for the beginning of its answer.
    async fn begin<'a>(&self, call: &'a Call<'a>) -> Result<Begun<'a>, EngineError> {
        let start = Instant::now();
        let limit = self.limit(call);
        let target = self.versioned(call);
        let answered = tokio::time::timeout(limit, self.response(call, &target)).await;
        let response = answered
            .unwrap_or_else(|_| Err(EngineError::TimedOut { what: call.what.clone(), after: limit }))
            .inspect_err(|_| self.observe(call, &target, None, start))?;
        Ok(Begun { call, response, target, start, limit })
    }

    fn answered(&self, begun: &Begun<'_>) {
        self.observe(begun.call, &begun.target, Some(begun.response.status().as_u16()), begun.start);
    }
}

fn content_type(headers: &hyper::HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}
