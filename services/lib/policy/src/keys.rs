//! The quality of public keys, of accounts and of certificates.
//!
//! Each check follows a rule of the CA/B Baseline Requirements ("BR"), which its error cites. None of them
//! proves a key good: they catch the generators that are known to have been bad.

mod ed25519;
mod fermat;
mod small_primes;

use cairn_types::{Error, ErrorKind, KeyType};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcKeyRef;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::rsa::RsaRef;

/// Why a key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Neither RSA nor one of the curves.
    #[error("{0} are not accepted; use {1} (CA/B BR 6.1.5)")]
    Kind(&'static str, &'static str),
    /// RSA of another size.
    #[error("the RSA key has {0} bits; use 2048, 3072 or 4096 (CA/B BR 6.1.5)")]
    RsaSize(i32),
    /// Another public exponent.
    #[error("the public exponent of the RSA key is not 65537 (CA/B BR 6.1.6)")]
    RsaExponent,
    /// The modulus has a tiny factor.
    #[error("the RSA modulus is divisible by {0} (CA/B BR 6.1.6)")]
    SmallFactor(u32),
    /// The modulus was made by the library of CVE-2017-15361.
    #[error("the RSA key was made by a library with the ROCA weakness, CVE-2017-15361 (CA/B BR 6.1.1.3)")]
    Roca,
    /// The two primes are neighbours.
    #[error("the primes of the RSA key are so close that Fermat's method finds them (CA/B BR 6.1.1.3)")]
    Fermat,
    /// The public point is not a point of the curve, or of no use.
    #[error("the public point of the key is not valid on its curve (CA/B BR 6.1.6)")]
    Point,
    /// OpenSSL failed to look at the key.
    #[error("the key cannot be examined")]
    Unreadable,
}

impl KeyFault {
    /// The error for a client: `badPublicKey` for an account key, `badCSR` for a certificate key.
    pub fn into_error(self, kind: ErrorKind) -> Error {
        Error::new(kind, self.to_string())
    }
}

impl From<ErrorStack> for KeyFault {
    fn from(_: ErrorStack) -> Self {
        Self::Unreadable
    }
}

/// Checks a key that an account is to be known by: RSA, P-256, P-384, P-521 or Ed25519.
pub fn check_account_key<T: HasPublic>(key: &PKeyRef<T>) -> Result<(), KeyFault> {
    const ACCEPTED: &str = "RSA, ECDSA on P-256, P-384 or P-521, or Ed25519";
    match key.id() {
        Id::RSA => check_rsa(&*key.rsa()?),
        Id::EC => check_curve(
            &*key.ec_key()?,
            &[Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1],
            ACCEPTED,
        )
        .map(|_| ()),
        Id::ED25519 => ed25519::check(&key.raw_public_key()?),
        other => Err(KeyFault::Kind(kind_name(other), ACCEPTED)),
    }
}

/// Checks a key that a certificate is to hold: RSA, P-256 or P-384.
pub fn check_certificate_key<T: HasPublic>(key: &PKeyRef<T>) -> Result<KeyType, KeyFault> {
    const ACCEPTED: &str = "RSA or ECDSA on P-256 or P-384";
    match key.id() {
        Id::RSA => check_rsa(&*key.rsa()?).map(|()| KeyType::Rsa),
        Id::EC => {
            let curves = [Nid::X9_62_PRIME256V1, Nid::SECP384R1];
            let curve = check_curve(&*key.ec_key()?, &curves, ACCEPTED)?;
            Ok(if curve == Nid::SECP384R1 {
                KeyType::P384
            } else {
                KeyType::P256
            })
        }
        other => Err(KeyFault::Kind(kind_name(other), ACCEPTED)),
    }
}

fn kind_name(id: Id) -> &'static str {
    match id {
        Id::DSA => "DSA keys",
        Id::ED25519 => "Ed25519 keys",
        Id::ED448 => "Ed448 keys",
        Id::X25519 => "X25519 keys",
        Id::X448 => "X448 keys",
        Id::RSA_PSS => "RSASSA-PSS keys",
        _ => "Such keys",
    }
}

fn check_rsa<T: HasPublic>(key: &RsaRef<T>) -> Result<(), KeyFault> {
    let modulus = key.n();
    if !matches!(modulus.num_bits(), 2048 | 3072 | 4096) {
        return Err(KeyFault::RsaSize(modulus.num_bits()));
    }
    if *key.e() != *BigNum::from_u32(65537)? {
        return Err(KeyFault::RsaExponent);
    }
    if !modulus.is_bit_set(0) {
        return Err(KeyFault::SmallFactor(2));
    }
    let residues = small_primes::residues(modulus)?;
    if let Some((prime, _)) = residues.iter().find(|(_, residue)| *residue == 0) {
        return Err(KeyFault::SmallFactor(*prime));
    }
    if small_primes::looks_like_roca(&residues) {
        return Err(KeyFault::Roca);
    }
    if fermat::factors(modulus)? {
        return Err(KeyFault::Fermat);
    }
    Ok(())
}

/// The cofactor of these curves is 1, so a point of the curve other than infinity has the full order:
/// the partial validation of NIST SP 800-56A section 5.6.2.3.4 is the full one.
fn check_curve<T: HasPublic>(
    key: &EcKeyRef<T>,
    curves: &[Nid],
    accepted: &'static str,
) -> Result<Nid, KeyFault> {
    let group = key.group();
    let curve = group
        .curve_name()
        .filter(|curve| curves.contains(curve))
        .ok_or(KeyFault::Kind("ECDSA keys on this curve", accepted))?;
    let mut context = BigNumContext::new()?;
    let point = key.public_key();
    if point.is_infinity(group) || !point.is_on_curve(group, &mut context)? {
        return Err(KeyFault::Point);
    }
    Ok(curve)
}

#[cfg(test)]
mod tests;
