//! Ids are UUIDv7: unguessable in URLs and ordered in time, so that tables can be partitioned by them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Clock, Error, Rng, Timestamp};

/// What an id is the id of. Keeps an order's id from being used as an account's.
pub trait IdKind: Send + Sync + 'static {
    /// The noun for error messages, such as "order".
    const NAME: &'static str;
}

/// A UUIDv7 that identifies a `K`. Its text form is the hyphenated lower-case UUID.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K: IdKind> Id<K> {
    /// A new id of the present moment: 48 bits of milliseconds and 74 random bits.
    pub fn new(clock: &dyn Clock, rng: &dyn Rng) -> Self {
        let mut random = [0; 10];
        rng.fill(&mut random);
        let millis = u64::try_from(clock.now().as_millis()).unwrap_or(0);
        Self(
            uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
            PhantomData,
        )
    }

    /// The id with these 16 octets, as stored. Refuses anything but a UUIDv7.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        Uuid::from_slice(bytes)
            .ok()
            .filter(|uuid| uuid.get_version_num() == 7)
            .map(|uuid| Self(uuid, PhantomData))
            .ok_or_else(|| Error::not_found(K::NAME))
    }

    /// The 16 octets.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The moment at which the id was made.
    pub fn created(&self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&bytes[..6]);
        Timestamp::from_millis(i64::from_be_bytes(millis))
    }
}

impl<K: IdKind> FromStr for Id<K> {
    type Err = Error;

    /// Accepts the canonical text form only: one id has one URL.
    fn from_str(text: &str) -> Result<Self, Error> {
        let id = Uuid::try_parse(text)
            .map_err(|_| Error::not_found(K::NAME))
            .and_then(|uuid| Self::from_slice(uuid.as_bytes()))?;
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(Error::not_found(K::NAME))
        }
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", K::NAME, self.0.hyphenated())
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident, $kind:ident = $name:literal;)*) => {
        $(
            #[doc = concat!("Marks the id of a ", $name, ".")]
            pub enum $kind {}
            impl IdKind for $kind { const NAME: &'static str = $name; }
            $(#[$doc])*
            pub type $alias = Id<$kind>;
        )*
    };
}

ids! {
    /// Identifies an account.
    AccountId, AccountKind = "account";
    /// Identifies an authorization.
    AuthorizationId, AuthorizationKind = "authorization";
    /// Identifies a challenge.
    ChallengeId, ChallengeKind = "challenge";
    /// Identifies the holder of a lease: one attempt at one piece of work.
    LeaseId, LeaseKind = "lease";
    /// Identifies an order.
    OrderId, OrderKind = "order";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::fixed::{Counter, FixedClock};

    #[test]
    fn an_id_round_trips_and_knows_its_time() {
        let id = OrderId::new(&FixedClock(1_700_000_000_123), &Counter::default());
        assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
        assert_eq!(OrderId::from_slice(id.as_bytes()), Ok(id));
        assert_eq!(id.created(), Timestamp::from_millis(1_700_000_000_123));
    }

    #[test]
    fn only_the_canonical_text_of_a_v7_is_an_id() {
        let id = OrderId::new(&FixedClock(1_700_000_000_123), &Counter::default()).to_string();
        for text in [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned(),
            String::new(),
        ] {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
    }
}
