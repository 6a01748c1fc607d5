//! Between columns and the types of `cairn-types`.

use cairn_types::{Error, Id, IdKind, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::errors::{Failure, Result};

/// A stored id.
pub(crate) fn id<K: IdKind>(octets: &[u8]) -> Result<Id<K>> {
    Id::from_slice(octets).map_err(damaged(K::NAME))
}

/// Ids stored one after the other.
pub(crate) fn ids<K: IdKind>(octets: &[u8]) -> Result<Vec<Id<K>>> {
    octets.chunks(16).map(id).collect()
}

/// Ids one after the other, to store.
pub(crate) fn from_ids<K: IdKind>(ids: &[Id<K>]) -> Vec<u8> {
    ids.iter().flat_map(|id| *id.as_bytes()).collect()
}

/// The lowest octets that an id made at `since`, or later, can have.
pub(crate) fn lowest_id(since: Timestamp) -> [u8; 16] {
    let millis = since.as_millis().clamp(0, (1 << 48) - 1).to_be_bytes();
    let mut octets = [0; 16];
    octets[..6].copy_from_slice(&millis[2..]);
    octets
}

/// A stored text of one of the types whose text form is fixed.
pub(crate) fn text<T: std::str::FromStr<Err = Error>>(what: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(damaged(what))
}

/// A stored JSON text.
pub(crate) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Failure::Damaged {
        what,
        why: error.to_string(),
    })
}

/// A JSON text to store.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| Failure::Fault("a value has no JSON form"))
}

/// A stored moment that may be missing.
pub(crate) fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// What a stored value that does not parse is reported as.
pub(crate) fn damaged(what: &'static str) -> impl Fn(Error) -> Failure {
    move |error| Failure::Damaged {
        what,
        why: error.internal.unwrap_or(error.problem.detail),
    }
}

#[cfg(test)]
mod tests {
    use cairn_kit::{SystemClock, SystemRng};
    use cairn_types::{Clock, Duration, OrderId};

    use super::*;

    #[test]
    fn ids_are_not_below_the_lowest_of_their_time() {
        let before = SystemClock.now();
        let id = OrderId::new(&SystemClock, &SystemRng);
        assert!(lowest_id(before) <= *id.as_bytes());
        assert!(lowest_id(SystemClock.now() + Duration::from_millis(1)) > *id.as_bytes());
        assert_eq!(lowest_id(Timestamp::from_millis(-1)), [0; 16]);
    }
}
