//! One call: allowed, within its deadline, measured, and independent of the caller's patience.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::router::{Handler, Route, Router};
use crate::body::{late, watch};
use crate::metrics::Side;
use crate::status::{permission_denied, to_status};
use crate::{Context, Peer};

/// What all calls of a server share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) router: Arc<Router>,
    pub(super) metrics: Side,
    /// The tasks of handlers, which may outlive the connections they came by.
    pub(super) tasks: TaskTracker,
    /// Cancelled when handlers must end at once.
    pub(super) abort: CancellationToken,
}

/// Answers a call. Never fails: errors are gRPC statuses.
pub(super) async fn answer(
    shared: Shared,
    peer: Peer,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    let path = request.uri().path().to_owned();
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    Ok(match shared.router.route(service, &peer) {
        Route::Unknown => Status::unimplemented("no such service").into_http(),
        Route::Health(handler) => {
            let Ok(response) = handler.clone().oneshot(request).await;
            response
        }
        Route::Forbidden(service) => {
            tracing::warn!(
                service,
                method,
                peer = peer.name(),
                "caller refused: not on the allow list"
            );
            let mut running = shared.metrics.begin(service.into(), "-".into(), Span::none());
            let status = to_status(permission_denied());
            running.end(status.code());
            status.into_http()
        }
        Route::Service(service, handler) => {
            let Ok(context) = Context::from_headers(request.headers()) else {
                return Ok(Status::invalid_argument("the timeout is malformed").into_http());
            };
            let span = tracing::info_span!(
                "serve",
                otel.kind = Empty,
                service,
                method,
                request_id = %context.request_id(),
                peer = peer.name(),
                code = Empty,
            );
            cairn_kit::trace::continue_from(&span, request.headers());
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(context.clone());
            let handler = handler.clone();
            handle(&shared, handler, request, &context, span, (service, method)).await
        }
    })
}

/// Runs the handler in a task of its own, until its end or the deadline.
async fn handle(
    shared: &Shared,
    handler: Handler,
    request: Request<Body>,
    context: &Context,
    span: Span,
    (service, method): (&'static str, &str),
) -> Response<Body> {
    let deadline = context.deadline();
    let running = shared
        .metrics
        .begin(service.into(), method.to_owned().into(), span.clone());
    let abort = shared.abort.clone();
    let work = async move {
        tokio::select! {
            response = tokio::time::timeout_at(deadline, handler.oneshot(request)) => match response {
                Ok(Ok(response)) => response,
                Err(_) => {
                    tracing::warn!("the deadline passed while the call was being served");
                    late().into_http()
                }
            },
            () = abort.cancelled() => Status::unavailable("the server is stopping").into_http(),
        }
    };
    let response = shared.tasks.spawn(work.instrument(span.clone())).await;
    let response = response.unwrap_or_else(|error| {
        span.in_scope(|| tracing::error!(%error, "a handler panicked"));
        Status::internal("the server failed to handle the request").into_http()
    });
    watch(response, deadline, running, ())
}
