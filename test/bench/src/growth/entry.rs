//! Entries of the audit trail, which are chained.

use anyhow::{Result, ensure};
use openssl::sha::sha256;

use super::piece::{Kind, Piece};
use super::values::Values;

/// What a missing text or request is hashed as, in place of its length.
const MISSING: [u8; 4] = [0xff; 4];

/// The length of a hash.
const HASH: usize = 32;

/// What an entry's hash covers besides the hash of the entry before.
#[derive(Debug)]
pub(super) struct Chained {
    covered: Piece,
    /// Whether it is the first of its subject.
    is_first: bool,
    /// Where in the row its hash is.
    hash_at: usize,
}

/// The columns of an entry.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    pub(super) subject: &'a [u8],
    pub(super) position: &'a [u8],
    pub(super) at: &'a [u8],
    /// Event, state, actor, request, detail.
    pub(super) texts: [Option<&'a [u8]>; 5],
}

/// The hashes of a chain, as far as it was written.
#[derive(Debug, Default)]
pub(super) struct Chain([u8; HASH]);

impl Chained {
    /// Learns from an entry whose hash is at `hash_at` of its row.
    pub(super) fn learn(columns: &Columns<'_>, hash_at: usize, values: &Values) -> Result<Self> {
        let mut covered = Piece::default();
        covered.learn(Kind::Octets, columns.subject, values);
        covered.learn(Kind::Number, columns.position, values);
        covered.learn(Kind::Number, columns.at, values);
        for text in columns.texts {
            match text {
                Some(text) => {
                    covered.add(&u32::try_from(text.len())?.to_be_bytes());
                    covered.learn(Kind::Text, text, values);
                }
                None => covered.add(&MISSING),
            }
        }
        Ok(Self {
            covered,
            is_first: columns.position.iter().all(|octet| *octet == 0),
            hash_at,
        })
    }

    /// Puts the hash into the row that begins at `start`.
    pub(super) fn seal(&self, chain: &mut Chain, values: &Values, rows: &mut [u8], start: usize) {
        if self.is_first {
            chain.0 = [0; HASH];
        }
        let mut covered = chain.0.to_vec();
        self.covered.write(values, &mut covered);
        chain.0 = sha256(&covered);
        let at = start + self.hash_at;
        rows[at..at + HASH].copy_from_slice(&chain.0);
    }

    /// That the hash of the entry it was learned from is what would be written for it.
    pub(super) fn check(&self, chain: &mut Chain, values: &Values, row: &[u8]) -> Result<()> {
        let mut sealed = row.to_vec();
        self.seal(chain, values, &mut sealed, 0);
        ensure!(sealed == row, "the audit trail is chained in another way");
        Ok(())
    }
}
