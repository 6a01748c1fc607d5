//! dns-persist-01 (draft-ietf-acme-dns-persist): a TXT record that stays and names CA and account.
//!
//! Two drafts are in use. They differ in the names of fields and in how a record names the account, see [`Draft`].

mod account_hash;
mod record;
mod settings;

use serde::Deserialize;

pub use account_hash::{ANY_NAME, account_hash};
pub use record::{Record, RecordError};
pub use settings::Settings;

/// The most issuer domain names that a challenge may list.
pub const MAX_ISSUERS: usize = 10;

/// The drafts of the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Draft {
    /// draft-ietf-acme-dns-persist-01: challenges list `issuer-domain-names`; records name the account by its URL.
    #[default]
    #[serde(rename = "01")]
    V01,
    /// draft-ietf-acme-dns-persist-02: challenges list `issuerDomainNames`; records name the account by a hash of
    /// name, account key and account URL, see [`account_hash()`].
    #[serde(rename = "02")]
    V02,
}

/// The name of the TXT record by which accounts prove control over `name`.
pub fn record_name(name: &str) -> String {
    format!("_validation-persist.{name}")
}
