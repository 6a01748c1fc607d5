//! How many calls there were, how they ended, and how long they took.

use std::borrow::Cow;

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::time::Instant;
use tonic::Code;
use tracing::Span;

/// Labels are the names of gRPC services and methods of this process's contracts: few.
type Name = Cow<'static, str>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handled {
    service: Name,
    method: Name,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    service: Name,
    method: Name,
}

/// The metrics of a process's calls, in both directions.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) served: Side,
    pub(crate) made: Side,
}

/// The metrics of one direction.
#[derive(Clone)]
pub(crate) struct Side {
    handled: Family<Handled, Counter>,
    seconds: Latencies<Method>,
}

impl Calls {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            served: Side {
                handled: metrics.counters("grpc_server_handled", "Calls served"),
                seconds: metrics.latencies("grpc_server_handling_seconds", "Duration of calls served"),
            },
            made: Side {
                handled: metrics.counters("grpc_client_handled", "Calls made"),
                seconds: metrics.latencies("grpc_client_handling_seconds", "Duration of calls made"),
            },
        }
    }
}

impl Side {
    /// Begins to measure a call. `span` is given the outcome when it ends.
    pub(crate) fn begin(&self, service: Name, method: Name, span: Span) -> Running {
        Running {
            side: self.clone(),
            method: Some(Method { service, method }),
            span,
            started: Instant::now(),
        }
    }
}

/// A call that has not ended. When dropped, it ends as cancelled.
pub(crate) struct Running {
    side: Side,
    method: Option<Method>,
    span: Span,
    started: Instant,
}

impl Running {
    /// The call ended. Only the first end counts.
    pub(crate) fn end(&mut self, code: Code) {
        let Some(mut method) = self.method.take() else {
            return;
        };
        if code == Code::Unimplemented {
            // The method is the caller's invention and must not become a label.
            method.method = "-".into();
        }
        let elapsed = self.started.elapsed();
        let code = name(code);
        self.span.record("code", code);
        self.span
            .in_scope(|| tracing::debug!(code, ?elapsed, "call ended"));
        self.side
            .seconds
            .get_or_create(&method)
            .observe(elapsed.as_secs_f64());
        let Method { service, method } = method;
        let handled = Handled {
            service,
            method,
            code,
        };
        self.side.handled.get_or_create(&handled).inc();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// The name of a code in the gRPC specification.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
