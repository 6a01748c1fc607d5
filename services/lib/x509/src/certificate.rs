//! Reading a certificate.

use cairn_types::{Identifier, Serial, SpkiHash, Timestamp};
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use openssl::sha::sha256;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};

use crate::extensions::oid;
use crate::tbs::{SignedDer, TbsCertificate};
use crate::{PublicKey, PublicKeyError, SignatureAlgorithm, csr};

/// Why octets are not a certificate that Cairn can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not DER, or not a version 3 certificate.
    #[error("not a DER encoded X.509 version 3 certificate: {0}")]
    Encoding(#[from] der::Error),
    /// The algorithm inside the signed part is not the one outside (RFC 5280 section 4.1.1.2).
    #[error("the two signature algorithms of the certificate differ or are not supported")]
    Algorithm,
    /// The key is of a kind that Cairn does not use.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

/// A decoded certificate. Nothing is verified yet.
#[derive(Debug, Clone)]
pub struct CertificateView {
    der: Vec<u8>,
    tbs_der: Vec<u8>,
    tbs: TbsCertificate,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

impl CertificateView {
    /// Decodes a certificate, strictly as DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let outer = SignedDer::from_der(der)?;
        let tbs_der = outer.tbs.to_der()?;
        let tbs = TbsCertificate::from_der(&tbs_der)?;
        let algorithm = outer.algorithm.to_der()?;
        if tbs.signature.to_der()? != algorithm {
            return Err(CertificateError::Algorithm);
        }
        Ok(Self {
            der: der.to_vec(),
            issuer: tbs.issuer.to_der()?,
            subject: tbs.subject.to_der()?,
            spki: tbs.public_key.to_der()?,
            algorithm: SignatureAlgorithm::from_identifier(&algorithm).ok_or(CertificateError::Algorithm)?,
            signature: outer.signature.as_bytes().unwrap_or_default().to_vec(),
            tbs_der,
            tbs,
        })
    }

    /// The octets it was decoded from.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The content octets of the serial number, a leading zero octet included.
    pub fn serial_octets(&self) -> &[u8] {
        self.tbs.serial_number.as_bytes()
    }

    /// The serial number, if it is one of the kind that Cairn makes.
    pub fn serial(&self) -> Result<Serial, cairn_types::Error> {
        Serial::from_slice(self.serial_octets())
    }

    /// The DER of the issuer's name.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The DER of the subject's name.
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// The first moment of validity.
    pub fn not_before(&self) -> Timestamp {
        self.tbs.not_before()
    }

    /// The last moment of validity.
    pub fn not_after(&self) -> Timestamp {
        self.tbs.not_after()
    }

    /// SHA-256 over the SubjectPublicKeyInfo.
    pub fn spki_hash(&self) -> SpkiHash {
        SpkiHash(sha256(&self.spki))
    }

    /// The public key.
    pub fn public_key(&self) -> Result<PublicKey, PublicKeyError> {
        PublicKey::from_der(&self.spki)
    }

    /// The subject key identifier, if there is one.
    pub fn key_id(&self) -> Option<Vec<u8>> {
        let value = self.extension::<SubjectKeyIdentifier>(oid::SUBJECT_KEY_IDENTIFIER)?;
        Some(value.0.as_bytes().to_vec())
    }

    /// The authority key identifier, if there is one.
    pub fn authority_key_id(&self) -> Option<Vec<u8>> {
        let value = self.extension::<AuthorityKeyIdentifier>(oid::AUTHORITY_KEY_IDENTIFIER)?;
        Some(value.key_identifier?.as_bytes().to_vec())
    }

    /// The names of the subject alternative name extension, sorted; names of other kinds are left out.
    pub fn identifiers(&self) -> Vec<Identifier> {
        self.tbs.identifiers()
    }

    /// Whether it may sign certificates: basicConstraints cA and keyUsage keyCertSign.
    pub fn is_authority(&self) -> bool {
        let is_ca = self
            .extension::<BasicConstraints>(oid::BASIC_CONSTRAINTS)
            .is_some_and(|constraints| constraints.ca);
        let signs = self
            .extension::<KeyUsage>(oid::KEY_USAGE)
            .is_some_and(|usage| usage.key_cert_sign());
        is_ca && signs
    }

    /// Whether its signature is by this key.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.algorithm.verify(key, &self.tbs_der, &self.signature)
    }

    fn extension<T: for<'a> Decode<'a>>(&self, id: ObjectIdentifier) -> Option<T> {
        self.tbs.extension(id)
    }
}

