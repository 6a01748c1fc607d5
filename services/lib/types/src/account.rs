//! Accounts (RFC 8555 section 7.1.2).

use std::fmt;

use crate::text_enum::text_enum;
use crate::{AccountId, Error, Timestamp};

text_enum! {
    /// Whether an account may be used.
    pub enum AccountStatus("account status") {
        /// In use.
        Valid = "valid",
        /// Given up by its holder; final.
        Deactivated = "deactivated",
        /// Withdrawn by the operator; final.
        Revoked = "revoked",
    }
}

/// The RFC 7638 thumbprint of a key: SHA-256 over its canonical JWK.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint(pub [u8; 32]);

impl Thumbprint {
    /// The thumbprint with these octets.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| Error::internal("a thumbprint has 32 octets"))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("thumbprint ")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A client's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, part of its URL.
    pub id: AccountId,
    /// The public key as a canonical JWK: required members only, in lexical order, no white space.
    pub jwk: String,
    /// The thumbprint of that key; no two accounts share one.
    pub thumbprint: Thumbprint,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Contact URLs, `mailto:` only.
    pub contact: Vec<String>,
    /// The URL of the terms of service that the holder agreed to.
    pub terms_agreed: Option<String>,
    /// The verified external account binding (RFC 8555 section 7.3.4), as the client sent it.
    pub external_account_binding: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}
