//! The chain over the entries of a subject: each hash covers its entry and the hash before.

use diesel::{Queryable, Selectable};
use openssl::sha::Sha256;

use crate::db::schema::audit_entries;

/// What a missing text or request is encoded as, in place of its length.
const MISSING: [u8; 4] = [0xff; 4];

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct Entry {
    /// The id of the account, order or authorization.
    pub(crate) subject: Vec<u8>,
    /// Counts the entries of the subject from 0.
    pub(crate) position: i64,
    /// When, in milliseconds since 1970, by the clock of the database.
    pub(crate) at: i64,
    /// What happened, under the name that the audit log has for it.
    pub(crate) event: String,
    /// The state that it led to.
    pub(crate) state: String,
    /// Who caused it, if not the holder of the subject's account.
    pub(crate) actor: Option<String>,
    /// The id of the request that led to it.
    pub(crate) request: Option<Vec<u8>>,
    /// What else is to be known.
    pub(crate) detail: Option<String>,
    /// The hash of the entry and of what came before.
    pub(crate) hash: Vec<u8>,
}

/// The hash before the first entry of a subject.
pub(crate) const START: [u8; 32] = [0; 32];

impl Entry {
    /// What `hash` must be: SHA-256 over the hash of the subject's entry before and the other fields. Numbers are
    /// 8 octets, and what has no fixed length stands behind its length, as 4 octets, big-endian. No two entries
    /// have the same encoding.
    pub(crate) fn hash_after(&self, previous: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(&self.subject);
        hash.update(&self.position.to_be_bytes());
        hash.update(&self.at.to_be_bytes());
        let fields = [
            Some(self.event.as_bytes()),
            Some(self.state.as_bytes()),
            self.actor.as_deref().map(str::as_bytes),
            self.request.as_deref(),
            self.detail.as_deref().map(str::as_bytes),
        ];
        for field in fields {
            match field {
                Some(octets) => {
                    // A row is never that long; if it were, its hash would fit nothing.
                    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
                    hash.update(&length.to_be_bytes());
                    hash.update(octets);
                }
                None => hash.update(&MISSING),
            }
        }
        hash.finish()
    }
}

/// Follows the chains of one subject after the other, in constant memory.
///
/// It finds entries that were altered, swapped, put in, or taken out before the last. Whether the last is missing
/// is told by the row of the subject itself, whose state must be that of its last entry.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    subject: Vec<u8>,
    next: i64,
    hash: [u8; 32],
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Break {
    /// Entries are missing before this one, or it is there twice.
    #[error("entry {found} stands where entry {expected} is expected")]
    Position {
        /// The position that comes next.
        expected: i64,
        /// The position of the entry.
        found: i64,
    },
    /// The entry, or its place in the chain, is not what was hashed.
    #[error("the hash of entry {0} does not fit it and the entry before")]
    Hash(i64),
}

impl Chain {
    /// Goes on after an entry that was followed before.
    pub(crate) fn after(entry: &Entry) -> Self {
        Self {
            subject: entry.subject.clone(),
            next: entry.position.saturating_add(1),
            hash: <[u8; 32]>::try_from(entry.hash.as_slice()).unwrap_or(START),
        }
    }

