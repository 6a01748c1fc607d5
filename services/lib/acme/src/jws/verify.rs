//! Signature checks, by OpenSSL.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sha::{sha256, sha384, sha512};
use openssl::sign::{Signer, Verifier};

use super::{JwsError, MacAlgorithm};
use crate::jwk::{EcPublicKey, KeyKind, PublicKey};

/// Checks a signature over `input` by the algorithm of the key's kind.
pub(super) fn signature(key: &PublicKey, input: &[u8], signature: &[u8]) -> Result<(), JwsError> {
    let outcome = match (key.kind(), key.ec()) {
        (KeyKind::Rsa, _) => rsa(key, input, signature),
        (KeyKind::Ed25519, _) => ed25519(key, input, signature),
        (KeyKind::P256, Some(ec)) => ecdsa(ec, &sha256(input), signature),
        (KeyKind::P384, Some(ec)) => ecdsa(ec, &sha384(input), signature),
        (KeyKind::P521, Some(ec)) => ecdsa(ec, &sha512(input), signature),
        (KeyKind::P256 | KeyKind::P384 | KeyKind::P521, None) => Ok(false),
    };
    if matches!(outcome, Ok(true)) {
        return Ok(());
    }
    // What a refused signature left in this thread's queue must not surface in someone else's call.
    drop(ErrorStack::get());
    Err(JwsError::Signature)
}

fn rsa(key: &PublicKey, input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    Verifier::new(MessageDigest::sha256(), key.pkey())?.verify_oneshot(signature, input)
}

fn ed25519(key: &PublicKey, input: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    Verifier::new_without_digest(key.pkey())?.verify_oneshot(signature, input)
}

/// RFC 7518 section 3.4: `r` and `s`, each as long as the field, one after the other.
fn ecdsa(key: &EcPublicKey, digest: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    let size = key.field_octets();
    if signature.len() != 2 * size {
        return Ok(false);
    }
    let (r, s) = signature.split_at(size);
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
        .verify(digest, key.key())
}

/// The MAC over `input`.
pub(super) fn mac(algorithm: MacAlgorithm, key: &[u8], input: &[u8]) -> Result<Vec<u8>, JwsError> {
    let make = || {
        let key = PKey::hmac(key)?;
        Signer::new(algorithm.digest(), &key)?.sign_oneshot_to_vec(input)
    };
    make().map_err(|error: ErrorStack| JwsError::Crypto(error.to_string()))
}

/// Checks a MAC over `input` in constant time.
pub(super) fn check_mac(
    algorithm: MacAlgorithm,
    key: &[u8],
    input: &[u8],
    claimed: &[u8],
) -> Result<(), JwsError> {
    let expected = mac(algorithm, key, input)?;
    if expected.len() == claimed.len() && memcmp::eq(&expected, claimed) {
        Ok(())
    } else {
        Err(JwsError::Signature)
    }
}
