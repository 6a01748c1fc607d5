//! Finalize requests (RFC 8555 section 7.4).
//!
//! The front end checks a request when it comes in. The certificate authority checks the same bytes again
//! before it signs, so that nobody between the two can ask for a certificate in an account's name.

use cairn_types::Error;

use crate::base64url;
use crate::json::{self, JsonError};
use crate::jws::{JwsError, ParsedJws, Verified};
use crate::objects::FinalizePayload;

/// Why the payload of a finalize request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FinalizeError {
    /// What was stored is not a request.
    #[error("finalize request: {0}")]
    Request(JwsError),
    /// The payload is not an object with a `csr`.
    #[error("finalize request: {0}")]
    Payload(JsonError),
    /// The `csr` is not base64url.
    #[error("finalize request: the \"csr\" is not base64url without padding (DER, not PEM)")]
    Encoding,
}

impl From<FinalizeError> for Error {
    fn from(error: FinalizeError) -> Self {
        Error::malformed(error.to_string())
    }
}

/// The CSR (DER, unparsed) in a finalize request whose signature is good. That it was made to the order's URL, by
/// the order's account, is for the caller to check.
pub fn csr(verified: &Verified) -> Result<Vec<u8>, FinalizeError> {
    in_payload(verified.payload())
}

/// The CSR in a finalize request that was verified when it was accepted, and stored. Whoever signs a certificate
/// for it goes by [`csr`] instead.
pub fn accepted_csr(request: &[u8]) -> Result<Vec<u8>, FinalizeError> {
    let request = ParsedJws::parse(request).map_err(FinalizeError::Request)?;
    in_payload(request.unverified_payload())
}

fn in_payload(payload: &[u8]) -> Result<Vec<u8>, FinalizeError> {
    let payload: FinalizePayload = json::from_slice(payload).map_err(FinalizeError::Payload)?;
    base64url::decode(&payload.csr).map_err(|_| FinalizeError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jws::{Algorithm, ParsedJws, SignAs, SigningKey};

    #[test]
    fn the_csr_is_strict_base64url() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let csr_in = |payload: &str| {
            let signer = SignAs::Account("https://ca.example/acme/account/1");
            let url = "https://ca.example/acme/order/7/finalize";
            let body = key.sign(signer, "bm9uY2U", url, payload.as_bytes()).unwrap();
            let request = ParsedJws::parse(body.as_bytes()).unwrap();
            let verified = csr(&request.verify(key.public()).unwrap());
            assert_eq!(accepted_csr(body.as_bytes()), verified);
            verified
        };
        assert!(matches!(accepted_csr(b"{}"), Err(FinalizeError::Request(_))));
        assert_eq!(csr_in(r#"{"csr":"MAA"}"#), Ok(vec![0x30, 0]));
        assert_eq!(csr_in(r#"{"csr":"MAA="}"#), Err(FinalizeError::Encoding));
        for payload in ["", "{}", r#"{"csr":1}"#] {
            assert!(
                matches!(csr_in(payload), Err(FinalizeError::Payload(_))),
                "{payload}"
            );
        }
    }
}
