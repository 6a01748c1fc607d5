//! An issuer: a CA certificate together with its key.

use cairn_types::{Serial, Timestamp};

use crate::tbs::SignedDer;
use crate::{
    CertificateError, CertificateView, LintedTbs, PublicKey, Sign, SignError, SignatureAlgorithm, ToBeSigned,
};

/// Why an issuer cannot be used, or did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate is not that of a CA.
    #[error("the certificate is not a CA certificate (basicConstraints cA, keyUsage keyCertSign)")]
    NotAuthority,
    /// The certificate has no subject key identifier to refer to.
    #[error("the CA certificate has no subject key identifier")]
    NoKeyId,
    /// The key belongs to another certificate.
    #[error("the private key is not that of the CA certificate")]
    OtherKey,
    /// A URL that certificates cannot carry.
    #[error("{0:?} is not an http URL in ASCII (CA/B BR 7.1.2.7.7)")]
    Url(String),
    /// The key did not sign.
    #[error("signing failed: {0}")]
    Sign(#[from] SignError),
    /// What the key made is no signature.
    #[error("the signature that the key made does not verify")]
    BadSignature,
    /// The signed certificate could not be put together.
    #[error("the certificate cannot be assembled: {0}")]
    Encoding(#[from] der::Error),
    /// It was linted for another issuer.
    #[error("the certificate was made for another issuer")]
    OtherIssuer,
}

/// The URLs that certificates of an issuer carry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuerUrls {
    /// Where the issuer's own certificate is found as DER (AIA caIssuers).
    pub ca_issuers: Option<String>,
    /// Where its CRL is found.
    pub crl: Option<String>,
}

/// The parts of a CA certificate that its certificates repeat.
#[derive(Debug, Clone)]
pub struct IssuerCertificate {
    view: CertificateView,
    key: PublicKey,
    key_id: Vec<u8>,
}

impl IssuerCertificate {
    fn from_der(der: &[u8]) -> Result<Self, IssuerError> {
        let view = CertificateView::from_der(der)?;
        if !view.is_authority() {
            return Err(IssuerError::NotAuthority);
        }
        let key = view.public_key().map_err(CertificateError::Key)?;
        let key_id = view.key_id().ok_or(IssuerError::NoKeyId)?;
        Ok(Self { view, key, key_id })
    }

    /// The certificate.
    pub fn as_der(&self) -> &[u8] {
        self.view.as_der()
    }

    /// The DER of its subject.
    pub fn subject(&self) -> &[u8] {
        self.view.subject()
    }

    /// Its key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Its subject key identifier.
    pub fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    /// Its last moment of validity.
    pub fn not_after(&self) -> Timestamp {
        self.view.not_after()
    }
}

/// A CA certificate, its key, and what its certificates say about it.
pub struct Issuer {
    certificate: IssuerCertificate,
    urls: IssuerUrls,
    key: Box<dyn Sign>,
}

impl Issuer {
    /// Puts an issuer together; refuses a key that is not the certificate's.
    pub fn new(certificate: &[u8], key: Box<dyn Sign>, urls: IssuerUrls) -> Result<Self, IssuerError> {
        let certificate = IssuerCertificate::from_der(certificate)?;
        if certificate.key != *key.public_key() {
            return Err(IssuerError::OtherKey);
        }
        for url in urls.ca_issuers.iter().chain(&urls.crl) {
            if !url.starts_with("http://") || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(IssuerError::Url(url.clone()));
            }
        }
        Ok(Self {
            certificate,
            urls,
            key,
        })
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &IssuerCertificate {
        &self.certificate
    }

    /// The URLs of its certificates.
    pub const fn urls(&self) -> &IssuerUrls {
        &self.urls
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    /// Signs what was linted for this issuer, and verifies the signature before giving it out.
    pub fn sign(&self, linted: &LintedTbs) -> Result<SignedCertificate, IssuerError> {
        if linted.issuer_key() != self.certificate.key.hash() {
            return Err(IssuerError::OtherIssuer);
        }
        let der = sign_certificate(&*self.key, linted.as_bytes())?;
        Ok(SignedCertificate {
            der,
            serial: linted.serial(),
        })
    }
}

/// Signs octets that this crate made and checked, and puts the certificate together.
pub(crate) fn sign_certificate(key: &dyn Sign, tbs: &[u8]) -> Result<Vec<u8>, IssuerError> {
    let signature = key.sign(ToBeSigned(tbs))?;
    if !key.algorithm().verify(key.public_key(), tbs, &signature) {
        return Err(IssuerError::BadSignature);
    }
    Ok(SignedDer::assemble(tbs, key.algorithm(), &signature)?)
}

/// A certificate that an [`Issuer`] signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCertificate {
    der: Vec<u8>,
    serial: Serial,
}

impl SignedCertificate {
    /// The certificate.
    pub fn into_der(self) -> Vec<u8> {
        self.der
    }

    /// The certificate.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Its serial number.
    pub const fn serial(&self) -> Serial {
        self.serial
    }
}
