//! Revocation (RFC 8555 section 7.6).

use serde::{Deserialize, Serialize};

/// The payload of revokeCert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPayload {
    /// The DER certificate in base64url.
    pub certificate: String,
    /// A CRLReason code; see [`cairn_types::RevocationReason::from_client`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<i64>,
}
