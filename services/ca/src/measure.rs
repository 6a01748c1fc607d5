//! Metrics.

use std::time::Instant;

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use cairn_types::ProfileName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    profile: String,
    issuer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Issuer {
    issuer: String,
}

/// What the certificate authority counts.
#[derive(Clone)]
pub(crate) struct Measures {
    issued: Family<Kind, Counter>,
    refused: Family<Reason, Counter>,
    signing: Latencies<Issuer>,
}

impl Measures {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            issued: metrics.counters("ca_certificates", "Certificates signed and stored"),
            refused: metrics.counters("ca_refusals", "Requests that were not entitled to a certificate"),
            signing: metrics.latencies("ca_sign_seconds", "Duration of signing, verification included"),
        }
    }

    pub(crate) fn issued(&self, profile: &ProfileName, issuer: &str) {
        let kind = Kind {
            profile: profile.to_string(),
            issuer: issuer.to_owned(),
        };
        self.issued.get_or_create(&kind).inc();
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        let reason = Reason {
            reason: refusal.label(),
        };
        self.refused.get_or_create(&reason).inc();
    }

    /// Measures how long `sign` takes.
    pub(crate) fn signing<T>(&self, issuer: &str, sign: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let signed = sign();
        let issuer = Issuer {
            issuer: issuer.to_owned(),
        };
        self.signing
            .get_or_create(&issuer)
            .observe(started.elapsed().as_secs_f64());
        signed
    }
}
