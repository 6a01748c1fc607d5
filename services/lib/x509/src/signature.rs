//! Signature algorithms, and the verification of a signature.

use cairn_types::KeyType;
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;

use crate::PublicKey;

/// A signature algorithm of certificates and requests: PKCS #1 v1.5 or ECDSA, with SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption.
    RsaSha256,
    /// sha384WithRSAEncryption.
    RsaSha384,
    /// sha512WithRSAEncryption.
    RsaSha512,
    /// ecdsa-with-SHA256.
    EcdsaSha256,
    /// ecdsa-with-SHA384.
    EcdsaSha384,
    /// ecdsa-with-SHA512.
    EcdsaSha512,
}

impl SignatureAlgorithm {
    const ALL: [Self; 6] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
    ];

    /// The `AlgorithmIdentifier`, to the byte as BR 7.1.3.2 demands it: NULL parameters for RSA, none for ECDSA.
    pub const fn identifier(self) -> &'static [u8] {
        const fn rsa(last: u8) -> [u8; 15] {
            [
                0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00,
            ]
        }
        const fn ecdsa(last: u8) -> [u8; 12] {
            [
                0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last,
            ]
        }
        match self {
            Self::RsaSha256 => const { &rsa(0x0b) },
            Self::RsaSha384 => const { &rsa(0x0c) },
            Self::RsaSha512 => const { &rsa(0x0d) },
            Self::EcdsaSha256 => const { &ecdsa(0x02) },
            Self::EcdsaSha384 => const { &ecdsa(0x03) },
            Self::EcdsaSha512 => const { &ecdsa(0x04) },
        }
    }

    /// The algorithm with these identifier octets.
    pub fn from_identifier(der: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.identifier() == der)
    }

    /// The algorithm with which a CA key of this kind signs: for ECDSA the hash follows the curve (BR 7.1.3.2.2).
    pub const fn for_issuer(kind: KeyType) -> Self {
        match kind {
            KeyType::Rsa => Self::RsaSha256,
            KeyType::P256 => Self::EcdsaSha256,
            KeyType::P384 => Self::EcdsaSha384,
        }
    }

    /// Its hash function.
    pub fn digest(self) -> MessageDigest {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => MessageDigest::sha256(),
            Self::RsaSha384 | Self::EcdsaSha384 => MessageDigest::sha384(),
            Self::RsaSha512 | Self::EcdsaSha512 => MessageDigest::sha512(),
        }
    }

    /// Whether keys of this kind make such signatures.
    pub const fn fits(self, kind: KeyType) -> bool {
        match self {
            Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512 => matches!(kind, KeyType::Rsa),
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => {
                matches!(kind, KeyType::P256 | KeyType::P384)
            }
        }
    }

    /// Whether the signature over the message is by this key. Any failure is a no.
    pub fn verify(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        self.fits(key.kind())
            && Verifier::new(self.digest(), key.as_pkey())
                .and_then(|mut verifier| verifier.verify_oneshot(signature, message))
                .unwrap_or(false)
    }
}
