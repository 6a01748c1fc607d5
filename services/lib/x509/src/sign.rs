//! Keys that sign.

use cairn_types::KeyType;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;

use crate::{PublicKey, SignatureAlgorithm};

/// Why a key cannot sign. The text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignError(pub String);

impl From<ErrorStack> for SignError {
    fn from(error: ErrorStack) -> Self {
        Self(format!("OpenSSL: {error}"))
    }
}

/// Octets that may be signed. Only this crate makes them, of what passed its checks.
#[derive(Clone, Copy)]
pub struct ToBeSigned<'a>(pub(crate) &'a [u8]);

impl<'a> ToBeSigned<'a> {
    /// The octets.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// A CA's private key, wherever it is kept.
pub trait Sign: Send + Sync {
    /// Its public half.
    fn public_key(&self) -> &PublicKey;

    /// A signature over the octets by [`Sign::algorithm`], as the signature field of a certificate holds it
    /// (for ECDSA a DER sequence of r and s).
    fn sign(&self, octets: ToBeSigned<'_>) -> Result<Vec<u8>, SignError>;

    /// The algorithm that it signs with.
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_issuer(self.public_key().kind())
    }
}

/// A private key in memory.
pub struct SoftwareKey {
    private: PKey<Private>,
    public: PublicKey,
}

impl SoftwareKey {
    /// Reads an unencrypted PKCS #8 (or traditional) private key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SignError> {
        // The callback keeps OpenSSL from asking at the terminal.
        let private = PKey::private_key_from_pem_callback(pem, |_| Ok(0))
            .map_err(|_| SignError("not an unencrypted private key in PEM form".to_owned()))?;
        Self::new(private)
    }

    /// Makes a new key. RSA keys have 2048 bits.
    pub fn generate(kind: KeyType) -> Result<Self, SignError> {
        Self::new(match kind {
            KeyType::Rsa => PKey::from_rsa(Rsa::generate(2048)?)?,
            KeyType::P256 => generate_on(Nid::X9_62_PRIME256V1)?,
            KeyType::P384 => generate_on(Nid::SECP384R1)?,
        })
    }

    fn new(private: PKey<Private>) -> Result<Self, SignError> {
        let public = PublicKey::from_der(&private.public_key_to_der()?)
            .map_err(|error| SignError(error.to_string()))?;
        Ok(Self { private, public })
    }

    /// The private key as unencrypted PKCS #8 in PEM form.
    pub fn to_pem(&self) -> Result<Vec<u8>, SignError> {
        Ok(self.private.private_key_to_pem_pkcs8()?)
    }
}

fn generate_on(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    let mut group = EcGroup::from_curve_name(curve)?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    PKey::from_ec_key(EcKey::generate(&group)?)
}

impl Sign for SoftwareKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, octets: ToBeSigned<'_>) -> Result<Vec<u8>, SignError> {
        let mut signer = Signer::new(self.algorithm().digest(), &self.private)?;
        Ok(signer.sign_oneshot_to_vec(octets.as_bytes())?)
    }
}
