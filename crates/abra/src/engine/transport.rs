//! Connections to an endpoint, for hyper's pool.
use super::Endpoint;
use super::ssh::Way;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tower_service::Service;

/// A connection, of whatever kind.
pub(super) struct Link(Pin<Box<dyn Stream>>);

trait Stream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(context, into)
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(context)
    }
}

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

    async fn link(&self) -> io::Result<Link> {
        match &*self.endpoint {
            Endpoint::Unix(path) => Ok(Link(Box::pin(UnixStream::connect(path).await?))),
            Endpoint::Ssh(behind) => Ok(match behind.way().await? {
                Way::Forwarded(stream) => Link(Box::pin(stream)),
                Way::Dialled(stream) => Link(Box::pin(stream)),
            }),
            Endpoint::Inside(inside) => Ok(Link(Box::pin(inside.open()?))),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Link>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            if let Endpoint::Ssh(_) = *connector.endpoint {
                // It bounds its steps itself, and waits for its turn where sessions are few.
                return connector.link().await.map(TokioIo::new);
            }
            let limit = connector.limit;
            match tokio::time::timeout(limit, connector.link()).await {
                Ok(link) => link.map(TokioIo::new),
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no connection within {} s", limit.as_secs_f32()),
                )),
            }
        })
    }
}
