//! Finalize requests (RFC 8555 section 7.4).

use serde::{Deserialize, Serialize};

/// The payload of a POST to an order's finalize URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalizePayload {
    /// A DER certificate request in base64url.
    pub csr: String,
}
