//! Latencies and their percentiles.

use std::time::Duration;

/// A part of an issuance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    NewNonce,
    NewAccount,
    NewOrder,
    Authorization,
    Challenge,
    Validation,
    Finalize,
    Certificate,
    Whole,
}

impl Step {
    /// All of them, as they come; the whole last.
    pub(crate) const ALL: [Self; 9] = [
        Self::NewNonce,
        Self::NewAccount,
        Self::NewOrder,
        Self::Authorization,
        Self::Challenge,
        Self::Validation,
        Self::Finalize,
        Self::Certificate,
        Self::Whole,
    ];

    /// Those of an issuance.
    pub(crate) const ISSUANCE: [Self; 7] = [
        Self::NewOrder,
        Self::Authorization,
        Self::Challenge,
        Self::Validation,
        Self::Finalize,
        Self::Certificate,
        Self::Whole,
    ];

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NewNonce => "new-nonce",
            Self::NewAccount => "new-account",
            Self::NewOrder => "new-order",
            Self::Authorization => "authorization",
            Self::Challenge => "challenge",
            Self::Validation => "validation, with polling",
            Self::Finalize => "finalize, with polling",
            Self::Certificate => "certificate",
            Self::Whole => "whole issuance",
        }
    }
}

/// How long each step took, every time.
#[derive(Debug, Default)]
pub(crate) struct Latencies([Vec<Duration>; Step::ALL.len()]);

impl Latencies {
    /// Adds one measurement.
    pub(crate) fn record(&mut self, step: Step, took: Duration) {
        self.0[step as usize].push(took);
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: Self) {
        for (own, others) in self.0.iter_mut().zip(other.0) {
            own.extend(others);
        }
    }

    /// The smallest latency that `percent` of a step's measurements do not exceed, zero if there are none.
    pub(crate) fn percentile(&self, step: Step, percent: usize) -> Duration {
        let mut sorted = self.0[step as usize].clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut latencies = Latencies::default();
        let mut more = Latencies::default();
        assert_eq!(latencies.percentile(Step::Whole, 99), Duration::ZERO);
        for millis in (1..=100).rev() {
            more.record(Step::Whole, Duration::from_millis(millis));
        }
        latencies.merge(more);
        for percent in [1, 50, 90, 99, 100] {
            assert_eq!(
                latencies.percentile(Step::Whole, percent),
                Duration::from_millis(percent as u64)
            );
        }
        assert_eq!(latencies.percentile(Step::Challenge, 50), Duration::ZERO);
    }
}
