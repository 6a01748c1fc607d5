//! External account binding (RFC 8555 section 7.3.4): a JWS by which the holder of a MAC key vouches for
//! an account key.

use cairn_types::Error;

use crate::jwk::PublicKey;
use crate::jws::{JwsError, ParsedMacJws};

/// Why a binding is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EabError {
    /// The inner JWS is wrong, or its MAC is.
    #[error("external account binding: {0}")]
    Jws(JwsError),
    /// The `url` is not that of the request around it.
    #[error("external account binding: its \"url\" is not that of the request")]
    Url,
    /// The payload is not the key that signs the request.
    #[error("external account binding: its payload is not the key of the account")]
    Key,
}

impl From<EabError> for Error {
    fn from(error: EabError) -> Self {
        match error {
            EabError::Jws(JwsError::Signature) | EabError::Key => Error::unauthorized(error.to_string()),
            EabError::Jws(ref jws) => {
                let inner = Error::from(jws.clone());
                Error::new(inner.kind(), error.to_string())
            }
            EabError::Url => Error::malformed(error.to_string()),
        }
    }
}

/// A binding of the right form, not verified yet.
pub struct ExternalAccountBinding(ParsedMacJws);

impl ExternalAccountBinding {
    /// Parses the `externalAccountBinding` member of a newAccount request.
    pub fn parse(body: &[u8]) -> Result<Self, EabError> {
        ParsedMacJws::parse(body).map(Self).map_err(EabError::Jws)
    }

    /// The id of the MAC key that the binding claims to use; look the key up by it.
    pub fn key_id(&self) -> &str {
        self.0.kid()
    }

    /// Checks the MAC, that the binding is for `account_key`, and that it was made for the request to `url`.
    pub fn verify(self, mac_key: &[u8], account_key: &PublicKey, url: &str) -> Result<(), EabError> {
        if self.0.url() != url {
            return Err(EabError::Url);
        }
        let payload = self.0.verify(mac_key).map_err(EabError::Jws)?;
        match PublicKey::from_jwk(&payload) {
            Ok(key) if key == *account_key => Ok(()),
            Ok(_) | Err(_) => Err(EabError::Key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jws::{Algorithm, MacAlgorithm, SigningKey, sign_external_account_binding};

    const URL: &str = "https://ca.example/acme/new-account";

    #[test]
    fn a_binding_holds_for_its_key_url_and_account_only() {
        let account = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let other = SigningKey::generate(Algorithm::EdDsa).unwrap();
        for algorithm in MacAlgorithm::ALL {
            let text =
                sign_external_account_binding(algorithm, b"secret", "kid-1", URL, account.public()).unwrap();
            let parse = || ExternalAccountBinding::parse(text.as_bytes()).unwrap();
            assert_eq!(parse().key_id(), "kid-1");
            assert_eq!(parse().verify(b"secret", account.public(), URL), Ok(()));
            assert_eq!(
                parse().verify(b"wrong", account.public(), URL),
                Err(EabError::Jws(JwsError::Signature))
            );
            assert_eq!(parse().verify(b"secret", other.public(), URL), Err(EabError::Key));
            assert_eq!(
                parse().verify(b"secret", account.public(), "https://ca.example/"),
                Err(EabError::Url)
            );
        }
    }

    #[test]
    fn a_signature_is_no_mac() {
        let account = SigningKey::generate(Algorithm::Es256).unwrap();
        let text = account
            .sign_inner(URL, account.public().jwk().as_bytes())
            .unwrap();
        assert!(matches!(
            ExternalAccountBinding::parse(text.as_bytes()),
            Err(EabError::Jws(JwsError::MacAlgorithm(_)))
        ));
    }
}
