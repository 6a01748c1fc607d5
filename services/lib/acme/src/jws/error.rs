//! Why a JWS is refused.

use cairn_types::{Error, ErrorKind};

use super::Algorithm;
use crate::json::JsonError;
use crate::jwk::{JwkError, KeyKind};

/// Why a JWS is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// The body is not a flattened JSON serialization with exactly `protected`, `payload` and `signature`.
    #[error("the body is not a flattened JWS: {0}")]
    Body(JsonError),
    /// The protected header is not a JSON object with members of the right types.
    #[error("the protected header of the JWS is wrong: {0}")]
    Header(JsonError),
    /// One of the three members is not strict base64url.
    #[error("the JWS member {0:?} is not base64url without padding")]
    Encoding(&'static str),
    /// A rule of RFC 8555 section 6.2 about header members is broken.
    #[error("the protected header of the JWS {0}")]
    Rule(&'static str),
    /// The algorithm is not one of [`Algorithm::ALL`].
    #[error("JWS algorithm {0:?} is not supported; use RS256, ES256, ES384, ES512 or EdDSA")]
    Algorithm(String),
    /// The MAC algorithm of an external account binding is not supported.
    #[error("algorithm {0:?} is not supported for external account bindings; use HS256, HS384 or HS512")]
    MacAlgorithm(String),
    /// The algorithm does not go with the key.
    #[error("JWS algorithm {0} does not go with {1} keys")]
    Mismatch(Algorithm, KeyKind),
    /// The `jwk` header is not a usable public key.
    #[error(transparent)]
    Key(#[from] JwkError),
    /// The signature or MAC does not verify.
    #[error("the signature of the JWS does not verify")]
    Signature,
    /// OpenSSL failed where no input can make it fail.
    #[error("the cryptographic library failed")]
    Crypto(String),
}

impl From<JwsError> for Error {
    fn from(error: JwsError) -> Self {
        let kind = match &error {
            JwsError::Key(JwkError::Json(_))
            | JwsError::Body(_)
            | JwsError::Header(_)
            | JwsError::Encoding(_)
            | JwsError::Rule(_)
            | JwsError::Signature => ErrorKind::Malformed,
            JwsError::Algorithm(_) | JwsError::MacAlgorithm(_) => ErrorKind::BadSignatureAlgorithm,
            JwsError::Key(_) | JwsError::Mismatch(..) => ErrorKind::BadPublicKey,
            JwsError::Crypto(why) => return Error::internal(why.clone()),
        };
        Error::new(kind, error.to_string())
    }
}
