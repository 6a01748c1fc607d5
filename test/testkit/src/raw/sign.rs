//! Signatures over anything, with any hash, in the encodings of RFC 7518.

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;

/// A signature over `input`: PKCS#1 for RSA, `r || s` for ECDSA, pure for Ed25519 (which ignores the digest).
pub fn signature(key: &PKey<Private>, digest: MessageDigest, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    match key.id() {
        Id::ED25519 => Signer::new_without_digest(key)?.sign_oneshot_to_vec(input),
        Id::EC => {
            let size = i32::try_from(key.bits().div_ceil(8)).unwrap_or(0);
            let signature = EcdsaSig::sign(&hash(digest, input)?, key.ec_key()?.as_ref())?;
            let mut raw = signature.r().to_vec_padded(size)?;
            raw.extend(signature.s().to_vec_padded(size)?);
            Ok(raw)
        }
        _ => Signer::new(digest, key)?.sign_oneshot_to_vec(input),
    }
}

/// An HMAC over `input`.
pub fn mac(key: &[u8], digest: MessageDigest, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    Signer::new(digest, PKey::hmac(key)?.as_ref())?.sign_oneshot_to_vec(input)
}
