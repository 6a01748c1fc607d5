//! The certificates of a CA itself, and of the services that make it up.
//!
//! A ceremony or `cairn local` makes them; what clients get never comes from here.

use cairn_types::{Identifier, Serial};
use der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::serial_number::SerialNumber;

use crate::issuer::sign_certificate;
use crate::tbs::{TbsCertificate, rdn, times};
use crate::{
    BuildError, CertificateError, CertificateView, ExtendedUsage, IssuerError, PublicKey, Sign, Validity,
    extensions,
};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// The policy of domain-validated certificates (BR 7.1.6.1), which a CA for them also carries.
const DOMAIN_VALIDATED: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.140.1.2.1");

/// Why such a certificate could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// It could not be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] IssuerError),
    /// The certificate of the issuing CA cannot be used.
    #[error("the certificate of the issuing CA: {0}")]
    Issuer(#[from] CertificateError),
    /// The issuing key is not that of the issuing certificate.
    #[error("the issuing key is not that of the issuing certificate")]
    OtherKey,
}

impl From<der::Error> for AuthorityError {
    fn from(error: der::Error) -> Self {
        Self::Build(error.into())
    }
}

/// The name of a CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityName {
    /// Two capital letters, if it has a country.
    pub country: Option<String>,
    /// The organization.
    pub organization: String,
    /// The common name, unique among the CAs of the organization.
    pub common_name: String,
}

impl AuthorityName {
    fn encode(&self) -> der::Result<Any> {
        let mut name = Vec::<SetOfVec<AttributeTypeAndValue>>::new();
        if let Some(country) = &self.country {
            name.push(rdn(
                COUNTRY,
                Any::encode_from(&PrintableStringRef::new(country)?)?,
            )?);
        }
        for (oid, value) in [
            (ORGANIZATION, &self.organization),
            (COMMON_NAME, &self.common_name),
        ] {
            name.push(rdn(oid, Any::encode_from(&Utf8StringRef::new(value)?)?)?);
        }
        Any::encode_from(&name)
    }
}

/// A CA that issues: its certificate and its key.
#[derive(Clone, Copy)]
pub struct Authority<'a> {
    /// The certificate as DER.
    pub certificate: &'a [u8],
    /// The key.
    pub key: &'a dyn Sign,
}

/// A self-signed root certificate.
pub fn root(
    name: &AuthorityName,
    key: &dyn Sign,
    serial: Serial,
    validity: Validity,
) -> Result<Vec<u8>, AuthorityError> {
    let subject = name.encode()?;
    let key_id = key.public_key().key_id();
    let extensions = vec![
        extensions::ca_constraints(None)?,
        extensions::key_usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)?,
        extensions::subject_key_id(&key_id)?,
        extensions::authority_key_id(&key_id)?,
    ];
    let parts = Parts {
        issuer: subject.clone(),
        subject,
        key: key.public_key(),
        serial,
        validity,
        extensions,
    };
    parts.sign(key)
}

/// A certificate for a CA that issues leaf certificates only (BR 7.1.2.6). `ca_issuers` is where the parent's
/// certificate is found, `crl` where its CRL is, both http URLs.
pub fn intermediate(
    name: &AuthorityName,
    key: &PublicKey,
    parent: Authority<'_>,
    serial: Serial,
    validity: Validity,
    urls: &crate::IssuerUrls,
) -> Result<Vec<u8>, AuthorityError> {
    let (issuer, key_id) = parent.identity()?;
    let mut extensions = vec![
        extensions::ca_constraints(Some(0))?,
        extensions::key_usage(KeyUsages::DigitalSignature | KeyUsages::KeyCertSign | KeyUsages::CRLSign)?,
        extensions::extended_key_usage(&[ExtendedUsage::ServerAuth])?,
        extensions::certificate_policies(&[DOMAIN_VALIDATED])?,
        extensions::subject_key_id(&key.key_id())?,
        extensions::authority_key_id(&key_id)?,
    ];
    if let Some(url) = &urls.ca_issuers {
        extensions.push(extensions::authority_info_access(url)?);
    }
    if let Some(url) = &urls.crl {
        extensions.push(extensions::crl_distribution_points(url)?);
    }
    let parts = Parts {
        issuer,
        subject: name.encode()?,
        key,
        serial,
        validity,
        extensions,
    };
    parts.sign(parent.key)
}

/// A certificate for a service or a front end, for TLS within or in front of the CA, directly below `parent`.
pub fn service(
    identifiers: &[Identifier],
    usages: &[ExtendedUsage],
    key: &PublicKey,
    parent: Authority<'_>,
    serial: Serial,
    validity: Validity,
) -> Result<Vec<u8>, AuthorityError> {
    let (issuer, key_id) = parent.identity()?;
    let extensions = vec![
        extensions::leaf_constraints()?,
        extensions::key_usage(KeyUsages::DigitalSignature)?,
        extensions::extended_key_usage(usages)?,
        extensions::subject_alt_name(identifiers, true)?,
        extensions::authority_key_id(&key_id)?,
    ];
    let parts = Parts {
        issuer,
        subject: Any::encode_from(&Vec::<SetOfVec<AttributeTypeAndValue>>::new())?,
        key,
        serial,
        validity,
        extensions,
    };
    parts.sign(parent.key)
}

impl Authority<'_> {
    /// Its name and its key identifier, after a look whether the key fits.
    fn identity(&self) -> Result<(Any, Vec<u8>), AuthorityError> {
        let view = CertificateView::from_der(self.certificate)?;
        let key = view.public_key().map_err(CertificateError::Key)?;
        if key != *self.key.public_key() {
            return Err(AuthorityError::OtherKey);
        }
        let key_id = view.key_id().unwrap_or_else(|| key.key_id());
        Ok((Any::from_der(view.subject())?, key_id))
    }
}

struct Parts<'a> {
    issuer: Any,
    subject: Any,
    key: &'a PublicKey,
    serial: Serial,
    validity: Validity,
    extensions: Vec<Extension>,
}

impl Parts<'_> {
    fn sign(self, key: &dyn Sign) -> Result<Vec<u8>, AuthorityError> {
        let tbs = TbsCertificate {
            version: 2,
            serial_number: SerialNumber::new(self.serial.as_bytes())?,
            signature: Any::from_der(key.algorithm().identifier())?,
            issuer: self.issuer,
            validity: times(self.validity)?,
            subject: self.subject,
            public_key: Any::from_der(self.key.as_der())?,
            extensions: self.extensions,
        };
        Ok(sign_certificate(key, &tbs.to_der()?)?)
    }
}
