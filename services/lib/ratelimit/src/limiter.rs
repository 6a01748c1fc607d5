//! Limits as configured, over a store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cairn_types::{Clock, Error, ErrorKind, Timestamp};
use humantime_serde::re::humantime::format_duration;

use crate::gcra::Decision;
use crate::store::{Charge, Store, StoreError};
use crate::{Bucket, Limit, LimitName};

/// The configured limits. What is not in it is not limited.
pub type Limits = BTreeMap<LimitName, Limit>;

/// Applies limits.
#[derive(Clone)]
pub struct Limiter {
    limits: Arc<Limits>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// Applies `limits` to buckets in `store`.
    pub fn new(limits: Limits, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            limits: Arc::new(limits),
            store,
            clock,
        }
    }

    /// Takes one out of each bucket, or nothing if one is empty.
    ///
    /// The outer error is the store's: then nothing is limited, which is worth a line in the log. The
    /// inner one is `rateLimited`, for the client, with the time after which to try again.
    pub async fn spend(&self, buckets: &[Bucket]) -> Result<Result<(), Error>, StoreError> {
        let charges = self.charges(buckets);
        let decisions = self.store.spend(self.now(), &charges).await?;
        Ok(verdict(&charges, &decisions))
    }

    /// Whether [`Limiter::spend`] would succeed; takes nothing.
    pub async fn check(&self, buckets: &[Bucket]) -> Result<Result<(), Error>, StoreError> {
        let charges = self.charges(buckets);
        let decisions = self.store.check(self.now(), &charges).await?;
        Ok(verdict(&charges, &decisions))
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn charges(&self, buckets: &[Bucket]) -> Vec<Charge> {
        let charge = |bucket: &Bucket| {
            let limit = *self.limits.get(&bucket.name())?;
            Some(Charge {
                bucket: bucket.clone(),
                limit,
                cost: 1,
            })
        };
        buckets.iter().filter_map(charge).collect()
    }
}

/// The refusal that lasts longest, if there is one.
fn verdict(charges: &[Charge], decisions: &[Decision]) -> Result<(), Error> {
    let refused = |(charge, decision)| match decision {
        &Decision::Refused { retry_after } => Some((charge, retry_after.unwrap_or(Duration::MAX))),
        Decision::Allowed { .. } => None,
    };
    let longest = charges
        .iter()
        .zip(decisions)
        .filter_map(refused)
        .max_by_key(|(_, after)| *after);
    let Some((Charge { bucket, limit, .. }, after)) = longest else {
        return Ok(());
    };
    // Clients understand whole seconds.
    let after = Duration::from_secs(after.as_secs().saturating_add(1));
    let detail = format!(
        "{}: the limit is {limit}; try again in {}",
        bucket.name().excess(),
        format_duration(after)
    );
    Err(Error::new(ErrorKind::RateLimited, detail).retry_after(after))
}

#[cfg(test)]
mod tests {
    use cairn_types::{AccountId, Rng};

    use super::*;
    use crate::MemoryStore;
    use crate::store::BoxFuture;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_800_000_000)
        }
    }
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(9);
        }
    }

    fn limits() -> Limits {
        toml::from_str("[newOrdersPerAccount]\ncount = 2\nperiod = '1h'\n").unwrap()
    }

    #[tokio::test]
    async fn a_refusal_says_what_and_until_when() {
        let limiter = Limiter::new(limits(), Arc::new(MemoryStore::new(10)), Arc::new(Fixed));
        let buckets = [Bucket::new_orders(AccountId::new(&Fixed, &Fixed))];
        for _ in 0..2 {
            assert_eq!(limiter.check(&buckets).await, Ok(Ok(())));
            assert_eq!(limiter.spend(&buckets).await, Ok(Ok(())));
        }
        let error = limiter.spend(&buckets).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after, Some(Duration::from_secs(1801)));
        assert_eq!(
            error.problem.detail,
            "too many new orders by this account: the limit is 2 per 1h; try again in 30m 1s"
        );
    }

    #[tokio::test]
    async fn what_is_not_configured_is_not_limited() {
        let limiter = Limiter::new(limits(), Arc::new(MemoryStore::new(10)), Arc::new(Fixed));
        let buckets = [Bucket::new_accounts(std::net::Ipv4Addr::LOCALHOST.into())];
        for _ in 0..100 {
            assert_eq!(limiter.spend(&buckets).await, Ok(Ok(())));
        }
    }

    struct Broken;
    impl Store for Broken {
        fn spend<'a>(
            &'a self,
            _: Timestamp,
            _: &'a [Charge],
        ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
            Box::pin(async { Err(StoreError("out of reach".to_owned())) })
        }
        fn check<'a>(
            &'a self,
            now: Timestamp,
            charges: &'a [Charge],
        ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
            self.spend(now, charges)
        }
    }

    #[tokio::test]
    async fn a_broken_store_is_told_apart_from_a_refusal() {
        let limiter = Limiter::new(limits(), Arc::new(Broken), Arc::new(Fixed));
        let error = limiter.check(&[]).await.unwrap_err();
        assert_eq!(error.to_string(), "rate limits are not applied: out of reach");
    }
}
