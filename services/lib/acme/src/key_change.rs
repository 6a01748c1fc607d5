//! Account key change (RFC 8555 section 7.3.5): a request by the old key around one by the new key.

use cairn_types::{Error, ErrorKind};

use crate::json;
use crate::jwk::PublicKey;
use crate::jws::{JwsError, KeyReference, ParsedJws, Verified};
use crate::objects::KeyChangePayload;

/// A proved change of key: the holders of both keys asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The URL of the account, from the outer `kid` and the inner `account`.
    pub account_url: String,
    /// The key that signed the outer JWS.
    pub old_key: PublicKey,
    /// The key that signed the inner JWS.
    pub new_key: PublicKey,
}

/// Why a key change is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyChangeError {
    /// The outer JWS is wrong.
    #[error(transparent)]
    Outer(JwsError),
    /// The inner JWS is wrong.
    #[error("inner JWS: {0}")]
    Inner(JwsError),
    /// The payload of the inner JWS is wrong.
    #[error("key change object: {0}")]
    Payload(json::JsonError),
    /// A rule of RFC 8555 section 7.3.5 is broken.
    #[error("{0}")]
    Rule(&'static str),
}

impl From<KeyChangeError> for Error {
    fn from(error: KeyChangeError) -> Self {
        match error {
            KeyChangeError::Outer(jws) => jws.into(),
            KeyChangeError::Inner(jws) => {
                let text = KeyChangeError::Inner(jws.clone()).to_string();
                let mut outer = Error::from(jws);
                if outer.kind() != ErrorKind::ServerInternal {
                    outer.problem.detail = text;
                }
                outer
            }
            KeyChangeError::Payload(_) | KeyChangeError::Rule(_) => Error::malformed(error.to_string()),
        }
    }
}

impl KeyChange {
    /// Verifies the raw body of a key-change request by itself. Both signatures are checked, the outer one
    /// by the `oldKey` that the inner payload names: whether that is the account's key is the caller's
    /// question.
    pub fn verify(body: &[u8]) -> Result<Self, KeyChangeError> {
        let outer = ParsedJws::parse(body).map_err(KeyChangeError::Outer)?;
        // The key that checks the outer signature stands inside, so the inside is looked at twice:
        // unbelieved, for the key, and again once the signature is good.
        let claimed = Inner::parse(outer.unverified_payload())?.old_key;
        let outer = outer.verify(&claimed).map_err(KeyChangeError::Outer)?;
        Self::verify_inner(&outer, &claimed)
    }

    /// Verifies the inside of a key-change request whose outer JWS was signed by `old_key`.
    pub fn verify_inner(outer: &Verified, old_key: &PublicKey) -> Result<Self, KeyChangeError> {
        let KeyReference::Kid(account_url) = outer.header().key() else {
            return Err(KeyChangeError::Rule(
                "the outer JWS of a key change needs a \"kid\"",
            ));
        };
        let inner = Inner::parse(outer.payload())?;
        if inner.url != outer.header().url() {
            return Err(KeyChangeError::Rule(
                "inner and outer JWS have different \"url\" headers",
            ));
        }
        if inner.account != *account_url {
            return Err(KeyChangeError::Rule(
                "the \"account\" of the key change is not the \"kid\" of the outer JWS",
            ));
        }
        if inner.old_key != *old_key {
            return Err(KeyChangeError::Rule(
                "the \"oldKey\" of the key change is not the key of the account",
            ));
        }
        if inner.new_key == *old_key {
            return Err(KeyChangeError::Rule("the new key is the old key"));
        }
        Ok(Self {
            account_url: inner.account,
            old_key: inner.old_key,
            new_key: inner.new_key,
        })
    }
}

/// The inner JWS, verified by its own key.
struct Inner {
    url: String,
    account: String,
    old_key: PublicKey,
    new_key: PublicKey,
}

