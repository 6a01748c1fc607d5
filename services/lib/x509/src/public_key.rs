//! Public keys as certificates hold them: SubjectPublicKeyInfo, to the byte.

use cairn_types::{KeyType, SpkiHash};
use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Public};
use openssl::rsa::Rsa;
use openssl::sha::sha256;

/// The octets before the point in a P-256 key: namedCurve, uncompressed (RFC 5480 section 2, BR 7.1.3.1.2).
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// The same for P-384.
const P384_PREFIX: [u8; 24] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
];
/// rsaEncryption with NULL parameters, after a SEQUENCE header with a length of two octets (BR 7.1.3.1.1).
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Why a key cannot be in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Another algorithm, curve, or way of writing the key.
    #[error(
        "the public key is not RSA (rsaEncryption with NULL parameters) or ECDSA on P-256 or P-384 (namedCurve, uncompressed point)"
    )]
    Unsupported,
    /// The octets are no key.
    #[error("the public key cannot be decoded")]
    Malformed,
}

/// A key of a kind that certificates may hold, decoded, with the octets it came from. Its quality is for
/// `cairn-policy` to judge.
#[derive(Clone)]
pub struct PublicKey {
    der: Vec<u8>,
    kind: KeyType,
    key: PKey<Public>,
}

impl PublicKey {
    /// Decodes a DER SubjectPublicKeyInfo. Each key has exactly one accepted encoding.
    pub fn from_der(spki: &[u8]) -> Result<Self, PublicKeyError> {
        let kind = kind_of(spki).ok_or(PublicKeyError::Unsupported)?;
        // OpenSSL's own decoder and encoder together cost more than verifying several signatures.
        let key = match kind {
            KeyType::P256 => curve_key(Nid::X9_62_PRIME256V1, &spki[P256_PREFIX.len() - 1..]).ok(),
            KeyType::P384 => curve_key(Nid::SECP384R1, &spki[P384_PREFIX.len() - 1..]).ok(),
            KeyType::Rsa => rsa_key(spki),
        };
        Ok(Self {
            der: spki.to_vec(),
            kind,
            key: key.ok_or(PublicKeyError::Malformed)?,
        })
    }

    /// The SubjectPublicKeyInfo.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The kind of key.
    pub const fn kind(&self) -> KeyType {
        self.kind
    }

    /// The key for OpenSSL.
    pub fn as_pkey(&self) -> &PKeyRef<Public> {
        &self.key
    }

    /// SHA-256 over the SubjectPublicKeyInfo.
    pub fn hash(&self) -> SpkiHash {
        SpkiHash(sha256(&self.der))
    }

    /// The key identifier of RFC 7093 section 2 method 1: the first 160 bits of SHA-256 over the key's bit string.
    pub(crate) fn key_id(&self) -> Vec<u8> {
        let bits = match self.kind {
            KeyType::P256 => &self.der[P256_PREFIX.len() - 1..],
            KeyType::P384 => &self.der[P384_PREFIX.len() - 1..],
            // SEQUENCE header, algorithm, then a BIT STRING header of four octets and the count of unused bits.
            KeyType::Rsa => &self.der[4 + RSA_ALGORITHM.len() + 5..],
        };
        sha256(bits)[..20].to_vec()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} key {:?}", self.kind, self.hash())
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for PublicKey {}

fn kind_of(spki: &[u8]) -> Option<KeyType> {
    if spki.starts_with(&P256_PREFIX) && spki.len() == P256_PREFIX.len() + 64 {
        Some(KeyType::P256)
    } else if spki.starts_with(&P384_PREFIX) && spki.len() == P384_PREFIX.len() + 96 {
        Some(KeyType::P384)
    } else if spki.len() > 256 && spki[1] == 0x82 && spki[4..].starts_with(&RSA_ALGORITHM) {
        Some(KeyType::Rsa)
    } else {
        None
    }
}

/// The key at an uncompressed point. OpenSSL refuses coordinates that are not below the field's prime, and
/// points off the curve.
fn curve_key(curve: Nid, point: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    let point = EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)
}

/// RFC 8017 appendix A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// The key in an SPKI that [`kind_of`] found to be RSA; none unless it is in DER to the byte.
fn rsa_key(spki: &[u8]) -> Option<PKey<Public>> {
    let info = spki::SubjectPublicKeyInfoRef::from_der(spki).ok()?;
    let key = RsaPublicKey::from_der(info.subject_public_key.as_bytes()?).ok()?;
    let canonical = key.to_der().ok()? == info.subject_public_key.raw_bytes() && info.to_der().ok()? == spki;
    let number = |number: UintRef<'_>| BigNum::from_slice(number.as_bytes());
    let key = || {
        PKey::from_rsa(Rsa::from_public_components(
            number(key.modulus)?,
            number(key.exponent)?,
        )?)
    };
    canonical.then(key)?.ok()
}

#[cfg(test)]
mod tests;
