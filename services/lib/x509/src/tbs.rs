//! The to-be-signed certificate (RFC 5280 section 4.1), and how a leaf's is made.

use cairn_types::{Identifier, KeyType, Serial, Timestamp};
use der::asn1::{Any, BitString, GeneralizedTime, ObjectIdentifier, SetOfVec, UtcTime, Utf8StringRef};
use der::{DateTime, Decode, Encode, Sequence};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use crate::{Issuer, Profile, PublicKey, SignatureAlgorithm, Validity, extensions};

/// Version 3, as it is written.
const V3: u8 = 2;
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// The upper bound of a common name (RFC 5280 appendix A.1).
const MAX_COMMON_NAME: usize = 64;

/// Names, key and algorithm are kept as the octets they came as, so that what is copied from one
/// certificate to another is copied to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) version: u8,
    pub(crate) serial_number: SerialNumber,
    pub(crate) signature: Any,
    pub(crate) issuer: Any,
    pub(crate) validity: Times,
    pub(crate) subject: Any,
    pub(crate) public_key: Any,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(crate) extensions: Vec<Extension>,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct Times {
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
}

/// A certificate around its signed part.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(crate) struct SignedDer {
    pub(crate) tbs: Any,
    pub(crate) algorithm: Any,
    pub(crate) signature: BitString,
}

impl SignedDer {
    pub(crate) fn assemble(
        tbs: &[u8],
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> der::Result<Vec<u8>> {
        Self {
            tbs: Any::from_der(tbs)?,
            algorithm: Any::from_der(algorithm.identifier())?,
            signature: BitString::from_bytes(signature)?,
        }
        .to_der()
    }
}

/// What one certificate says, apart from what its profile and issuer decide.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// Its serial number.
    pub serial: Serial,
    /// From when to when.
    pub validity: Validity,
    /// Its names, at least one.
    pub identifiers: &'a [Identifier],
    /// The name that the request had as common name, one of `identifiers`.
    pub common_name: Option<&'a Identifier>,
    /// Its key.
    pub public_key: &'a PublicKey,
}

/// Why a certificate cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A time before 1950 or after 9999.
    #[error("the time {0} cannot be written in a certificate")]
    Time(String),
    /// A value does not fit its ASN.1 type.
    #[error("the certificate cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
}

/// The to-be-signed octets of a certificate. [`crate::lint()`] must accept them before they can be signed.
pub fn build(leaf: &Leaf<'_>, profile: &Profile, issuer: &Issuer) -> Result<Vec<u8>, BuildError> {
    let common_name = profile.common_name.then(|| choose_common_name(leaf)).flatten();
    let subject = common_name.map_or_else(|| Ok(vec![]), common_name_rdn)?;
    let certificate = issuer.certificate();
    Ok(TbsCertificate {
        version: V3,
        serial_number: SerialNumber::new(leaf.serial.as_bytes())?,
        signature: Any::from_der(issuer.algorithm().identifier())?,
        issuer: Any::from_der(certificate.subject())?,
        validity: times(leaf.validity)?,
        subject: Any::encode_from(&subject)?,
        public_key: Any::from_der(leaf.public_key.as_der())?,
        extensions: leaf_extensions(leaf, profile, issuer, common_name.is_none())?,
    }
    .to_der()?)
}

/// The request's own choice, or the first DNS name, whichever is a DNS name and short enough; none if there is
/// none. An address is looked for in the subjectAltName extension alone (RFC 2818 section 3.1).
fn choose_common_name<'a>(leaf: &Leaf<'a>) -> Option<&'a str> {
    leaf.common_name
        .into_iter()
        .chain(leaf.identifiers)
        .filter_map(|identifier| match identifier {
            Identifier::Dns(name) => Some(name.as_str()),
            Identifier::Ip(_) => None,
        })
        .find(|name| name.len() <= MAX_COMMON_NAME)
}

fn common_name_rdn(value: &str) -> der::Result<Vec<SetOfVec<AttributeTypeAndValue>>> {
    Ok(vec![rdn(
        COMMON_NAME,
        Any::encode_from(&Utf8StringRef::new(value)?)?,
    )?])
}

pub(crate) fn rdn(oid: ObjectIdentifier, value: Any) -> der::Result<SetOfVec<AttributeTypeAndValue>> {
    SetOfVec::try_from([AttributeTypeAndValue { oid, value }])
}

fn leaf_extensions(
    leaf: &Leaf<'_>,
    profile: &Profile,
    issuer: &Issuer,
    empty_subject: bool,
) -> der::Result<Vec<Extension>> {
    let usage = match leaf.public_key.kind() {
        KeyType::Rsa if profile.key_encipherment => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
        KeyType::Rsa | KeyType::P256 | KeyType::P384 => KeyUsages::DigitalSignature.into(),
    };
    let mut list = vec![
        extensions::key_usage(usage)?,
        extensions::extended_key_usage(&profile.usages)?,
        extensions::leaf_constraints()?,
        extensions::authority_key_id(issuer.certificate().key_id())?,
    ];
    if let Some(url) = &issuer.urls().ca_issuers {
        list.push(extensions::authority_info_access(url)?);
    }
    list.push(extensions::subject_alt_name(leaf.identifiers, empty_subject)?);
    if !profile.policies.is_empty() {
        list.push(extensions::certificate_policies(&profile.policies)?);
    }
    if let Some(url) = &issuer.urls().crl {
        list.push(extensions::crl_distribution_points(url)?);
    }
    Ok(list)
}

pub(crate) fn times(validity: Validity) -> Result<Times, BuildError> {
    Ok(Times {
        not_before: time(validity.not_before)?,
        not_after: time(validity.not_after)?,
    })
}

/// `UTCTime` until 2049, `GeneralizedTime` from 2050 on (RFC 5280 section 4.1.2.5).
fn time(at: Timestamp) -> Result<Time, BuildError> {
    let unwritable = || BuildError::Time(at.to_rfc3339());
    let seconds = u64::try_from(at.as_secs()).map_err(|_| unwritable())?;
    let date =
        DateTime::from_unix_duration(cairn_types::Duration::from_secs(seconds)).map_err(|_| unwritable())?;
    Ok(match UtcTime::from_date_time(date) {
        Ok(utc) => Time::UtcTime(utc),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_date_time(date)),
    })
}
