//! Metrics.

use cairn_kit::Metrics;
use cairn_types::{ChallengeType, Problem};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Performed {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Resumed {
    work: &'static str,
}

/// What the registration authority counts. An outcome is "valid" or the kind of the problem.
#[derive(Clone)]
pub(crate) struct Measures {
    orders: Family<Ended, Counter>,
    validations: Family<Performed, Counter>,
    resumed: Family<Resumed, Counter>,
}

impl Measures {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            orders: metrics.counters("ra_orders", "Processing orders that came to an end"),
            validations: metrics.counters("ra_validations", "Validations that came to an end"),
            resumed: metrics.counters("ra_resumed", "Pieces of work taken over when their lease ran out"),
        }
    }

    pub(crate) fn order_ended(&self, problem: Option<&Problem>) {
        let ended = Ended {
            outcome: outcome(problem),
        };
        self.orders.get_or_create(&ended).inc();
    }

    pub(crate) fn validation_ended(&self, method: Option<ChallengeType>, problem: Option<&Problem>) {
        let performed = Performed {
            method: method.map_or("", ChallengeType::as_str),
            outcome: outcome(problem),
        };
        self.validations.get_or_create(&performed).inc();
    }

    /// `work` is "order" or "validation".
    pub(crate) fn resumed(&self, work: &'static str) {
        self.resumed.get_or_create(&Resumed { work }).inc();
    }
}

fn outcome(problem: Option<&Problem>) -> &'static str {
    problem.map_or("valid", |problem| problem.kind.as_str())
}