    /// Takes the next entry in the order of (subject, position). After a break it goes on from the entry as it is,
    /// so that each break is told once.
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), Break> {
        if self.subject != entry.subject {
            self.next = 0;
            self.hash = START;
        }
        let expected = self.next;
        let fits = entry.hash == entry.hash_after(&self.hash);
        *self = Self::after(entry);
        if entry.position != expected {
            Err(Break::Position {
                expected,
                found: entry.position,
            })
        } else if fits {
            Ok(())
        } else {
            Err(Break::Hash(entry.position))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Entries of one subject, not hashed yet.
    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let text = "[a-c]{0,3}";
        let entry = (
            any::<i64>(),
            text,
            text,
            proptest::option::of(text),
            proptest::option::of(any::<[u8; 16]>()),
            proptest::option::of(text),
        );
        proptest::collection::vec(entry, 1..6).prop_map(|fields| {
            (0..)
                .zip(fields)
                .map(|(position, (at, event, state, actor, request, detail))| Entry {
                    subject: vec![7; 16],
                    position,
                    at,
                    event,
                    state,
                    actor,
                    request: request.map(Vec::from),
                    detail,
                    hash: Vec::new(),
                })
                .collect()
        })
    }

    fn chained(mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut chain = Chain::default();
        for entry in &mut entries {
            chain.subject.clone_from(&entry.subject);
            entry.hash = entry.hash_after(&chain.hash).to_vec();
            chain.follow(entry).unwrap();
        }
        entries
    }

    fn breaks(entries: &[Entry]) -> Vec<Break> {
        let mut chain = Chain::default();
        entries
            .iter()
            .filter_map(|entry| chain.follow(entry).err())
            .collect()
    }

    /// Every way to alter one field.
    fn altered(entry: &Entry) -> Vec<Entry> {
        let with = |change: &dyn Fn(&mut Entry)| {
            let mut entry = entry.clone();
            change(&mut entry);
            entry
        };
        let longer = |text: &Option<String>| Some(text.clone().unwrap_or_default() + "x");
        let present = |text: &Option<String>| if text.is_some() { None } else { Some(String::new()) };
        vec![
            with(&|entry| entry.subject[3] ^= 1),
            with(&|entry| entry.position += 1),
            with(&|entry| entry.at ^= 1),
            with(&|entry| entry.event.push('x')),
            with(&|entry| entry.state.push('x')),
            // What moves from one text to its neighbour is found too.
            with(&|entry| {
                let all = format!("{}{}x", entry.event, entry.state);
                (entry.event, entry.state) = (all, String::new());
            }),
            with(&|entry| entry.actor = longer(&entry.actor)),
            with(&|entry| entry.actor = present(&entry.actor)),
            with(&|entry| entry.request = entry.request.is_none().then(|| vec![0; 16])),
            with(&|entry| entry.detail = longer(&entry.detail)),
            with(&|entry| entry.detail = present(&entry.detail)),
            with(&|entry| entry.hash[31] ^= 1),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_whole(entries in entries()) {
            prop_assert_eq!(breaks(&chained(entries)), []);
        }

        #[test]
        fn every_alteration_is_found(entries in entries(), at in any::<prop::sample::Index>()) {
            let entries = chained(entries);
            let at = at.index(entries.len());
            for changed in altered(&entries[at]) {
                let mut entries = entries.clone();
                entries[at] = changed;
                prop_assert!(!breaks(&entries).is_empty(), "{:?}", entries[at]);
            }
        }

        #[test]
        fn a_dropped_entry_is_found(entries in entries(), at in any::<prop::sample::Index>()) {
            let mut entries = chained(entries);
            let dropped = at.index(entries.len());
            entries.remove(dropped);
            // Also if the others are numbered anew.
            let mut renumbered = entries.clone();
            for (position, entry) in (0..).zip(&mut renumbered) {
                entry.position = position;
            }
            let was_last = dropped == entries.len();
            prop_assert_eq!(breaks(&entries).is_empty(), was_last);
            prop_assert_eq!(breaks(&renumbered).is_empty(), was_last);
        }

        #[test]
        fn swapped_entries_are_found(entries in entries(), at in any::<prop::sample::Index>()) {
            let mut entries = chained(entries);
            prop_assume!(entries.len() > 1);
            let first = at.index(entries.len() - 1);
            entries.swap(first, first + 1);
            prop_assert!(!breaks(&entries).is_empty());
            let (one, other) = (entries[first].position, entries[first + 1].position);
            entries[first].position = other;
            entries[first + 1].position = one;
            prop_assert!(!breaks(&entries).is_empty());
        }
    }

    #[test]
    fn chains_of_several_subjects_follow_each_other_and_each_break_is_told_once() {
        let entry = |subject: u8, position| Entry {
            subject: vec![subject; 16],
            position,
            at: 1,
            event: "order.created".to_owned(),
            state: "pending".to_owned(),
            actor: None,
            request: None,
            detail: None,
            hash: Vec::new(),
        };
        let mut all = Vec::new();
        for subject in 1..4 {
            all.extend(chained((0..4).map(|position| entry(subject, position)).collect()));
        }
        assert_eq!(breaks(&all), []);
        all[1].at = 2;
        all.remove(6);
        assert_eq!(
            breaks(&all),
            [
                Break::Hash(1),
                Break::Position {
                    expected: 2,
                    found: 3
                }
            ]
        );
    }

    /// The encoding is for good: other programs re-compute it, and the database writes it in a language of its own.
    #[test]
    fn the_encoding_stays() {
        let entry = Entry {
            subject: vec![1; 16],
            position: 2,
            at: 1_800_000_000_123,
            event: "order.claimed".to_owned(),
            state: "processing".to_owned(),
            actor: Some("service ra".to_owned()),
            request: None,
            detail: Some("ra-1".to_owned()),
            hash: Vec::new(),
        };
        let mut encoded = vec![0; 32];
        encoded.extend([1; 16]);
        encoded.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        encoded.extend(1_800_000_000_123_i64.to_be_bytes());
        for text in ["order.claimed", "processing", "service ra"] {
            encoded.extend([0, 0, 0, u8::try_from(text.len()).unwrap()]);
            encoded.extend(text.bytes());
        }
        encoded.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 4]);
        encoded.extend(*b"ra-1");
        assert_eq!(entry.hash_after(&START), openssl::sha::sha256(&encoded));
    }
}
