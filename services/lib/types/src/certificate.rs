//! Certificates as stored, and their revocation.

use crate::{AccountId, Error, Identifier, OrderId, ProfileName, Serial, SpkiHash, Timestamp};

/// Why a certificate was revoked (RFC 5280 section 5.3.1), as far as CA/B rules allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RevocationReason {
    /// No reason given; never written into a CRL.
    Unspecified = 0,
    /// The key is known to someone else.
    KeyCompromise = 1,
    /// The subject's affiliation changed.
    AffiliationChanged = 3,
    /// Replaced by a newer certificate.
    Superseded = 4,
    /// The site is no longer operated.
    CessationOfOperation = 5,
    /// The CA withdrew it; not for clients.
    PrivilegeWithdrawn = 9,
}

impl RevocationReason {
    /// Every reason that Cairn knows.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The CRLReason code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with that code.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| i64::from(reason.code()) == code)
    }

    /// The reason with that code, if a client may give it; privilegeWithdrawn is the CA's alone.
    pub fn from_client(code: i64) -> Result<Self, Error> {
        Self::from_code(code)
            .filter(|reason| *reason != Self::PrivilegeWithdrawn)
            .ok_or_else(|| {
                Error::new(
                    crate::ErrorKind::BadRevocationReason,
                    format!(
                        "revocation reason {code} is not accepted; use 0 (unspecified), 1 (keyCompromise), \
                     3 (affiliationChanged), 4 (superseded) or 5 (cessationOfOperation)"
                    ),
                )
            })
    }
}

/// That and why a certificate is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// A certificate that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its serial number, part of its URL.
    pub serial: Serial,
    /// The order it was issued for. One order, one certificate.
    pub order: OrderId,
    /// The account that ordered it.
    pub account: AccountId,
    /// The profile that shaped it.
    pub profile: ProfileName,
    /// The id of the issuer, as the certificate authority's configuration names it.
    pub issuer: String,
    /// What it is for.
    pub identifiers: Vec<Identifier>,
    /// The hash of its public key.
    pub spki: SpkiHash,
    /// The start of its validity.
    pub not_before: Timestamp,
    /// The end of its validity, inclusive.
    pub not_after: Timestamp,
    /// The signed bytes.
    pub der: Vec<u8>,
    /// When its to-be-signed octets were stored: the evidence was verified at that moment.
    pub prepared: Timestamp,
    /// That and why it is revoked.
    pub revocation: Option<Revocation>,
}
