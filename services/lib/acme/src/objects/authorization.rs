//! Authorizations (RFC 8555 sections 7.1.4, 7.4.1 and 7.5).

use cairn_types::{AuthorizationStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::timestamp::rfc3339_option;
use super::{ChallengeObject, IdentifierObject};

/// The payload of newAuthz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAuthorization {
    /// What to authorize for; no wildcards.
    pub identifier: IdentifierObject,
}

/// The payload of a POST to an authorization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationUpdate {
    /// `deactivated` gives the authorization up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl AuthorizationUpdate {
    /// Whether the client gives the authorization up.
    pub fn deactivates(&self) -> bool {
        self.status.as_deref() == Some(AuthorizationStatus::Deactivated.as_str())
    }
}

/// An authorization as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationObject {
    /// What it is for, without `*.`.
    pub identifier: IdentifierObject,
    /// Where it stands.
    pub status: AuthorizationStatus,
    /// After this it is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub expires: Option<Timestamp>,
    /// The ways to prove control.
    pub challenges: Vec<ChallengeObject>,
    /// Whether it is for the wildcard; absent unless true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wildcard: bool,
}
