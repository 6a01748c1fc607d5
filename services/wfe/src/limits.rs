//! Where rate limits apply. Which, and how much, is configuration; none apply unless configured.

use std::sync::Arc;

use cairn_kit::Env;
use cairn_ratelimit::{Bucket, LimitName, Limiter, Limits, MemoryStore, StoreError};
use cairn_types::Error;

use crate::front::Wfe;

/// How many buckets are kept.
const BUCKETS: usize = 100_000;

/// The limits that are applied here.
const APPLIED: [LimitName; 3] = [
    LimitName::NewAccountsPerAddress,
    LimitName::NewOrdersPerAccount,
    LimitName::NewAuthorizationsPerAccount,
];

/// Refuses limits that nothing here would apply: whoever sets one relies on it.
pub(crate) fn check(limits: &Limits) -> Result<(), String> {
    match limits.keys().find(|name| !APPLIED.contains(name)) {
        Some(name) => Err(format!("limits.{}: not applied by the front end", name.as_str())),
        None => Ok(()),
    }
}

/// The limiter of a front end that is alone.
pub(crate) fn limiter(limits: &Limits, env: &Env) -> Limiter {
    Limiter::new(
        limits.clone(),
        Arc::new(MemoryStore::new(BUCKETS)),
        env.clock.clone(),
    )
}

impl Wfe {
    /// Counts something against a limit.
    pub(crate) async fn spend(&self, bucket: Bucket) -> Result<(), Error> {
        open(self.limiter.spend(&[bucket]).await)
    }
}

/// Without a store there are no limits: better served than protected.
fn open(outcome: Result<Result<(), Error>, StoreError>) -> Result<(), Error> {
    outcome.unwrap_or_else(|error| {
        tracing::warn!(%error, "rate limits are not applied");
        Ok(())
    })
}
