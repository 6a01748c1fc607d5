//! The directory (RFC 8555 section 7.1.1).

use cairn_acme::objects::{Directory, DirectoryMeta};
use cairn_acme::paths;

use crate::answer::Answer;
use crate::config::DirectoryConfig;
use crate::front::Wfe;
use crate::urls::Urls;

/// The document that the configuration makes.
pub(crate) fn document(config: &DirectoryConfig, urls: &Urls) -> Directory {
    Directory {
        new_nonce: urls.absolute(paths::NEW_NONCE),
        new_account: urls.absolute(paths::NEW_ACCOUNT),
        new_order: urls.absolute(paths::NEW_ORDER),
        new_authz: config.new_authz.then(|| urls.absolute(paths::NEW_AUTHZ)),
        revoke_cert: urls.absolute(paths::REVOKE_CERT),
        key_change: urls.absolute(paths::KEY_CHANGE),
        renewal_info: Some(urls.absolute(paths::RENEWAL_INFO)),
        meta: DirectoryMeta {
            terms_of_service: config.terms_of_service.clone(),
            website: config.website.clone(),
            caa_identities: config.caa_identities.clone(),
            external_account_required: config.external_account_required,
            profiles: config
                .profiles
                .iter()
                .map(|(name, description)| (name.to_string(), description.clone()))
                .collect(),
        },
    }
}

/// GET, HEAD or POST-as-GET.
pub(crate) fn get(wfe: &Wfe) -> Answer {
    Answer::bytes("application/json", wfe.directory.clone()).cache_control("public, max-age=0, no-cache")
}
