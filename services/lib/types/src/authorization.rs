//! Authorizations (RFC 8555 section 7.1.4).

use crate::text_enum::text_enum;
use crate::{AccountId, AuthorizationId, Challenge, Identifier, Thumbprint, Timestamp};

text_enum! {
    /// RFC 8555 section 7.1.6. `expired` is not stored: it is what a stored state becomes with time,
    /// see [`Authorization::status_at`].
    pub enum AuthorizationStatus("authorization status") {
        /// No challenge was answered yet.
        Pending = "pending",
        /// A challenge was answered.
        Valid = "valid",
        /// A challenge failed.
        Invalid = "invalid",
        /// Given up by the account holder.
        Deactivated = "deactivated",
        /// Valid once, and its time is over.
        Expired = "expired",
        /// Withdrawn by the operator.
        Revoked = "revoked",
    }
}

/// The right of an account to have certificates for one identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its id, part of its URL.
    pub id: AuthorizationId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is for; never with `*.`.
    pub identifier: Identifier,
    /// Whether it is for the wildcard of the identifier.
    pub wildcard: bool,
    /// The stored state.
    pub status: AuthorizationStatus,
    /// After this it is worth nothing.
    pub expires: Timestamp,
    /// The ways to prove control. One is enough.
    pub challenges: Vec<Challenge>,
    /// The thumbprint of the account key that the successful validation proved control with.
    pub validated_by: Option<Thumbprint>,
    /// When it was made.
    pub created: Timestamp,
}

impl Authorization {
    /// The state at a moment: a pending authorization whose time is over is invalid, a valid one expired.
    pub fn status_at(&self, now: Timestamp) -> AuthorizationStatus {
        match self.status {
            AuthorizationStatus::Pending if now >= self.expires => AuthorizationStatus::Invalid,
            AuthorizationStatus::Valid if now >= self.expires => AuthorizationStatus::Expired,
            status => status,
        }
    }

    /// The identifier as it was ordered, with `*.` for a wildcard.
    pub fn ordered_identifier(&self) -> Identifier {
        if self.wildcard {
            self.identifier.to_wildcard()
        } else {
            self.identifier.clone()
        }
    }
}
