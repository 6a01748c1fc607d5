//! The rate limit that only shows at the end of a validation. Off unless configured, and counted by each process
//! for itself.

use std::sync::Arc;

use cairn_kit::Env;
use cairn_ratelimit::{Bucket, LimitName, Limiter, Limits, MemoryStore};
use cairn_types::{Authorization, ErrorKind, Problem, Result};

use crate::Ra;

/// How many buckets are kept.
const BUCKETS: usize = 100_000;

const APPLIED: LimitName = LimitName::FailedValidationsPerAccountAndName;

/// Refuses limits that nothing here would apply: whoever sets one relies on it.
pub(crate) fn check(limits: &Limits) -> std::result::Result<(), String> {
    match limits.keys().find(|name| **name != APPLIED) {
        Some(name) => Err(format!(
            "limits.{}: not applied by the registration authority",
            name.as_str()
        )),
        None => Ok(()),
    }
}

/// The limiter, if there is something to limit.
pub(crate) fn limiter(limits: &Limits, env: &Env) -> Option<Limiter> {
    let store = Arc::new(MemoryStore::new(BUCKETS));
    (!limits.is_empty()).then(|| Limiter::new(limits.clone(), store, env.clock.clone()))
}

impl Ra {
    /// Refuses another attempt at an identifier that failed too often.
    pub(crate) async fn may_attempt(&self, limiter: &Limiter, authorization: &Authorization) -> Result<()> {
        limiter
            .check(&[bucket(authorization)])
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "rate limits are not applied");
                Ok(())
            })
    }

    /// Counts a failure, unless it was this side's.
    pub(crate) async fn count_failure(&self, authorization: &Authorization, problem: &Problem) {
        let ours = matches!(problem.kind, ErrorKind::ServerInternal | ErrorKind::Unavailable);
        if let (Some(limiter), false) = (&self.limiter, ours)
            && let Err(error) = limiter.spend(&[bucket(authorization)]).await
        {
            tracing::warn!(%error, "rate limits are not applied");
        }
    }
}

fn bucket(authorization: &Authorization) -> Bucket {
    Bucket::failed_validations(authorization.account, &authorization.identifier)
}
