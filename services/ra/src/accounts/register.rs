//! New accounts (RFC 8555 section 7.3).

use cairn_acme::PublicKey;
use cairn_policy::check_account_key;
use cairn_rpc::Context;
use cairn_rpc::api::ra::NewAccount;
use cairn_rpc::api::sa::{CreateAccount, CreatedAccount};
use cairn_types::{Account, AccountId, AccountStatus, Error, ErrorKind, Result};

use super::contact;
use crate::Ra;

impl Ra {
    /// Registers an account. A key that has one already gets it back, whatever else the request says.
    pub(crate) async fn new_account(&self, context: &Context, request: NewAccount) -> Result<CreatedAccount> {
        let key = PublicKey::from_jwk(request.jwk.as_bytes())?;
        if let Some(account) = self.sa.find_account_by_key(context, key.thumbprint()).await? {
            return Ok(CreatedAccount {
                account,
                created: false,
            });
        }
        check_account_key(key.pkey()).map_err(|fault| fault.into_error(ErrorKind::BadPublicKey))?;
        contact::check(&request.contact, self.settings.max_contacts)?;
        if let Some(terms) = &self.settings.terms
            && !request.terms_agreed
        {
            return Err(Error::new(
                ErrorKind::UserActionRequired,
                format!("an account has to agree to the terms of service at {}", terms.url),
            ));
        }
        let external = self.external_account(&key, &request)?;
        let account = Account {
            id: AccountId::new(&*self.clock, &*self.rng),
            jwk: key.jwk().to_owned(),
            thumbprint: key.thumbprint(),
            status: AccountStatus::Valid,
            contact: request.contact,
            terms_agreed: self.settings.terms.as_ref().map(|terms| terms.url.clone()),
            external_account_binding: external.as_ref().and(request.external_account_binding),
            created: self.clock.now(),
        };
        let request = CreateAccount {
            account,
            external_account_key_id: external,
        };
        self.sa
            .create_account(context, request)
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::Conflict => {
                    Error::unauthorized("the external account key is bound to another account already")
                }
                _ => error,
            })
    }
}
