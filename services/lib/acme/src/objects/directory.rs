//! The directory (RFC 8555 section 7.1.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The URLs that a client starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    /// Fresh nonces.
    pub new_nonce: String,
    /// Account creation and look-up.
    pub new_account: String,
    /// Order creation.
    pub new_order: String,
    /// Pre-authorization; absent where it is not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_authz: Option<String>,
    /// Revocation.
    pub revoke_cert: String,
    /// Account key change.
    pub key_change: String,
    /// Renewal information (RFC 9773).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_info: Option<String>,
    /// About this server.
    #[serde(default)]
    pub meta: DirectoryMeta,
}

/// What the server says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryMeta {
    /// The URL of the terms of service; who creates an account has to agree to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_of_service: Option<String>,
    /// A URL about the CA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The names that CAA records know the CA by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caa_identities: Vec<String>,
    /// Whether accounts need an external account binding.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external_account_required: bool,
    /// Certificate profiles by name, each with a description.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, String>,
    /// The names by which records of dns-persist-01 may name the CA (draft -02).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuer_domain_names: Vec<String>,
    /// What the account hashes in records of dns-persist-01 start with (draft -02).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_hash_prefix: Option<String>,
}
