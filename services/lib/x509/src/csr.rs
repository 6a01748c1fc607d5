//! Certificate requests (PKCS #10, RFC 2986), as clients send them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cairn_types::{DnsName, Error, ErrorKind, Identifier, MAX_IDENTIFIERS};
use der::asn1::{
    Any, AnyRef, BitStringRef, Ia5StringRef, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef,
};
use der::{Decode, Encode, Sequence, Tag, Tagged};
use x509_cert::attr::{Attribute, AttributeTypeAndValue};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::ext::pkix::name::GeneralName;

use crate::extensions::oid;
use crate::{PublicKey, PublicKeyError, SignatureAlgorithm};

/// The longest request that is looked at, in octets: as many names as an order may have, of 253 characters each,
/// fit together with an RSA key and its signature.
pub const MAX_CSR_LENGTH: usize = 32 * 1024;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// Why a request is refused. All are `badCSR` to the client, except must-staple.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Longer than [`MAX_CSR_LENGTH`].
    #[error("the CSR has {0} octets; at most {MAX_CSR_LENGTH} are accepted")]
    TooLong(usize),
    /// Not a PKCS #10 request in DER.
    #[error("the CSR is not a DER encoded PKCS #10 request (RFC 2986)")]
    Encoding,
    /// Another version than the only one.
    #[error("the version of the CSR is not 0 (RFC 2986 section 4.1)")]
    Version,
    /// A key of a kind that certificates do not hold.
    #[error("the CSR: {0}")]
    Key(#[from] PublicKeyError),
    /// Another signature algorithm, such as one with SHA-1, or one for another kind of key.
    #[error(
        "the signature algorithm of the CSR is not RSA PKCS #1 v1.5 or ECDSA with SHA-256, SHA-384 or SHA-512 that fits its key"
    )]
    Algorithm,
    /// The proof of possession does not verify.
    #[error("the signature of the CSR is not by the key in it")]
    Signature,
    /// Two lists of extensions, or a list that cannot be read.
    #[error("the CSR must have at most one extensionRequest attribute, with one list of extensions")]
    ExtensionRequest,
    /// An extension that occurs twice (RFC 5280 section 4.2).
    #[error("the CSR has the extension {0} twice")]
    DuplicateExtension(ObjectIdentifier),
    /// The list of names cannot be read.
    #[error("the subjectAltName extension of the CSR cannot be decoded")]
    AltName,
    /// A name of another kind.
    #[error("the CSR has a subjectAltName of type {0}; only dNSName and iPAddress are accepted")]
    NameKind(&'static str),
    /// A dNSName that is not one.
    #[error("the CSR: {0}")]
    Name(String),
    /// An iPAddress of another length (RFC 5280 section 4.2.1.6).
    #[error("an iPAddress of the CSR does not have 4 or 16 octets")]
    Address,
    /// A subject with two common names, or one that is no text.
    #[error(
        "the subject of the CSR must have at most one common name, a UTF8String, PrintableString or IA5String"
    )]
    CommonName,
    /// No name at all.
    #[error("the CSR has no names; put them into its subjectAltName extension")]
    NoNames,
    /// Too many of them.
    #[error("the CSR has more than {MAX_IDENTIFIERS} names")]
    TooManyNames,
    /// The TLS feature extension asks that OCSP answers be stapled, and there is no OCSP.
    #[error("the CSR asks for must-staple (RFC 7633), which this CA does not offer as it has no OCSP")]
    MustStaple,
    /// basicConstraints with cA.
    #[error("the CSR asks for a CA certificate")]
    Authority,
}

impl From<CsrError> for Error {
    fn from(error: CsrError) -> Self {
        Self::new(ErrorKind::BadCsr, error.to_string())
    }
}

#[derive(Sequence)]
struct Request<'a> {
    info: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct RequestInfo<'a> {
    version: u8,
    subject: Vec<SetOfVec<AttributeTypeAndValue>>,
    public_key: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    attributes: SetOfVec<Attribute>,
}

/// A request whose signature was verified: the client holds the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    identifiers: Vec<Identifier>,
    common_name: Option<Identifier>,
    public_key: PublicKey,
}

impl CertificateRequest {
    /// Decodes a request and verifies its signature.
    pub fn parse(der: &[u8]) -> Result<Self, CsrError> {
        if der.len() > MAX_CSR_LENGTH {
            return Err(CsrError::TooLong(der.len()));
        }
        let request = Request::from_der(der).map_err(|_| CsrError::Encoding)?;
        let signed = request.info.to_der().map_err(|_| CsrError::Encoding)?;
        let info = RequestInfo::from_der(&signed).map_err(|_| CsrError::Encoding)?;
        if info.version != 0 {
            return Err(CsrError::Version);
        }
        let spki = info.public_key.to_der().map_err(|_| CsrError::Encoding)?;
        let public_key = PublicKey::from_der(&spki)?;
        let extensions = requested_extensions(&info.attributes)?;
        refuse_unwanted(&extensions)?;
        let common_name = common_name(&info.subject)?;
        let identifiers = identifiers(&extensions, common_name.as_ref())?;
        verify(&request, &signed, &public_key)?;
        Ok(Self {
            identifiers,
            common_name,
            public_key,
        })
    }

    /// The names that the request is for, from the subjectAltName extension and the common name together,
    /// sorted, each once.
    pub fn identifiers(&self) -> &[Identifier] {
        &self.identifiers
    }

