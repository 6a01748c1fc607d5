//! Account key change (RFC 8555 section 7.3.5).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The payload of the inner JWS of a key change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyChangePayload {
    /// The URL of the account.
    pub account: String,
    /// The key of the account before the change, a JWK.
    pub old_key: Box<RawValue>,
}
