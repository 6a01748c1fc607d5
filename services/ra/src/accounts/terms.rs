//! Agreeing to terms of service that changed (RFC 8555 section 7.3.3).
//!
//! An account that has not agreed to the present terms is given a link to a page of the front end. The link
//! ends in a MAC over account and terms: nobody else can make one, and it is worth nothing for other terms.

use cairn_acme::{base64url, paths};
use cairn_rpc::Context;
use cairn_types::{Account, AccountId, Error, ErrorKind, Result};
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::Ra;
use crate::settings::Terms;

impl Ra {
    /// Refuses an account that has not agreed to the present terms.
    pub(crate) fn terms_agreed(&self, account: &Account) -> Result<()> {
        match &self.settings.terms {
            Some(terms) if account.terms_agreed.as_ref() != Some(&terms.url) => {
                let detail = format!(
                    "the terms of service have changed; agree to {} at the instance URL",
                    terms.url
                );
                let page = paths::terms(account.id, &proof(terms, account.id)?);
                Err(Error::new(ErrorKind::UserActionRequired, detail).at(page))
            }
            _ => Ok(()),
        }
    }

    /// Records that the holder of the link agreed to the present terms.
    pub(crate) async fn agree_to_terms(
        &self,
        context: &Context,
        account: AccountId,
        given: &str,
    ) -> Result<Account> {
        let outdated = || Error::not_found("agreement; the terms may have changed again");
        let terms = self.settings.terms.as_ref().ok_or_else(outdated)?;
        let expected = proof(terms, account)?;
        if given.len() != expected.len() || !memcmp::eq(given.as_bytes(), expected.as_bytes()) {
            return Err(outdated());
        }
        self.sa.agree_to_terms(context, account, terms.url.clone()).await
    }
}

/// HMAC-SHA256 over the account's id and the terms' URL, as base64url.
fn proof(terms: &Terms, account: AccountId) -> Result<String> {
    let mac = || {
        let key = PKey::hmac(&terms.key)?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(account.as_bytes())?;
        signer.update(terms.url.as_bytes())?;
        signer.sign_to_vec()
    };
    mac()
        .map(base64url::encode)
        .map_err(|error| Error::internal(format!("terms: {error}")))
}
