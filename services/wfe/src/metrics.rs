//! What the front end counts.

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) route: &'static str,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
}

/// Labels of a latency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RouteLabels {
    pub(crate) route: &'static str,
}

/// Labels of a nonce that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct NonceLabels {
    pub(crate) result: &'static str,
}

/// The metrics of the front end.
pub(crate) struct Measured {
    pub(crate) requests: Family<RequestLabels, Counter>,
    pub(crate) latency: Latencies<RouteLabels>,
    pub(crate) nonces: Family<NonceLabels, Counter>,
    pub(crate) connections: Gauge,
    pub(crate) turned_away: Counter,
}

impl Measured {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            requests: metrics.counters("http_requests", "Requests by route, method and status"),
            latency: metrics.latencies("http_request_seconds", "From the head of a request to its answer"),
            nonces: metrics.counters("nonces", "Nonces that clients used, by what became of them"),
            connections: metrics.gauge("http_connections", "Open connections"),
            turned_away: metrics.counter(
                "http_connections_turned_away",
                "Connections closed at once, since their address has too many",
            ),
        }
    }
}
