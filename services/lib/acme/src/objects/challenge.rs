//! Challenges (RFC 8555 sections 7.1.5 and 8).

use cairn_types::{ChallengeStatus, ChallengeType, Timestamp};
use serde::{Deserialize, Serialize};

use super::timestamp::rfc3339_option;
use crate::problem::ProblemDocument;

/// A challenge as the account that answers it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeObject {
    /// How control is proved.
    #[serde(rename = "type")]
    pub kind: ChallengeType,
    /// Where to POST `{}` when ready.
    pub url: String,
    /// Where it stands.
    pub status: ChallengeStatus,
    /// What to build the key authorization from.
    pub token: String,
    /// When control was proved.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub validated: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemDocument>,
}
