//! From an HTTP request to an HTTP answer: spans, counters, the headers that every answer has.

use std::net::IpAddr;

use bytes::Bytes;
use cairn_acme::paths;
use cairn_kit::trace;
use cairn_rpc::Context;
use cairn_types::{Error, ErrorKind};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CONTENT_LENGTH, USER_AGENT,
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::handlers::{self, new_nonce::REPLAY_NONCE};
use crate::metrics::{RequestLabels, RouteLabels};
use crate::refusal::Refusal;
use crate::request::{Call, body};
use crate::routes::Route;

/// What clients quote when they ask about a request; the same id is in the logs of every service.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What scripts of other origins may read (RFC 8555 section 6.1).
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Link, Location, Replay-Nonce, Retry-After, X-Request-Id");

/// The longest target that is looked at.
const MAX_TARGET: usize = 1024;

/// Answers one request.
pub(crate) async fn answer(wfe: &Wfe, client: IpAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let begun = Instant::now();
    let (parts, incoming) = request.into_parts();
    let call = Call {
        context: Context::new(&*wfe.rng, wfe.http.request_timeout),
        now: wfe.clock.now(),
        client,
        target: parts
            .uri
            .path_and_query()
            .map_or("", |target| target.as_str())
            .to_owned(),
        method: parts.method,
        headers: parts.headers,
    };
    let route = Route::parse(parts.uri.path());
    let name = route.as_ref().map_or("unknown", Route::name);
    let span = span(&call, name);
    trace::continue_from(&span, &call.headers);
    async {
        let outcome = dispatch(wfe, &call, route, incoming).await;
        let answer = outcome.unwrap_or_else(|refusal| {
            log(&refusal);
            refusal.into_answer(&wfe.urls)
        });
        let response = finish(wfe, &call, name, answer);
        let status = response.status().as_u16();
        let method = method_label(&call.method);
        let labels = RequestLabels {
            route: name,
            method,
            status,
        };
        wfe.measured.requests.get_or_create(&labels).inc();
        let took = begun.elapsed();
        wfe.measured
            .latency
            .get_or_create(&RouteLabels { route: name })
            .observe(took.as_secs_f64());
        tracing::info!(target: "access", status, took_us = took.as_micros() as u64, "answered");
        response
    }
    .instrument(span)
    .await
}

async fn dispatch(
    wfe: &Wfe,
    call: &Call,
    route: Result<Route, Error>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let route = route?;
    if call.target.len() > MAX_TARGET {
        return Err(Error::not_found("resource").into());
    }
    if call.method == Method::OPTIONS {
        return Ok(options(&route));
    }
    if !route.allows(&call.method) {
        return Err(Refusal::method(&call.method, route.allow()));
    }
    // The form of the terms page says all that it says by its URL.
    let signed = !matches!(route, Route::Terms(..));
    let body = if call.method == Method::POST && signed {
        body::read(&call.headers, incoming, wfe.http.body_timeout).await?
    } else {
        Bytes::new()
    };
    handlers::handle(wfe, call, &route, body).await
}

/// The answer to a preflight request of a browser.
fn options(route: &Route) -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
        .header(ALLOW, route.allow())
        .header(ACCESS_CONTROL_ALLOW_METHODS, route.allow())
        .header(ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type")
        .header(ACCESS_CONTROL_MAX_AGE, "86400")
}

fn finish(wfe: &Wfe, call: &Call, route: &'static str, answer: Answer) -> Response<Full<Bytes>> {
    let mut answer = answer.header(REQUEST_ID, call.context.request_id().to_string());
    let headers = &mut answer.headers;
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if route != "directory" {
        answer = answer.link(&wfe.urls.absolute(paths::DIRECTORY), "index");
    }
    if call.method == Method::POST {
        answer = answer.header(REPLAY_NONCE, wfe.mint_nonce());
    }
    if call.method == Method::HEAD {
        let length = HeaderValue::from(answer.body.len());
        answer.headers.insert(CONTENT_LENGTH, length);
        answer.body = Bytes::new();
    }
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

fn span(call: &Call, route: &'static str) -> Span {
    /// Enough to recognise a client by, too little to fill a log with.
    const AGENT: usize = 200;
    let agent = call
        .headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let agent: String = agent.chars().take(AGENT).collect();
    tracing::info_span!(
        "request",
        request_id = %call.context.request_id(),
        method = method_label(&call.method),
        route,
        client = %call.client,
        agent,
    )
}

/// Methods by name, so that clients cannot make up label values.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn log(refusal: &Refusal) {
    let error = refusal.error();
    let (kind, detail) = (error.kind().as_str(), error.problem.detail.as_str());
    let internal = error.internal.as_deref().unwrap_or_default();
    match error.kind() {
        ErrorKind::ServerInternal | ErrorKind::PermissionDenied => {
            tracing::error!(kind, detail, internal, "request failed");
        }
        ErrorKind::Unavailable => tracing::warn!(kind, detail, internal, "request failed"),
        _ => tracing::debug!(kind, detail, internal, "request refused"),
    }
}
