//! Why a JWK is refused.

use cairn_types::{Error, ErrorKind};

use crate::json::JsonError;

/// Why a JWK is not a public key that Cairn can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not a JSON object with members of the right types.
    #[error("the JWK is wrong: {0}")]
    Json(JsonError),
    /// The key type or curve is none of ours.
    #[error(
        "JWK {member} {value:?} is not supported; use RSA, EC with P-256, P-384 or P-521, or OKP with Ed25519"
    )]
    Unsupported {
        /// `kty` or `crv`.
        member: &'static str,
        /// What it said.
        value: String,
    },
    /// A member is missing, not base64url, or not in its one canonical form.
    #[error("JWK member {member:?} {reason}")]
    Member {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A private member is there: this key is spoiled.
    #[error("the JWK has a private or symmetric member; a private key must never be sent")]
    Private,
    /// The coordinates are not those of a point of the curve.
    #[error("the JWK's point is not on the curve")]
    OffCurve,
    /// OpenSSL refuses the key.
    #[error("the key is not usable")]
    Unusable,
}

impl From<JwkError> for Error {
    fn from(error: JwkError) -> Self {
        let kind = match error {
            JwkError::Json(_) => ErrorKind::Malformed,
            JwkError::Unsupported { .. }
            | JwkError::Member { .. }
            | JwkError::Private
            | JwkError::OffCurve
            | JwkError::Unusable => ErrorKind::BadPublicKey,
        };
        Error::new(kind, error.to_string())
    }
}