impl Inner {
    fn parse(body: &[u8]) -> Result<Self, KeyChangeError> {
        let (verified, new_key) = ParsedJws::parse_inner(body)
            .and_then(ParsedJws::verify_by_own_key)
            .map_err(KeyChangeError::Inner)?;
        let payload: KeyChangePayload =
            json::from_slice(verified.payload()).map_err(KeyChangeError::Payload)?;
        let old_key = PublicKey::from_jwk(payload.old_key.get().as_bytes())
            .map_err(|error| KeyChangeError::Inner(error.into()))?;
        Ok(Self {
            url: verified.header().url().to_owned(),
            account: payload.account,
            old_key,
            new_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jws::{Algorithm, SignAs, SigningKey};

    const URL: &str = "https://ca.example/acme/key-change";
    const ACCOUNT: &str = "https://ca.example/acme/account/1";

    struct Keys {
        old: SigningKey,
        new: SigningKey,
        other: SigningKey,
    }

    fn keys() -> Keys {
        let make = || SigningKey::generate(Algorithm::Es256).unwrap();
        Keys {
            old: make(),
            new: make(),
            other: make(),
        }
    }

    fn payload(account: &str, old: &SigningKey) -> Vec<u8> {
        json!({ "account": account, "oldKey": old.public() })
            .to_string()
            .into_bytes()
    }

    fn outer(signer: &SigningKey, inner: &str) -> Vec<u8> {
        let signer_is = SignAs::Account(ACCOUNT);
        signer
            .sign(signer_is, "bm9uY2U", URL, inner.as_bytes())
            .unwrap()
            .into_bytes()
    }

    #[test]
    fn a_change_that_both_keys_asked_for() {
        let keys = keys();
        let inner = keys.new.sign_inner(URL, &payload(ACCOUNT, &keys.old)).unwrap();
        let change = KeyChange::verify(&outer(&keys.old, &inner)).unwrap();
        assert_eq!(change.account_url, ACCOUNT);
        assert_eq!(change.old_key, *keys.old.public());
        assert_eq!(change.new_key, *keys.new.public());
    }

    #[test]
    fn everything_else_is_refused() {
        let keys = keys();
        let good = payload(ACCOUNT, &keys.old);
        let inner = |url: &str, payload: &[u8]| keys.new.sign_inner(url, payload).unwrap();
        let with_nonce = keys.new.sign(SignAs::Jwk, "bm9uY2U", URL, &good).unwrap();
        let by_kid = keys
            .new
            .sign_with_header(&json!({"alg":"ES256","kid":ACCOUNT,"url":URL}), &good)
            .unwrap();
        let cases = [
            (
                "outer signed by a third key",
                outer(&keys.other, &inner(URL, &good)),
            ),
            (
                "outer signed by the new key",
                outer(&keys.new, &inner(URL, &good)),
            ),
            (
                "another url inside",
                outer(&keys.old, &inner("https://ca.example/x", &good)),
            ),
            (
                "another account inside",
                outer(
                    &keys.old,
                    &inner(URL, &payload("https://ca.example/2", &keys.old)),
                ),
            ),
            (
                "another old key inside",
                outer(&keys.old, &inner(URL, &payload(ACCOUNT, &keys.other))),
            ),
            ("a nonce inside", outer(&keys.old, &with_nonce)),
            ("an inner JWS with kid", outer(&keys.old, &by_kid)),
            (
                "the same key",
                outer(&keys.old, &keys.old.sign_inner(URL, &good).unwrap()),
            ),
            ("no inner JWS", outer(&keys.old, "{}")),
            (
                "a payload of the wrong type",
                outer(&keys.old, &inner(URL, b"{\"account\":1,\"oldKey\":{}}")),
            ),
            (
                "an outer JWS with jwk",
                keys.old
                    .sign(SignAs::Jwk, "bm9uY2U", URL, inner(URL, &good).as_bytes())
                    .unwrap()
                    .into_bytes(),
            ),
        ];
        for (what, body) in cases {
            assert!(KeyChange::verify(&body).is_err(), "{what}");
        }
    }
}
