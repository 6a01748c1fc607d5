//! Buckets in the memory of one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cairn_types::Timestamp;

use crate::Bucket;
use crate::gcra::{self, Decision, FullAt};
use crate::store::{BoxFuture, Charge, Store, StoreError};

/// Keeps at most a given number of buckets. Full ones are dropped, as they need no state; if too many
/// are not full, those nearest to it go.
#[derive(Debug)]
pub struct MemoryStore {
    buckets: Mutex<Buckets>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Buckets {
    states: HashMap<Bucket, FullAt>,
    /// The number of buckets at which full ones are looked for next.
    sweep_at: usize,
}

/// Fewer buckets than this are not worth a search for full ones.
const FEW: usize = 1024;

impl MemoryStore {
    /// Keeps up to `capacity` buckets, about 200 octets each.
    pub fn new(capacity: usize) -> Self {
        Self {
            buckets: Mutex::default(),
            capacity,
        }
    }

    /// The number of buckets that are kept.
    pub fn len(&self) -> usize {
        self.with(|buckets| buckets.states.len())
    }

    /// Whether no bucket is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Buckets) -> T) -> T {
        use_them(&mut self.buckets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Buckets {
    fn decide(&self, now: Timestamp, charges: &[Charge]) -> Vec<Decision> {
        // Charges may name the same bucket twice.
        let mut spent: HashMap<&Bucket, FullAt> = HashMap::new();
        let mut decisions = Vec::with_capacity(charges.len());
        for Charge { bucket, limit, cost } in charges {
            let state = spent.get(bucket).or_else(|| self.states.get(bucket)).copied();
            let decision = gcra::spend(state, now, limit, *cost);
            if let Decision::Allowed { state, .. } = decision {
                spent.insert(bucket, state);
            }
            decisions.push(decision);
        }
        decisions
    }

    fn store(&mut self, charges: &[Charge], decisions: &[Decision]) {
        for (charge, decision) in charges.iter().zip(decisions) {
            if let Decision::Allowed { state, .. } = decision {
                self.states.insert(charge.bucket.clone(), *state);
            }
        }
    }

    /// Makes room for `coming` more. The work is in proportion to the insertions since the last time.
    fn sweep(&mut self, now: Timestamp, capacity: usize, coming: usize) {
        if self.states.len() + coming <= self.sweep_at.clamp(FEW.min(capacity), capacity) {
            return;
        }
        self.states.retain(|_, state| !gcra::is_full(*state, now));
        if self.states.len() + coming > capacity {
            let mut moments: Vec<FullAt> = self.states.values().copied().collect();
            let middle = moments.len() / 2;
            let (_, median, _) = moments.select_nth_unstable(middle);
            let median = *median;
            self.states.retain(|_, state| *state > median);
        }
        self.sweep_at = self.states.len().saturating_mul(2);
    }
}

fn all_allowed(decisions: &[Decision]) -> bool {
    decisions
        .iter()
        .all(|decision| matches!(decision, Decision::Allowed { .. }))
}

impl Store for MemoryStore {
    fn spend<'a>(
        &'a self,
        now: Timestamp,
        charges: &'a [Charge],
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        let decisions = self.with(|buckets| {
            let decisions = buckets.decide(now, charges);
            if all_allowed(&decisions) {
                buckets.sweep(now, self.capacity, charges.len());
                buckets.store(charges, &decisions);
            }
            decisions
        });
        Box::pin(std::future::ready(Ok(decisions)))
    }

    fn check<'a>(
        &'a self,
        now: Timestamp,
        charges: &'a [Charge],
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        let decisions = self.with(|buckets| buckets.decide(now, charges));
        Box::pin(std::future::ready(Ok(decisions)))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use super::*;
    use crate::Limit;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn charge(address: u32, cost: u32) -> Charge {
        Charge {
            bucket: Bucket::new_accounts(IpAddr::V4(Ipv4Addr::from_bits(address))),
            limit: Limit::new(10, Duration::from_secs(10), 10).unwrap(),
            cost,
        }
    }

    fn allows(decisions: Result<Vec<Decision>, StoreError>) -> bool {
        all_allowed(&decisions.unwrap())
    }

    #[tokio::test]
    async fn all_charges_or_none() {
        let store = MemoryStore::new(100);
        assert!(allows(store.spend(START, &[charge(1, 10)]).await));
        assert!(!allows(store.spend(START, &[charge(2, 7), charge(1, 1)]).await));
        assert!(allows(store.spend(START, &[charge(2, 10)]).await));
        assert!(!allows(store.spend(START, &[charge(3, 6), charge(3, 6)]).await));
        assert!(allows(store.spend(START, &[charge(3, 6), charge(3, 4)]).await));
    }

    #[tokio::test]
    async fn a_check_takes_nothing() {
        let store = MemoryStore::new(100);
        for _ in 0..3 {
            assert!(allows(store.check(START, &[charge(1, 10)]).await));
        }
        assert!(store.is_empty());
        assert!(allows(store.spend(START, &[charge(1, 10)]).await));
        assert!(!allows(store.check(START, &[charge(1, 1)]).await));
    }

    #[tokio::test]
    async fn full_buckets_are_dropped() {
        let store = MemoryStore::new(100_000);
        for number in 0..50_000 {
            let now = START + Duration::from_millis(u64::from(number));
            assert!(allows(store.spend(now, &[charge(number, 1)]).await));
        }
        // A bucket that lost one is full after a second, that is after a thousand others.
        assert!(store.len() < 4 * FEW, "{}", store.len());
    }

    #[tokio::test]
    async fn under_attack_the_emptiest_buckets_are_kept() {
        let store = MemoryStore::new(64);
        assert!(allows(store.spend(START, &[charge(0, 10)]).await));
        for number in 1..10_000 {
            store.spend(START, &[charge(number, 1)]).await.unwrap();
            assert!(store.len() <= 64);
        }
        assert!(!allows(store.check(START, &[charge(0, 1)]).await));
    }
}
