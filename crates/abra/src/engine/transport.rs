//! Connections to an endpoint, for hyper's pool.
use super::Endpoint;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::UnixStream;
use tower_service::Service;

/// Opens connections to one endpoint, whatever the request's host says.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    endpoint: Arc<Endpoint>,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(endpoint: &Endpoint, limit: Duration) -> Self {
        Self { endpoint: Arc::new(endpoint.clone()), limit }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { endpoint, limit } = self.clone();
        Box::pin(async move {
            let Endpoint::Unix(path) = &*endpoint;
            match tokio::time::timeout(limit, UnixStream::connect(path)).await {
                Ok(stream) => stream.map(TokioIo::new),
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no connection within {} s", limit.as_secs_f32()),
                )),
            }
        })
    }
}
