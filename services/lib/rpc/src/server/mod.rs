//! Serves gRPC services to the callers that the configuration allows.

mod call;
mod listen;
mod router;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic_health::pb::health_server::HealthServer;
use tower::Service;

use crate::health::Answers;
use crate::metrics::Side;
use crate::transport::{Listener, Transport};
use router::Router;

/// How a service is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who may call: for every gRPC service, by its full name such as `cairn.sa.v1.Orders`, the DNS names
    /// in the certificates of its callers, such as `ra.cairn`. The health service is open to all callers
    /// with a certificate and is not listed.
    pub allow: BTreeMap<String, BTreeSet<String>>,
    /// How long calls may still take after the server was told to stop.
    #[serde(default = "ten_seconds", with = "cairn_kit::duration")]
    pub drain_timeout: Duration,
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

impl ServerConfig {
    /// A configuration for tests: any port of the loopback interface, and these callers for these gRPC
    /// services.
    pub fn loopback<'a>(allow: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow: allow
                .into_iter()
                .map(|(service, callers)| (service.to_owned(), names(callers)))
                .collect(),
            drain_timeout: ten_seconds(),
        }
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The configuration names a gRPC service that this server does not have.
    #[error("allow: this server has no gRPC service {name:?}; it has {served}")]
    UnknownService {
        /// The name in the configuration.
        name: String,
        /// The names that would be right.
        served: String,
    },
    /// A gRPC service without a list of callers.
    #[error("allow: no list of callers for {0:?}")]
    NoCallers(&'static str),
    /// The address cannot be listened at.
    #[error("listen: {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// A server that is being put together.
pub struct Server {
    config: ServerConfig,
    router: Router,
}

impl Server {
    /// A server without services.
    pub fn new(config: ServerConfig) -> Self {
        Self {
            config,
            router: Router::default(),
        }
    }

    /// Adds a gRPC service.
    ///
    /// Its handlers run in tasks of their own, which end at the deadline of the call, but not when the
    /// caller goes away. They find the [`crate::Context`] and the [`crate::Peer`] in the request.
    #[must_use]
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        self.router.add(service);
        self
    }

    /// Compares the configuration with the services and starts to listen.
    pub async fn bind(mut self, transport: &Transport) -> Result<BoundServer, ServerError> {
        let stopping = CancellationToken::new();
        self.router.allow(&self.config.allow)?;
        let answers = Answers::new(self.router.names().collect(), stopping.clone());
        self.router.set_health(HealthServer::new(answers));
        let listener = transport
            .listen(self.config.listen)
            .await
            .map_err(|error| ServerError::Listen(self.config.listen, error))?;
        Ok(BoundServer {
            listener,
            router: self.router,
            stopping,
            drain_timeout: self.config.drain_timeout,
            metrics: transport.calls.served.clone(),
        })
    }
}

/// A server that listens and does not answer yet.
pub struct BoundServer {
    listener: Listener,
    router: Router,
    stopping: CancellationToken,
    drain_timeout: Duration,
    metrics: Side,
}

impl BoundServer {
    /// Where it listens; none within the process.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Serves until `shutdown`; then reports `NOT_SERVING`, accepts nothing new, and returns when the calls
    /// in flight have ended, or when the configured time for that is over.
    pub fn serve(self, shutdown: CancellationToken) -> impl Future<Output = ()> + Send {
        listen::serve(self, shutdown)
    }
}
