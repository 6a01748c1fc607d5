//! The keys that an account has had, each linked to the next by a change that both keys signed.

use cairn_types::Thumbprint;

use crate::jwk::PublicKey;
use crate::key_change::{KeyChange, KeyChangeError};

/// The keys of one account, the present one last.
#[derive(Debug, Clone)]
pub struct KeyHistory(Vec<PublicKey>);

/// Why key changes prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyHistoryError {
    /// One of them is not a change that both keys signed.
    #[error("key change {0}: {1}")]
    Change(usize, KeyChangeError),
    /// They do not lead to the account's key.
    #[error("the key changes do not lead to the account's key, or are another account's")]
    Chain,
}

impl KeyHistory {
    /// Verifies that the changes, oldest first, are of this account and lead to `present`.
    pub fn verify(
        present: PublicKey,
        account_url: &str,
        changes: &[Vec<u8>],
    ) -> Result<Self, KeyHistoryError> {
        let mut keys = Vec::with_capacity(changes.len() + 1);
        let mut reached = None;
        for (index, request) in changes.iter().enumerate() {
            let change = KeyChange::verify(request).map_err(|error| KeyHistoryError::Change(index, error))?;
            let continues = reached.as_ref().is_none_or(|key| *key == change.old_key);
            if !continues || change.account_url != account_url {
                return Err(KeyHistoryError::Chain);
            }
            keys.push(change.old_key);
            reached = Some(change.new_key);
        }
        if reached.is_some_and(|key| key != present) {
            return Err(KeyHistoryError::Chain);
        }
        keys.push(present);
        Ok(Self(keys))
    }

    /// The keys, the present one last.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }

    /// The thumbprints of all of them.
    pub fn thumbprints(&self) -> Vec<Thumbprint> {
        self.0.iter().map(PublicKey::thumbprint).collect()
    }
}
