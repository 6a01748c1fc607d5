//! Public keys from and to the forms that certificates use.

use cairn_types::SpkiHash;
use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::build::{ec, ed25519, rsa, unusable};
use super::{JwkError, KeyKind, PublicKey};

impl PublicKey {
    /// The public half of any OpenSSL key.
    pub fn from_pkey<T: HasPublic>(key: &PKeyRef<T>) -> Result<Self, JwkError> {
        match key.id() {
            Id::RSA => {
                let key = key.rsa().map_err(unusable)?;
                rsa(&key.n().to_vec(), &key.e().to_vec())
            }
            Id::EC => from_ec(key),
            Id::ED25519 => ed25519(&key.raw_public_key().map_err(unusable)?),
            _ => Err(JwkError::Unsupported {
                member: "kty",
                value: "of this key".to_owned(),
            }),
        }
    }

    /// SHA-256 over the DER of its SubjectPublicKeyInfo.
    pub fn spki_hash(&self) -> Result<SpkiHash, JwkError> {
        let der = self.pkey().public_key_to_der().map_err(unusable)?;
        Ok(SpkiHash(sha256(&der)))
    }

    /// The canonical JWK as a JSON value.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::from_str(self.jwk()).unwrap_or_else(|_| json!({}))
    }
}

fn from_ec<T: HasPublic>(key: &PKeyRef<T>) -> Result<PublicKey, JwkError> {
    let key = key.ec_key().map_err(unusable)?;
    let kind = match key.group().curve_name() {
        Some(Nid::X9_62_PRIME256V1) => KeyKind::P256,
        Some(Nid::SECP384R1) => KeyKind::P384,
        Some(Nid::SECP521R1) => KeyKind::P521,
        other => {
            let name = other
                .and_then(|nid| nid.short_name().ok())
                .unwrap_or("explicit parameters");
            return Err(JwkError::Unsupported {
                member: "crv",
                value: name.to_owned(),
            });
        }
    };
    let size = i32::try_from(kind.field_octets()).unwrap_or(0);
    let coordinates = || -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
        let mut context = BigNumContext::new()?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        key.public_key()
            .affine_coordinates_gfp(key.group(), &mut x, &mut y, &mut context)?;
        Ok((x.to_vec_padded(size)?, y.to_vec_padded(size)?))
    };
    let (x, y) = coordinates().map_err(unusable)?;
    ec(kind, &x, &y)
}

impl serde::Serialize for PublicKey {
    /// As the canonical JWK.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
