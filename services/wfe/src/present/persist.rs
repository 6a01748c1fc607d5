//! What challenge objects of dns-persist-01 say instead of a token.

use cairn_acme::objects::ChallengeObject;
use cairn_acme::persist::{Draft, Settings};

/// The names by which records may name the CA, in the field that the configured draft has for them.
pub(crate) struct Persist {
    draft: Draft,
    issuers: Vec<String>,
}

impl Persist {
    pub(crate) fn new(settings: &Settings, caa_identities: &[String]) -> Self {
        Self {
            draft: settings.draft,
            issuers: settings.issuers(caa_identities).to_vec(),
        }
    }

    /// The object with the names in place of the token.
    pub(super) fn complete(&self, mut object: ChallengeObject) -> ChallengeObject {
        object.token.clear();
        match self.draft {
            Draft::V01 => object.issuer_domain_names_01.clone_from(&self.issuers),
            Draft::V02 => object.issuer_domain_names.clone_from(&self.issuers),
        }
        object
    }
}
