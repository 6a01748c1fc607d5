//! The client's side of all calls to one service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument as _;

use crate::balance::Balancer;
use crate::body::{late, outcome, watch};
use crate::connection::Place;
use crate::context::{Context, Idempotent, REQUEST_ID};
use crate::deadline::{self, GRPC_TIMEOUT};
use crate::metrics::Side;
use crate::target::{ChannelError, ClientConfig, Target};
use crate::transport::{Endpoint, Transport};

/// The header that holds an error as a message.
const GRPC_DETAILS: &str = "grpc-status-details-bin";

/// With less time than this left a call is not begun: its answer could not arrive.
const LEAST: Duration = Duration::from_millis(10);

/// The part of the remaining time that is kept for the way back.
const MARGIN: Duration = Duration::from_millis(5);

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
        let balancer = Balancer::new(transport.clone(), server_name.into(), config);
        let timeout = config.timeout.unwrap_or(target.timeout);
        Ok(Self::over(
            balancer,
            authority,
            timeout,
            transport.calls.made.clone(),
        ))
    }

    pub(crate) fn over(balancer: Balancer, authority: Authority, timeout: Duration, metrics: Side) -> Self {
        Self(Arc::new(Inner {
            balancer,
            authority,
            timeout,
            metrics,
        }))
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
        // Debug is not logged, and costs nothing, unless someone asks for it or spans are exported.
        let span = tracing::debug_span!(
            target: cairn_kit::trace::CALLS,
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

    /// Sends a request, and once more if the server was lost. Both bodies are those of a unary call.
    async fn twice(&self, request: Request<Body>, deadline: Instant) -> Result<Response<Body>, Status> {
        let (mut head, body) = request.into_parts();
        head.extensions.clear();
        let message = body.collect().await?.to_bytes();
        let request = |head| Request::from_parts(head, Body::new(Full::new(message.clone())));
        let first = self.whole(request(head.clone()), deadline).await;
        let lost = match &first {
            Ok(response) => server_is_lost(response.headers()),
            Err(status) => status.code() == Code::Unavailable,
        };
        if lost {
            self.whole(request(head), deadline).await
        } else {
            first
        }
    }

    /// Sends a request and waits for all of the response.
    async fn whole(&self, request: Request<Body>, deadline: Instant) -> Result<Response<Body>, Status> {
        let (response, _place) = self.once(request, deadline).await?;
        let (head, body) = response.into_parts();
        let body = tokio::time::timeout_at(deadline, body.collect())
            .await
            .map_err(|_| late())??;
        Ok(Response::from_parts(head, Body::new(body)))
    }

    /// Sends a request and waits for the head of the response.
    async fn once(
        &self,
        mut request: Request<Body>,
        deadline: Instant,
    ) -> Result<(Response<Body>, Place), Status> {
        let latest = deadline.checked_sub(LEAST).unwrap_or(deadline);
        loop {
            if latest <= Instant::now() {
                return Err(Status::deadline_exceeded("too little time is left for a call"));
            }
            let Ok(place) = tokio::time::timeout_at(latest, self.balancer.place()).await else {
                let trouble = self.balancer.trouble();
                return Err(Status::unavailable(format!(
                    "no connection to {}: {trouble}",
                    self.authority
                )));
            };
            let left = deadline.saturating_duration_since(Instant::now());
            request
                .headers_mut()
                .insert(GRPC_TIMEOUT, deadline::format(left.saturating_sub(MARGIN)));
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

/// Whether the server gave up the call. One that answers with an error of its own is there: to ask it again
/// at once would not help, and would multiply calls from service to service.
fn server_is_lost(head: &HeaderMap) -> bool {
    outcome(head) == Some(Code::Unavailable) && !head.contains_key(GRPC_DETAILS)
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
