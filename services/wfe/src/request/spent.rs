//! Which nonces were used already.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use cairn_acme::nonce::Recognized;
use cairn_types::{Duration, Error, Timestamp};

/// The set of spent nonces. What is in it must be in it for every front end that clients may turn to next.
pub(crate) trait SpentNonces: Send + Sync {
    /// Adds a nonce. False if it was there already, or if the set can no longer tell.
    fn spend(&self, nonce: Recognized, now: Timestamp) -> Spending<'_>;
}

/// What [`SpentNonces::spend`] returns.
pub(crate) type Spending<'a> = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + 'a>>;

/// The spent nonces of a front end that is alone, by the minute in which they were minted.
///
/// Memory is bounded twice: minutes older than a nonce's lifetime are dropped, and if there are more than
/// `most` nonces in the rest, the oldest minutes are closed. No nonce of a closed minute is accepted.
pub(crate) struct MemorySpentNonces {
    lifetime: Duration,
    most: usize,
    minutes: Mutex<Minutes>,
}

/// 64 of the random bits of a nonce, as they are: clients do not choose them, for nonces are authenticated.
type Set = HashSet<u64, BuildHasherDefault<AsIs>>;

#[derive(Default)]
struct Minutes {
    /// Minutes before this are closed.
    open_from: i64,
    sets: BTreeMap<i64, Set>,
    size: usize,
}

impl MemorySpentNonces {
    pub(crate) fn new(lifetime: Duration, most: usize) -> Self {
        Self {
            lifetime,
            most,
            minutes: Mutex::default(),
        }
    }

    fn insert(&self, nonce: &Recognized, now: Timestamp) -> bool {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.close_before(minute(now - self.lifetime));
        let minted = minute(nonce.minted);
        if minted < minutes.open_from {
            return false;
        }
        let mut random = [0; 8];
        random.copy_from_slice(&nonce.id.0[8..]);
        let fresh = minutes
            .sets
            .entry(minted)
            .or_default()
            .insert(u64::from_be_bytes(random));
        minutes.size += usize::from(fresh);
        while minutes.size > self.most
            && let Some(oldest) = minutes.sets.keys().next().copied()
        {
            minutes.close_before(oldest + 1);
        }
        fresh
    }
}

impl SpentNonces for MemorySpentNonces {
    fn spend(&self, nonce: Recognized, now: Timestamp) -> Spending<'_> {
        let fresh = self.insert(&nonce, now);
        Box::pin(std::future::ready(Ok(fresh)))
    }
}

impl Minutes {
    fn close_before(&mut self, minute: i64) {
        self.open_from = self.open_from.max(minute);
        while let Some(oldest) = self.sets.first_entry()
            && *oldest.key() < self.open_from
        {
            self.size -= oldest.remove().len();
        }
    }
}

const fn minute(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(60)
}

/// Hashes a random number to itself.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use cairn_acme::nonce::NonceId;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn nonce(number: u64, minted: Timestamp) -> Recognized {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&number.to_be_bytes());
        Recognized {
            id: NonceId(id),
            minted,
        }
    }

    #[tokio::test]
    async fn once_and_never_again() {
        let spent = MemorySpentNonces::new(HOUR, 100);
        assert_eq!(spent.spend(nonce(1, NOW), NOW).await, Ok(true));
        assert_eq!(spent.spend(nonce(1, NOW), NOW).await, Ok(false));
        assert_eq!(spent.spend(nonce(2, NOW), NOW).await, Ok(true));
        assert_eq!(spent.spend(nonce(1, NOW), NOW + HOUR).await, Ok(false));
    }

    #[test]
    fn what_is_too_old_to_be_recognised_is_forgotten() {
        let spent = MemorySpentNonces::new(HOUR, 100);
        for number in 0..50 {
            assert!(spent.insert(&nonce(number, NOW), NOW));
        }
        assert!(spent.insert(&nonce(99, NOW + HOUR + HOUR), NOW + HOUR + HOUR));
        assert_eq!(spent.minutes.lock().unwrap().size, 1);
        assert!(
            !spent.insert(&nonce(1, NOW), NOW + HOUR + HOUR),
            "a closed minute stays closed"
        );
    }

    #[test]
    fn too_many_close_the_oldest_minutes() {
        let minute = Duration::from_secs(60);
        let spent = MemorySpentNonces::new(HOUR, 100);
        for number in 0..60 {
            assert!(spent.insert(&nonce(number, NOW), NOW + minute));
        }
        for number in 0..60 {
            assert!(spent.insert(&nonce(number, NOW + minute), NOW + minute));
        }
        assert_eq!(spent.minutes.lock().unwrap().size, 60);
        assert!(
            !spent.insert(&nonce(77, NOW), NOW + minute),
            "unused, but of a closed minute"
        );
        assert!(spent.insert(&nonce(77, NOW + minute), NOW + minute));
    }
}
