//! What is measured.

use std::time::Duration;

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use cairn_types::{ChallengeType, ErrorKind};
use prometheus_client::encoding::EncodeLabelSet;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    /// `validation`, or `caa` for a check of CAA alone.
    operation: &'static str,
    method: &'static str,
    /// `valid`, or the kind of problem.
    outcome: &'static str,
}

/// The metrics of the validation authority.
pub(crate) struct Measure {
    attempts: Latencies<Labels>,
}

impl Measure {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            attempts: metrics.latencies(
                "validation_seconds",
                "Duration of attempts to validate or to check CAA",
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
}