    /// The common name, if there is one; it is among the identifiers.
    pub const fn common_name(&self) -> Option<&Identifier> {
        self.common_name.as_ref()
    }

    /// The key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

fn verify(request: &Request<'_>, signed: &[u8], key: &PublicKey) -> Result<(), CsrError> {
    let algorithm = request.algorithm.to_der().map_err(|_| CsrError::Encoding)?;
    let algorithm = SignatureAlgorithm::from_identifier(&algorithm)
        .filter(|algorithm| algorithm.fits(key.kind()))
        .ok_or(CsrError::Algorithm)?;
    let signature = request.signature.as_bytes().ok_or(CsrError::Encoding)?;
    algorithm
        .verify(key, signed, signature)
        .then_some(())
        .ok_or(CsrError::Signature)
}

fn requested_extensions(attributes: &SetOfVec<Attribute>) -> Result<Vec<Extension>, CsrError> {
    let mut lists = attributes
        .iter()
        .filter(|attribute| attribute.oid == EXTENSION_REQUEST);
    let Some(list) = lists.next() else {
        return Ok(Vec::new());
    };
    let (None, [list]) = (lists.next(), list.values.as_slice()) else {
        return Err(CsrError::ExtensionRequest);
    };
    let extensions = list
        .decode_as::<Vec<Extension>>()
        .map_err(|_| CsrError::ExtensionRequest)?;
    for (index, extension) in extensions.iter().enumerate() {
        if extensions[..index]
            .iter()
            .any(|earlier| earlier.extn_id == extension.extn_id)
        {
            return Err(CsrError::DuplicateExtension(extension.extn_id));
        }
    }
    Ok(extensions)
}

/// What the client asks for and will not get is refused where the certificate would mean something else
/// without it. Key usages are the profile's to decide, and clients that ask for them live without.
fn refuse_unwanted(extensions: &[Extension]) -> Result<(), CsrError> {
    for extension in extensions {
        if extension.extn_id == oid::TLS_FEATURE {
            return Err(CsrError::MustStaple);
        }
        if extension.extn_id == oid::BASIC_CONSTRAINTS {
            let constraints = BasicConstraints::from_der(extension.extn_value.as_bytes());
            if constraints.map_err(|_| CsrError::Encoding)?.ca {
                return Err(CsrError::Authority);
            }
        }
    }
    Ok(())
}

fn common_name(subject: &[SetOfVec<AttributeTypeAndValue>]) -> Result<Option<Identifier>, CsrError> {
    let mut names = subject
        .iter()
        .flat_map(SetOfVec::iter)
        .filter(|attribute| attribute.oid == COMMON_NAME);
    let Some(first) = names.next() else {
        return Ok(None);
    };
    if names.next().is_some() {
        return Err(CsrError::CommonName);
    }
    let text = text(&first.value).ok_or(CsrError::CommonName)?;
    let identifier = match text.parse::<IpAddr>() {
        Ok(address) => Identifier::Ip(address),
        Err(_) => dns_name(text)?,
    };
    Ok(Some(identifier))
}

/// The text of a common name, of any of the string types that clients use.
fn text(value: &Any) -> Option<&str> {
    let fits = match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().is_ok(),
        Tag::PrintableString => value.decode_as::<PrintableStringRef<'_>>().is_ok(),
        Tag::Ia5String => value.decode_as::<Ia5StringRef<'_>>().is_ok(),
        _ => false,
    };
    fits.then(|| std::str::from_utf8(value.value()).ok()).flatten()
}

fn identifiers(
    extensions: &[Extension],
    common_name: Option<&Identifier>,
) -> Result<Vec<Identifier>, CsrError> {
    let mut identifiers = common_name.cloned().into_iter().collect::<Vec<_>>();
    if let Some(names) = extensions
        .iter()
        .find(|extension| extension.extn_id == oid::SUBJECT_ALT_NAME)
    {
        let names =
            Vec::<GeneralName>::from_der(names.extn_value.as_bytes()).map_err(|_| CsrError::AltName)?;
        for name in &names {
            identifiers.push(identifier(name)?);
        }
    }
    identifiers.sort();
    identifiers.dedup();
    match identifiers.len() {
        0 => Err(CsrError::NoNames),
        1..=MAX_IDENTIFIERS => Ok(identifiers),
        _ => Err(CsrError::TooManyNames),
    }
}

pub(crate) fn identifier(name: &GeneralName) -> Result<Identifier, CsrError> {
    match name {
        GeneralName::DnsName(name) => dns_name(name.as_ref()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
            let v6 = <[u8; 16]>::try_from(octets).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
            v4.or(v6).map(Identifier::Ip).map_err(|_| CsrError::Address)
        }
        GeneralName::OtherName(_) => Err(CsrError::NameKind("otherName")),
        GeneralName::Rfc822Name(_) => Err(CsrError::NameKind("rfc822Name")),
        GeneralName::DirectoryName(_) => Err(CsrError::NameKind("directoryName")),
        GeneralName::EdiPartyName(_) => Err(CsrError::NameKind("ediPartyName")),
        GeneralName::UniformResourceIdentifier(_) => Err(CsrError::NameKind("uniformResourceIdentifier")),
        GeneralName::RegisteredId(_) => Err(CsrError::NameKind("registeredID")),
    }
}

fn dns_name(text: &str) -> Result<Identifier, CsrError> {
    DnsName::parse(text)
        .map(Identifier::Dns)
        .map_err(|error| CsrError::Name(error.to_string()))
}

#[cfg(test)]
mod tests;
