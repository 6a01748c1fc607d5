//! The algorithms of signatures and digests, all by OpenSSL.
//!
//! Those with SHA-1 are not among them (RFC 9905): a zone that has nothing better counts as unsigned.

use hickory_proto::rr::Name;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;
use openssl::sha::{sha256, sha384};
use openssl::sign::Verifier;

use super::rdata::{Dnskey, Ds};
use super::set::wire;

const RSASHA256: u8 = 8;
const RSASHA512: u8 = 10;
const ECDSAP256SHA256: u8 = 13;
const ECDSAP384SHA384: u8 = 14;
const ED25519: u8 = 15;
const ED448: u8 = 16;

const SHA256: u8 = 2;
const SHA384: u8 = 4;

/// The sizes of RSA keys that are used, in bits.
const RSA_BITS: std::ops::RangeInclusive<i32> = 1024..=4096;

/// Whether signatures of this algorithm can be verified.
pub(super) fn is_supported(algorithm: u8) -> bool {
    matches!(
        algorithm,
        RSASHA256 | RSASHA512 | ECDSAP256SHA256 | ECDSAP384SHA384 | ED25519 | ED448
    )
}

impl Ds {
    /// Whether both the algorithm of the key and that of the digest are known.
    pub(super) fn is_supported(&self) -> bool {
        is_supported(self.algorithm) && matches!(self.digest_type, SHA256 | SHA384)
    }

    /// Whether this is the digest of the key at that name.
    pub(super) fn fits(&self, name: &Name, key: &Dnskey) -> bool {
        if self.key_tag != key.tag || self.algorithm != key.algorithm || !key.may_sign {
            return false;
        }
        let octets = [&wire(name)[..], &key.octets].concat();
        match self.digest_type {
            SHA256 => sha256(&octets)[..] == self.digest,
            SHA384 => sha384(&octets)[..] == self.digest,
            _ => false,
        }
    }
}

/// Whether the signature is one of the key's over the data. What cannot be read as a key or a signature is not.
pub(super) fn verify(key: &Dnskey, signature: &[u8], data: &[u8]) -> bool {
    try_verify(key, signature, data).unwrap_or_else(|_| {
        // What stays in the queue of this thread would be taken for a fault of the next call.
        drop(ErrorStack::get());
        false
    })
}

fn try_verify(key: &Dnskey, signature: &[u8], data: &[u8]) -> Result<bool, ErrorStack> {
    let octets = &key.public_key[..];
    match key.algorithm {
        RSASHA256 => rsa(octets, MessageDigest::sha256(), signature, data),
        RSASHA512 => rsa(octets, MessageDigest::sha512(), signature, data),
        ECDSAP256SHA256 => ecdsa(
            octets,
            (Nid::X9_62_PRIME256V1, 32, MessageDigest::sha256()),
            signature,
            data,
        ),
        ECDSAP384SHA384 => ecdsa(
            octets,
            (Nid::SECP384R1, 48, MessageDigest::sha384()),
            signature,
            data,
        ),
        ED25519 => eddsa(octets, Id::ED25519, signature, data),
        ED448 => eddsa(octets, Id::ED448, signature, data),
        _ => Ok(false),
    }
}

/// RFC 3110: the length of the exponent in one octet or three, exponent, modulus.
fn rsa(octets: &[u8], digest: MessageDigest, signature: &[u8], data: &[u8]) -> Result<bool, ErrorStack> {
    let split = match octets {
        [0, high, low, rest @ ..] => rest.split_at_checked(u16::from_be_bytes([*high, *low]).into()),
        [length, rest @ ..] => rest.split_at_checked((*length).into()),
        [] => None,
    };
    let Some((exponent, modulus)) = split else {
        return Ok(false);
    };
    let (exponent, modulus) = (BigNum::from_slice(exponent)?, BigNum::from_slice(modulus)?);
    // An exponent of many bits is only good for keeping a verifier busy.
    if !RSA_BITS.contains(&modulus.num_bits()) || exponent.num_bits() > 64 {
        return Ok(false);
    }
    let key = PKey::from_rsa(Rsa::from_public_components(modulus, exponent)?)?;
    hashed(&key, digest, signature, data)
}

/// RFC 6605: both keys and signatures are two numbers of fixed length.
fn ecdsa(
    octets: &[u8],
    (curve, size, digest): (Nid, usize, MessageDigest),
    signature: &[u8],
    data: &[u8],
) -> Result<bool, ErrorStack> {
    if octets.len() != 2 * size || signature.len() != 2 * size {
        return Ok(false);
    }
    let group = EcGroup::from_curve_name(curve)?;
    let uncompressed = [&[4], octets].concat();
    let point = EcPoint::from_bytes(&group, &uncompressed, &mut *BigNumContext::new()?)?;
    let key = PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)?;
    let (r, s) = signature.split_at(size);
    let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    hashed(&key, digest, &signature.to_der()?, data)
}

fn hashed(
    key: &PKey<Public>,
    digest: MessageDigest,
    signature: &[u8],
    data: &[u8],
) -> Result<bool, ErrorStack> {
    Verifier::new(digest, key)?.verify_oneshot(signature, data)
}

/// RFC 8080.
fn eddsa(octets: &[u8], id: Id, signature: &[u8], data: &[u8]) -> Result<bool, ErrorStack> {
    let key = PKey::public_key_from_raw_bytes(octets, id)?;
    Verifier::new_without_digest(&key)?.verify_oneshot(signature, data)
}
