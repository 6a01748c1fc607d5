//! Key rollover (RFC 8555 section 7.3.5).

use cairn_acme::KeyChange;
use cairn_policy::check_account_key;
use cairn_rpc::Context;
use cairn_rpc::api::ra::ChangeAccountKey;
use cairn_rpc::api::sa::ChangeKey;
use cairn_types::{Account, Error, ErrorKind, Result};

use crate::Ra;

impl Ra {
    /// Replaces the key of an account. The request is verified from its bytes, and kept: it is what links the
    /// receipts that name the old key to the new one, for the signer to see.
    pub(crate) async fn change_key(&self, context: &Context, request: ChangeAccountKey) -> Result<Account> {
        let account = self.valid_account(context, request.account).await?;
        let change = KeyChange::verify(&request.request)?;
        if change.old_key.thumbprint() != account.thumbprint {
            return Err(Error::unauthorized(
                "the request is not signed by the key of the account",
            ));
        }
        if change.account_url != self.account_uri(account.id) {
            return Err(Error::malformed("the key change names another account"));
        }
        check_account_key(change.new_key.pkey())
            .map_err(|fault| fault.into_error(ErrorKind::BadPublicKey))?;
        let change = ChangeKey {
            id: account.id,
            old_thumbprint: account.thumbprint,
            new_jwk: change.new_key.jwk().to_owned(),
            new_thumbprint: change.new_key.thumbprint(),
            request: request.request,
        };
        self.sa.change_key(context, change).await
    }
}
