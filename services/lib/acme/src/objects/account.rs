//! Accounts (RFC 8555 sections 7.1.2 and 7.3).

use cairn_types::AccountStatus;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The payload of newAccount.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccount {
    /// Contact URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Vec<String>>,
    /// Agreement to the terms of service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terms_of_service_agreed: bool,
    /// Look the account up, and do not create one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_return_existing: bool,
    /// A JWS by an external account's MAC key, as it came; see [`crate::ExternalAccountBinding`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_account_binding: Option<Box<RawValue>>,
}

/// The payload of a POST to an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUpdate {
    /// New contact URLs, in place of all old ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Vec<String>>,
    /// `deactivated` gives the account up; any other value is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl AccountUpdate {
    /// Whether the client gives the account up.
    pub fn deactivates(&self) -> bool {
        self.status.as_deref() == Some(AccountStatus::Deactivated.as_str())
    }
}

/// An account as its holder sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountObject {
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Contact URLs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<String>,
    /// Whether its holder agreed to the terms of service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terms_of_service_agreed: bool,
    /// The verified external account binding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_account_binding: Option<Box<RawValue>>,
    /// The URL of its orders list.
    pub orders: String,
}
