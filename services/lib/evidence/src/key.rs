//! Keys that receipts are signed with: Ed25519 or P-256.

use cairn_types::SpkiHash;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPrivate, HasPublic, Id, PKey, PKeyRef, Public};
use openssl::sign::{Signer, Verifier};

/// Keeps a signature over a receipt from being one over anything else.
const DOMAIN: &[u8] = b"cairn receipt v2\0";

fn message(receipt: &[u8]) -> Vec<u8> {
    [DOMAIN, receipt].concat()
}

/// The digest that goes with a key; none for Ed25519. An error if the key is of another kind.
fn digest<K: HasPublic>(key: &PKeyRef<K>) -> Result<Option<MessageDigest>, String> {
    match key.id() {
        Id::ED25519 => Ok(None),
        Id::EC => {
            let curve = key
                .ec_key()
                .map_err(|error| error.to_string())?
                .group()
                .curve_name();
            if curve == Some(Nid::X9_62_PRIME256V1) {
                Ok(Some(MessageDigest::sha256()))
            } else {
                Err("an EC key for receipts must be on P-256".to_owned())
            }
        }
        _ => Err("a key for receipts must be Ed25519 or P-256".to_owned()),
    }
}

/// The id of a key: SHA-256 of its SubjectPublicKeyInfo.
pub(crate) fn key_id<K: HasPublic>(key: &PKeyRef<K>) -> Result<SpkiHash, ErrorStack> {
    Ok(SpkiHash(openssl::sha::sha256(&key.public_key_to_der()?)))
}

/// Reads a PEM public key and checks its kind.
pub(crate) fn public_from_pem(pem: &[u8]) -> Result<PKey<Public>, String> {
    let key = PKey::public_key_from_pem(pem).map_err(|error| error.to_string())?;
    digest(&key)?;
    Ok(key)
}

/// Signs an encoded receipt.
pub(crate) fn sign<K: HasPrivate + HasPublic>(key: &PKeyRef<K>, receipt: &[u8]) -> Result<Vec<u8>, String> {
    let sign = |digest: Option<MessageDigest>| {
        let mut signer = match digest {
            Some(digest) => Signer::new(digest, key)?,
            None => Signer::new_without_digest(key)?,
        };
        signer.sign_oneshot_to_vec(&message(receipt))
    };
    sign(digest(key)?).map_err(|error: ErrorStack| error.to_string())
}

/// Whether the signature over an encoded receipt is good. An unusable key or signature is not.
pub(crate) fn verify(key: &PKeyRef<Public>, receipt: &[u8], signature: &[u8]) -> bool {
    let verify = |digest: Option<MessageDigest>| {
        let mut verifier = match digest {
            Some(digest) => Verifier::new(digest, key)?,
            None => Verifier::new_without_digest(key)?,
        };
        verifier.verify_oneshot(signature, &message(receipt))
    };
    // `ErrorStack::get` takes the errors off OpenSSL's queue, so that none is left for the next caller.
    digest(key).is_ok_and(|digest| verify(digest).unwrap_or(false))
}
