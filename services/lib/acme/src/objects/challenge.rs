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
    /// What to build the key authorization from. Empty, which is to say absent, for dns-persist-01.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// The names by which a record of dns-persist-01 may name the CA, as draft -01 calls them.
    #[serde(
        default,
        rename = "issuer-domain-names",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub issuer_domain_names_01: Vec<String>,
    /// The same, as draft -02 calls them.
    #[serde(default, rename = "issuerDomainNames", skip_serializing_if = "Vec::is_empty")]
    pub issuer_domain_names: Vec<String>,
    /// When control was proved.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub validated: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemDocument>,
}
