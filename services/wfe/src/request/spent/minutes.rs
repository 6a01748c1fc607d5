//! Spent nonces by the minute in which they were minted.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use cairn_acme::nonce::NonceId;
use cairn_types::Timestamp;

/// 40 of the random bits of a nonce. That two nonces of a minute share them is so rare that the second may
/// as well be refused: among 10,000 in a minute, one in a hundred million is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(pub(super) [u8; Self::LENGTH]);

impl Fingerprint {
    pub(super) const LENGTH: usize = 5;

    pub(super) fn of(NonceId(id): NonceId) -> Self {
        let mut random = [0; Self::LENGTH];
        random.copy_from_slice(&id[id.len() - Self::LENGTH..]);
        Self(random)
    }
}

/// As it is: clients do not choose it, for nonces are authenticated.
impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let mut number = [0; 8];
        number[..Self::LENGTH].copy_from_slice(&self.0);
        let number = u64::from_be_bytes(number);
        // The hash table looks at the highest and at the lowest bits.
        hasher.write_u64(number | number >> 40);
    }
}

/// Hashes a number to itself.
#[derive(Debug, Default)]
pub(super) struct AsIs(u64);

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

type Set = HashSet<Fingerprint, BuildHasherDefault<AsIs>>;

/// What was spent, and of which time that is known.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    /// Of what was minted before this nothing is known.
    pub(super) since: Timestamp,
    /// Minutes before this are closed.
    pub(super) open_from: i64,
    sets: BTreeMap<i64, Set>,
    size: usize,
}

impl Minutes {
    /// Nothing is spent of what is minted from `since` on.
    pub(super) fn since(since: Timestamp) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    /// Takes nothing any more.
    pub(super) fn closed() -> Self {
        Self::since(Timestamp::from_millis(i64::MAX))
    }

    /// False if it was there already, or if that is not known.
    pub(super) fn insert(&mut self, minted: Timestamp, nonce: Fingerprint) -> bool {
        if minted < self.since || minute(minted) < self.open_from {
            return false;
        }
        let fresh = self.sets.entry(minute(minted)).or_default().insert(nonce);
        self.size += usize::from(fresh);
        fresh
    }

    /// Closes the oldest minutes until at most `most` nonces are left.
    pub(super) fn shrink_to(&mut self, most: usize) {
        while self.size > most
            && let Some(oldest) = self.sets.keys().next().copied()
        {
            self.close_before(oldest + 1);
        }
    }

    pub(super) fn close_before(&mut self, minute: i64) {
        self.open_from = self.open_from.max(minute);
        while let Some(oldest) = self.sets.first_entry()
            && *oldest.key() < self.open_from
        {
            self.size -= oldest.remove().len();
        }
    }

    /// Each minute with its nonces.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &Set)> {
        self.sets.iter().map(|(minute, set)| (*minute, set))
    }

    /// Adds a minute as a whole.
    pub(super) fn put(&mut self, minute: i64, nonces: impl Iterator<Item = Fingerprint>) {
        let set: Set = nonces.collect();
        self.size += set.len();
        self.sets.insert(minute, set);
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.size
    }
}

/// The minute that a moment is in, counted from 1970.
pub(super) const fn minute(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(60)
}
