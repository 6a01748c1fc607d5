//! Public keys as certificates hold them: SubjectPublicKeyInfo, to the byte.

use cairn_types::{KeyType, SpkiHash};
use openssl::pkey::{PKey, PKeyRef, Public};
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
        let key = PKey::public_key_from_der(spki).map_err(|_| PublicKeyError::Malformed)?;
        match key.public_key_to_der() {
            Ok(again) if again == spki => Ok(Self {
                der: again,
                kind,
                key,
            }),
            _ => Err(PublicKeyError::Malformed),
        }
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

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey, PointConversionForm};
    use openssl::nid::Nid;
    use openssl::rsa::Rsa;

    use super::*;

    #[test]
    fn the_accepted_kinds_round_trip() {
        let ec = |curve| {
            let group = EcGroup::from_curve_name(curve).unwrap();
            PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
        };
        for (key, kind) in [
            (ec(Nid::X9_62_PRIME256V1), KeyType::P256),
            (ec(Nid::SECP384R1), KeyType::P384),
            (
                PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
                KeyType::Rsa,
            ),
        ] {
            let der = key.public_key_to_der().unwrap();
            let parsed = PublicKey::from_der(&der).unwrap();
            assert_eq!((parsed.kind(), parsed.as_der()), (kind, &der[..]));
            let mut longer = der.clone();
            longer.push(0);
            assert!(PublicKey::from_der(&longer).is_err());
            assert!(PublicKey::from_der(&der[..der.len() - 1]).is_err());
        }
    }

    #[test]
    fn other_keys_and_other_encodings_are_refused() {
        let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        group.set_asn1_flag(openssl::ec::Asn1Flag::EXPLICIT_CURVE);
        let explicit = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let p521 = EcGroup::from_curve_name(Nid::SECP521R1).unwrap();
        let p521 = PKey::from_ec_key(EcKey::generate(&p521).unwrap()).unwrap();
        for key in [explicit, p521, PKey::generate_ed25519().unwrap()] {
            let der = key.public_key_to_der().unwrap();
            assert_eq!(PublicKey::from_der(&der), Err(PublicKeyError::Unsupported));
        }
        assert_eq!(PublicKey::from_der(&[]), Err(PublicKeyError::Unsupported));
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let mut context = openssl::bn::BigNumContext::new().unwrap();
        let mut point = key
            .public_key()
            .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut context)
            .unwrap();
        point[64] ^= 1;
        let der = [&P256_PREFIX[..], &point[1..]].concat();
        assert_eq!(PublicKey::from_der(&der), Err(PublicKeyError::Malformed));
    }
}
