//! What the certificate authority is asked.

use cairn_types::{Identifier, Order};

/// What was proved about one identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierEvidence {
    /// The identifier as ordered.
    pub identifier: Identifier,
    /// The receipts, encoded by `cairn-evidence`.
    pub receipts: Vec<Vec<u8>>,
}

/// A certificate to issue, with all that the signer needs to see for itself that it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The order.
    pub order: Order,
    /// The canonical JWK of the account's key.
    pub jwk: String,
    /// The account's URL.
    pub account_uri: String,
    /// DER of the PKCS#10 request.
    pub csr: Vec<u8>,
    /// The flattened JWS of the finalize request, as received.
    pub request: Vec<u8>,
    /// The receipts, per identifier.
    pub evidence: Vec<IdentifierEvidence>,
    /// The account's key changes as received, oldest first.
    pub key_changes: Vec<Vec<u8>>,
}
