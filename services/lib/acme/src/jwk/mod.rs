//! JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037) and their thumbprints (RFC 7638).
//!
//! A [`PublicKey`] is parsed once and cheap to clone, so that caches can hold it: parsing costs more than
//! verifying. Whether a key is *good enough* (length, exponent, known weaknesses) is policy and not decided
//! here; [`PublicKey::pkey`] shows the numbers.

mod build;
mod convert;
mod error;
mod raw;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};
use std::sync::Arc;

use cairn_types::Thumbprint;
use openssl::ec::{EcKey, EcKeyRef};
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Public};
use openssl::sha::sha256;

pub use error::JwkError;
pub(crate) use raw::RawJwk;

use crate::{base64url, json};

/// The kinds of key that requests can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA of any length.
    Rsa,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    pub(crate) const fn kty(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 | Self::P384 | Self::P521 => "EC",
            Self::Ed25519 => "OKP",
        }
    }

    pub(crate) const fn crv(self) -> Option<&'static str> {
        match self {
            Self::Rsa => None,
            Self::P256 => Some("P-256"),
            Self::P384 => Some("P-384"),
            Self::P521 => Some("P-521"),
            Self::Ed25519 => Some("Ed25519"),
        }
    }

    pub(crate) const fn curve(self) -> Option<Nid> {
        match self {
            Self::P256 => Some(Nid::X9_62_PRIME256V1),
            Self::P384 => Some(Nid::SECP384R1),
            Self::P521 => Some(Nid::SECP521R1),
            Self::Rsa | Self::Ed25519 => None,
        }
    }

    /// The octets of a coordinate, zero for RSA.
    const fn field_octets(self) -> usize {
        match self {
            Self::Rsa => 0,
            Self::P256 | Self::Ed25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.crv().unwrap_or("RSA"))
    }
}

/// An elliptic curve key in the form that verifies fastest.
pub(crate) struct EcPublicKey {
    key: EcKey<Public>,
    field_octets: usize,
}

impl EcPublicKey {
    const fn new(key: EcKey<Public>, field_octets: usize) -> Self {
        Self { key, field_octets }
    }

    pub(crate) fn key(&self) -> &EcKeyRef<Public> {
        &self.key
    }

    pub(crate) const fn field_octets(&self) -> usize {
        self.field_octets
    }
}

struct Inner {
    pkey: PKey<Public>,
    ec: Option<EcPublicKey>,
    kind: KeyKind,
    jwk: String,
    thumbprint: Thumbprint,
}

/// A parsed public key. Cloning shares it; two are equal when their thumbprints are.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

impl PublicKey {
    /// Parses a JWK.
    pub fn from_jwk(jwk: &[u8]) -> Result<Self, JwkError> {
        json::from_slice::<RawJwk<'_>>(jwk)
            .map_err(JwkError::Json)?
            .parse()
    }

    /// `members` are the required members beside `crv` and `kty`, in lexical order; those two sort before
    /// them all but `e`.
    fn assemble(
        pkey: PKey<Public>,
        ec: Option<EcPublicKey>,
        kind: KeyKind,
        members: &[(&'static str, &[u8])],
    ) -> Self {
        let mut sorted: Vec<(&str, String)> = members
            .iter()
            .map(|(name, value)| (*name, base64url::encode(value)))
            .collect();
        sorted.push(("kty", kind.kty().to_owned()));
        sorted.extend(kind.crv().map(|crv| ("crv", crv.to_owned())));
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let mut jwk = String::from("{");
        for (name, value) in sorted {
            let comma = if jwk.len() == 1 { "" } else { "," };
            // Names and values are letters, digits, '-' and '_': nothing to escape, and no failure to report.
            let _ = write!(jwk, "{comma}\"{name}\":\"{value}\"");
        }
        jwk.push('}');
        let thumbprint = Thumbprint(sha256(jwk.as_bytes()));
        Self(Arc::new(Inner {
            pkey,
            ec,
            kind,
            jwk,
            thumbprint,
        }))
    }

    /// Which kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.0.kind
    }

    /// The canonical JWK: required members only, in lexical order, no white space (RFC 7638 section 3).
    pub fn jwk(&self) -> &str {
        &self.0.jwk
    }

    /// The RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        self.0.thumbprint
    }

    /// The key for OpenSSL.
    pub fn pkey(&self) -> &PKeyRef<Public> {
        &self.0.pkey
    }

    pub(crate) fn ec(&self) -> Option<&EcPublicKey> {
        self.0.ec.as_ref()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.thumbprint() == other.thumbprint()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} key, {:?}", self.kind(), self.thumbprint())
    }
}
