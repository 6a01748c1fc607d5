//! The debug port: `/metrics`, `/livez` and `/readyz` over plain HTTP, apart from everything clients see.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::{Health, Metrics};

const TEXT: &str = "text/plain; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Requests that are not whole by then are cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// The debug server, bound but not yet answering.
#[derive(Debug)]
pub struct DebugServer {
    listener: TcpListener,
    metrics: Metrics,
    health: Health,
}

impl DebugServer {
    /// Binds `address`; port 0 lets the system choose one.
    pub async fn bind(address: SocketAddr, metrics: Metrics, health: Health) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            listener,
            metrics,
            health,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until dropped.
    pub async fn serve(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => self.answer(stream),
                Err(error) => {
                    tracing::warn!(%error, "the debug port cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn answer(&self, stream: TcpStream) {
        let (metrics, health) = (self.metrics.clone(), self.health.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let response = respond(request.method(), request.uri().path(), &metrics, &health);
            async { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(async move {
            // A caller that goes away is no event.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn respond(method: &Method, path: &str, metrics: &Metrics, health: &Health) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match path {
        "/metrics" => (StatusCode::OK, OPENMETRICS, metrics.encode()),
        "/livez" => (StatusCode::OK, TEXT, "alive\n".to_owned()),
        "/readyz" if health.is_ready() => (StatusCode::OK, TEXT, health.report()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, TEXT, health.report()),
        _ => (
            StatusCode::NOT_FOUND,
            TEXT,
            "try /metrics, /livez or /readyz\n".to_owned(),
        ),
    };
    let response = Response::builder().header(CONTENT_TYPE, content_type);
    let response = if matches!(*method, Method::GET | Method::HEAD) {
        response.status(status).body(Full::from(body))
    } else {
        response
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(ALLOW, "GET, HEAD")
            .body(Full::default())
    };
    response.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn request(address: SocketAddr, line: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let text = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn readiness_flips_and_metrics_are_served() {
        let (metrics, health) = (Metrics::new(), Health::new());
        metrics.counter("starts", "Starts").inc();
        let localhost = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = DebugServer::bind(localhost, metrics, health.clone())
            .await
            .unwrap();
        let address = server.address().unwrap();
        let serving = tokio::spawn(server.serve());

        let check = health.check("database");
        let answer = request(address, "GET /readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.ends_with("database: starting\nnot ready\n"), "{answer}");
        check.pass();
        assert!(request(address, "GET /readyz").await.starts_with("HTTP/1.1 200"));
        check.fail("gone");
        assert!(request(address, "GET /readyz").await.starts_with("HTTP/1.1 503"));

        assert!(request(address, "GET /livez").await.starts_with("HTTP/1.1 200"));
        assert!(
            request(address, "GET /metrics")
                .await
                .contains("\ncairn_starts_total 1\n")
        );
        assert!(request(address, "GET /").await.starts_with("HTTP/1.1 404"));
        assert!(request(address, "POST /livez").await.starts_with("HTTP/1.1 405"));
        serving.abort();
    }
}
