//! Orders (RFC 8555 sections 7.1.3 and 7.4).

use cairn_types::{OrderStatus, ProfileName, Timestamp};
use serde::{Deserialize, Serialize};

use super::IdentifierObject;
use super::timestamp::rfc3339_option;
use crate::problem::ProblemDocument;

/// The payload of newOrder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// What the certificate is to be for.
    pub identifiers: Vec<IdentifierObject>,
    /// The wished start of validity.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub not_before: Option<Timestamp>,
    /// The wished end of validity.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub not_after: Option<Timestamp>,
    /// The name of a certificate profile, one of the directory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The id of the certificate that this one replaces (RFC 9773 section 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// An order as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderObject {
    /// Where it stands.
    pub status: OrderStatus,
    /// After this it can no longer be fulfilled.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub expires: Option<Timestamp>,
    /// What the certificate is for.
    pub identifiers: Vec<IdentifierObject>,
    /// The profile of the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// The requested start of validity.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub not_before: Option<Timestamp>,
    /// The requested end of validity.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "rfc3339_option")]
    pub not_after: Option<Timestamp>,
    /// The id of the certificate that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Why it is invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemDocument>,
    /// The URLs of its authorizations.
    pub authorizations: Vec<String>,
    /// Where to send the CSR.
    pub finalize: String,
    /// Where the certificate is, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}
