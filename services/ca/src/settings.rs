//! The configuration, checked and loaded.

use std::collections::BTreeMap;

use cairn_evidence::Policy;
use cairn_policy::NamePolicy;
use cairn_types::{KeyType, ProfileName};
use cairn_x509::{Issuer, Profile};

use crate::account_keys::KeyParser;

/// An issuer, by the name that configuration and database know it by.
pub(crate) struct NamedIssuer {
    /// The name.
    pub(crate) id: String,
    /// Certificate, key and URLs.
    pub(crate) issuer: Issuer,
    /// The kinds of key that it certifies.
    pub(crate) issues_for: Vec<KeyType>,
}

/// What certificates of a profile look like, and what must have been proved for one.
pub(crate) struct ProfileRules {
    /// The shape.
    pub(crate) shape: Profile,
    /// The proof.
    pub(crate) evidence: Policy,
}

/// What the certificate authority goes by.
pub(crate) struct Settings {
    /// The front end's URL without a path.
    pub(crate) base_url: String,
    /// The first octet of serials.
    pub(crate) serial_prefix: u8,
    /// The names that are certified.
    pub(crate) names: NamePolicy,
    /// The issuers; no two certify the same kind of key.
    pub(crate) issuers: Vec<NamedIssuer>,
    /// The profiles.
    pub(crate) profiles: BTreeMap<ProfileName, ProfileRules>,
    /// What reads the keys of accounts.
    pub(crate) account_keys: KeyParser,
}

impl Settings {
    /// The issuer for keys of a kind.
    pub(crate) fn issuer_for(&self, kind: KeyType) -> Option<&NamedIssuer> {
        self.issuers
            .iter()
            .find(|issuer| issuer.issues_for.contains(&kind))
    }

    /// The issuer of that name.
    pub(crate) fn issuer(&self, id: &str) -> Option<&NamedIssuer> {
        self.issuers.iter().find(|issuer| issuer.id == id)
    }

    /// The URL of a path at the front end.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
