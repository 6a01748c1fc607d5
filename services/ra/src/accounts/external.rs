//! External account bindings (RFC 8555 section 7.3.4).

use cairn_acme::{EabError, ExternalAccountBinding, JwsError, PublicKey};
use cairn_rpc::api::ra::NewAccount;
use cairn_types::{Error, ErrorKind, Result};

use crate::Ra;

impl Ra {
    /// The id of the external account key that the request proves to hold; none if it does not try to and need not.
    pub(super) fn external_account(&self, key: &PublicKey, request: &NewAccount) -> Result<Option<String>> {
        let Some(binding) = &request.external_account_binding else {
            return if self.settings.external_account_required {
                let detail = "this server needs an external account binding (RFC 8555 section 7.3.4)";
                Err(Error::new(ErrorKind::ExternalAccountRequired, detail))
            } else {
                Ok(None)
            };
        };
        let parsed = ExternalAccountBinding::parse(binding.as_bytes())?;
        // One answer for an unknown key and a wrong MAC, so that ids cannot be guessed.
        let refused = || Error::unauthorized("the external account binding does not verify");
        let key_id = parsed.key_id().to_owned();
        let secret = self
            .settings
            .external_account_keys
            .get(&key_id)
            .ok_or_else(refused)?;
        parsed
            .verify(secret, key, &request.url)
            .map_err(|error| match error {
                EabError::Jws(JwsError::Signature) => refused(),
                error => error.into(),
            })?;
        Ok(Some(key_id))
    }
}
