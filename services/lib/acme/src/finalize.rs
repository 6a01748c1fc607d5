//! Finalize requests (RFC 8555 section 7.4), verified by themselves.
//!
//! The front end checks a request when it comes in. The certificate authority checks the same bytes again
//! before it signs, so that nobody between the two can ask for a certificate in an account's name.

use cairn_types::Error;

use crate::base64url;
use crate::json::{self, JsonError};
use crate::jwk::PublicKey;
use crate::jws::{JwsError, ParsedJws, Verified};
use crate::objects::FinalizePayload;

/// Why a finalize request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FinalizeError {
    /// The JWS is wrong, or not signed by the account.
    #[error(transparent)]
    Jws(JwsError),
    /// The request was made to another URL than that of the order.
    #[error("the finalize request was made for another order")]
    Url,
    /// The payload is not an object with a `csr`.
    #[error("finalize request: {0}")]
    Payload(JsonError),
    /// The `csr` is not base64url.
    #[error("finalize request: the \"csr\" is not base64url without padding (DER, not PEM)")]
    Encoding,
}

impl From<FinalizeError> for Error {
    fn from(error: FinalizeError) -> Self {
        match error {
            FinalizeError::Jws(jws) => jws.into(),
            FinalizeError::Url => Error::unauthorized(error.to_string()),
            FinalizeError::Payload(_) | FinalizeError::Encoding => Error::malformed(error.to_string()),
        }
    }
}

/// The CSR (DER, unparsed) that the holder of `account_key` sent in the request `body` to a URL that ends in
/// `url_suffix`, such as [`crate::paths::finalize`] of the order's id.
pub fn verify(body: &[u8], account_key: &PublicKey, url_suffix: &str) -> Result<Vec<u8>, FinalizeError> {
    let verified = ParsedJws::parse(body)
        .and_then(|jws| jws.verify(account_key))
        .map_err(FinalizeError::Jws)?;
    if !verified.header().url().ends_with(url_suffix) {
        return Err(FinalizeError::Url);
    }
    csr(&verified)
}

/// The CSR in a finalize request whose signature and URL are known to be good.
pub fn csr(verified: &Verified) -> Result<Vec<u8>, FinalizeError> {
    let payload: FinalizePayload = json::from_slice(verified.payload()).map_err(FinalizeError::Payload)?;
    base64url::decode(&payload.csr).map_err(|_| FinalizeError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jws::{Algorithm, SignAs, SigningKey};

    const URL: &str = "https://ca.example/acme/order/7/finalize";

    fn request(key: &SigningKey, payload: &str) -> Vec<u8> {
        let signer = SignAs::Account("https://ca.example/acme/account/1");
        key.sign(signer, "bm9uY2U", URL, payload.as_bytes())
            .unwrap()
            .into_bytes()
    }

    #[test]
    fn only_what_the_account_asked_for_this_order() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let other = SigningKey::generate(Algorithm::Es256).unwrap();
        let body = request(&key, r#"{"csr":"MAA"}"#);
        assert_eq!(
            verify(&body, key.public(), "/acme/order/7/finalize"),
            Ok(vec![0x30, 0])
        );
        assert_eq!(
            verify(&body, other.public(), "/acme/order/7/finalize"),
            Err(FinalizeError::Jws(JwsError::Signature))
        );
        assert_eq!(
            verify(&body, key.public(), "/acme/order/8/finalize"),
            Err(FinalizeError::Url)
        );
        let body = request(&key, r#"{"csr":"MAA="}"#);
        assert_eq!(
            verify(&body, key.public(), "/finalize"),
            Err(FinalizeError::Encoding)
        );
        let body = request(&key, "");
        assert!(matches!(
            verify(&body, key.public(), "/finalize"),
            Err(FinalizeError::Payload(_))
        ));
    }
}
