//! Where rate limits apply. Which, and how much, is configuration; none apply unless configured.

use std::sync::Arc;

use cairn_kit::Env;
use cairn_ratelimit::{Bucket, Limiter, Limits, MemoryStore, StoreError};
use cairn_types::Error;

use crate::front::Wfe;

/// How many buckets are kept.
const BUCKETS: usize = 100_000;

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

    /// Whether there is something left of a limit.
    pub(crate) async fn check_limit(&self, bucket: &Bucket) -> Result<(), Error> {
        open(self.limiter.check(std::slice::from_ref(bucket)).await)
    }
}

/// Without a store there are no limits: better served than protected.
fn open(outcome: Result<Result<(), Error>, StoreError>) -> Result<(), Error> {
    outcome.unwrap_or_else(|error| {
        tracing::warn!(%error, "rate limits are not applied");
        Ok(())
    })
}
