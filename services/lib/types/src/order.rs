//! Orders (RFC 8555 section 7.1.3).

use crate::text_enum::text_enum;
use crate::{AccountId, AuthorizationId, Identifier, OrderId, Problem, ProfileName, Serial, Timestamp};

text_enum! {
    /// RFC 8555 section 7.1.6.
    pub enum OrderStatus("order status") {
        /// Some authorization is not valid yet.
        Pending = "pending",
        /// All authorizations are valid; the order may be finalized.
        Ready = "ready",
        /// The certificate is being issued.
        Processing = "processing",
        /// The certificate is issued.
        Valid = "valid",
        /// No certificate will come of it.
        Invalid = "invalid",
    }
}

/// A request for one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id, part of its URL.
    pub id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// The stored state.
    pub status: OrderStatus,
    /// After this it can no longer be fulfilled.
    pub expires: Timestamp,
    /// What the certificate is for, sorted, without repetition.
    pub identifiers: Vec<Identifier>,
    /// The profile of the certificate.
    pub profile: ProfileName,
    /// The requested start of validity.
    pub not_before: Option<Timestamp>,
    /// The requested end of validity.
    pub not_after: Option<Timestamp>,
    /// The certificate that this one replaces (RFC 9773 section 5).
    pub replaces: Option<Serial>,
    /// One authorization per identifier.
    pub authorizations: Vec<AuthorizationId>,
    /// Why it is invalid.
    pub error: Option<Problem>,
    /// The serial of its certificate, once valid.
    pub serial: Option<Serial>,
    /// When it was made.
    pub created: Timestamp,
}

impl Order {
    /// The state at a moment: an unfulfilled order whose time is over is invalid.
    pub fn status_at(&self, now: Timestamp) -> OrderStatus {
        match self.status {
            OrderStatus::Pending | OrderStatus::Ready if now >= self.expires => OrderStatus::Invalid,
            status => status,
        }
    }
}