impl TbsCertificate {
    fn not_before(&self) -> Timestamp {
        timestamp(self.validity.not_before)
    }

    fn not_after(&self) -> Timestamp {
        timestamp(self.validity.not_after)
    }

    fn identifiers(&self) -> Vec<Identifier> {
        let names = self.extension::<Vec<GeneralName>>(oid::SUBJECT_ALT_NAME);
        let mut identifiers = names
            .unwrap_or_default()
            .iter()
            .filter_map(|name| csr::identifier(name).ok())
            .collect::<Vec<_>>();
        identifiers.sort();
        identifiers.dedup();
        identifiers
    }

    fn extension<T: for<'a> Decode<'a>>(&self, id: ObjectIdentifier) -> Option<T> {
        let found = self.extensions.iter().find(|extension| extension.extn_id == id)?;
        T::from_der(found.extn_value.as_bytes()).ok()
    }
}

fn timestamp(time: x509_cert::time::Time) -> Timestamp {
    Timestamp::from_secs(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

/// What to-be-signed octets say, signed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TbsView {
    /// The content octets of the serial number, a leading zero octet included.
    pub serial: Vec<u8>,
    /// The first moment of validity.
    pub not_before: Timestamp,
    /// The last moment of validity.
    pub not_after: Timestamp,
    /// SHA-256 over the SubjectPublicKeyInfo.
    pub spki: SpkiHash,
    /// The names of the subject alternative name extension, sorted; names of other kinds are left out.
    pub identifiers: Vec<Identifier>,
}

impl TbsView {
    /// Decodes a `TBSCertificate`, strictly as DER.
    pub fn from_der(tbs: &[u8]) -> Result<Self, CertificateError> {
        let tbs = TbsCertificate::from_der(tbs)?;
        Ok(Self {
            serial: tbs.serial_number.as_bytes().to_vec(),
            not_before: tbs.not_before(),
            not_after: tbs.not_after(),
            spki: SpkiHash(sha256(&tbs.public_key.to_der()?)),
            identifiers: tbs.identifiers(),
        })
    }
}

/// The octets of a certificate that its signature is over: the `TBSCertificate`.
pub fn signed_part(certificate: &[u8]) -> Result<Vec<u8>, CertificateError> {
    Ok(SignedDer::from_der(certificate)?.tbs.to_der()?)
}

#[cfg(test)]
mod tests {
    use cairn_types::KeyType;

    use super::*;
    use crate::testing::hierarchy;

    #[test]
    fn the_signed_part_says_what_the_certificate_says() {
        let der = hierarchy(KeyType::P256).root;
        let certificate = CertificateView::from_der(&der).unwrap();
        let tbs = signed_part(&der).unwrap();
        // A certificate is a SEQUENCE with the signed part at its start.
        assert_eq!(der[4..4 + tbs.len()], tbs);
        let view = TbsView::from_der(&tbs).unwrap();
        assert_eq!(view.serial, certificate.serial_octets());
        assert_eq!(view.not_before, certificate.not_before());
        assert_eq!(view.not_after, certificate.not_after());
        assert_eq!(view.spki, certificate.spki_hash());
        assert_eq!(view.identifiers, certificate.identifiers());
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_refused() {
        let der = hierarchy(KeyType::P256).root;
        let tbs = signed_part(&der).unwrap();
        assert!(
            signed_part(&der[..der.len() - 1]).is_err() && signed_part(&[&der[..], &[0]].concat()).is_err()
        );
        assert!(
            TbsView::from_der(&tbs[1..]).is_err() && TbsView::from_der(&[&tbs[..], &[0]].concat()).is_err()
        );
        assert!(TbsView::from_der(&der).is_err());
    }
}
