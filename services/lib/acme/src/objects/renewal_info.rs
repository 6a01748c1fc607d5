//! Renewal information (RFC 9773 section 4.2).

use cairn_types::Timestamp;
use serde::{Deserialize, Serialize};

use super::timestamp::rfc3339;

/// When to renew a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenewalInfo {
    /// A client picks a random moment of this.
    pub suggested_window: SuggestedWindow,
    /// A page that says why, where the reason is unusual.
    #[serde(default, rename = "explanationURL", skip_serializing_if = "Option::is_none")]
    pub explanation_url: Option<String>,
}

/// A span of time; the end is after the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestedWindow {
    /// The first moment.
    #[serde(with = "rfc3339")]
    pub start: Timestamp,
    /// The last moment.
    #[serde(with = "rfc3339")]
    pub end: Timestamp,
}
