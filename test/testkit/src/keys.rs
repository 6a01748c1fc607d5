//! Keys for certificates, good and bad.

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

/// A kind of key that a test asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521: for accounts, not for certificates.
    P521,
    /// ECDSA on secp256k1: for nothing.
    Secp256k1,
    /// RSA with that many bits and the exponent 65537.
    Rsa(u32),
    /// RSA with that many bits and the exponent 3.
    RsaExponent3(u32),
    /// Ed25519: for accounts, not for certificates.
    Ed25519,
}

impl KeyKind {
    /// A new key of this kind.
    pub fn generate(self) -> Result<PKey<Private>, ErrorStack> {
        match self {
            Self::P256 => ec(Nid::X9_62_PRIME256V1),
            Self::P384 => ec(Nid::SECP384R1),
            Self::P521 => ec(Nid::SECP521R1),
            Self::Secp256k1 => ec(Nid::SECP256K1),
            Self::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?),
            Self::RsaExponent3(bits) => {
                let three = BigNum::from_u32(3)?;
                PKey::from_rsa(Rsa::generate_with_e(bits, &three)?)
            }
            Self::Ed25519 => PKey::generate_ed25519(),
        }
    }
}

fn ec(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(curve)?.as_ref())?)
}
