//! Prometheus metrics: a registry that is passed to whoever measures; there is no global one.

mod process;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

/// Latencies by label set; record with `family.get_or_create(&labels).observe(seconds)`.
pub type Latencies<L> = Family<L, Histogram, fn() -> Histogram>;

/// The bounds, in seconds, of latency histograms: half a millisecond to half a minute.
pub const LATENCY_BUCKETS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// A process's metrics. Clones share one registry. Names get the prefix `cairn_`; give them their
/// unit as suffix (`_seconds`, `_bytes`), except that counters get `_total` by themselves.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// No metrics yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The metrics of the process itself: memory, CPU time, open files, and the build.
    #[must_use]
    pub fn with_process(self, service: &'static str, version: &'static str) -> Self {
        self.with(|registry| {
            registry.register_collector(Box::new(process::Process));
            let build = Info::new([("service", service), ("version", version)]);
            registry.register("cairn_build", "The running build", build);
        });
        self
    }

    /// Registers `metric` and returns it. Metrics are handles: the clone that is returned counts into
    /// what is shown.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.with(|registry| {
            registry
                .sub_registry_with_prefix("cairn")
                .register(name, help, metric.clone());
        });
        metric
    }

    /// Registers a counter.
    pub fn counter(&self, name: &str, help: &str) -> Counter {
        self.register(name, help, Counter::default())
    }

    /// Registers a gauge.
    pub fn gauge(&self, name: &str, help: &str) -> Gauge {
        self.register(name, help, Gauge::default())
    }

    /// Registers counters by label set. Every label must have few values: never a name or id that
    /// clients choose.
    pub fn counters<L: Labels>(&self, name: &str, help: &str) -> Family<L, Counter> {
        self.register(name, help, Family::default())
    }

    /// Registers latency histograms by label set, with [`LATENCY_BUCKETS`].
    pub fn latencies<L: Labels>(&self, name: &str, help: &str) -> Latencies<L> {
        let new: fn() -> Histogram = || Histogram::new(LATENCY_BUCKETS);
        self.register(name, help, Family::new_with_constructor(new))
    }

    /// The metrics in Prometheus' text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        self.with(
            |registry| match prometheus_client::encoding::text::encode(&mut text, registry) {
                Ok(()) => text,
                Err(fmt::Error) => String::new(),
            },
        )
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Registry) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// A set of labels: derive `EncodeLabelSet` and the rest.
pub trait Labels: EncodeLabelSet + Clone + Eq + std::hash::Hash + fmt::Debug + Send + Sync + 'static {}

impl<L> Labels for L where
    L: EncodeLabelSet + Clone + Eq + std::hash::Hash + fmt::Debug + Send + Sync + 'static
{
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Method {
        method: &'static str,
    }

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::new().with_process("cairn-test", "1.2.3");
        metrics.counter("starts", "Starts").inc();
        metrics
            .counters("calls", "Calls")
            .get_or_create(&Method { method: "get" })
            .inc_by(3);
        metrics
            .latencies("call_seconds", "Duration of calls")
            .get_or_create(&Method { method: "get" })
            .observe(0.003);
        let text = metrics.encode();
        for line in [
            "cairn_starts_total 1",
            "cairn_calls_total{method=\"get\"} 3",
            "cairn_call_seconds_bucket{le=\"0.005\",method=\"get\"} 1",
            "cairn_call_seconds_count{method=\"get\"} 1",
            "cairn_build_info{service=\"cairn-test\",version=\"1.2.3\"} 1",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
        }
        for name in [
            "process_resident_memory_bytes ",
            "process_cpu_seconds_total ",
            "process_open_fds ",
        ] {
            let value = text.lines().find_map(|line| line.strip_prefix(name)).expect(name);
            assert!(value.parse::<f64>().unwrap() > 0.0, "{name}{value}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
