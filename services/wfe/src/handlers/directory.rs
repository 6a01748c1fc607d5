//! The directory (RFC 8555 section 7.1.1).

use cairn_acme::objects::{Directory, DirectoryMeta};
use cairn_acme::paths;
use cairn_acme::persist::Draft;

use crate::answer::Answer;
use crate::config::Config;
use crate::front::Wfe;
use crate::urls::Urls;

/// The document that the configuration makes.
pub(crate) fn document(config: &Config, urls: &Urls) -> Directory {
    let Config {
        directory: config,
        dns_persist_01: persist,
        ..
    } = config;
    // Draft -01 has nothing to tell here.
    let persist = Some(persist).filter(|persist| persist.draft == Draft::V02);
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
            issuer_domain_names: persist.map_or_else(Vec::new, |persist| {
                persist.issuers(&config.caa_identities).to_vec()
            }),
            account_hash_prefix: persist.and_then(|persist| persist.account_hash_prefix.clone()),
        },
    }
}

/// GET, HEAD or POST-as-GET.
pub(crate) fn get(wfe: &Wfe) -> Answer {
    Answer::bytes("application/json", wfe.directory.clone()).cache_control("public, max-age=0, no-cache")
}
