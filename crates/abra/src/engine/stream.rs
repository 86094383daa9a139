//! Answers that may be cut short (what came within the limits is what there is), and answers that go on for as long as
//! somebody reads them.
use super::call::Call;
use super::{Engine, EngineError, refusal};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::upgrade::Upgraded;
use hyper::{StatusCode, header};
use std::time::Instant;

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

impl Engine {
    /// Sends a call whose answer goes on: the time limit counts for its beginning only.
    pub(super) async fn open(&self, call: &Call<'_>) -> Result<Opened, EngineError> {
        let start = Instant::now();
        let limit = self.limit(call);
        let target = self.versioned(call);
        let opened = tokio::time::timeout(limit, self.response(call, &target)).await;
        let response = opened
            .unwrap_or_else(|_| Err(EngineError::TimedOut { what: call.what.clone(), after: limit }))
            .inspect_err(|_| self.observe(call, &target, None, start))?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        self.observe(call, &target, Some(status), start);
        if head.status.is_success() {
            let endpoint = self.endpoint().to_string();
            return Ok(Opened { body, endpoint, content_type: content_type(&head.headers) });
        }
        let mut refused = Partial::default();
        let rest = limit.saturating_sub(start.elapsed());
        let _ = tokio::time::timeout(rest, refused.fill(body, REFUSAL)).await;
        Err(refusal::read(status, &refused.bytes, &call.what))
    }

    /// Sends a call after which the connection is a stream in both directions. The time limit counts for its beginning.
    pub(super) async fn upgraded(&self, call: &Call<'_>) -> Result<Upgraded, EngineError> {
        let start = Instant::now();
        let limit = self.limit(call);
        let target = self.versioned(call);
        let answered = tokio::time::timeout(limit, self.response(call, &target)).await;
        let response = answered
            .unwrap_or_else(|_| Err(EngineError::TimedOut { what: call.what.clone(), after: limit }))
            .inspect_err(|_| self.observe(call, &target, None, start))?;
        let status = response.status();
        self.observe(call, &target, Some(status.as_u16()), start);
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return hyper::upgrade::on(response).await.map_err(|error| EngineError::BadAnswer {
                what: call.what.clone(),
                reason: error.to_string(),
            });
        }
        if status.is_success() {
            let reason = "it takes no input".to_owned();
            return Err(EngineError::BadAnswer { what: call.what.clone(), reason });
        }
        let mut refused = Partial::default();
        let rest = limit.saturating_sub(start.elapsed());
        let _ = tokio::time::timeout(rest, refused.fill(response.into_body(), REFUSAL)).await;
        Err(refusal::read(status.as_u16(), &refused.bytes, &call.what))
    }

    /// Sends a call whose answer is a stream that may be cut: hands on what came within the time limit and `most`
    /// bytes, with the content type and whether that was all.
    pub(super) async fn stream(&self, call: &Call<'_>, most: usize) -> Result<Partial, EngineError> {
        let start = Instant::now();
        let limit = self.limit(call);
        let target = self.versioned(call);
        let opened = tokio::time::timeout(limit, self.response(call, &target)).await;
        let response = opened
            .unwrap_or_else(|_| Err(EngineError::TimedOut { what: call.what.clone(), after: limit }))
            .inspect_err(|_| self.observe(call, &target, None, start))?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let mut partial = Partial { content_type: content_type(&head.headers), ..Partial::default() };
        let rest = limit.saturating_sub(start.elapsed());
        let ended = tokio::time::timeout(rest, partial.fill(body, most)).await;
        partial.complete = ended.unwrap_or(false);
        self.observe(call, &target, Some(status), start);
        if head.status.is_success() {
            Ok(partial)
        } else {
            Err(refusal::read(status, &partial.bytes, &call.what))
        }
    }
}

fn content_type(headers: &hyper::HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}
