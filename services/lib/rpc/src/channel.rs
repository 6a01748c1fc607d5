//! The client's side of all calls to one service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use serde::Deserialize;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument as _;

use crate::balance::{Addresses, Balancer};
use crate::body::{late, outcome, watch};
use crate::connection::Place;
use crate::context::{Context, Idempotent, REQUEST_ID};
use crate::deadline::{self, GRPC_TIMEOUT};
use crate::metrics::Side;
use crate::transport::{Endpoint, Transport};

/// With less time than this left a call is not begun: its answer could not arrive.
const LEAST: Duration = Duration::from_millis(10);

/// The part of the remaining time that is kept for the way back.
const MARGIN: Duration = Duration::from_millis(5);

/// A service that can be called, as the code knows it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name in its certificate, such as `sa.cairn`.
    pub name: &'static str,
    /// What a call may take, if the configuration does not say.
    pub timeout: Duration,
}

/// Where a service is, as the configuration tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Its addresses, `host:port`. Calls are spread over all addresses of all hosts.
    pub addresses: Vec<String>,
    /// The DNS name that its certificate must hold, if not the usual one, such as `sa.cairn`.
    #[serde(default)]
    pub server_name: Option<String>,
    /// The most that one call may take; less if less is left for the request that it serves.
    #[serde(default, with = "cairn_kit::duration")]
    pub timeout: Option<Duration>,
    /// How often host names are resolved anew.
    #[serde(default = "ten_seconds", with = "cairn_kit::duration")]
    pub resolve_every: Duration,
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

impl ClientConfig {
    /// The configuration for these addresses, with defaults for the rest.
    pub fn new(addresses: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            addresses: addresses.into_iter().map(Into::into).collect(),
            server_name: None,
            timeout: None,
            resolve_every: ten_seconds(),
        }
    }

    /// Checks what [`Transport::channel`] would refuse.
    pub fn check(&self) -> Result<(), ChannelError> {
        let well_formed = |address: &str| {
            address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if self.addresses.is_empty() {
            return Err(ChannelError::NoAddress);
        }
        if let Some(address) = self.addresses.iter().find(|address| !well_formed(address)) {
            return Err(ChannelError::Address(address.clone()));
        }
        if let Some(name) = self
            .server_name
            .as_ref()
            .filter(|name| name.parse::<Authority>().is_err())
        {
            return Err(ChannelError::ServerName(name.clone()));
        }
        if self.resolve_every.is_zero() {
            return Err(ChannelError::ResolveEvery);
        }
        Ok(())
    }
}

/// What is wrong with a [`ClientConfig`].
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No address at all.
    #[error("addresses must not be empty")]
    NoAddress,
    /// Not `host:port`.
    #[error("address {0:?} is not of the form host:port")]
    Address(String),
    /// Not a host name.
    #[error("server_name {0:?} is not a DNS name")]
    ServerName(String),
    /// Resolving without a pause.
    #[error("resolve_every must be more than zero")]
    ResolveEvery,
}

/// Sends calls to one service. Cheap to clone; clones share connections.
///
/// A call waits for a connection until its deadline, goes to the least loaded address, and ends by its
/// deadline whatever the server does.
#[derive(Clone)]
pub struct Channel(Arc<Inner>);

struct Inner {
    balancer: Balancer,
    authority: Authority,
    timeout: Duration,
    metrics: Side,
}

impl Channel {
    pub(crate) fn new(
        transport: &Transport,
        target: Target,
        config: &ClientConfig,
    ) -> Result<Self, ChannelError> {
        config.check()?;
        let server_name = config.server_name.as_deref().unwrap_or(target.name);
        let authority = server_name
            .parse()
            .map_err(|_| ChannelError::ServerName(server_name.to_owned()))?;
        let addresses = Addresses {
            names: config.addresses.clone(),
            server_name: server_name.into(),
            resolve_every: config.resolve_every,
        };
        Ok(Self(Arc::new(Inner {
            balancer: Balancer::new(transport.clone(), addresses),
            authority,
            timeout: config.timeout.unwrap_or(target.timeout),
            metrics: transport.calls.made.clone(),
        })))
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Status>> {
        // Waiting for a connection is part of the call, so that its deadline bounds it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.call(request).await })
    }
}

impl Inner {
    async fn call(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let (service, method) = names(request.uri());
        let span = tracing::info_span!(
            "call",
            otel.kind = "client",
            service,
            method,
            code = tracing::field::Empty
        );
        let mut running = self.metrics.begin(service.into(), method.into(), span.clone());
        let longest = Instant::now() + self.timeout;
        let context = request.extensions_mut().remove::<Context>();
        let deadline = context
            .as_ref()
            .map_or(longest, |context| context.deadline().min(longest));
        let prepared = self.prepare(&mut request, context.as_ref());
        let exchange = async {
            prepared?;
            span.in_scope(|| cairn_kit::trace::inject(request.headers_mut()));
            match request.extensions_mut().remove::<Idempotent>() {
                Some(Idempotent) => self
                    .twice(request, deadline)
                    .await
                    .map(|response| (response, None)),
                None => self
                    .once(request, deadline)
                    .await
                    .map(|(response, place)| (response, Some(place))),
            }
        };
        match exchange.instrument(span.clone()).await {
            Ok((response, place)) => Ok(watch(response, deadline, running, place)),
            Err(status) => {
                running.end(status.code());
                Err(status)
            }
        }
    }

