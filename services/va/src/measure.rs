//! What is measured.

use std::time::Duration;

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use cairn_types::{ChallengeType, ErrorKind};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    /// `validation`, `caa` for a check of CAA alone, or `dry-run`.
    operation: &'static str,
    method: &'static str,
    /// `valid`, or the kind of problem.
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PerspectiveLabels {
    /// Its name in the configuration.
    perspective: String,
    operation: &'static str,
    /// `valid`, or the kind of problem; `unavailable` if no answer came that counts.
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DifferenceLabels {
    /// What differed: `outcome`, `addresses`, `redirects`, `caa`.
    what: &'static str,
}

/// The metrics of the validation authority.
pub(crate) struct Measure {
    attempts: Latencies<Labels>,
    perspectives: Latencies<PerspectiveLabels>,
    differences: Family<DifferenceLabels, Counter>,
}

impl Measure {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            attempts: metrics.latencies(
                "validation_seconds",
                "Duration of attempts to validate or to check CAA",
            ),
            perspectives: metrics.latencies(
                "perspective_seconds",
                "Duration of what each perspective did for the primary",
            ),
            differences: metrics.counters(
                "perspective_differences",
                "Attempts in which perspectives saw different things",
            ),
        }
    }

    /// Counts one attempt.
    pub(crate) fn attempt(
        &self,
        operation: &'static str,
        method: ChallengeType,
        problem: Option<ErrorKind>,
        took: Duration,
    ) {
        let labels = Labels {
            operation,
            method: method.as_str(),
            outcome: problem.map_or("valid", ErrorKind::as_str),
        };
        self.attempts.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts what one perspective did in an attempt of the primary's.
    pub(crate) fn perspective(
        &self,
        perspective: &str,
        operation: &'static str,
        problem: Option<ErrorKind>,
        took: Duration,
    ) {
        let labels = PerspectiveLabels {
            perspective: perspective.to_owned(),
            operation,
            outcome: problem.map_or("valid", ErrorKind::as_str),
        };
        self.perspectives
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// Counts an attempt in which perspectives saw different things.
    pub(crate) fn difference(&self, what: &'static str) {
        self.differences.get_or_create(&DifferenceLabels { what }).inc();
    }
}