    /// Completes the address of the request and names the request that it serves.
    fn prepare(&self, request: &mut Request<Body>, context: Option<&Context>) -> Result<(), Status> {
        let path = request.uri().path_and_query().cloned();
        let uri = Uri::builder()
            .scheme(Scheme::HTTPS)
            .authority(self.authority.clone())
            .path_and_query(path.unwrap_or(PathAndQuery::from_static("/")))
            .build();
        *request.uri_mut() = uri.map_err(|error| Status::internal(error.to_string()))?;
        if let Some(context) = context {
            request
                .headers_mut()
                .insert(REQUEST_ID, context.request_id_header());
        }
        Ok(())
    }

    /// Sends a request whose answer may be waited for twice. Both bodies are those of a unary call.
    async fn twice(&self, request: Request<Body>, deadline: Instant) -> Result<Response<Body>, Status> {
        let (head, body) = request.into_parts();
        let message = body.collect().await?.to_bytes();
        let attempt = async || {
            let request = Request::from_parts(head.clone(), Body::new(Full::new(message.clone())));
            let (response, _place) = self.once(request, deadline).await?;
            let (head, body) = response.into_parts();
            let body = tokio::time::timeout_at(deadline, body.collect())
                .await
                .map_err(|_| late())??;
            Ok(Response::from_parts(head, Body::new(body)))
        };
        let first: Result<_, Status> = attempt().await;
        let lost = match &first {
            Ok(response) => outcome(response.headers()) == Some(Code::Unavailable),
            Err(status) => status.code() == Code::Unavailable,
        };
        if lost { attempt().await } else { first }
    }

    /// Sends a request and waits for the head of the response.
    async fn once(
        &self,
        mut request: Request<Body>,
        deadline: Instant,
    ) -> Result<(Response<Body>, Place), Status> {
        loop {
            if deadline < Instant::now() + LEAST {
                return Err(Status::deadline_exceeded("too little time is left for a call"));
            }
            let Ok(place) = tokio::time::timeout_at(deadline, self.balancer.place()).await else {
                let trouble = self.balancer.trouble();
                return Err(Status::unavailable(format!(
                    "no connection to {}: {trouble}",
                    self.authority
                )));
            };
            let left = deadline
                .saturating_duration_since(Instant::now())
                .saturating_sub(MARGIN);
            request.headers_mut().insert(GRPC_TIMEOUT, deadline::format(left));
            let sent = place.sender().try_send_request(request);
            let Ok(answer) = tokio::time::timeout_at(deadline, sent).await else {
                return Err(late());
            };
            match answer {
                Ok(response) => {
                    let endpoint = place.endpoint().clone();
                    let response =
                        response.map(|body| Body::new(body.map_err(move |error| lost(&endpoint, &error))));
                    return Ok((response, place));
                }
                // The connection closed before the request was on its way: any other will do.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(lost(place.endpoint(), error.error())),
                },
            }
        }
    }
}

/// The gRPC service and method of a request's path.
fn names(uri: &Uri) -> (String, String) {
    let (service, method) = uri
        .path()
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or_default();
    (service.to_owned(), method.to_owned())
}

/// The status of a call whose connection failed: whether the server did its work is unknown.
fn lost(endpoint: &Endpoint, error: &hyper::Error) -> Status {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    Status::unavailable(format!(
        "{endpoint}: connection lost: {error}{}",
        cause.unwrap_or_default()
    ))
}
